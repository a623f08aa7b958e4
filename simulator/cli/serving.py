"""The options of a started server, for every command that starts one: flag, environment, config file, default, in that order.

It alone decides their names there and which of them wins, and notes where each value came from. What they mean and what
they may be is `simulator.options`' affair.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from simulator.cli.parameters import CLIENT, DURATION, FIELD, INSTANT, WORD
from simulator.core.errors import AuthorError, near_match
from simulator.options import Options

PREFIX = "ZUORA_SIMULATOR_"
DEFAULT_PORT = 8620
DEV_SERVER: Mapping[str, Any] = {"clock": "real", "delivery": "immediate", "port": DEFAULT_PORT}
"""What a dev server does otherwise than a simulator in a test."""

CERTS = "certs"
"""A folder of this name in the working directory is where the development authority is kept."""

FIELDS = {
    "route": "routes",
    "allow_host": "allow_hosts",
    "insecure_receiver": "insecure_receivers",
    "server_name": "server_names",
    "quirk": "quirks",
}
"""Flags that may be given several times, by the option that they fill."""

OTHERS = (f"{PREFIX}SERVER", f"{PREFIX}CA", f"{PREFIX}REQUIRE_BROWSER")
"""Variables that are read elsewhere."""

FILE = click.Path(dir_okay=False, exists=True)


def option(flag: str, **how: Any) -> Callable[[Any], Any]:
    """An option with the environment variable of the same name."""
    return click.option(flag, envvar=PREFIX + flag.removeprefix("--").replace("-", "_").upper(), **how)


OPTIONS = (
    option("--config", type=FILE, metavar="FILE", help="Read options from a YAML file: max-attempts: 5."),
    option("--host", help="Address to listen on.  [default: 127.0.0.1]"),
    option("--port", type=int, help=f"Port to listen on; 0 takes a free one.  [default: {DEFAULT_PORT}]"),
    option("--server-name", type=WORD, multiple=True, metavar="NAME", help="A further name that this server goes by."),
    option("--clock", type=click.Choice(["real", "virtual"]), help="[default: real]"),
    option("--start", type=INSTANT, help="First instant of the clock, such as 2026-01-01T00:00:00Z."),
    option("--rate", type=float, help="How many times faster a real clock runs.  [default: 1]"),
    option("--seed", type=int, help="The seed of all ids.  [default: 0]"),
    option("--latency", type=DURATION, help="How long the work of a request takes.  [default: 0s]"),
    option(
        "--delivery",
        type=click.Choice(["immediate", "on-advance", "collect"]),
        help="When what is due goes out on a virtual clock; `collect` opens no socket.  [default: immediate]",
    ),
    option("--concurrency", type=int, help="Callouts in flight on a virtual clock.  [default: 1]"),
    option(
        "--patience", type=DURATION, help="How long a hung receiver is waited for on a virtual clock.  [default: 2s]"
    ),
    option("--retain", type=int, help="Keep only so many finished requests and callouts."),
    option(
        "--state", type=click.Path(dir_okay=False), help="Keep all that was accepted in this file, across restarts."
    ),
    option("--tls", is_flag=True, default=None, help="Serve HTTPS with a certificate of the development authority."),
    option(
        "--certs",
        type=click.Path(file_okay=False),
        help="Keep the development authority there.  [default: ./certs where it exists, else in memory]",
    ),
    option("--ca", type=FILE, help="More authorities to trust when calling out, PEM."),
    option("--client-cert", type=FILE, help="Our own certificate, for receivers that ask for one (mutual TLS)."),
    option("--client-key", type=FILE, help="The key of --client-cert."),
    option(
        "--insecure-receiver",
        type=WORD,
        multiple=True,
        metavar="HOST[:PORT]",
        help="Do not verify the certificate of this receiver; every record of it says so.",
    ),
    option("--max-attempts", type=int, help="Attempts at a callout, 1 to 5.  [default: 3]"),
    option("--interval", type=DURATION, help="Between attempts, 1m to 24h; a bare number is minutes.  [default: 30m]"),
    option("--confirm-success", help="Whether a 200 is asked for `success`: off, reject-false, require-true."),
    option("--empty-as-null", is_flag=True, default=None, help='Send empty strings of custom events as "null".'),
    option("--locale", help="The user locale of dates in callouts, such as de_DE."),
    option(
        "--route",
        type=FIELD,
        multiple=True,
        metavar="HOST=ADDRESS:PORT",
        help="Lead callouts to HOST there; its name stays true in TLS and Host.",
    ),
    option(
        "--allow-host", type=WORD, multiple=True, metavar="HOST", help="A host that may be called besides loopback."
    ),
    option("--reuse-connections", is_flag=True, default=None, help="Keep connections to receivers open, for load."),
    option("--strict-urls", is_flag=True, default=None, help="Refuse the URLs that Zuora refuses."),
    option(
        "--strict-auth",
        type=CLIENT,
        multiple=True,
        metavar="CLIENT:SECRET",
        help="Let in no other OAuth client.",
    ),
    option(
        "--strict-fields",
        is_flag=True,
        default=None,
        help="Ask for more fields of what is created, and for a number once.",
    ),
    option("--token-lifetime", type=DURATION, help="Let tokens expire after that long, on the simulator's clock."),
    option("--allow-unknown", is_flag=True, default=None, help="Take events whose names nobody knows."),
    option("--rate-limits", is_flag=True, default=None, help="Answer 429 beyond Zuora's limits."),
    option(
        "--quirk",
        type=FIELD,
        multiple=True,
        metavar="NAME=VALUE",
        help="Turn a knob where Zuora's documents are silent.",
    ),
)


def serving(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all of these options; it finds them in its context, for `read_options`."""
    for add in reversed(OPTIONS):
        command = add(command)
    return command


Given = tuple[str, Any, str, str]
"""A parameter that somebody gave: its name, its value, its place for a message, its origin."""


def read_options(
    given: Iterable[Given],
    defaults: Mapping[str, Any] = DEV_SERVER,
    described: tuple[Mapping[str, Any], str] = ({}, ""),
) -> Options:
    """The options in force: those ``given``, over those ``described`` somewhere, with their origin, over ``defaults``.

    Raises AuthorError with the place of a value that cannot be: flag, variable, or file:line.
    """
    options = Options().merged(defaults, "default").merged(*described)
    for parameter, value, place, origin in given:
        field = FIELDS.get(parameter, parameter)
        if field not in (*Options.__struct_fields__, *_SETTINGS):
            continue
        try:
            options = options.merged({field: _joined(value)}, origin)
        except AuthorError as error:
            raise AuthorError(f"{place}: {error}") from None
    if options.certs is None and Path(CERTS).is_dir():
        options = options.merged({"certs": CERTS}, f"the folder ./{CERTS}")
    return options


_SETTINGS = ("max_attempts", "interval", "confirm_success", "empty_as_null", "locale", "quirks")


def read_given(context: click.Context, environment: Mapping[str, str] = os.environ) -> list[Given]:
    """What somebody gave; what a config file says stands in the context afterwards, like all the rest."""
    _notice_misspelt(context, environment)
    return list(_given(context))


def _given(context: click.Context) -> Iterator[Given]:
    config = context.params.get("config")
    if config is not None:
        from simulator.cli.config import read_config  # YAML is not loaded where nobody uses it

        written = read_config(config, context)
    else:
        written = {}
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is ParameterSource.COMMANDLINE:
            flag = parameter.opts[-1]
            yield name, context.params[name], flag, f"flag {flag}"
        elif source is ParameterSource.ENVIRONMENT:
            yield name, context.params[name], str(parameter.envvar), f"environment {parameter.envvar}"
        elif name in written:
            value, place = written[name]
            context.params[name] = value
            yield name, value, place, f"config {place}"


def _joined(value: Any) -> Any:
    """Words that were given one by one, and pairs, as the option takes them."""
    if not isinstance(value, tuple):
        return value
    return dict(value) if value and isinstance(value[0], tuple) else value


def _notice_misspelt(context: click.Context, environment: Mapping[str, str]) -> None:
    """Tell of a variable that is meant for us and that nobody reads."""
    known = [str(parameter.envvar) for parameter in context.command.params if parameter.envvar]
    for name in environment:
        if name.startswith(PREFIX) and name not in (*known, *OTHERS):
            near = near_match(name, known)
            if near:
                click.echo(f"zuora-simulator: {name} is not read{near}", err=True)
