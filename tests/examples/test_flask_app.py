"""A Flask application under test, from a test that blocks."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.serving import make_server

from simulator.testing.threaded import Blocking
from tests.examples.apps.flask_app import make_app

DECLINED = "Payment Declined"


@pytest.fixture
def app() -> Flask:
    return make_app(failures=2)


@pytest.fixture
def receiver(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])  # how often it looks whether to shut down
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/callout"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_slow_start_is_survived(zuora_simulator: Blocking, receiver: str, app: Flask) -> None:
    """Two 503 while it starts, then it takes the callout: an hour later, in a few milliseconds."""
    zuora_simulator.notify(DECLINED, receiver)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    zuora_simulator.settle()
    zuora_simulator.advance(minutes=30)
    zuora_simulator.advance(minutes=30)
    (callout,) = zuora_simulator.callouts
    assert [attempt.response_code for attempt in callout.attempts] == [503, 503, 200]
    assert app.config["DECLINED"] == ["8a80"]


@pytest.mark.zuora_simulator(max_attempts=2, interval=timedelta(minutes=10))
def test_too_slow_a_start_loses_the_callout(zuora_simulator: Blocking, receiver: str, app: Flask) -> None:
    """With two attempts ten minutes apart the application never hears of it."""
    zuora_simulator.notify(DECLINED, receiver)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    callout = zuora_simulator.wait_for(DECLINED, outcome="failed", within=timedelta(hours=1))
    assert [attempt.response_code for attempt in callout.attempts] == [503, 503]
    assert app.config["DECLINED"] == []


def test_other_events_are_not_called_out(zuora_simulator: Blocking, receiver: str) -> None:
    """Nobody registered for processed payments, so nothing comes, not in a day."""
    zuora_simulator.notify(DECLINED, receiver)
    zuora_simulator.fire("Payment Processed", AccountId="8a80")
    zuora_simulator.never("Payment Processed", within=timedelta(days=1))
