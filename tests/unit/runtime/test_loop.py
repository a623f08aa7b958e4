"""Which loop a server of ours runs on: uvloop's where it is installed, else asyncio's own."""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator import Receiver, Simulator
from simulator.runtime import loop


async def named() -> str:
    """Where the loop that this runs on comes from."""
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


def test_without_uvloop_it_is_asyncio_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing need be installed."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop.run(named()) == "asyncio"


def test_an_error_says_nothing_of_a_loop_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its traceback is that of the work alone, and does not begin with a module that was not found."""

    async def breaks() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ZeroDivisionError) as caught:
        loop.run(breaks())
    assert caught.value.__context__ is None


def test_where_it_is_installed_uvloop_runs_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, and its answer and its errors are handed on."""
    ran: list[Coroutine[Any, Any, Any]] = []

    class Standing(ModuleType):
        @staticmethod
        def run(work: Coroutine[Any, Any, Any]) -> Any:
            ran.append(work)
            return asyncio.run(work)

    async def breaks() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(sys.modules, "uvloop", Standing("uvloop"))
    work = named()
    assert loop.run(work) == "asyncio"
    assert ran == [work]
    with pytest.raises(ZeroDivisionError):
        loop.run(breaks())


@pytest.mark.parametrize("tls", [False, True])
def test_a_simulator_lives_on_uvloop(tls: bool, tmp_path: Path) -> None:
    """Served, asked, called out, cut short and stopped, over http and https, as on asyncio's loop."""
    pytest.importorskip("uvloop", reason="extra `speed`: the simulator is NOT tried on uvloop")
    ca = tmp_path / "ca.pem"

    async def live() -> tuple[str, list[int]]:
        async with Receiver([503, {"delay": "1h"}, {"close": "accept"}, 200], tls=tls) as receiver:
            ca.write_bytes(receiver.ca_pem or b"")
            patience = timedelta(milliseconds=100)
            async with Simulator(tls=tls, ca=str(ca) if tls else None, patience=patience, max_attempts=5) as zuora:
                zuora.notify("Payment Declined", receiver.url)
                zuora.fire("Payment Declined")
                await zuora.drain()
                [callout] = zuora.callouts
                return await named(), [attempt.response_code for attempt in callout.attempts]

    assert loop.run(live()) == ("uvloop", [503, -1, -1, 200])
