"""The truth table: every code and every way to fail, read with and without credentials."""

import gzip
import zlib

import pytest
from msgspec import structs

from simulator.core.errors import OurFault
from simulator.core.model import Decision, ErrorClass, Outcome
from simulator.zuora.callouts.judging import judge
from simulator.zuora.notifications.definitions import CalloutAuth, CalloutTemplate
from simulator.zuora.settings import ConfirmSuccess, Settings

SETTINGS = Settings()
OPEN = CalloutTemplate(id="a" * 32, name="T", callout_baseurl="https://h/")
GUARDED = structs.replace(OPEN, required_auth=True, callout_auth=CalloutAuth("user", "password"))

CODES = [*range(100, 600), 0, 600, 999]
RETRIED = {*range(100, 200), 403, 408, 429, *range(500, 600)}


@pytest.mark.parametrize("template", [OPEN, GUARDED], ids=["without credentials", "with credentials"])
def test_the_truth_table_of_codes(template: CalloutTemplate) -> None:
    """Exactly 1xx, 403, 408, 429 and 5xx are retried, 401 where credentials are configured; only 200 is success."""
    retried = RETRIED | ({401} if template is GUARDED else set())
    for code in CODES:
        verdict = judge(Outcome(status=code), SETTINGS, template)
        expected = Decision.DELIVERED if code == 200 else Decision.AGAIN if code in retried else Decision.FINAL
        assert (verdict.decision, verdict.code) == (expected, code)
        assert verdict.reason.startswith(str(code))
        assert not verdict.reason.endswith(".")


FATES = {
    ErrorClass.REFUSED: (Decision.AGAIN, -1),
    ErrorClass.UNREACHABLE: (Decision.AGAIN, -1),
    ErrorClass.DNS: (Decision.AGAIN, -1),
    ErrorClass.CONNECT_TIMEOUT: (Decision.AGAIN, -1),
    ErrorClass.TRANSFER_TIMEOUT: (Decision.AGAIN, -1),
    ErrorClass.TLS_CERTIFICATE: (Decision.FINAL, 495),
    ErrorClass.TLS_HANDSHAKE: (Decision.AGAIN, -1),
    ErrorClass.CLOSED_EARLY: (Decision.AGAIN, -1),
    ErrorClass.MALFORMED_ANSWER: (Decision.AGAIN, -1),
    ErrorClass.OAUTH: (Decision.AGAIN, -1),
    ErrorClass.NOT_ALLOWED: (Decision.NOT_SENT, -2100),
    ErrorClass.NOT_SENT: (Decision.NOT_SENT, -2000),
}


@pytest.mark.parametrize("error", sorted(set(ErrorClass) - {ErrorClass.INTERIM, ErrorClass.AUTHENTICATION}))
@pytest.mark.parametrize("status", [None, 200, 404])
def test_the_truth_table_of_failures(error: ErrorClass, status: int | None) -> None:
    """Transport failures are -1 and retried, whatever status was seen before; certificates, -2000 and -2100 are final."""
    verdict = judge(Outcome(status=status, error=error), SETTINGS, OPEN)
    assert (verdict.decision, verdict.code) == FATES[error]
    assert verdict.error is error


@pytest.mark.parametrize("status", [100, 101, 103, 199])
def test_an_interim_answer_that_is_the_last_word_is_the_code(status: int) -> None:
    """1xx is in the retry list."""
    verdict = judge(Outcome(status=status, error=ErrorClass.INTERIM), SETTINGS, OPEN)
    assert (verdict.decision, verdict.code, verdict.error) == (Decision.AGAIN, status, ErrorClass.INTERIM)


@pytest.mark.parametrize("outcome", [Outcome(), Outcome(error=ErrorClass.AUTHENTICATION)])
def test_an_outcome_that_no_wire_reports_is_our_fault(outcome: Outcome) -> None:
    """A missing case is a bug, never a guess."""
    with pytest.raises(OurFault):
        judge(outcome, SETTINGS, OPEN)


@pytest.mark.parametrize(
    ("outcome", "template", "reason"),
    [
        (Outcome(status=200), OPEN, "200 is success"),
        (Outcome(status=204), OPEN, "204 is not success, only 200 is, and it is not retried"),
        (Outcome(status=301), OPEN, "301 is not retried, since Zuora follows no redirect"),
        (Outcome(status=403), OPEN, "403 is in Zuora's retry list"),
        (Outcome(status=404), OPEN, "404 is not retried"),
        (Outcome(status=503), OPEN, "503 is in Zuora's retry list (5xx)"),
        (Outcome(status=401), OPEN, "401 is not retried, since no credentials are configured"),
        (
            Outcome(status=401),
            structs.replace(GUARDED, required_auth=False),
            "401 is not retried, since calloutAuth is only used with requiredAuth, which is off",
        ),
        (Outcome(status=401), GUARDED, "401 means that callout authentication failed, which is retried"),
        (
            Outcome(error=ErrorClass.REFUSED, detail="connection refused 127.0.0.1:3000"),
            OPEN,
            "connection refused 127.0.0.1:3000 counts as -1, which is retried",
        ),
        (
            Outcome(error=ErrorClass.TRANSFER_TIMEOUT),
            OPEN,
            "no complete answer within 15 s counts as -1, which is retried",
        ),
        (
            Outcome(error=ErrorClass.TLS_CERTIFICATE, detail="certificate refused: expired"),
            OPEN,
            "certificate refused: expired counts as 495, which is not retried",
        ),
    ],
)
def test_the_reason_names_the_rule(outcome: Outcome, template: CalloutTemplate, reason: str) -> None:
    """Somebody who reads only this clause knows what to do."""
    assert judge(outcome, SETTINGS, template).reason == reason


@pytest.mark.parametrize(
    ("knob", "template", "decision"),
    [
        ("never", GUARDED, Decision.FINAL),
        ("always", OPEN, Decision.AGAIN),
        ("where-configured", GUARDED, Decision.AGAIN),
        ("where-configured", OPEN, Decision.FINAL),
    ],
)
def test_the_knob_for_401(knob: str, template: CalloutTemplate, decision: Decision) -> None:
    """Q9."""
    settings = Settings.read({"quirks": {"retry401": knob}})
    assert judge(Outcome(status=401), settings, template).decision is decision


def test_the_knob_for_transport_failures() -> None:
    """Q11: any negative code that is none of Zuora's own."""
    settings = Settings.read({"quirks": {"transportCode": -7}})
    assert judge(Outcome(error=ErrorClass.DNS), settings, OPEN).code == -7


def answered(
    body: bytes, content_type: str = "application/json", encoding: str = "", truncated: bool = False
) -> Outcome:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n"
    head += f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return Outcome(status=200, head=(head + "\r\n").encode(), body=body, truncated=truncated)


FALSE, TRUE = b'{"success": false}', b'{"success": true}'
A, D = Decision.AGAIN, Decision.DELIVERED


@pytest.mark.parametrize(
    ("outcome", "reject_false", "require_true"),
    [
        (answered(FALSE), A, A),
        (answered(TRUE), D, D),
        (answered(b"{}"), D, A),
        (answered(b'{"success": "false"}'), D, A),
        (answered(b'{"success": null}'), D, A),
        (answered(b'{"data": {"success": false}}'), D, A),
        (answered(b"[false]"), D, A),
        (answered(b""), D, A),
        (answered(b"{"), D, A),
        (answered(b"[" * 50_000), D, A),
        (answered(b"\xff\xfe{"), D, A),
        (answered(b"1" * 50_000), D, A),
        (Outcome(status=200), D, A),
        (answered(FALSE, "application/json; charset=utf-8"), A, A),
        (answered(FALSE, "Application/JSON;x=y"), A, A),
        (answered(TRUE, "application/json; charset=utf-8"), D, D),
        (answered(FALSE, "text/plain"), D, A),
        (answered(TRUE, "text/plain"), D, A),
        (answered(TRUE, "application/problem+json"), D, A),
        (answered(FALSE, truncated=True), D, A),
        (answered(gzip.compress(FALSE), encoding="gzip"), A, A),
        (answered(gzip.compress(TRUE), encoding="GZIP"), D, D),
        (answered(zlib.compress(FALSE), encoding="deflate"), A, A),
        (answered(gzip.compress(FALSE)[:-4], encoding="gzip"), D, A),
        (answered(b"not gzip", encoding="gzip"), D, A),
        (answered(gzip.compress(b" " * 10_000_000 + FALSE), encoding="gzip"), D, A),
        (answered(FALSE, encoding="br"), D, A),
    ],
)
def test_confirm_success_in_its_two_semantics(outcome: Outcome, reject_false: Decision, require_true: Decision) -> None:
    """The old switch rejects `false`, the new flag requires `true`, both only in a whole JSON answer (Q17)."""
    assert judge(outcome, SETTINGS, OPEN).decision is D
    for rule, expected in ((ConfirmSuccess.REJECT_FALSE, reject_false), (ConfirmSuccess.REQUIRE_TRUE, require_true)):
        verdict = judge(outcome, structs.replace(SETTINGS, confirm_success=rule), OPEN)
        assert (verdict.decision, verdict.code) == (expected, 200)
    flagged = structs.replace(OPEN, confirm_success_from_response_content=True)
    assert judge(outcome, SETTINGS, flagged).decision is require_true


def test_a_templates_own_flag_wins_both_ways() -> None:
    """Said to be false, it switches the tenant's rule off for this template; left out, the tenant's rule counts."""
    settings = structs.replace(SETTINGS, confirm_success=ConfirmSuccess.REJECT_FALSE)
    off = structs.replace(OPEN, confirm_success_from_response_content=False)
    assert judge(answered(FALSE), settings, off).decision is D
    assert judge(answered(FALSE), settings, OPEN).decision is A


def test_the_reason_names_who_asked_for_success() -> None:
    """The tenant's setting or the template's flag: the two are turned in different places."""
    settings = structs.replace(SETTINGS, confirm_success=ConfirmSuccess.REJECT_FALSE)
    flagged = structs.replace(OPEN, confirm_success_from_response_content=True)
    assert judge(answered(FALSE), settings, OPEN).reason.endswith("is retried, since confirmSuccess is reject-false")
    assert judge(answered(b""), settings, flagged).reason.endswith("since the template confirms success by the content")


def test_success_is_asked_of_a_200_only() -> None:
    """A 503 with `success: true` is a 503."""
    settings = structs.replace(SETTINGS, confirm_success=ConfirmSuccess.REQUIRE_TRUE)
    for status in (201, 404, 503):
        outcome = structs.replace(answered(TRUE), status=status)
        assert judge(outcome, settings, OPEN) == judge(outcome, SETTINGS, OPEN)
