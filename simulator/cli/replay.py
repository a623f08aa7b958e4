"""``zuora-simulator replay``: stories played against a receiver, a line for each attempt, and reports to send to others."""

import asyncio
import os
import shlex
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import click

from simulator.cli.parameters import DURATION
from simulator.cli.storytelling import audience
from simulator.core.errors import AuthorError
from simulator.core.units import format_duration
from simulator.masking import mask_url

PATHS = click.argument("paths", nargs=-1, required=True)
TARGET = click.option(
    "--target", metavar="URL", help="Call this receiver instead of the stories' own; it is allowed by that."
)
ALLOW_HOST = click.option(
    "--allow-host", multiple=True, metavar="HOST", help="A host that may be called besides loopback."
)
CLOCK = click.option("--clock", type=click.Choice(["virtual", "real"]), default="virtual", show_default=True)
RATE = click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How many times faster the real clock runs.",
)
PROBE = click.option("--probe", metavar="URL", help="An address of the application that tells the effect of a callout.")
PROBE_WAIT = click.option(
    "--probe-wait",
    type=DURATION,
    default="0s",
    show_default=True,
    help="Real time that the application is given to do its work before each probe.",
)
STYLE = click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
REPORT = click.option(
    "--report",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write report.html, report.json and junit.xml there.",
)
ONLY = click.option("--only", metavar="NAME", help="Only stories whose file or title contains NAME.")


@click.command(epilog="Example: zuora-simulator replay scenarios/ --target https://staging.example/zuora --report out/")
@PATHS
@TARGET
@ALLOW_HOST
@CLOCK
@RATE
@PROBE
@PROBE_WAIT
@REPORT
@STYLE
@ONLY
@click.option("--keep-going", is_flag=True, help="Go on after a story that is not met.")
def replay(
    paths: tuple[str, ...], report: str | None, style: str, only: str | None, keep_going: bool, **how: Any
) -> int:
    """Play scenario files and folders, and say whether their expectations are met.

    Exit codes: 0 all met, 1 an expectation failed, 2 a file or the command is wrong, 3 the target cannot be reached.
    """
    from simulator.replay.known import event_names
    from simulator.replay.report import Report
    from simulator.replay.session import play_all
    from simulator.replay.source import ScenarioFaults, load

    try:
        stories = load(paths, environment=os.environ, catalogue=event_names(), only=only)
    except ScenarioFaults as faults:
        # One fault a line and nothing before it, as editors read them.
        click.echo(str(faults), err=True)
        return 2
    manner = manner_of(**how)
    kept = (
        Report(command_line("replay", paths, only=only, keep_going=keep_going, **how), secrets=secrets_of(how))
        if report
        else None
    )
    ended = asyncio.run(
        play_all(stories, manner, audience(style, len(stories)), keep_going=keep_going, kept=kept.add if kept else None)
    )
    if kept is not None and report is not None:
        written = kept.write(report)
        kept.close()
        if style == "text":
            click.echo(f"Report: {written[1]}")
    return int(ended)


def manner_of(
    *,
    target: str | None,
    allow_host: tuple[str, ...],
    clock: str,
    rate: float,
    probe: str | None = None,
    probe_wait: timedelta = timedelta(0),
) -> Any:
    """How stories are played, from the options; a URL that is named is allowed by that."""
    from simulator.replay.manner import Manner

    for url in (target, probe):
        _check_url(url)
    named = [host for url in (target, probe) if url and (host := urlsplit(url).hostname)]
    return Manner(
        target=target, allow_hosts=(*allow_host, *named), clock=clock, rate=rate, probe=probe, probe_wait=probe_wait
    )


def _check_url(url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or any(letter.isspace() for letter in url):
        raise AuthorError(f"{mask_url(url)!r} is not a URL: write it like https://staging.example/zuora")


def secrets_of(how: dict[str, Any]) -> list[str]:
    """What the options hold that nobody should read in a report."""
    passwords = [urlsplit(url).password for url in (how.get("target"), how.get("probe")) if url]
    return [password for password in passwords if password]


def command_line(command: str, words: tuple[str, ...], **options: Any) -> str:
    """The command that reproduces a run, without where its report went; secrets in it are masked."""
    parts = ["zuora-simulator", command, *words]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            parts.append(flag)
        elif isinstance(value, tuple):
            parts += [part for item in value for part in (flag, item)]
        elif isinstance(value, timedelta):
            parts += [flag, format_duration(value)] if value else []
        elif value not in (None, False) and (name, value) not in (("clock", "virtual"), ("rate", 1.0)):
            parts += [
                flag,
                mask_url(str(value)) if name in ("target", "probe") else f"{value:g}" if name == "rate" else str(value),
            ]
    return shlex.join(parts)
