"""How rows stand in the file: whoever changes one of these lines writes another format, and says so with its number.

An instant is a timestamp of MessagePack, a span text as in ISO 8601; the records of a provider as JSON under their type's name.
"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from simulator.core.model import Decision, ErrorClass, JobPhase, Outcome, Phase, Verdict
from simulator.runtime.journal.rows import (
    FORMAT,
    AttemptEntry,
    AttemptRow,
    CalloutEntry,
    ClearedRow,
    DeliveryRow,
    EventRow,
    ExchangeEntry,
    JobRow,
    JobStepRow,
    LifeRow,
    NoteRow,
    Row,
    ShelfRow,
    Stand,
    StartRow,
    StepRow,
    SubscriptionRow,
    decode,
    encode,
    joined,
)
from tests.support.machine import T0

LATER = T0 + timedelta(minutes=30)
STAND = Stand("d", Phase.WAITING, LATER, T0, 1, 0, False, True, False, True)
STANDS = ["d", "waiting", LATER, T0, 1, 0, False, True, False, True]
RECORD = ("Thing", b"{}")
CALLOUT = CalloutEntry("POST", "https://a.test/", b"POST / HTTP/1.1\r\n\r\n", b"{}", "r", "callout", "a certificate")
OUTCOME = Outcome(
    503, ErrorClass.CLOSED_EARLY, "broke off", b"head", b"body", True, timedelta(seconds=15), True, ("note",)
)
EXCHANGE = ExchangeEntry(CALLOUT, OUTCOME, T0, LATER, True)
VERDICT = Verdict(Decision.AGAIN, 503, "503 is retried", ErrorClass.CLOSED_EARLY)
ATTEMPT = AttemptEntry(1, 3, VERDICT, T0, LATER, LATER, (EXCHANGE,), "h", True, False)

WRITTEN: list[tuple[Row, list[Any]]] = [
    (
        JobRow("j", "zuora", "t", "POST", "/x", b"{}", "track", RECORD, JobPhase.QUEUED, T0, T0, 7),
        ["job", "j", "zuora", "t", "POST", "/x", b"{}", "track", ["Thing", b"{}"], "queued", T0, T0, 7],
    ),
    (
        JobStepRow("j", JobPhase.SUCCEEDED, None, T0, 1, RECORD, "an error"),
        ["job step", "j", "succeeded", None, T0, 1, ["Thing", b"{}"], "an error"],
    ),
    (
        EventRow("e", "zuora", "t", "Done", T0, {"Id": "1"}, b"{}", "j", RECORD),
        ["event", "e", "zuora", "t", "Done", T0, {"Id": "1"}, b"{}", "j", ["Thing", b"{}"]],
    ),
    (
        SubscriptionRow(8, "s", "S", "a.test", "POST", "https://a.test/", RECORD),
        ["subscription", 8, "s", "S", "a.test", "POST", "https://a.test/", ["Thing", b"{}"]],
    ),
    (DeliveryRow("d", "e", 8, T0, 9), ["delivery", "d", "e", 8, T0, 9]),
    (StepRow(STAND), ["step", STANDS]),
    (StartRow(STAND, T0, ("r",)), ["start", STANDS, T0, ["r"]]),
    (
        AttemptRow(STAND, ATTEMPT),
        [
            "attempt",
            STANDS,
            {
                "number": 1,
                "limit": 3,
                "verdict": {"decision": "again", "code": 503, "reason": "503 is retried", "error": "closed-early"},
                "sent_at": T0,
                "ended_at": LATER,
                "retry_at": LATER,
                "exchanges": [
                    {
                        "callout": {
                            "method": "POST",
                            "url": "https://a.test/",
                            "head": b"POST / HTTP/1.1\r\n\r\n",
                            "body": b"{}",
                            "request_id": "r",
                            "purpose": "callout",
                            "trusted": "a certificate",
                        },
                        "outcome": {
                            "status": 503,
                            "error": "closed-early",
                            "detail": "broke off",
                            "head": b"head",
                            "body": b"body",
                            "truncated": True,
                            "nominal": "PT15S",
                            "patience": True,
                            "notes": ["note"],
                        },
                        "sent_at": T0,
                        "ended_at": LATER,
                        "duplicate": True,
                    }
                ],
                "history_id": "h",
                "retry": True,
                "resend": False,
            },
        ],
    ),
    (ClearedRow(None), ["cleared", None]),
    (ShelfRow("zuora", "t", "definitions", "k", RECORD), ["shelf", "zuora", "t", "definitions", "k", ["Thing", b"{}"]]),
    (NoteRow("faults", RECORD), ["note", "faults", ["Thing", b"{}"]]),
    (LifeRow(2), ["life", 2]),
]


@pytest.mark.parametrize(("row", "values"), WRITTEN, ids=[type(row).__name__ for row, _ in WRITTEN])
def test_a_row_stands_so(row: Row, values: list[Any]) -> None:
    """In format 1."""
    assert FORMAT == 1
    assert msgspec.msgpack.decode(encode(row)) == values
    assert decode(msgspec.msgpack.encode([values])) == (row,)


def test_every_row_is_among_them() -> None:
    """One that is added later must be, too."""
    assert {type(row) for row, _ in WRITTEN} == set(Row.__args__)


def test_rows_are_one_array() -> None:
    """However many: the count stands in four bytes."""
    rows = [row for row, _ in WRITTEN]
    assert decode(joined([encode(row) for row in rows])) == tuple(rows)
    assert decode(joined([encode(LifeRow(1))] * 70_000)) == (LifeRow(1),) * 70_000
    assert decode(joined([])) == ()


def test_a_row_does_not_show_what_was_sent() -> None:
    """A head may hold credentials."""
    assert "POST / HTTP" not in repr(ATTEMPT)
    assert "<CalloutEntry r>" in repr(ATTEMPT)
