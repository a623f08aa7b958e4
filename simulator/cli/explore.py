"""``zuora-simulator explore``: which order of deliveries does this receiver not stand? The smallest one becomes a file."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from simulator.cli.replay import ALLOW_HOST, CLOCK, PROBE, PROBE_WAIT, RATE, STYLE, TARGET, manner_of
from simulator.core.errors import AuthorError


@click.command(
    epilog="Example: zuora-simulator explore story.yaml --invariant probe --target http://localhost:3000/zuora"
)
@click.argument("path")
@click.option(
    "--invariant",
    "invariants",
    type=click.Choice(["probe", "delivered"]),
    multiple=True,
    default=["probe"],
    show_default=True,
    help="What must hold: the expectations of the story's probes, or that every callout is delivered in the end.",
)
@click.option(
    "--schedules", "bound", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Try so many at most."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**40), default=0, show_default=True, help="Of the search, and of all ids."
)
@click.option(
    "--to", "target_file", metavar="FILE", help="Where the failing story goes; beside the story unless given."
)
@TARGET
@ALLOW_HOST
@CLOCK
@RATE
@PROBE
@PROBE_WAIT
@STYLE
def explore(
    path: str, invariants: tuple[str, ...], bound: int, seed: int, target_file: str | None, style: str, **how: Any
) -> int:
    """Try orders, duplicates and lost answers of a story's callouts until one breaks what must hold.

    Exit codes: 0 nothing found, 1 found and written, 2 a file or the command is wrong, 3 the target cannot be reached.
    """
    from simulator.replay.known import event_names
    from simulator.replay.source import ScenarioFaults, load

    try:
        stories = load([path], environment=os.environ, catalogue=event_names())
    except ScenarioFaults as faults:
        click.echo(str(faults), err=True)
        return 2
    if len(stories) != 1:
        raise AuthorError(f"{path} holds {len(stories)} stories: explore takes one at a time")
    file = Path(target_file) if target_file else Path(path).with_suffix(".failing.yaml")
    return asyncio.run(_explore(stories[0], manner_of(**how), invariants, bound, seed, file, style))


async def _explore(
    story: Any, manner: Any, names: tuple[str, ...], bound: int, seed: int, file: Path, style: str
) -> int:
    from simulator.replay.explore import Invariant, failing_story
    from simulator.replay.explore import explore as search
    from simulator.replay.report import put
    from simulator.replay.run import Verdict

    invariants = [Invariant(name) for name in names]
    worst, count = None, 0
    async for tried in search(story, manner, invariants, bound=bound, seed=seed):
        count += 1
        if tried.played.verdict in (Verdict.UNREACHABLE, Verdict.SKIPPED):
            click.echo(f"zuora-simulator: {tried.played.detail}", err=True)
            return 3 if tried.played.verdict is Verdict.UNREACHABLE else 2
        _print(tried, style)
        if tried.broken:
            worst = tried
    if worst is None:
        if style == "text":
            held = f"{count} schedules" if count != 1 else "the only schedule that was tried"
            click.echo(f"\nNothing found: what must hold held under {held} (seed {seed}).")
        return 0
    try:
        put(file, [failing_story(story, worst, invariants).encode()])
    except OSError as error:
        raise AuthorError(f"{str(file)!r} cannot be written: {error}") from error
    if style == "text":
        click.echo(f"\nFound after {count} schedules, written to {file}. Play it with: zuora-simulator replay {file}")
    return 1


def _print(tried: Any, style: str) -> None:
    import json

    words = ", ".join(map(str, tried.schedule)) or "undisturbed"
    if style == "json":
        broken = [{"title": one.title, "expected": one.expected, "actual": one.actual} for one in tried.broken]
        click.echo(json.dumps({"event": "schedule", "schedule": words, "broken": broken}))
        return
    click.echo(f"{'BROKEN' if tried.broken else 'held':<6}  {words}")
    for one in tried.broken:
        click.echo(f"        {one.title}\n          expected {one.expected}\n          actual   {one.actual}")
