"""Settings and quirks: names, ranges, and errors that say what may be given."""

from datetime import timedelta

import pytest

from simulator.core.errors import AuthorError
from simulator.core.options import camel_case
from simulator.zuora.callouts.locales import LOCALES
from simulator.zuora.claims import CLAIMS
from simulator.zuora.quirks import AcceptedBody, AsyncParams, Quirks
from simulator.zuora.settings import ConfirmSuccess, Settings


def test_the_defaults_are_those_of_zuoras_form() -> None:
    """3 attempts, 30 minutes apart, nothing read in a body, empties as they are, dates in ISO form."""
    assert Settings().as_dict() | {"quirks": {}} == {
        "maxAttempts": 3,
        "intervalMinutes": 30,
        "confirmSuccess": "off",
        "emptyAsNull": False,
        "locale": "iso",
        "quirks": {},
    }


def test_a_dict_of_settings_reads_back_as_the_same_settings() -> None:
    """What a GET shows may be PUT."""
    settings = Settings.read(
        {"maxAttempts": 5, "confirmSuccess": "require-true", "locale": "de_DE", "quirks": {"acceptedBody": "id"}}
    )
    assert Settings.read(settings.as_dict()) == settings


def test_a_partial_change_leaves_the_rest() -> None:
    """Settings and quirks are merged one by one."""
    settings = Settings.read({"maxAttempts": 5, "quirks": {"acceptedBody": "id"}})
    changed = settings.merged({"interval_minutes": 1, "quirks": {"async_params": "payload-only"}})
    assert (changed.max_attempts, changed.interval_minutes) == (5, 1)
    assert changed.quirks == Quirks(accepted_body=AcceptedBody.ID, async_params=AsyncParams.PAYLOAD_ONLY)


@pytest.mark.parametrize("attempts", [1, 5])
@pytest.mark.parametrize("minutes", [1, 1440])
def test_the_ends_of_the_ranges_are_taken(attempts: int, minutes: int) -> None:
    """At most 5 attempts, at most 1440 minutes apart."""
    policy = Settings.read({"maxAttempts": attempts, "intervalMinutes": minutes}).policy(retry=True)
    assert (policy.limit, policy.interval, policy.retry) == (attempts, timedelta(minutes=minutes), True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"maxAttempts": 0}, "setting maxAttempts must be a whole number from 1 to 5, not 0"),
        ({"maxAttempts": 6}, "setting maxAttempts must be a whole number from 1 to 5, not 6"),
        ({"maxAttempts": True}, "setting maxAttempts must be a whole number from 1 to 5, not True"),
        ({"maxAttempts": "3"}, "setting maxAttempts must be a whole number from 1 to 5, not '3'"),
        ({"maxAttempts": None}, "setting maxAttempts must be a whole number from 1 to 5, not None"),
        (
            {"intervalMinutes": 1441},
            "setting intervalMinutes must be a whole number from 1 to 1440 (minutes), not 1441",
        ),
        ({"maxAttemps": 3}, "unknown setting 'maxAttemps', did you mean 'maxAttempts'?"),
        ({"emptyAsNull": "yes"}, "setting emptyAsNull must be true or false, not 'yes'"),
        (
            {"confirmSuccess": "reject"},
            (
                "setting confirmSuccess must be 'off' or 'reject-false' or 'require-true', not 'reject'"
                ", did you mean 'reject-false'?"
            ),
        ),
        ({"locale": "klingon"}, f"unknown locale 'klingon'; known: {', '.join(LOCALES)}"),
        ({"locale": "de_DD"}, "unknown locale 'de_DD', did you mean 'de_DE' or 'de_CH' or 'de_AT'?"),
        ({"locale": 3}, "setting locale must be a text, not 3"),
        ({"quirks": []}, "quirks must be an object of names and values, not []"),
        ({"quirks": {"acceptedBodi": "id"}}, "unknown quirk 'acceptedBodi', did you mean 'acceptedBody'?"),
        ({"quirks": {"asyncOrdersStatus": 201}}, "quirk asyncOrdersStatus must be 200 or 202, not 201"),
    ],
)
def test_what_cannot_be_is_told_with_what_may_be(given: dict[str, object], message: str) -> None:
    """Unknown names carry their near matches, values their range."""
    with pytest.raises(AuthorError) as told:
        Settings.read(given)
    assert str(told.value) == message


@pytest.mark.parametrize("code", [0, 200, -2000, -2100])
def test_a_transport_code_is_negative_and_none_of_zuoras_own(code: int) -> None:
    """Otherwise a failure would be success, or final."""
    with pytest.raises(AuthorError, match="transportCode must be from -1 to -1999"):
        Quirks.read({"transportCode": code})


def test_a_command_lines_text_is_read_as_the_value_it_spells() -> None:
    """`--quirk asyncOrdersStatus=200 --quirk acceptedSuccess=true`."""
    quirks = Quirks.read({"asyncOrdersStatus": "200", "acceptedSuccess": "true", "retry_401": "never"}, text=True)
    assert (quirks.async_orders_status, quirks.accepted_success, quirks.retry_401) == (200, True, "never")


def test_yaml_reads_off_as_false_and_it_means_off() -> None:
    """A bare `confirmSuccess: off` in a scenario is the boolean false."""
    settings = Settings.read({"confirmSuccess": "reject-false"}).merged({"confirmSuccess": False})
    assert settings.confirm_success is ConfirmSuccess.OFF


@pytest.mark.parametrize("spelling", ["de_DE", "de-de", "DE_de"])
def test_a_locale_may_be_written_either_way(spelling: str) -> None:
    """Hyphen, underscore, any case."""
    assert Settings.read({"locale": spelling}).locale == "de_DE"


def test_attempts_may_mean_retries() -> None:
    """Q10: with the knob turned, 3 attempts are 4 sends."""
    assert Settings.read({"quirks": {"attemptsMean": "retries"}}).policy(retry=False).limit == 4


def test_every_knob_has_its_claim_and_every_claim_a_real_knob() -> None:
    """The fidelity table and the knobs can't drift apart."""
    named = {claim.knob for claim in CLAIMS if claim.knob}
    quirks = {f"quirks.{camel_case(name)}" for name in Quirks.__struct_fields__}
    settings = {camel_case(name) for name in Settings.__struct_fields__} - {"quirks"}
    assert named == quirks | settings
