"""``advance``, ``settle`` and ``drain``: time on a running server."""

from datetime import timedelta
from typing import Any

import click

from simulator.cli.calling import Caller, remote, show
from simulator.cli.parameters import DURATION
from simulator.cli.wording import day_and_time


@click.command(epilog="Example: zuora-simulator advance 30m")
@click.argument("span", type=DURATION)
@remote
def advance(caller: Caller, style: str, span: timedelta) -> int:
    """Move time by SPAN (30m, 24h, 1h30m; a bare number is minutes); what falls due on the way is delivered."""
    return _moved(caller.post("/clock/advance", {"seconds": span / timedelta(seconds=1)}), style)


@click.command(epilog="Example: zuora-simulator settle")
@remote
def settle(caller: Caller, style: str) -> int:
    """Deliver what is due now; time stands still."""
    return _moved(caller.post("/clock/settle"), style)


@click.command(epilog="Example: zuora-simulator drain")
@remote
def drain(caller: Caller, style: str) -> int:
    """Move time until nothing is due any more, through all retries."""
    return _moved(caller.post("/clock/drain"), style)


def _moved(answer: dict[str, Any], style: str) -> int:
    if style == "json":
        show(answer)
        return 0
    count = answer["attempts"]
    due = f"; the next thing is due at {day_and_time(answer['nextDue'])}" if answer["nextDue"] else "; nothing is due"
    click.echo(f"it is {day_and_time(answer['now'])}: {count} attempt{'' if count == 1 else 's'} ended{due}")
    return 0
