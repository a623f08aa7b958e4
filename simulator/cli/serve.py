"""``zuora-simulator serve``: the dev server. It prints where it listens, then a line for each thing that happens."""

import asyncio
import signal
from datetime import timedelta
from typing import Any

import click

from simulator.cli import complain
from simulator.cli.lines import Lines, json_lines, text_lines
from simulator.cli.parameters import DURATION, INSTANT, pairs
from simulator.core.errors import SimulatorError

DEFAULT_PORT = 8620


@click.command(epilog="Example: zuora-simulator serve --port 8620 --clock virtual")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--clock", type=click.Choice(["real", "virtual"]), default="real", show_default=True)
@click.option("--start", type=INSTANT, help="First instant of the clock, such as 2026-01-01T00:00:00Z.")
@click.option("--rate", type=float, default=1.0, show_default=True, help="How many times faster a real clock runs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of all ids.")
@click.option("--latency", type=DURATION, default=timedelta(0), show_default="0s", help="How long the work takes.")
@click.option(
    "--delivery", type=click.Choice(["immediate", "on-advance", "collect"]), default="immediate", show_default=True
)
@click.option("--concurrency", type=int, default=1, show_default=True, help="Callouts in flight on a virtual clock.")
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate of the development authority.")
@click.option("--certs", type=click.Path(file_okay=False), help="Folder of the development authority.")
@click.option("--ca", type=click.Path(dir_okay=False, exists=True), help="More authorities to trust when calling out.")
@click.option("--max-attempts", type=int, help="Attempts at a callout, 1 to 5.")
@click.option("--interval", type=DURATION, help="Between attempts, 1m to 24h; a bare number is minutes.")
@click.option("--route", multiple=True, help="HOST=ADDRESS:PORT leads callouts to HOST there.")
@click.option("--allow-host", multiple=True, help="A host that callouts may go to besides loopback.")
@click.option("--strict-urls", is_flag=True, help="Refuse the URLs that Zuora refuses.")
@click.option("--quirk", multiple=True, help="NAME=VALUE turns a knob where Zuora's documents are silent.")
@click.option("--quiet", is_flag=True, help="Print the first lines only.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def serve(quiet: bool, style: str, **given: Any) -> int:
    """Run the simulator until it is told to stop."""
    options = {name: value for name, value in given.items() if value is not None and value != ()}
    if "route" in options:
        options["routes"] = pairs(options.pop("route"), "--route")
    if "allow_host" in options:
        options["allow_hosts"] = options.pop("allow_host")
    if "quirk" in options:
        options["quirks"] = pairs(options.pop("quirk"), "--quirk")
    lines = json_lines(quiet) if style == "json" else text_lines(quiet)
    try:
        return asyncio.run(_serve(options, lines))
    except SimulatorError as error:
        return complain(str(error), 2)
    except OSError as error:
        where = f"{options['host']}:{options['port']}"
        return complain(f"cannot listen on {where}: {error.strerror or error}; choose another with --port", 2)


async def _serve(options: dict[str, Any], lines: Lines) -> int:
    from simulator.host import Simulator

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    simulator = Simulator(**options)
    async with simulator:
        lines.ready(simulator)
        simulator.instance.engine.ledger.listeners.append(lines.fact)
        await stopped.wait()
    return 0
