"""``zuora-simulator examine``: what would Zuora do to this receiver, and would it stand it? A mark for each question."""

import asyncio
import json
import os
import sys
import textwrap
from datetime import timedelta
from secrets import randbelow
from typing import Any

import click

from simulator.cli.parameters import DURATION
from simulator.cli.replay import ALLOW_HOST, PROBE_WAIT, REPORT, STYLE, command_line, manner_of, secrets_of
from simulator.core.errors import AuthorError
from simulator.masking import mask_url


@click.command(
    epilog="Example: zuora-simulator examine http://localhost:3000/zuora --probe http://localhost:3000/payments/count"
)
@click.argument("url")
@click.option(
    "--basic", metavar="USER:PASS", envvar="ZUORA_SIMULATOR_BASIC", help="What the receiver demands by HTTP Basic."
)
@click.option(
    "--probe", metavar="URL", help="An address of the application that tells the effect of callouts, in JSON."
)
@click.option(
    "--patience", type=DURATION, default="16s", show_default=True, help="How long an answer is really waited for."
)
@click.option("--seed", type=click.IntRange(0, 2**62), help="The seed of all ids; another one each time unless given.")
@PROBE_WAIT
@ALLOW_HOST
@REPORT
@STYLE
def examine(
    url: str,
    basic: str | None,
    probe: str | None,
    patience: timedelta,
    probe_wait: timedelta,
    allow_host: tuple[str, ...],
    seed: int | None,
    report: str | None,
    style: str,
) -> int:
    """Examine the receiver at URL: duplicates, lost answers, order, time limits, payloads, credentials.

    Exit codes: 0 all passed, 1 some failed, 2 the command is wrong, 3 the receiver cannot be reached.
    """
    from msgspec.structs import replace

    how = {
        "target": url,
        "allow_host": allow_host,
        "clock": "virtual",
        "rate": 1.0,
        "probe": probe,
        "probe_wait": probe_wait,
    }
    manner = manner_of(**how)  # type: ignore[arg-type]  # the options' own types, gathered to be masked together
    if basic is not None:
        username, colon, password = basic.partition(":")
        if not colon or not username:
            raise AuthorError("--basic is written USER:PASS")
        manner = replace(manner, username=username, password=password)
    # A receiver that has been examined before must not take this examination for a duplicate of that one.
    seed = randbelow(10**9) if seed is None else seed
    manner = replace(manner, shift=seed)
    secrets = [*secrets_of(how), *([basic.partition(":")[2]] if basic else [])]
    command = command_line(
        "examine", (mask_url(url),), probe=probe, probe_wait=probe_wait, seed=seed, allow_host=allow_host
    )
    return asyncio.run(_examine(manner, patience, style, report, command, secrets))


async def _examine(
    manner: Any, patience: timedelta, style: str, report: str | None, command: str, secrets: list[str]
) -> int:
    from simulator.replay.examine import Mark, questions
    from simulator.replay.examine import examine as ask
    from simulator.replay.report import Report
    from simulator.replay.run import Verdict

    kept = Report(command, secrets=secrets) if report else None
    marks = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    async for answer in ask(questions(os.environ), manner, patience):
        if answer.played.verdict is Verdict.UNREACHABLE:
            click.echo(f"zuora-simulator: {answer.played.detail}", err=True)
            return 3
        marks.append(answer.mark)
        _print(answer, style)
        if kept is not None:
            kept.add(answer.played, loop.time() - began)
        began = loop.time()
    counts = {mark: marks.count(mark) for mark in Mark}
    if style == "json":
        click.echo(json.dumps({"event": "end", **{mark.value: count for mark, count in counts.items()}}))
    else:
        click.echo("\n" + ", ".join(f"{count} {mark}" for mark, count in counts.items() if count))
    if kept is not None and report is not None:
        written = kept.write(report)
        kept.close()
        if style == "text":
            click.echo(f"Report: {written[1]}")
    return 1 if counts[Mark.FAILED] else 0


def _print(answer: Any, style: str) -> None:
    if style == "json":
        line = {key: getattr(answer, key) for key in ("mark", "title", "asked", "seen", "means")}
        click.echo(json.dumps({"event": "mark", **line, "file": answer.played.story.path}))
        return
    colours = {"passed": "32", "failed": "31", "not examined": "33"}
    mark = f"{answer.mark:<12}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        mark = f"\x1b[{colours[answer.mark]}m{mark}\x1b[0m"
    click.echo(f"{mark}  {answer.title}")
    told = [("seen", answer.seen)]
    if answer.mark == "failed":
        told = [("asked", answer.asked), ("seen", answer.seen), ("means", answer.means)]
    for name, text in told:
        click.echo(textwrap.fill(text, 110, initial_indent=f"{'':14}{name + ':':<7}", subsequent_indent=" " * 21))
