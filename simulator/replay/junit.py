"""``junit.xml``: a suite for each story, a case for each expectation. Nothing in it differs from run to run."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from msgspec import Struct

from simulator.replay.run import Verdict


class Suite(Struct, frozen=True):
    """One story: ``about`` are its properties, ``said`` what is told of it in plain lines. Nothing in it is secret any more."""

    title: str
    file: str
    verdict: Verdict
    findings: tuple[Mapping[str, Any], ...]
    about: Mapping[str, str] = {}
    said: str = ""


def junit_xml(stories: Iterable[Suite]) -> bytes:
    """The document for stories."""
    root = ET.Element("testsuites", name="zuora-simulator")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for story in stories:
        file, verdict = story.file, story.verdict
        suite = ET.SubElement(root, "testsuite", name=_clean(story.title), file=_clean(file))
        about = ET.SubElement(suite, "properties")
        for name, value in story.about.items():
            ET.SubElement(about, "property", name=name, value=_clean(value))
        counts = dict.fromkeys(totals, 0)
        for finding in story.findings:
            _case(suite, file, finding, counts)
        if verdict is Verdict.UNREACHABLE:
            case = ET.SubElement(suite, "testcase", classname=_clean(file), name="the target can be reached")
            ET.SubElement(case, "error", message="the target cannot be reached")
            counts["tests"] += 1
            counts["errors"] += 1
        if verdict is Verdict.SKIPPED:
            case = ET.SubElement(suite, "testcase", classname=_clean(file), name="played")
            ET.SubElement(case, "skipped")
            counts["tests"] += 1
            counts["skipped"] += 1
        ET.SubElement(suite, "system-out").text = _clean(story.said)
        for key, count in counts.items():
            suite.set(key, str(count))
            totals[key] += count
    for key, count in totals.items():
        root.set(key, str(count))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _case(suite: ET.Element, file: str, finding: Mapping[str, Any], counts: dict[str, int]) -> None:
    case = ET.SubElement(suite, "testcase", classname=_clean(file), name=_clean(finding["title"]))
    counts["tests"] += 1
    if not finding["met"]:
        counts["failures"] += 1
        failure = ET.SubElement(case, "failure", message=_clean(f"expected {finding['expected']}"))
        failure.text = _clean(f"{finding['where']}\nexpected {finding['expected']}\nactual   {finding['actual']}")


def _clean(text: str) -> str:
    """Text without the characters that XML cannot carry: receivers choose what stands in a finding."""
    return "".join(
        letter
        if letter in "\t\n\r"
        or 0x20 <= ord(letter) <= 0xD7FF
        or 0xE000 <= ord(letter) <= 0xFFFD
        or ord(letter) > 0xFFFF
        else "\ufffd"
        for letter in text
    )
