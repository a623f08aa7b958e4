"""Every file in scenarios/ is met by the built-in receiver."""

from pathlib import Path

import pytest

from simulator.replay.known import event_names
from simulator.replay.manner import Manner
from simulator.replay.run import Verdict, play
from simulator.replay.source import load

ROOT = Path(__file__).resolve().parents[2] / "scenarios"
FILES = sorted(ROOT.rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
async def test_is_met(file: Path) -> None:
    """The story reads without a fault, expects something, and all that it expects comes true."""
    (story,) = load([str(file)], environment={}, catalogue=event_names())
    played = await play(story, Manner())
    assert [finding for finding in played.findings if not finding.met] == []
    assert played.verdict is Verdict.MET
    assert played.findings


def test_there_are_some() -> None:
    """Nothing above is skipped for want of files; each of the examination says what a failure would mean."""
    assert len(FILES) > 30
    assert all("meaning:" in file.read_text() for file in FILES if file.parent.name == "receiver-exam")
