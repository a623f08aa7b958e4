"""What a request does to a tenant's resources, told apart from who asked and who hears of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.zuora.requests.work import Done, Reason, apply, target_of
from simulator.zuora.tenant import Tenant

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = {"accountNumber": "A-1", "name": "A", "currency": "USD", "billToContact": {"lastName": "B"}}


def tenant() -> Tenant:
    return Tenant("client", lambda *change: None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accounts", ACCOUNT),
        ("orders", {"orderDate": "2026-01-01", "orderNumber": "O-1", "newAccount": ACCOUNT}),
    ],
)
def test_work_that_is_done_once_more_finds_its_numbers_free(path: str, body: dict[str, Any]) -> None:
    """After a crash between the work and its record: the ids are the same, so the numbers are its own; another's they are not."""
    mine = tenant()

    def work(ids: str) -> Done | Reason:
        return apply(mine, "POST", target_of((path,)), body, lambda what: f"{ids} {what}", NOW, strict_fields=True)

    first = work("first")
    assert work("first") == first
    assert isinstance(first, Done)
    assert isinstance(work("second"), Reason)
    assert len(mine.resources) == (1 if path == "accounts" else 2)
