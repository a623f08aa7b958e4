"""``zuora-simulator serve``: the dev server. It prints where it listens, then a line for each thing that happens."""

import asyncio
import errno
import os
import signal
from typing import Any

import click

from simulator.cli import complain
from simulator.cli.lines import Lines, json_lines, text_lines
from simulator.cli.serving import option
from simulator.cli.starting import Start, read_start, starting
from simulator.core.errors import SimulatorError
from simulator.options import Options
from simulator.runtime.loop import run

EPILOG = """\b
Example: zuora-simulator serve --port 8620 --clock virtual --max-attempts 5
Every option has an environment variable: --max-attempts is ZUORA_SIMULATOR_MAX_ATTEMPTS.
A flag wins over the environment, the environment over --config."""


@click.command(epilog=EPILOG)
@starting
@option("--quiet", is_flag=True, help="Print the first lines only.")
@option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def serve(context: click.Context, /, **given: Any) -> int:
    """Run the simulator until it is told to stop."""
    start = read_start(context)
    given = context.params  # with what the config file says
    lines = (json_lines if given["format"] == "json" else text_lines)(bool(given["quiet"]))
    try:
        return run(_serve(start, lines))
    except SimulatorError as error:
        return complain(str(error), 2)
    except OSError as error:
        return complain(cannot_listen(start.options, error), 2)


def cannot_listen(options: Options, error: OSError) -> str:
    """What is wrong with the place to listen on, and what to do."""
    where = f"{options.host}:{options.port}"
    said = (
        os.strerror(error.errno)
        if error.errno and error.errno > 0
        else (error.strerror or str(error)).partition(" (while")[0]
    )
    way_out = "choose another with --port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "see --host"
    return f"cannot listen on {where}: {said}; {way_out}"


async def _serve(start: Start, lines: Lines) -> int:
    from simulator.host import Simulator

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    simulator = Simulator(start.options)
    async with simulator:
        await start.prepare(simulator)  # now that it knows what it was told before
        lines.ready(simulator)
        simulator.instance.engine.ledger.listeners.append(lines.fact)
        simulator.refusals.append(lines.refused)
        failures: list[Exception] = []

        def lost(failure: Exception) -> None:
            failures.append(failure)
            stopped.set()

        if simulator.instance.state is not None:
            simulator.instance.state.on_failure = lost
        await stopped.wait()
    await lines.speaker.finish()
    return complain(str(failures[0]), 2) if failures else 0
