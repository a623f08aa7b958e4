"""The rows of the page are the records of the control plane, lighter."""

from typing import Any

import msgspec

from simulator.console.feed import Subject
from simulator.console.ledger_feed import LedgerFeed
from simulator.core.dialect import Happening
from simulator.core.model import Submission
from simulator.host import Simulator
from simulator.instance import Instance
from simulator.options import Options

HEAVY = {"fields", "body", "url", "headers", "responseHeaders", "responseBody", "truncated", "detail", "notes"}


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


async def _busy() -> Instance:
    """An instance with a request that was told to a receiver in two attempts, and an event that nobody heard of."""
    simulator = Simulator(delivery="collect", answers=(503, 200))
    instance = simulator.instance
    [dialect] = [name for name in instance.engine.dialects if name == "zuora"]
    callout = {"name": "app", "calloutBaseurl": "http://127.0.0.1:9/x?password=hunter2", "httpMethod": "POST"}
    given: dict[str, Any] = {"name": "app", "eventTypeName": "Async Request Succeeded", "callout": callout}
    given |= {"active": True, "calloutActive": True}
    instance.register(given)
    submission = Submission(dialect, instance.client_id, "POST", "/v1/async/accounts", b'{"name": "Acme"}')
    instance.engine.submit(submission, instance.clock.now)
    instance.engine.fire(dialect, instance.client_id, Happening("Nobody Hears", {}), instance.clock.now)
    await simulator.drain()
    return instance


async def test_a_row_says_what_the_whole_record_says() -> None:
    """Every key that a row has means the same in the record that is opened from it, secrets masked in both."""
    instance = await _busy()
    feed = LedgerFeed(instance)
    before = list(instance.engine.ledger.listeners)
    leave = feed.listen(lambda subject, identity: None)
    [callout] = instance.callouts()
    [request] = instance.requests()
    row, whole = _plain(feed.callout(callout.id)), _plain(callout)
    assert [attempt.pop("decision") for attempt in row["attempts"]] == ["again", "delivered"]
    for attempt in whole["attempts"]:
        attempt["exchanges"] = [{k: v for k, v in one.items() if k not in HEAVY} for one in attempt["exchanges"]]
    assert row == {key: value for key, value in whole.items() if key != "fields"}
    assert _plain(feed.request(request.id)) == {k: v for k, v in _plain(request).items() if k not in ("body", "again")}
    assert "hunter2" not in str(row)
    leave()
    assert instance.engine.ledger.listeners == before


async def test_each_fact_is_told_of_the_record_that_it_changes() -> None:
    """A submission, its event, its callouts and a reset: each is word to the page."""
    instance = Instance(Options())
    feed = LedgerFeed(instance)
    told: list[Subject] = []
    feed.listen(lambda subject, identity: told.append(subject))
    submission = Submission("zuora", instance.client_id, "POST", "/v1/async/accounts", b"{}")
    instance.engine.submit(submission, instance.clock.now)
    instance.engine.tick(instance.clock.now)
    assert set(told) == {Subject.REQUEST}
    instance.reset()
    assert told[-1] is Subject.RESET


async def test_the_overview_tells_settings_with_their_origins() -> None:
    """What is in force, and where it came from; no secret is among it."""
    simulator = Simulator(max_attempts=5)
    overview = LedgerFeed(simulator.instance).overview()
    assert overview["settings"]["maxAttempts"] == 5
    assert overview["settings"]["origins"]["maxAttempts"] == "argument"
    assert simulator.client_secret not in str(overview)
