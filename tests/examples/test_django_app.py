"""A Django application under test, from Django's own test case."""

from django.test import LiveServerTestCase

from simulator import Simulator
from tests.examples.apps import django_app

DECLINED = "Payment Declined"


class CalloutTest(LiveServerTestCase):
    """`LiveServerTestCase` serves the application on a free port; the simulator calls it there."""

    host = "127.0.0.1"

    def setUp(self) -> None:
        self.zuora = self.enterContext(Simulator.threaded())
        self.zuora.notify(DECLINED, f"{self.live_server_url}/callout")

    def test_a_lost_answer_books_once(self) -> None:
        """The application said 200, Zuora never heard it and calls again half an hour later: booked once."""
        self.zuora.faults = [{"kind": "lost-answer", "attempt": 1}]
        self.zuora.fire(DECLINED, AccountId="8a80")
        callout = self.zuora.wait_for(DECLINED, codes=[-1, 200])
        assert django_app.booked == {callout.notification_id: "8a80"}
