"""Zuora's own callout history (``GET /v1/notification-history/callout``, as saved by a user) as a story.

A row is one attempt. What the rows do not tell is filled in and said so: attempts that are missing before a later one failed
with 503, and a callout that was left with a retry to come succeeded then (the history shows failures only, by default).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from simulator.core.errors import AuthorError
from simulator.core.units import format_duration
from simulator.recording.definitions import address
from simulator.recording.discretion import Discretion
from simulator.recording.writing import Inline, write_story
from simulator.zuora.catalogue import EventKind, custom_event, find_category, find_event

MOST_ATTEMPTS = 5
DEFAULT_ATTEMPTS = 3
DEFAULT_INTERVAL = 30
LONGEST_INTERVAL = 1440
NOT_SENT = -2000
_TOLD_OTHERWISE = ("Event.", "Notification", "Tenant.")


class Row(Struct, frozen=True):
    """One attempt as the history tells it."""

    event_id: str
    event: str
    notification: str
    method: str
    url: str
    number: int
    at: datetime
    code: int
    fields: Mapping[str, str] = {}
    content: str | None = None


class _Try(Struct, frozen=True):
    """One attempt as it will be played."""

    at: datetime
    place: int
    code: int
    content: str | None = None


def import_history(text: str, *, title: str = "An imported callout history", keep_values: bool = False) -> str:
    """The story of a saved history: one answer of the endpoint, a list of them, or just the rows. Raises AuthorError."""
    rows = sorted(_rows(text), key=lambda row: (row.at, row.number))
    if not rows:
        raise AuthorError("the history has no rows: ask for it with failedOnly=false and a window that holds some")
    discretion = Discretion(keep=keep_values)
    outlets = list(dict.fromkeys((row.event, row.notification, row.method, row.url) for row in rows))
    happened: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        happened[row.event_id].append(row)
    limit = min(MOST_ATTEMPTS, max(DEFAULT_ATTEMPTS, *(row.number for row in rows)))
    interval = _interval(rows)
    start = rows[0].at
    tries: list[_Try] = []
    steps: list[Any] = []
    expect: list[Any] = []
    counts: dict[str, int] = defaultdict(int)
    at = start
    for told in happened.values():
        first = min(row.at - interval * (min(row.number, limit) - 1) for row in told)
        first = max(first, at)
        if first > at:
            steps.append({"advance": format_duration(first - at)})
        at = first
        steps.append({"fire": _fire(told[0], discretion)})
        for outlet in (one for one in outlets if one[0] == told[0].event):
            mine = [row for row in told if (row.event, row.notification, row.method, row.url) == outlet]
            counts[outlet[0]] += 1
            codes = _codes(mine, limit)
            tries += [
                _Try(first + interval * place, len(expect), code, _content(mine, place + 1))
                for place, code in enumerate(codes)
            ]
            expect.append(Inline({"event": outlet[0], "nth": counts[outlet[0]], "codes": codes}))
    end = max(one.at for one in tries)
    if end > at:
        steps.append({"advance": format_duration(end - at)})
    sent = [one for one in sorted(tries, key=lambda one: (one.at, one.place)) if one.code != NOT_SENT]
    story: dict[str, Any] = {
        "title": title,
        "start": start.isoformat().replace("+00:00", "Z"),
        "settings": Inline(_settings(limit, interval)),
        "receiver": {"answers": [_answer(one, discretion) for one in sent]},
        "customEvents": [name for name in dict.fromkeys(one[0] for one in outlets) if find_event(name) is None],
        "definitions": [_definition(outlet, rows, discretion) for outlet in outlets],
        "steps": [*steps, "settle"],
        "expect": expect,
    }
    comments = [
        "Imported from Zuora's callout history. What it does not tell was filled in: missing earlier attempts",
        "failed with 503, and a callout that still had a retry to come succeeded with it.",
    ]
    if discretion.variables:
        comments.append("It needs these environment variables, with any values: " + ", ".join(discretion.variables))
    return write_story(story, comments)


# ── reading ──


def _rows(text: str) -> Iterator[Row]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuthorError(f"the history is not JSON: {error}") from error
    pages = given if isinstance(given, list) else [given]
    for page in pages:
        inside = page.get("payload", page) if isinstance(page, dict) else None
        rows = inside.get("calloutHistories", [inside]) if isinstance(inside, dict) else None
        if not isinstance(rows, list):
            raise AuthorError("this is not a callout history: it has no list 'calloutHistories'")
        for row in rows:
            yield _row(row)


def _row(given: Any) -> Row:
    if not isinstance(given, dict) or "responseCode" not in given or "requestUrl" not in given:
        raise AuthorError("a row of the history has no 'responseCode' or no 'requestUrl'")
    context = _object(given.get("eventContext"))
    try:
        number, code = int(given.get("attemptedNum", 1)), int(given["responseCode"])
        at = datetime.fromisoformat(str(given.get("createTime")))
    except (TypeError, ValueError) as error:
        raise AuthorError(f"a row of the history cannot be read: {error}") from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    about = str(given.get("objectId") or context.get("<Object.ID>") or "")
    return Row(
        event_id=str(context.get("<Event.ID>") or f"{about} {given.get('eventCategory')} {at:%Y%m%d}"),
        event=_event(given, context),
        notification=str(given.get("notification") or ""),
        method=str(given.get("requestMethod") or "POST").upper(),
        url=str(given["requestUrl"]),
        number=max(1, number),
        at=at.replace(microsecond=0),
        code=code,
        fields=_fields(context),
        content=str(given["responseContent"]) if given.get("responseContent") else None,
    )


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _event(given: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """The event's name: by its category, or as the context tells it."""
    category = str(given.get("eventCategory") or "")
    told = _object(context.get("<Notification>")).get("Event")
    names = [category.rpartition(":")[2], told, context.get("<Event.Category>"), given.get("notification")]
    if category.isdigit() and (found := find_category(int(category))):
        return found.name
    for name in names:
        if isinstance(name, str) and name and not name.isdigit():
            known = find_event(name)
            return known.name if known else custom_event(name).compact
    raise AuthorError(f"a row of the history does not name its event (eventCategory {category!r})")


def _fields(context: Mapping[str, Any]) -> dict[str, str]:
    plain = {name.strip("<>"): value for name, value in context.items()}
    return {
        name: str(value)
        for name, value in plain.items()
        if not name.startswith(_TOLD_OTHERWISE) and isinstance(value, str | int | float)
    }


# ── telling ──


def _interval(rows: list[Row]) -> timedelta:
    """The shortest time between two attempts at one callout, in whole minutes."""
    times: dict[tuple[str, str, str], dict[int, datetime]] = defaultdict(dict)
    for row in rows:
        times[row.event_id, row.notification, row.url].setdefault(row.number, row.at)
    gaps = [
        round((at - numbers[number - 1]) / timedelta(minutes=1))
        for numbers in times.values()
        for number, at in numbers.items()
        if number - 1 in numbers
    ]
    sound = [gap for gap in gaps if 1 <= gap <= LONGEST_INTERVAL]
    return timedelta(minutes=min(sound, default=DEFAULT_INTERVAL))


def _settings(limit: int, interval: timedelta) -> dict[str, Any]:
    return {"maxAttempts": limit, "intervalMinutes": int(interval / timedelta(minutes=1))}


def _retried(code: int) -> bool:
    """As Zuora retries (documented): 1xx, 403, 408, 429, 5xx and negative, -2000 aside."""
    return 100 <= code < 200 or code in (403, 408, 429) or 500 <= code < 600 or (code < 0 and code != NOT_SENT)


def _codes(rows: list[Row], limit: int) -> list[int]:
    """The codes of one callout's attempts; without any row it was delivered at once."""
    known = {row.number: row.code for row in rows if row.number <= limit}
    if not known:
        return [200]
    codes = [known.get(number, 503) for number in range(1, max(known) + 1)]
    stop = next((place for place, code in enumerate(codes) if not _retried(code)), None)
    if stop is not None and stop < len(codes) - 1:
        # An attempt after a final one was a resend of somebody's: the callout itself ended there.
        codes = codes[: stop + 1]
    if _retried(codes[-1]) and len(codes) < limit:
        codes.append(200)
    return [-1 if code < 0 and code != NOT_SENT else code for code in codes]


def _content(rows: list[Row], number: int) -> str | None:
    return next((row.content for row in rows if row.number == number), None)


def _fire(row: Row, discretion: Discretion) -> dict[str, Any]:
    step: dict[str, Any] = {"event": row.event}
    known = find_event(row.event)
    if row.fields and (known is None or known.kind is not EventKind.ASYNC):
        step["fields"] = Inline({name: discretion.text(value, name) for name, value in row.fields.items()})
    return Inline(step)


def _answer(attempt: _Try, discretion: Discretion) -> Any:
    if attempt.code < 0:
        return Inline({"reset": True})
    if attempt.content is None:
        return attempt.code
    return Inline({"status": attempt.code, "body": discretion.text(attempt.content)})


def _definition(outlet: tuple[str, str, str, str], rows: list[Row], discretion: Discretion) -> dict[str, Any]:
    event, notification, method, url = outlet
    told: dict[str, Any] = {"event": event}
    if notification and notification != event:
        told["name"] = discretion.text(notification)
    told["url"] = address(url, discretion)
    if method != "POST":
        told["method"] = method
    mine = [row for row in rows if (row.event, row.notification, row.method, row.url) == outlet]
    if all(row.code == NOT_SENT for row in mine):
        told["body"] = "not JSON, as -2000 says"
    return Inline(told)
