"""What came of a call, as it is told: fields in their order, XML that reads back, whatever stands in it."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.marketing_cloud.calls import Action, ResponseType, SendResponseTo
from simulator.marketing_cloud.quirks import EmptyFields, FailedStatus, PartlyFailed, Quirks
from simulator.marketing_cloud.results import (
    CALLBACK_FIELDS,
    Outcome,
    Result,
    callback_fields,
    detail_xml,
    item_fields,
    overall,
)
from simulator.marketing_cloud.soap import ENVELOPE, Node, parse
from simulator.marketing_cloud.writing import write

AT = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = Result(0, "Subscriber", "Created Subscriber.", new_id=1, object_id="o")
BAD = Result(1, "Subscriber", "no key", 12000)
ASKED = SendResponseTo(ResponseType.HTTP_POST, "https://h/", include_results=True)


def outcome(*results: Result) -> Outcome:
    return Outcome("r", Action.CREATE, results, AT)


@pytest.mark.parametrize(
    ("results", "status"),
    [((GOOD,), "OK"), ((GOOD, GOOD), "OK"), ((BAD,), "Error"), ((BAD, BAD), "Error"), ((GOOD, BAD), "Has Errors")],
)
def test_the_overall_status(results: tuple[Result, ...], status: str) -> None:
    """All, none, or some."""
    assert overall(results) == status


@pytest.mark.parametrize("empty", list(EmptyFields))
@pytest.mark.parametrize("failed", list(FailedStatus))
@pytest.mark.parametrize("partly", list(PartlyFailed))
@pytest.mark.parametrize("results", [(GOOD,), (BAD,), (GOOD, BAD)])
def test_fields_keep_their_order_under_every_knob(
    empty: EmptyFields, failed: FailedStatus, partly: PartlyFailed, results: tuple[Result, ...]
) -> None:
    """Whatever is turned, what is sent is a part of the documented list, in its order; blank only where that was asked for."""
    quirks = Quirks(empty_fields=empty, failed_status=failed, partly_failed=partly)
    fields = callback_fields(outcome(*results), ASKED, quirks)
    assert list(fields) == [name for name in CALLBACK_FIELDS if name in fields]
    assert (len(fields) == 10) == (empty is EmptyFields.BLANK) or all(fields.values())
    assert fields["StatusCode"] == fields["OverallStatusCode"]
    assert fields["ResultType"] == fields["RequestType"] == "Asynchronous"
    told = "OK" if results == (GOOD,) or failed is FailedStatus.OK else partly.value if GOOD in results else "Error"
    assert fields["StatusCode"] == told


def test_an_item_for_each_object() -> None:
    """Each says its own status and the overall one."""
    items = list(item_fields(outcome(GOOD, BAD), PartlyFailed.ERROR))
    assert [(i["StatusCode"], i["OverallStatusCode"], i["ErrorCode"]) for i in items] == [
        ("OK", "Error", ""),
        ("Error", "Error", "12000"),
    ]


@given(st.text(), st.text())
def test_any_text_is_well_formed_in_the_result_xml(message: str, value: str) -> None:
    """Control characters, surrogates and markup in a message or a field never break the XML."""
    node = Node("Objects", "", (Node("EmailAddress", value),), "Subscriber")
    asked = SendResponseTo(ResponseType.HTTP_POST, include_results=True, include_objects=True)
    xml = detail_xml(outcome(Result(0, "Subscriber", message, object=node)), asked)
    assert len(ET.fromstring(xml.encode("utf-8"))) == 1  # noqa: S314 - our own words


LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
LEAVES = st.builds(Node, st.just("Leaf"), st.text(LETTERS))
TREES = st.recursive(
    LEAVES, lambda inner: st.builds(lambda c: Node("Branch", "", tuple(c)), st.lists(inner, min_size=1, max_size=4))
)


@given(TREES)
def test_what_is_written_reads_back(tree: Node) -> None:
    """Writing and reading are each other's inverse."""
    raw = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{write(tree, declare=True)}</s:Body></s:Envelope>'
    assert parse(raw.encode()).body == tree
