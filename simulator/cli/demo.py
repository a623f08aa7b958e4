"""``zuora-simulator demo``: the main job, once, on real sockets: a challenge, a failure, and a retry half an hour later."""

import asyncio
import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any

import aiohttp
import click

from simulator.host import Simulator
from simulator.receiver import Receiver
from simulator.records import AttemptRecord

USER, PASSWORD = "example_user", "example_password"
URL = "https://www.example.com/callout/123456"


@click.command(epilog="Example: zuora-simulator demo")
def demo() -> int:
    """Watch one asynchronous request through to its delivered callout."""
    return asyncio.run(_demo(Story()))


class Story:
    """Prints what happens, a step at a time."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._step = 0

    def title(self, text: str) -> None:
        print(f"\n{self._paint(text, 1)}\n")

    def step(self, text: str) -> None:
        self._step += 1
        print(f"{self._paint(f'{self._step}.', 36)} {self._paint(text, 1)}")

    def says(self, text: str) -> None:
        print(textwrap.indent(textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False), "   "))

    def exchange(self, asked: str, answered: str, good: bool) -> None:
        print(f"     → {asked}")
        print(f"     ← {self._paint(answered, 32 if good else 33)}")

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


async def _demo(story: Story) -> int:
    simulator = Simulator(routes={})
    authority = simulator.instance.authority
    tls = authority.server_context("www.example.com")
    receiver = Receiver(answers=[503, 200], basic_auth=(USER, PASSWORD), tls=tls)
    async with receiver, simulator as zuora, aiohttp.ClientSession() as client:
        host = receiver.url.partition("://")[2].rstrip("/")
        zuora.instance.addresses.routes = {"www.example.com": host}
        story.title("A Zuora simulator, an HTTPS receiver, and half an hour of waiting in no time")
        story.says(f"Zuora is simulated at {zuora.url}; {URL} leads to a receiver at {host}.")
        print()
        story.step("A client asks for a token and registers who is to hear of finished requests.")
        form = {"client_id": zuora.client_id, "client_secret": zuora.client_secret, "grant_type": "client_credentials"}
        token = (await _post(client, f"{zuora.url}/oauth/token", data=form))["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        story.exchange("POST /oauth/token", "200, a token", True)
        await _post(client, f"{zuora.url}/notifications/notification-definitions", json=_definition(), headers=headers)
        story.exchange("POST /notifications/notification-definitions", "200, registered", True)
        story.step("It creates an account asynchronously.")
        accepted = await _post(client, f"{zuora.url}/v1/async/accounts", json={"name": "Acme"}, headers=headers)
        story.exchange('POST /v1/async/accounts {"name": "Acme"}', f"202, request {accepted['requestId']}", True)
        story.step(f"The work is done, and at {zuora.now:%H:%M:%S} Zuora calls out.")
        await zuora.settle()
        _tell(story, zuora.callouts[0].attempts[0])
        story.step("Half an hour passes on the simulator's clock: zuora.advance(minutes=30).")
        await zuora.advance(minutes=30)
        callout = zuora.callouts[0]
        _tell(story, callout.attempts[1])
        body = receiver.requests[-1].body.decode()
        story.step("What the receiver was told:")
        story.says(body)
        print()
        story.says(
            f"One callout, {len(callout.attempts)} attempts, {len(receiver.requests)} requests: {callout.outcome}."
        )
        story.says(f"Next: {_command()} serve")
    return 0 if callout.outcome == "delivered" else 1


def _command() -> str:
    """Our own command as the reader can type it: `make demo` leaves it in a .venv that no shell looks into."""
    if shutil.which("zuora-simulator"):
        return "zuora-simulator"
    return os.path.relpath(Path(sys.executable).with_name("zuora-simulator"))


def _tell(story: Story, attempt: AttemptRecord) -> None:
    for exchange in attempt.exchanges:
        secured = exchange.header("Authorization")
        asked = f"POST {exchange.url}, {'with' if secured else 'without'} Authorization"
        answered = f"{exchange.status}" if exchange.status else str(exchange.error_class)
        challenge = next((value for name, value in exchange.response_headers if name.lower() == "www-authenticate"), "")
        story.exchange(asked, f"{answered}{f', {challenge}' if challenge else ''}", exchange.status == 200)
    story.says(attempt.why)


async def _post(client: aiohttp.ClientSession, url: str, **request: Any) -> dict[str, Any]:
    async with client.post(url, **request) as response:
        response.raise_for_status()
        body: dict[str, Any] = await response.json()
        return body


def _definition() -> dict[str, Any]:
    """The guide's own sample, in the order in which it stands there, but for the preemptive credentials."""
    event = "Async Request Succeeded"
    return {
        "callout": {
            "active": True,
            "calloutAuth": {"username": USER, "password": PASSWORD, "preemptive": False},
            "calloutBaseurl": URL,
            "calloutRetry": True,
            "eventTypeName": event,
            "httpMethod": "POST",
            "name": f"Callout for {event}",
            "requiredAuth": True,
        },
        "calloutActive": True,
        "eventTypeName": event,
    }
