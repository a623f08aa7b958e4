"""Generated requests against every described operation: no 5xx, and no answer outside its own description.

Schemathesis reads the document that the simulator serves. `make fuzz` runs it; `FUZZ_EXAMPLES` says how many requests for
each operation. Each operation meets a simulator of its own, so that one's leftovers are not another's input.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import hypothesis
import pytest

from simulator import Simulator
from simulator.control.openapi import document

schemathesis = pytest.importorskip("schemathesis", reason="extra `fuzz`: the API is NOT fuzzed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("default")]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
NO_JSON = ("/_simulator/docs", "/_simulator/ca.pem", "/_simulator/scenario")

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture
def url() -> Iterator[str]:
    with Simulator.threaded(patience=timedelta(milliseconds=50), delivery="collect", answers=(200, 503)) as zuora:
        yield zuora.url


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method.upper()} {operation.path}")
def test_no_answer_is_outside_the_description(operation: Any, url: str) -> None:
    """Right and wrong values alike: each answer has a described status, type and shape, and none is a 5xx."""
    import requests

    credentials = {"apiAccessKeyId": "f" * 36, "apiSecretAccessKey": "fuzz"}
    own = operation.path.startswith("/_simulator")
    session = requests.Session()
    wanted = CHECKS[:2] if operation.path in NO_JSON else CHECKS
    strategy = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @hypothesis.given(case=strategy)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def answers_as_described(case: Any) -> None:
        headers = {} if own else credentials
        response = case.call(base_url=url, session=session, headers=headers)
        case.validate_response(response, checks=wanted)

    answers_as_described()
