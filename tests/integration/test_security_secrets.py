"""Planted secrets, and everything that anybody is ever shown: none of them is found in any of it (row X4)."""

import json
import logging
import re
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from simulator import Receiver, Simulator
from simulator.cli import main
from simulator.cli.lines import json_lines, text_lines
from simulator.core.ledger import ExchangeStarted, Fact
from simulator.core.model import Delivery, Exchange, Verdict
from simulator.replay.manner import Manner
from simulator.replay.report import Report
from simulator.replay.run import play
from simulator.replay.source import read_story
from tests.support.client import SUCCEEDED

PLANTED = re.compile(r"pl4nted\w*|plantedword")
PASSWORD = "pl4nted_basic"
SPACED = "plantedword pl4nted_rest"
DECLINED = "Payment Declined"
READ = (
    "/",
    "/requests",
    "/callouts",
    "/definitions",
    "/settings",
    "/faults",
    "/outcomes",
    "/routes",
    "/oauth-providers",
    "/clock",
    "/health",
    "/scenario",
    "/openapi.json",
    "/docs",
)
ANSWER = {
    "status": 200,
    "headers": {"Set-Cookie": "session=pl4nted_cookie", "X-Api-Key": "pl4nted_answered"},
    "body": '{"success": true, "accessToken": "pl4nted_in_the_answer"}',
}


async def live(zuora: Simulator, receiver: Receiver) -> None:
    """A life with a secret wherever one may stand."""
    url = receiver.url
    provider = zuora.oauth_provider(receiver.url_for("/token"), "callouts", "pl4nted_client_secret")
    zuora.notify(SUCCEEDED, url, username="u", password=PASSWORD)
    zuora.notify(SUCCEEDED, url, username="u", password="pl4nted_preemptive", preemptive=True)
    zuora.notify(SUCCEEDED, url, oauth_provider=provider)
    headers = {"X-Api-Key": "pl4nted_key", "Authorization": "Bearer pl4nted_bearer", "Cookie": "a=pl4nted_own_cookie"}
    zuora.notify(DECLINED, f"{url}?token=pl4nted_query&n=1", headers=headers)
    zuora.notify(DECLINED, f"{url}?token=pl4nted_a pl4nted_b", params={"password": "pl4nted_parameter"})
    zuora.notify(DECLINED, url, params={"client_secret": "pl4nted_in_the_body"})
    zuora.notify(DECLINED, url, body='{"password": "pl4nted_custom"}')
    zuora.notify(DECLINED, url, body='{"password": "pl4nted_broken off')
    zuora.notify(
        DECLINED,
        url,
        method="GET",
        params={"api_key": "pl4nted_get pl4nted_more", "secret": "plantedword pl4nted_rest"},
    )
    zuora.notify(DECLINED, url, headers={"X-Secret": "pl4nted_line\npl4nted_break"})
    zuora.notify(DECLINED, url, hmacKey="X-Signature", hmacValue="v", hmacData="d", hmacSecret="pl4nted_hmac")
    async with aiohttp.ClientSession(zuora.url, headers=zuora.headers) as session:
        body = {"name": "Acme", "password": "pl4nted_submitted"}
        async with session.post("/v1/async/accounts?token=pl4nted_asked", json=body) as answer:
            assert answer.status == 202, await answer.text()
        own = {"apiAccessKeyId": "x", "apiSecretAccessKey": "pl4nted_api_secret"}
        async with session.post("/v1/async/accounts", json={"broken": 1}, headers=own) as answer:
            await answer.text()
        form = {"client_id": "short", "client_secret": "pl4nted_login", "grant_type": "client_credentials"}
        async with session.post("/oauth/token", data=form) as answer:
            assert "pl4nted" not in await answer.text()
    zuora.fire(DECLINED, AccountId="1")
    await zuora.drain()


def receiver_of(**more: Any) -> Receiver:
    return Receiver(ANSWER, token_endpoint="/token", oauth_token="pl4nted_token", **more)


def clean(what: str, text: str) -> None:
    found = sorted(set(PLANTED.findall(text)))
    assert not found, f"{what} shows {found}: ...{text[max(text.index(found[0]) - 200, 0) : text.index(found[0]) + 40]}"


async def test_the_control_plane_and_the_page_show_none() -> None:
    """Each thing that can be read, each record by its id, and all that the page is told."""
    async with receiver_of() as receiver, Simulator() as zuora:
        await live(zuora, receiver)
        assert len(zuora.callouts) >= 9
        async with aiohttp.ClientSession(zuora.url) as session:
            paths = [f"/_simulator{path}" for path in READ]
            paths += [f"/_simulator/callouts/{callout.id}" for callout in zuora.callouts]
            paths += [f"/_simulator/requests/{request.id}" for request in zuora.requests]
            for path in paths:
                async with session.get(path) as answer:
                    assert answer.status == 200, path
                    clean(path, await answer.text())
            async with session.get("/_simulator/stream") as answer:
                heard = ""
                while not all(callout.id in heard for callout in zuora.callouts):
                    heard += (await answer.content.readany()).decode()
                clean("the page's stream", heard)
            for template in [callout.id for callout in zuora.callouts]:
                async with session.post("/_simulator/preview", json={"callout": template}) as answer:
                    clean("a preview", await answer.text())


async def test_records_and_representations_show_none() -> None:
    """Whatever a test prints when it fails: records, and the repr of everything that the simulator holds."""
    async with receiver_of() as receiver, Simulator() as zuora:
        facts: list[Fact] = []
        zuora.instance.engine.ledger.listeners.append(facts.append)
        await live(zuora, receiver)
        for record in (*zuora.callouts, *zuora.requests):
            clean("a record as JSON", json.dumps(msgspec.to_builtins(record)))
            clean("a record's repr", repr(record))
        tenant = zuora.instance.tenants[zuora.client_id]
        held = [zuora, zuora.instance, zuora.instance.engine, zuora.instance.dispatcher, tenant, zuora.marketing_cloud]
        held += [*tenant.definitions.values(), *tenant.providers.values()]
        held += [definition.callout.callout_auth for definition in tenant.definitions.values() if definition.callout]
        held += [fact.callouts for fact in facts if isinstance(fact, ExchangeStarted)]
        held += [(fact.delivery, fact.delivery.subscription) for fact in facts if isinstance(fact, ExchangeStarted)]
        held += [attempt for attempts in zuora.instance.engine.ledger.attempts.values() for attempt in attempts]
        held += list(zuora.instance.engine.ledger.jobs.values())
        for one in held:
            clean(f"the repr of a {type(one).__name__}", repr(one))


@pytest.mark.parametrize("style", ["json", "text"])
async def test_the_lines_of_the_server_show_none(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in what is told while it happens."""
    async with receiver_of() as receiver, Simulator() as zuora:
        out = StringIO()
        lines = json_lines(False, out) if style == "json" else text_lines(False)
        lines.ready(zuora)
        zuora.instance.engine.ledger.listeners.append(lines.fact)
        await live(zuora, receiver)
        lines.refused(
            "POST", "/x?token=pl4nted_path pl4nted_rest", 400, '{"message": "no", "password": "pl4nted_words"}'
        )
        said = out.getvalue() + capsys.readouterr().out
    assert len(said.splitlines()) > 20
    clean(f"a line of {style}", said)


async def test_logs_show_none(caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the lowest level, nor where a fault of ours leaves its traceback."""
    caplog.set_level(logging.DEBUG)
    async with receiver_of() as receiver, Simulator() as zuora:

        def broken(
            delivery: Delivery, exchanges: Sequence[Exchange], request_id: Callable[[], str], now: datetime
        ) -> Verdict:
            raise RuntimeError("planted fault")

        await live(zuora, receiver)
        zuora.instance.zuora.judge = broken  # type: ignore[method-assign]  # a fault of ours
        zuora.fire(DECLINED, AccountId="2")
        await zuora.settle()
        assert zuora.instance.dispatcher.broken
        for fault in zuora.instance.dispatcher.broken:
            clean("a traceback", "".join(traceback.format_exception(fault)))
        zuora.instance.dispatcher.broken.clear()
    assert "planted fault" in caplog.text
    clean("the log", caplog.text)


async def test_exports_show_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recorded story, and the export of a state file."""
    path = str(tmp_path / "state.db")
    async with receiver_of() as receiver, Simulator(state=path) as zuora:
        await live(zuora, receiver)
        clean("a recorded story", zuora.export_scenario())
    assert main(["state", "info", path]) == 0
    assert main(["state", "export", path]) == 0
    clean("the export of a state file", capsys.readouterr().out)


STORY = f"""\
title: A story with secrets
receiver: {{username: u, password: {PASSWORD}, answers: [503, 200]}}
definitions:
  - event: {DECLINED}
    url: "${{receiver.url}}?token=pl4nted_query"
steps:
  - fire: {{event: {DECLINED}, fields: {{AccountId: "8a80"}}}}
  - advance: 30m
"""


async def test_a_report_shows_none() -> None:
    """None of its files, of a story that met a challenge and a broken URL."""
    story = read_story(STORY, "story.yaml", environment={})
    report = Report("zuora-simulator replay story.yaml", secrets=())
    report.add(await play(story, Manner()), 0.1)
    for name, pieces in report.files():
        clean(name, b"".join(pieces).decode())
    report.close()
