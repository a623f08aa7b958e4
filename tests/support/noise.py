"""Files and answers that are wrong in every way that chance finds, by a seeded source (row B3).

Half of them are good ones with pieces lost, doubled and changed, the others are put together from what means something.
"""

from contextlib import suppress
from random import Random

from simulator.core.model import ErrorClass, Outcome, Verdict
from simulator.replay.source import ScenarioFaults, read_story
from simulator.runtime.wire.answer import AnswerReader
from simulator.runtime.wire.body import BODY_KEPT, Malformed
from simulator.zuora.callouts.judging import judge
from simulator.zuora.notifications.definitions import CalloutAuth, CalloutTemplate
from simulator.zuora.settings import ConfirmSuccess, Settings

SETTINGS = Settings(confirm_success=ConfirmSuccess.REQUIRE_TRUE)
TEMPLATE = CalloutTemplate(
    id="a" * 32, name="T", callout_baseurl="https://h/", required_auth=True, callout_auth=CalloutAuth("u", "p")
)

STORY = """\
title: The smallest story
description: &words One callout, refused once
settings: {maxAttempts: 3, intervalMinutes: 30, confirmSuccess: off, quirks: {userAgent: x}}
receiver: {answers: [503, {status: 200, body: "ok", delay: 1s}], username: u, password: "p"}
world: {accounts: [{name: A, number: "0012"}, {name: *words}]}
definitions:
  - Payment Declined
  - {event: Async Request Succeeded, as: told, params: {Id: "<Account.Id>"}, headers: {X-A: b}}
steps:
  - {submit: {path: /v1/async/accounts, body: {name: Acme}, times: 2}, as: made}
  - fire: {event: Payment Declined, fields: {AccountId: "${made.requestId}"}}
  - advance: 30m
  - fault: {kind: delay, minutes: 3}
  - settle
expect:
  - {event: Payment Declined, count: 1, outcome: delivered, attempts: 2}
"""
WORDS = (
    "title: ",
    "steps:\n  - ",
    "expect:\n  - ",
    "definitions: ",
    "receiver: ",
    "settings: ",
    "world: ",
    "fire: ",
    "submit: ",
    "advance: ",
    "drain",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "\n",
    "\n  ",
    "\n    - ",
    "&a ",
    "*a",
    "<<: *a",
    "!!python/object:os.system ",
    "!x ",
    "|\n",
    ">-\n",
    "'",
    '"',
    "#",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "? ",
    "~",
    "no",
    "0x1F",
    "1e999",
    "1:30",
    "2026-01-01",
    "30m",
    "${a.b}",
    "${env.X}",
    "${",
    "\t",
    "é",
    "\x85",
    "\ufeff",
    "\x00",
    "\U0001f600",
    "8" * 400,
    "[" * 70,
    "{a: " * 70,
)
LETTERS = "[]{}:-&*!'\"\n\t $%0xé\x85\ufeff#|>,?~\x00"

ANSWERS = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"success":true}',
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 1\r\nConnection: close\r\n\r\nno",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xcf\x4f\x01\x00",
    b'HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm="a", NTLM TlRMTVNTUAAC\r\nContent-Length: 0\r\n\r\n',
    b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=b\r\n\r\n",
)
PIECES = (
    b"HTTP/1.1 ",
    b"HTTP/2.0 ",
    b"200",
    b"99999",
    b" OK\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.1 102 x\r\n\r\n",
    b"0\r\n\r\n",
    b"-1",
    b"+5",
    b"ffffffffffffffff",
    b"7fffffff\r\n",
    b"5\r\nhello\r\n",
    b": ",
    b" ",
    b"\t",
    b"\x00",
    b"\xff",
    b"\x16\x03\x01",
    b"x" * 9000,
    b"X: y\r\n" * 200,
    b';a="',
    b"1\r\ny\r\n" * 50,
)  # fmt: skip


def read_as_story(text: str) -> None:
    """Read it as `replay` reads a file; the author's faults are what may come of it."""
    with suppress(ScenarioFaults):
        read_story(text, "f.yaml", environment={"X": "${y}"})


def judged(slices: list[bytes]) -> Verdict:
    """Read it as the wire reads what a receiver sends until it closes, and judge it as Zuora does."""
    reader = AnswerReader()
    error: ErrorClass | None = None
    try:
        if not any(part and reader.feed(part) for part in slices) and (ending := reader.end()):
            error = ending[0]
    except Malformed:
        error = ErrorClass.MALFORMED_ANSWER
    assert len(reader.body) <= BODY_KEPT
    outcome = Outcome(status=reader.status, error=error, head=reader.head, body=reader.body, truncated=reader.truncated)
    return judge(outcome, SETTINGS, TEMPLATE)


def stories(seed: int, count: int) -> list[str]:
    """So many texts that might be scenario files."""
    chance = Random(seed)
    return [_story(chance) for _ in range(count)]


def _story(chance: Random) -> str:
    if chance.random() < 0.5:
        return "".join(chance.choices(WORDS, k=chance.randint(1, 25)))
    letters = list(STORY)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(letters))
        match chance.randrange(4):
            case 0:
                del letters[at : at + chance.randint(1, 40)]
            case 1:
                letters[at:at] = letters[at : at + chance.randint(1, 40)]
            case 2:
                letters[at:at] = chance.choice(WORDS)
            case _:
                letters[at] = chance.choice(LETTERS)
        if not letters:
            break
    return "".join(letters)


def answers(seed: int, count: int) -> list[list[bytes]]:
    """So many streams of bytes that might be answers, each in the slices in which it comes."""
    chance = Random(seed)
    return [_sliced(_answer(chance), chance) for _ in range(count)]


def _answer(chance: Random) -> bytes:
    match chance.randrange(4):
        case 0:
            return b"".join(chance.choices(PIECES, k=chance.randint(1, 20)))
        case 1:
            return chance.choice((b"", *PIECES)) + chance.randbytes(chance.randint(0, 300))
    text = bytearray(chance.choice(ANSWERS))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        match chance.randrange(4):
            case 0:
                del text[at : at + chance.randint(1, 12)]
            case 1:
                text[at:at] = text[at : at + chance.randint(1, 60)]
            case 2:
                text[at:at] = chance.choice(PIECES)
            case _:
                text[at : at + 1] = chance.randbytes(1)
    return bytes(text)


def _sliced(text: bytes, chance: Random) -> list[bytes]:
    if chance.random() < 0.3:
        return [text]
    places = sorted(chance.randrange(len(text) + 1) for _ in range(chance.randint(1, 6)))
    return [text[start:stop] for start, stop in zip([0, *places], [*places, len(text)], strict=True)]
