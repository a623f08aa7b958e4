"""What a process holds: idle, and after 100,000 delivered callouts, with their whole history and with a retention limit."""

import subprocess
import sys
from pathlib import Path

from tests.bench.figures import Figure

PROJECT = Path(__file__).resolve().parents[2]
DELIVERED = 100_000

SCRIPT = """
import asyncio, gc, sys
from pathlib import Path
from msgspec.structs import replace

delivered, retain, state = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def resident():
    gc.collect()
    return int(next(it.split()[1] for it in Path("/proc/self/status").read_text().splitlines() if it.startswith("VmRSS")))


async def main():
    from simulator import Simulator
    from simulator.core.model import Submission

    options = {"retain": int(retain)} if retain else {}
    async with Simulator(delivery="collect", state=state or None, **options) as zuora:
        zuora.notify("Async Request Succeeded", "https://127.0.0.1:9/hook")
        await zuora.settle()
        request = Submission("zuora", zuora.client_id, "POST", "/v1/async/accounts")
        for number in range(delivered):
            body = b'{"name":"Account %06d","currency":"USD","billCycleDay":1,"autoPay":false}' % number
            zuora.instance.engine.submit(replace(request, body=body), zuora.now)
            if number % 1000 == 999:
                await zuora.settle()
        print(resident())


asyncio.run(main())
"""


def idle() -> Figure:
    """Started, with one definition, nothing delivered."""
    return _figure("S2", "memory of an idle simulator", _megabytes(0), 60)


def with_history() -> Figure:
    """Everything is kept: the request, its resource, its event, the callout with all bytes."""
    return _figure("memory", f"resident after {DELIVERED:,} delivered callouts, all kept", _megabytes(DELIVERED), 400)


def with_retention() -> Figure:
    """The latest 1,000; the resources that the requests made are not history, and stay."""
    held = _megabytes(DELIVERED, "1000")
    return _figure("S2", f"resident after {DELIVERED:,} delivered callouts with --retain 1000", held, 150)


def _figure(row: str, what: str, held: float, bound: float) -> Figure:
    return Figure(row, what, f"{held:.0f} MB", f"at most {bound} MB", held <= bound)


def _megabytes(delivered: int, retain: str = "", state: str = "") -> float:
    command = [sys.executable, "-c", SCRIPT, str(delivered), retain, state]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return int(run.stdout) / 1024
