"""What a receiver's answer means: delivered, again, or final.

`RETRIED` and `FAILURES` are the whole retry rule of the seeds, "Callout Response Codes": 1xx, 403, 408, 429, 5xx and
negative codes, nothing else (documented). This module alone decides it; limits and intervals are the engine's.
"""

from collections.abc import Mapping

from simulator.core.errors import OurFault
from simulator.core.model import Decision, ErrorClass, Outcome, Verdict
from simulator.zuora.callouts.answers import json_answer
from simulator.zuora.notifications.definitions import CalloutTemplate
from simulator.zuora.quirks import Retry401
from simulator.zuora.settings import ConfirmSuccess, Settings

UNSENDABLE = -2000  # documented: an invalid body or URL; neither sent nor retried
NOT_ALLOWED = -2100  # the simulator's own: a target that the allow-list forbids
CERTIFICATE = 495  # documented in the callout template guide as the code of certificate errors

# The codes that are tried again, and the words for their rule.
RETRIED: Mapping[int, str] = (
    {code: f"{code} is in Zuora's retry list (1xx)" for code in range(100, 200)}
    | {code: f"{code} is in Zuora's retry list" for code in (403, 408, 429)}
    | {code: f"{code} is in Zuora's retry list (5xx)" for code in range(500, 600)}
)

# What went wrong where there is no proper answer, in words for when the wire gives none; all of these count as -1 and
# are retried. That they surface as some negative code is inferred: "negative" is in the list, and -2000 is not meant.
FAILURES: Mapping[ErrorClass, str] = {
    ErrorClass.REFUSED: "connection refused",
    ErrorClass.UNREACHABLE: "receiver unreachable",
    ErrorClass.DNS: "name not resolved",
    ErrorClass.CONNECT_TIMEOUT: "no connection within 10 s",
    ErrorClass.TRANSFER_TIMEOUT: "no complete answer within 15 s",
    ErrorClass.TLS_HANDSHAKE: "TLS handshake failed",
    ErrorClass.CLOSED_EARLY: "connection closed before the answer was complete",
    ErrorClass.MALFORMED_ANSWER: "malformed answer",
    ErrorClass.OAUTH: "no OAuth 2.0 token to be had",
}


def judge(outcome: Outcome, settings: Settings, template: CalloutTemplate) -> Verdict:
    """The reading of the last answer of an attempt. ``reason`` is a clause without a full stop."""
    if outcome.error is ErrorClass.INTERIM and outcome.status is not None:
        return _by_code(outcome.status, outcome.error, settings, template)
    if outcome.error is not None:
        return _failed(outcome.error, outcome, settings)
    if outcome.status is None:
        raise OurFault("an outcome with neither status nor error")
    if outcome.status == 200:
        return _confirmed(outcome, *confirm_rule(settings, template))
    return _by_code(outcome.status, None, settings, template)


def _by_code(code: int, error: ErrorClass | None, settings: Settings, template: CalloutTemplate) -> Verdict:
    if code in RETRIED:
        return Verdict(Decision.AGAIN, code, RETRIED[code], error)
    if code == 401:
        return unauthorised(settings, template)
    if 200 <= code < 300:
        return Verdict(Decision.FINAL, code, f"{code} is not success, only 200 is, and it is not retried", error)
    if 300 <= code < 400:
        return Verdict(Decision.FINAL, code, f"{code} is not retried, since Zuora follows no redirect", error)
    return Verdict(Decision.FINAL, code, f"{code} is not retried", error)


def unauthorised(settings: Settings, template: CalloutTemplate, note: str = "") -> Verdict:
    """A 401 that no further exchange answers; ``note`` says why none does.

    "If Retry is enabled and Callout Authentication fails, the system will continue retrying" (seed 002; documented),
    though 401 is not in the list: so it is retried where credentials are configured (Q9).
    """
    knob = settings.quirks.retry_401
    configured = template.authenticates
    error = ErrorClass.AUTHENTICATION if configured else None
    why = f" ({note})" if note else ""
    if knob is Retry401.ALWAYS or (knob is Retry401.WHERE_CONFIGURED and configured):
        if not configured:
            return Verdict(Decision.AGAIN, 401, "401 is retried by the quirk retry401", error)
        reason = f"401 means that callout authentication failed{why}, which is retried"
        return Verdict(Decision.AGAIN, 401, reason, error)
    rule = "the quirk retry401 says never" if configured else "no credentials are configured"
    if template.callout_auth is not None and not configured:
        rule = "calloutAuth is only used with requiredAuth, which is off"
    return Verdict(Decision.FINAL, 401, f"401{why} is not retried, since {rule}", error)


def unsendable(why: str) -> Verdict:
    """What was rendered must not go out: neither sent nor retried (documented)."""
    return Verdict(Decision.NOT_SENT, UNSENDABLE, f"{UNSENDABLE}, since {why}", ErrorClass.NOT_SENT)


def not_allowed(why: str) -> Verdict:
    """A target that the allow-list forbids was not contacted."""
    return Verdict(Decision.NOT_SENT, NOT_ALLOWED, f"{NOT_ALLOWED}, since {why}", ErrorClass.NOT_ALLOWED)


def _failed(error: ErrorClass, outcome: Outcome, settings: Settings) -> Verdict:
    detail = outcome.detail or FAILURES.get(error, error.value)
    if error in FAILURES:
        code = settings.quirks.transport_code
        return Verdict(Decision.AGAIN, code, f"{detail} counts as {code}, which is retried", error)
    if error is ErrorClass.TLS_CERTIFICATE:
        return Verdict(Decision.FINAL, CERTIFICATE, f"{detail} counts as 495, which is not retried", error)
    if error is ErrorClass.NOT_ALLOWED:
        return not_allowed(detail)
    if error is ErrorClass.NOT_SENT:
        return unsendable(detail)
    raise OurFault(f"the wire reported {error}, which is no failure of a request")


def confirm_rule(settings: Settings, template: CalloutTemplate) -> tuple[ConfirmSuccess, str]:
    """What a 200 is asked for, and who asks; a template's own flag wins over the tenant's setting."""
    flag = template.confirm_success_from_response_content
    if flag is None:
        return settings.confirm_success, f"confirmSuccess is {settings.confirm_success}"
    return (ConfirmSuccess.REQUIRE_TRUE if flag else ConfirmSuccess.OFF), "the template confirms success by the content"


def _confirmed(outcome: Outcome, rule: ConfirmSuccess, who: str) -> Verdict:
    if rule is ConfirmSuccess.OFF:
        return Verdict(Decision.DELIVERED, 200, "200 is success")
    answer = json_answer(outcome)
    success = answer.get("success") if isinstance(answer, dict) else None
    if success is True:
        return Verdict(Decision.DELIVERED, 200, '200 with "success": true is success')
    if success is False:
        return Verdict(Decision.AGAIN, 200, f'200 with "success": false is retried, since {who}')
    if rule is ConfirmSuccess.REJECT_FALSE:
        return Verdict(Decision.DELIVERED, 200, '200 without "success": false is success')
    return Verdict(Decision.AGAIN, 200, f'200 without "success": true in a JSON answer is retried, since {who}')
