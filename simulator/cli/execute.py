"""``zuora-simulator exec -- COMMAND``: a simulator for as long as a command runs, its address in the command's environment.

The exit code is the command's own. What the simulator has to say goes to standard error, so that the command's output
stays the command's.
"""

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import complain
from simulator.cli.lines import json_lines
from simulator.cli.serve import cannot_listen
from simulator.cli.starting import Start, read_start, starting
from simulator.core.errors import SimulatorError

if TYPE_CHECKING:
    from simulator.host import Simulator

NOT_FOUND, NOT_RUNNABLE = 127, 126
"""As a shell says it."""


@click.command(
    name="exec",
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False},
    epilog="Example: zuora-simulator exec --clock virtual -- npm test",
)
@starting
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: the lines of serve, on stderr.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def execute(context: click.Context, /, command: tuple[str, ...], style: str, **given: Any) -> int:
    """Start a simulator on a free port, run COMMAND against it, stop.

    COMMAND finds ZUORA_BASE_URL, ZUORA_CLIENT_ID, ZUORA_CLIENT_SECRET, ZUORA_CA_FILE and ZUORA_SIMULATOR_SERVER in its
    environment. The exit code is COMMAND's.
    """
    start = read_start(context, port=0)
    try:
        return asyncio.run(_execute(start, command, style))
    except SimulatorError as error:
        return complain(str(error), 2)
    except OSError as error:
        return complain(cannot_listen(start.options, error), 2)


async def _execute(start: Start, command: tuple[str, ...], style: str) -> int:
    from simulator.host import Simulator

    simulator = Simulator(start.options)
    lines = json_lines(quiet=style != "json", out=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="zuora-simulator-") as folder:
        async with simulator:
            await start.prepare(simulator)
            if style == "json":
                lines.ready(simulator)
                simulator.instance.engine.ledger.listeners.append(lines.fact)
                simulator.refusals.append(lines.refused)
            code = await _run(command, {**os.environ, **_told(simulator, Path(folder))})
        await lines.speaker.finish()
        return code


def _told(simulator: "Simulator", folder: Path) -> dict[str, str]:
    """What the command is told; the certificate of the authority lies in a file of its own for that long."""
    ca = folder / "ca.pem"
    ca.write_bytes(simulator.instance.authority.ca_pem)
    return {
        "ZUORA_BASE_URL": simulator.url,
        "ZUORA_CLIENT_ID": simulator.client_id,
        "ZUORA_CLIENT_SECRET": simulator.client_secret,
        "ZUORA_CA_FILE": str(ca),
        "ZUORA_SIMULATOR_SERVER": simulator.url,
        "ZUORA_SIMULATOR_CA": str(ca),
    }


async def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """The command's exit code, 128 + n where signal n ended it."""
    try:
        process = await asyncio.create_subprocess_exec(*command, env=environment)
    except FileNotFoundError:
        return complain(f"there is no command {command[0]!r}", NOT_FOUND)
    except OSError as error:
        return complain(f"{command[0]!r} cannot be run: {error.strerror}", NOT_RUNNABLE)

    def pass_on(number: signal.Signals) -> None:
        if process.returncode is None:
            process.send_signal(number)

    loop = asyncio.get_running_loop()
    # Ctrl-C reaches the command by itself: the terminal tells the whole group. We outlive it, to hear its exit code.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, pass_on, number)
    code = await process.wait()
    return code if code >= 0 else 128 - code
