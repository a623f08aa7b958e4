"""``zuora-simulator serve``: the dev server. It prints where it listens, then a line for each thing that happens."""

import asyncio
import errno
import os
import signal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from simulator.cli import complain
from simulator.cli.lines import Lines, json_lines, text_lines
from simulator.cli.serving import option, read_options, serving
from simulator.core.errors import SimulatorError
from simulator.core.ledger import Cleared, Fact
from simulator.options import Options
from simulator.runtime.hosts import means_loopback

if TYPE_CHECKING:
    from simulator.host import Simulator

EVENTS = ("Async Request Succeeded", "Async Request Failed")

EPILOG = """\b
Example: zuora-simulator serve --port 8620 --clock virtual --max-attempts 5
Every option has an environment variable: --max-attempts is ZUORA_SIMULATOR_MAX_ATTEMPTS.
A flag wins over the environment, the environment over --config."""


@click.command(epilog=EPILOG)
@serving
@option("--forward-to", metavar="URL", help="Register both asynchronous events to this receiver at the start.")
@option("--quiet", is_flag=True, help="Print the first lines only.")
@option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def serve(context: click.Context, /, **given: Any) -> int:
    """Run the simulator until it is told to stop."""
    options = read_options(context)
    given = context.params  # with what the config file says
    lines = (json_lines if given["format"] == "json" else text_lines)(bool(given["quiet"]))
    try:
        return asyncio.run(_serve(options, given["forward_to"], lines))
    except SimulatorError as error:
        return complain(str(error), 2)
    except OSError as error:
        return complain(cannot_listen(options, error), 2)


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


async def _serve(options: Options, forward_to: str | None, lines: Lines) -> int:
    from simulator.host import Simulator

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    simulator = Simulator(allowed(options, forward_to))
    simulator.refusals.append(lines.refused)
    async with simulator:
        if forward_to is not None:
            forward(simulator, forward_to)  # now that it knows what it was told before
        warn_beyond_loopback(options)
        lines.ready(simulator)
        simulator.instance.engine.ledger.listeners.append(lines.fact)
        failures: list[Exception] = []

        def lost(failure: Exception) -> None:
            failures.append(failure)
            stopped.set()

        if simulator.instance.state is not None:
            simulator.instance.state.on_failure = lost
        await stopped.wait()
    return complain(str(failures[0]), 2) if failures else 0


def allowed(options: Options, url: str | None) -> Options:
    """The options with the host of ``url`` among those that may be called: whoever names a receiver means it."""
    host = urlsplit(url).hostname if url else None
    if host is None or means_loopback(host):
        return options
    return options.merged({"allow_hosts": (*options.allow_hosts, host)}, "flag --forward-to")


def forward(simulator: "Simulator", url: str) -> None:
    """Have the receiver at ``url`` hear of both asynchronous events, also after a reset. Raises ClientError for a bad URL."""

    def register() -> None:
        definitions = simulator.instance.tenants[simulator.client_id].definitions.values()
        told = {each.event_type_name for each in definitions if each.callout and each.callout.callout_baseurl == url}
        for event in EVENTS:
            if event not in told:  # a state file may know of it
                simulator.notify(event, url)

    def after_reset(fact: Fact) -> None:
        if isinstance(fact, Cleared) and fact.tenant in (None, simulator.client_id):
            asyncio.get_running_loop().call_soon(register)  # when the rest has been forgotten too

    register()
    simulator.instance.engine.ledger.listeners.append(after_reset)


def warn_beyond_loopback(options: Options) -> None:
    """Say what it means that others can reach this server."""
    if not means_loopback(options.host):
        complain(
            f"warning: listening on {options.host}, beyond this machine: whoever reaches it may use it. In a browser it "
            "answers to its address only; --server-name NAME adds a name, such as a compose service's",
            0,
        )
