"""An application in a process of its own, in plain WSGI, that asks for a password."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.testing.threaded import Blocking

APP = Path(__file__).parent / "apps" / "wsgi_app.py"
DECLINED = "Payment Declined"


@pytest.fixture
def receiver() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, APP], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_credentials_follow_the_challenge(zuora_simulator: Blocking, receiver: str) -> None:
    """The first request goes without credentials, the second with them: two exchanges of one attempt."""
    zuora_simulator.notify(DECLINED, receiver, username="user", password="pass")
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    callout = zuora_simulator.wait_for(DECLINED, outcome="delivered")
    assert [exchange.status for exchange in callout.attempts[0].exchanges] == [401, 200]


def test_a_wrong_password_is_seen_at_once(zuora_simulator: Blocking, receiver: str) -> None:
    """The attempt says that authentication failed, and it is tried again as Zuora would."""
    zuora_simulator.notify(DECLINED, receiver, username="user", password="wrong")
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    callout = zuora_simulator.wait_for(DECLINED, attempts=1)
    assert callout.attempts[0].response_code == 401
    assert "authentication failed" in callout.attempts[0].why
