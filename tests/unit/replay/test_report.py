"""Reports: the same bytes for the same run, no secret, nothing written elsewhere, and readable by others."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from simulator.receiver import Receiver
from simulator.replay.manner import Manner
from simulator.replay.report import Report
from simulator.replay.run import Verdict, play
from simulator.replay.source import Story, read_story

FAILS = """\
title: A <b>story</b> that fails
seed: 3
receiver:
  username: bob
  password: correct-horse
  answers:
    - {status: 503, headers: {Date: "Sat, 21 Nov 2026 00:00:00 GMT"}}
    - {status: 404, body: "<script>alert(1)</script>\\x01\\uFFFE"}
definitions:
  - {event: Payment Declined, url: "${receiver.url}hook?apiToken=${env:TOKEN}"}
steps:
  - fire: {event: Payment Declined, fields: {AccountId: 8a80}}
  - advance: 30m
expect:
  - {event: Payment Declined, attempts: 2}
  - {event: Payment Declined, codes: [503, 200], outcome: delivered}
"""
TOKEN = "very-secret-token"


def story(text: str = FAILS) -> Story:
    return read_story(text, "stories/fails.yaml", environment={"TOKEN": TOKEN})


async def files(command: str = "zuora-simulator replay stories/fails.yaml", text: str = FAILS) -> dict[str, bytes]:
    report = Report(command)
    report.add(await play(story(text), Manner()), 0.5)
    return contents(report)


def contents(report: Report) -> dict[str, bytes]:
    """The files of a report in memory."""
    found = {name: b"".join(pieces) for name, pieces in report.files()}
    report.close()
    return found


async def test_same_bytes() -> None:
    """Two runs on two ports give the same report; what differs stands in timings.json."""
    first, second = await files(), await files()
    assert first["report.json"] == second["report.json"]
    assert first["junit.xml"] == second["junit.xml"]
    assert re.search(rb"127\.0\.0\.1:\d|port is \d", first["report.json"]) is None
    assert b"http://receiver/hook" in first["report.json"]
    timings = json.loads(first["timings.json"])
    assert timings["stories"] == [
        {"file": "stories/fails.yaml", "seconds": 0.5, "dates": ["Sat, 21 Nov 2026 00:00:00 GMT"]}
    ]


async def test_what_a_report_holds() -> None:
    """Version, command, seed, settings, text and hash, attempts, the view of duplicates, expectations."""
    report = json.loads((await files())["report.json"])
    assert (report["schema"], report["version"]) == ("zuora-simulator/report", 1)
    assert report["command"] == "zuora-simulator replay stories/fails.yaml"
    assert report["totals"] == {"stories": 1, "expectations": 2, "met": 1, "failed": 1}
    (told,) = report["stories"]
    assert told["seed"] == 3
    assert told["settings"]["maxAttempts"] == 3
    assert told["hash"].startswith("sha256:")
    assert told["verdict"] == "failed"
    (callout,) = told["callouts"]
    assert [attempt["responseCode"] for attempt in callout["attempts"]] == [503, 404]
    (view,) = told["deduplication"]
    assert view["requests"] == 4  # two attempts, each challenged once
    assert len(set(view["requestIds"])) == 4
    missed = told["expectations"][1]
    assert missed["where"] == "stories/fails.yaml:16"
    assert missed["expected"] == "codes [503, 200]; outcome delivered"
    assert missed["actual"].startswith("codes [503, 404]; outcome failed; why: 404 is not retried")


async def test_no_secret() -> None:
    """No password, no token of the environment, in no file; the report says that they were masked."""
    for name, content in (await files()).items():
        assert b"correct-horse" not in content, name
        assert TOKEN.encode() not in content, name
    report = json.loads((await files())["report.json"])
    assert report["masked"] == ["${env:TOKEN}", "credentials"]
    assert "password: ******" in report["stories"][0]["text"]


async def test_no_secret_in_the_text() -> None:
    """Whatever stands under a telling key of the story's text is masked; references and other keys stay."""
    text = """\
title: t
receiver: {answers: [200]}
definitions:
  - event: Payment Declined
    url: "${receiver.url}x?apiToken=planted-1&page=2"
    headers: {X-Api-Key: planted-2, X-Other: kept}
    oauth: {tokenEndpoint: "${receiver.url}token", clientId: me, clientSecret: 'planted-3'}
steps:
  - submit:
      path: /v1/async/accounts
      headers: {Authorization: Bearer planted-4}
      body: {access_token: planted-5, name: kept}
      expect: {status: 401}
"""
    found = await files(text=text)
    for name, content in found.items():
        assert re.findall(rb"planted-\d", content) == [], name
    shown = json.loads(found["report.json"])["stories"][0]["text"]
    assert "page=2" in shown
    assert 'tokenEndpoint: "${receiver.url}token"' in shown
    assert shown.count("kept") == 2


async def test_junit_for_others() -> None:
    """An XML parser that is not ours reads a case for each expectation, whatever a receiver answered."""
    root = ET.fromstring((await files())["junit.xml"])  # noqa: S314 - our own document
    assert root.attrib == {"name": "zuora-simulator", "tests": "2", "failures": "1", "errors": "0", "skipped": "0"}
    (failure,) = root.iter("failure")
    assert "stories/fails.yaml:16" in (failure.text or "")
    assert len(list(root.iter("testcase"))) == 2


async def test_markup_is_text() -> None:
    """What a receiver or a title says is never markup in the page."""
    html = (await files())["report.html"].decode()
    assert "<script>alert(1)" not in html
    assert "<b>story</b>" not in html


async def test_writing(tmp_path: Path) -> None:
    """Files are written whole into the folder; a link that stands in the way is replaced and not followed."""
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    (folder / "report.json").symlink_to(outside)
    report = Report("zuora-simulator replay")
    report.add(await play(story(), Manner()), 0)
    written = report.write(str(folder))
    report.close()
    assert sorted(Path(path).name for path in written) == ["junit.xml", "report.html", "report.json", "timings.json"]
    assert outside.read_text() == "untouched"
    assert sorted(path.name for path in folder.iterdir()) == sorted(Path(path).name for path in written)


async def test_unreachable_and_skipped() -> None:
    """A story whose target is not there says so; one that needs a probe is skipped, and neither passes for met."""
    receiver = Receiver(200)
    url = receiver.url
    gone = await play(story(), Manner(target=url))
    await receiver.stop()
    assert gone.verdict is Verdict.UNREACHABLE
    probing = "title: t\nsteps: [{probe: {expect: {status: 200}}}]\n"
    skipped = await play(story(probing), Manner(target=url))
    assert (skipped.verdict, skipped.detail) == (Verdict.SKIPPED, "needs --probe URL")
    report = Report("zuora-simulator replay")
    report.add(gone, 0)
    report.add(skipped, 0)
    found = contents(report)
    assert json.loads(found["report.json"])["verdict"] == "unreachable"
    root = ET.fromstring(found["junit.xml"])  # noqa: S314 - our own document
    assert (root.get("errors"), root.get("skipped")) == ("1", "1")


async def test_expecting_nobody() -> None:
    """A story that expects a receiver that is not there is played, and met."""
    receiver = Receiver(200)
    text = "title: t\nreceiver: {url: '%s'}\ndefinitions: [Payment Declined]\nsteps:\n  - fire: {event: Payment Declined}\n"
    text += "expect: [{errors: [refused], codes: [-1]}]\n"
    played = await play(story(text % receiver.url), Manner())
    await receiver.stop()
    assert played.verdict is Verdict.MET


@pytest.mark.parametrize("value", ["a", "12"])
async def test_short_values_are_not_words(value: str) -> None:
    """A short value of the environment is not looked for in every word of the report."""
    text = "title: a title of 12 words\nsettings: {locale: '${env:V}'}\n"
    with pytest.raises(Exception, match="locale"):
        await play(read_story(text, "s.yaml", environment={"V": value}), Manner())
