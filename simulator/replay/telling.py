"""One story as a report shows it: what is masked, and what is taken out because it differs from run to run.

It alone decides both. It writes no file and knows no format but the JSON of a story.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from simulator.core.heads import CALLOUT
from simulator.masking import MASK, mask_url
from simulator.records import CalloutRecord
from simulator.replay.run import Played, Verdict
from simulator.replay.source import Story
from simulator.replay.story import Definition

SHORTEST_SECRET = 4
"""Shorter values are masked where they stand under a telling key, and not looked for elsewhere: every word has them."""

_SECRET_KEYS = re.compile(
    r"""(?i)(['"]?(?!tokenEndpoint)[\w-]*"""
    r"""(?:password|passwd|secret|token|api[_-]?key|authorization|credential)[\w-]*['"]?[ ]*:[ ]*)"""
    r"""("[^"\n]*"|'[^'\n]*'|[^\s,}\]'"${\[][^,}\]\n]*)"""
)
_DATE = "date"


class Told(Struct, frozen=True):
    """One story as it stands in a report, but for its body, which is kept aside; and what only the timings know."""

    verdict: Verdict
    title: str
    file: str
    findings: tuple[Mapping[str, Any], ...]
    masked: tuple[str, ...]
    timings: Mapping[str, Any]
    about: Mapping[str, str]
    said: str


def tell(played: Played, seconds: float, secrets: Iterable[str] = ()) -> tuple[Told, bytes]:
    """A story as a report shows it, masked, and the JSON of it."""
    story = played.story
    dates: list[str] = []
    callouts = [_without_dates(msgspec.to_builtins(callout), dates) for callout in played.callouts]
    settings = dict(played.settings)
    findings = tuple(msgspec.to_builtins(finding) for finding in played.findings)
    plain = {
        "title": story.scenario.title,
        "file": story.path,
        "hash": f"sha256:{story.digest}",
        "text": mask_url(_SECRET_KEYS.sub(_masked_value, story.text)),
        "seed": played.seed,
        "settings": {key: value for key, value in settings.items() if key != "origins"},
        "origins": settings.get("origins", {}),
        "verdict": played.verdict,
        "detail": played.detail,
        "clock": {"start": played.started, "now": played.ended},
        "requests": played.requests,
        "callouts": callouts,
        "definitions": played.definitions,
        "deduplication": [_deduplication(callout) for callout in played.callouts],
        "expectations": findings,
    }
    words, masked = _replacements(story, played.addresses, secrets)
    encoded = _replaced(msgspec.json.encode(plain).decode(), words).encode()
    text = json.dumps([findings, plain["settings"], f"{_lines(played)}\n\n{plain['text']}"])
    shown, set_to, said = json.loads(_replaced(text, words))
    about = {
        "seed": str(played.seed),
        "hash": f"sha256:{story.digest}",
        "settings": json.dumps(set_to),
        "masked": ", ".join(masked) or "nothing",
    }
    timings = {"file": story.path, "seconds": round(seconds, 3), "dates": dates}
    return Told(played.verdict, story.scenario.title, story.path, tuple(shown), masked, timings, about, said), encoded


def _lines(played: Played) -> str:
    """Every attempt, and how often each notification was delivered, in a line each."""
    lines = [
        f"{attempt.sent_at:%Y-%m-%dT%H:%M:%SZ} {callout.event} {callout.notification_id} attempt {attempt.number}/"
        f"{attempt.limit} {attempt.response_code} {attempt.why}"
        for callout in played.callouts
        for attempt in callout.attempts
    ]
    seen = [_deduplication(callout) for callout in played.callouts]
    lines += [f"{one['notificationId']} {one['requests']} requests, {one['duplicates']} of them copies" for one in seen]
    return "\n".join(lines)


def _masked_value(match: re.Match[str]) -> str:
    return match[0] if match[2].strip("'\"").startswith("${env:") else f"{match[1]}{MASK}"


def _deduplication(callout: CalloutRecord) -> dict[str, Any]:
    """What a receiver has to tell apart: one notification, and every request that carried it."""
    sent = [exchange for attempt in callout.attempts for exchange in attempt.exchanges if exchange.purpose == CALLOUT]
    return {
        "notificationId": callout.notification_id,
        "event": callout.event,
        "requests": len(sent),
        "requestIds": [exchange.request_id for exchange in sent],
        "duplicates": sum(exchange.duplicate for exchange in sent),
        "answered200": sum(exchange.status == 200 for exchange in sent),
        "bodies": len({exchange.body for exchange in sent}),
    }


def _without_dates(callout: dict[str, Any], dates: list[str]) -> dict[str, Any]:
    """A callout without the `Date` headers of the receiver's answers, which are moved to ``dates``."""
    for attempt in callout["attempts"]:
        for exchange in attempt["exchanges"]:
            headers = exchange["responseHeaders"]
            dates += [value for name, value in headers if name.lower() == _DATE]
            exchange["responseHeaders"] = [pair for pair in headers if pair[0].lower() != _DATE]
    return callout


def _replacements(
    story: Story, addresses: Mapping[str, str], secrets: Iterable[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What stands for what in a report, and the list of what was masked."""
    words = dict(addresses)
    masked = set()
    for value in (*_credentials(story), *secrets):
        masked.add("credentials")
        if len(value) >= SHORTEST_SECRET:
            words[value] = MASK
    for value, reference in story.secrets.items():
        if value in words or (len(value) >= SHORTEST_SECRET and not value.isdigit()):
            masked.add(reference)
            words[value] = reference
    # The longest first: one secret may be a part of another.
    return dict(sorted(words.items(), key=lambda pair: -len(pair[0]))), tuple(sorted(masked))


def _credentials(story: Story) -> list[str]:
    """Every value of a story that stands under a key for secrets."""
    scenario = story.scenario
    found = [scenario.receiver.password]
    for one in scenario.definitions:
        if isinstance(one, Definition):
            found.append(one.password)
            found.append(one.oauth.client_secret if one.oauth else None)
            found.append(one.hmac.hmac_secret if one.hmac else None)
    return [value for value in found if value]


def _replaced(text: str, words: Mapping[str, str]) -> str:
    """JSON text with each word replaced, as it is spelt inside JSON."""
    for value, word in words.items():
        for spelling in {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}:
            text = text.replace(spelling, json.dumps(word)[1:-1])
    return text
