"""The examination finds what is wrong with bad receivers, and nothing wrong with a good one."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from simulator.receiver import Received, Receiver
from simulator.replay.examine import Answer, Mark, examine, questions
from simulator.replay.manner import Manner

PATIENCE = timedelta(milliseconds=300)
Behaviour = Callable[[Received], Any]


async def marks(
    answers: Any, *, probe: Behaviour | None = None, basic: bool = False, only: str = "", **options: Any
) -> Mapping[str, Answer]:
    """The marks of a receiver by the file of each question."""
    script: Any = answers if probe is None else {"/probe": probe, "*": answers}
    if basic and "basic_auth" not in options:
        options["basic_auth"] = ("user", "right-password")
    async with Receiver(script, **options) as receiver:
        manner = Manner(
            target=receiver.url,
            probe=receiver.url_for("/probe") if probe else None,
            username="user" if basic else None,
            password="right-password" if basic else None,
        )
        asked = [story for story in questions({}) if only in story.path]
        return {answer.played.story.path[14:-5]: answer async for answer in examine(asked, manner, PATIENCE)}


def failed(found: Mapping[str, Answer]) -> list[str]:
    return [name for name, answer in found.items() if answer.mark is Mark.FAILED]


def body(request: Received) -> Any:
    return json.loads(request.body)


async def test_good_receiver() -> None:
    """A receiver keyed on the notification id passes all that can be asked of it."""
    done: set[str | None] = set()

    def answer(request: Received) -> int:
        done.add(request.header("Zuora-Notification-Id"))
        return 200

    found = await marks(answer, probe=lambda request: {"body": {"effects": len(done)}})
    assert failed(found) == []
    left_out = {name for name, each in found.items() if each.mark is Mark.NOT_EXAMINED}
    assert left_out == {"04-challenge", "05-wrong-credentials"}
    assert found["04-challenge"].seen == "needs --basic USER:PASS"


async def test_good_receiver_with_credentials() -> None:
    """A receiver that challenges and knows its password passes; without a probe its effects are not examined."""
    found = await marks(200, basic=True)
    assert failed(found) == []
    assert found["07-duplicate-effect"].mark is Mark.NOT_EXAMINED
    assert found["07-duplicate-effect"].seen == "needs --probe URL"
    assert found["04-challenge"].mark is Mark.PASSED


async def test_keyed_on_request_id_by_its_probe() -> None:
    """A receiver that tells deliveries apart by Zuora-Request-Id is caught by its effect."""
    done: set[str | None] = set()

    def answer(request: Received) -> int:
        done.add(request.header("Zuora-Request-Id"))
        return 200

    found = await marks(answer, probe=lambda request: {"body": {"effects": len(done)}})
    assert failed(found) == ["07-duplicate-effect", "09-two-at-once-effect", "11-lost-answer-effect"]
    assert "body.effects" in found["07-duplicate-effect"].seen
    assert "Zuora-Notification-Id" in found["07-duplicate-effect"].means


async def test_keyed_on_request_id_by_its_failing() -> None:
    """One that fails on the second delivery, since its table is unique by notification, is caught without a probe."""
    requests: set[str | None] = set()
    payments: set[Any] = set()

    def answer(request: Received) -> int:
        if request.header("Zuora-Request-Id") in requests:
            return 200
        requests.add(request.header("Zuora-Request-Id"))
        payment = request.header("Zuora-Notification-Id")
        if payment in payments:
            return 409
        payments.add(payment)
        return 200

    found = await marks(answer)
    assert failed(found) == ["06-duplicate", "08-two-at-once", "10-lost-answer"]


async def test_answers_201() -> None:
    """201 is a failure to Zuora."""
    found = await marks(201, only="02-")
    assert failed(found) == ["02-status-200"]
    assert "codes [201]" in found["02-status-200"].seen


async def test_answers_too_late() -> None:
    """An answer that comes after Zuora has given up is told as late."""
    found = await marks({"delay": "16s"}, pause=lambda seconds: asyncio.Event().wait(), only="01-")
    assert failed(found) == ["01-in-time"]
    assert "15 s" in found["01-in-time"].seen


async def test_redirects() -> None:
    """A redirection is the end of a callout."""
    found = await marks({"redirect": "http://127.0.0.1:9/"}, only="03-")
    assert failed(found) == ["03-no-redirect"]
    assert "302" in found["03-no-redirect"].seen


async def test_forgets_the_challenge_header() -> None:
    """A 401 without WWW-Authenticate gets no second request."""

    def answer(request: Received) -> int:
        return 200 if request.header("Authorization") else 401

    found = await marks(answer, basic=True, basic_auth=None, only="04-")
    assert failed(found) == ["04-challenge"]
    assert "[401]" in found["04-challenge"].seen


async def test_takes_any_password() -> None:
    """Whoever lets any password in fails."""

    def answer(request: Received) -> Any:
        if request.header("Authorization"):
            return 200
        return {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="any"'}}

    found = await marks(answer, basic=True, basic_auth=None, only="05-")
    assert failed(found) == ["05-wrong-credentials"]


async def test_breaks_on_empty_strings() -> None:
    """A receiver that breaks on "" is found."""
    found = await marks(lambda request: 500 if "" in body(request).values() else 200, only="14-")
    assert failed(found) == ["14-empty-strings"]


async def test_breaks_on_null() -> None:
    """A receiver that breaks on the text "null" is found."""
    found = await marks(lambda request: 500 if "null" in body(request).values() else 200, only="15-")
    assert failed(found) == ["15-null-strings"]


@pytest.mark.parametrize("key", ["Version", "state"])
async def test_needs_an_order(key: str) -> None:
    """A receiver that refuses what comes before its turn is found, whichever order it looks at."""
    turns = {"Version": ["1", "2"], "state": ["succeeded", "failed"]}[key]
    seen: list[str] = []

    def answer(request: Received) -> int:
        value = body(request).get(key)
        if value == turns[1] and turns[0] not in seen:
            return 409
        seen.append(value)
        return 200

    found = await marks(answer, only="12-")
    assert failed(found) == ["12-reordered"]


async def test_small_bodies_only() -> None:
    """A limit of 64 KB is found."""
    found = await marks(lambda request: 413 if len(request.body) > 65536 else 200, only="16-")
    assert failed(found) == ["16-big-payload"]


async def test_unreachable() -> None:
    """Where nobody listens the examination ends at once."""
    receiver = Receiver(200)
    url = receiver.url  # the port is held, and refuses
    found = [answer async for answer in examine(questions({}), Manner(target=url), PATIENCE)]
    await receiver.stop()
    assert [answer.mark for answer in found] == [Mark.NOT_EXAMINED]
    assert "refused" in found[0].seen
