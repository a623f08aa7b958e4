"""What a replay costs beside the same callouts driven through `Simulator`, over the same sockets."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from simulator.host import Simulator
from simulator.receiver import Receiver
from simulator.replay.manner import Manner
from simulator.replay.run import play
from simulator.replay.source import read_story
from tests.bench.figures import Figure
from tests.bench.programs import PROJECT

STORIES = 100
MANY = 1_000
CALLOUTS = 10
ROUNDS = 3
EVENT = "Payment Declined"

WATCHED = """\
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(ended.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs a program and tells its peak: from a small process, since Linux counts what the one that starts it holds."""

TEXT = f"""\
title: Ten callouts
definitions: [{EVENT}]
steps:
  - fire: {{event: {EVENT}, fields: {{AccountId: "8a80"}}, times: {CALLOUTS}}}
expect:
  - {{event: {EVENT}, count: {CALLOUTS}, outcome: delivered}}
"""


def a_replay() -> Figure:
    """Callouts per second of a replay over those of the simulator alone, interleaved."""
    pairs = [(asyncio.run(_driven()), asyncio.run(_played())) for _ in range(ROUNDS)]
    ratio = statistics.median(alone / replayed for alone, replayed in pairs)
    return Figure(
        "replay",
        "its speed over the simulator's alone",
        f"{ratio:.2f}",
        "at least 0.5",
        ratio >= 0.5,
        f"{STORIES} stories of {CALLOUTS} callouts over the same sockets, {ROUNDS} rounds",
    )


def a_replay_of_many() -> Figure:
    """The command over a folder of a thousand stories with a report of all, by the system's own account of its memory."""
    with tempfile.TemporaryDirectory() as folder:
        stories = Path(folder) / "stories"
        stories.mkdir()
        for number in range(MANY):
            (stories / f"{number:04}.yaml").write_text(TEXT, "utf-8")
        command = [sys.executable, "-m", "simulator", "replay", str(stories), "--report", f"{folder}/report"]
        said = subprocess.run([sys.executable, "-c", WATCHED, *command], cwd=PROJECT, capture_output=True, check=True)
    returned, kilobytes = map(int, said.stdout.split())
    peak = kilobytes / 1024
    return Figure(
        "replay",
        f"peak memory of {MANY:,} stories x {CALLOUTS} callouts",
        f"{peak:.0f} MB" if returned == 0 else f"ended with {returned}",
        "under 200 MB",
        returned == 0 and peak < 200,
        f"{MANY:,} stories of {CALLOUTS} callouts by `zuora-simulator replay`, with a report",
    )


async def _driven() -> float:
    async with Receiver(200) as receiver, Simulator() as zuora:
        callout = {"name": "bench", "calloutBaseurl": receiver.url, "httpMethod": "POST", "requiredAuth": False}
        zuora.instance.register({"name": "bench", "eventTypeName": EVENT, "calloutActive": True, "callout": callout})
        begun = perf_counter()
        for _ in range(STORIES):
            for _ in range(CALLOUTS):
                zuora.instance.fire(EVENT, {"AccountId": "8a80"})
            await zuora.settle()
        delivered = sum(callout.outcome == "delivered" for callout in zuora.callouts)
        assert delivered == STORIES * CALLOUTS
        return perf_counter() - begun


async def _played() -> float:
    story = read_story(TEXT, "bench.yaml", environment={})
    begun = perf_counter()
    for _ in range(STORIES):
        played = await play(story, Manner())
        assert len(played.callouts) == CALLOUTS
    return perf_counter() - begun
