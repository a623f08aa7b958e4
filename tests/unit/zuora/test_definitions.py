"""The records of a tenant: wire names, and no secret in a repr."""

import msgspec

from simulator.zuora.notifications.definitions import (
    CalloutAuth,
    CalloutTemplate,
    HttpMethod,
    NotificationDefinition,
    OAuthProvider,
    Terms,
)


def template() -> CalloutTemplate:
    return CalloutTemplate(
        id="a" * 32,
        name="T",
        callout_baseurl="https://h/?apiToken=planted",
        callout_headers={"Authorization": "planted"},
        callout_auth=CalloutAuth("user", "planted", domain="CORP", preemptive=True),
        required_auth=True,
        hmac_secret="planted",
    )


def test_no_repr_shows_a_secret() -> None:
    """Reprs reach logs and tracebacks."""
    provider = OAuthProvider("b" * 32, "P", "https://h/token", "id", "planted")
    definition = NotificationDefinition(id="c" * 32, name="D", event_type_name="E", callout=template())
    shown = repr(
        (template(), template().callout_auth, provider, definition, Terms("c" * 32, "D", template(), provider))
    )
    assert "planted" not in shown
    assert "<CalloutAuth 'user', domain 'CORP', preemptive>" in shown


def test_fields_travel_under_zuoras_names() -> None:
    """The spelling of the API reference, oddities and all."""
    wire = msgspec.to_builtins(template())
    for name in ("calloutBaseurl", "httpMethod", "requiredOauth2", "oauth2ProviderId", "hmacOutputFormat"):
        assert name in wire
    assert msgspec.convert(wire, CalloutTemplate) == template()


def test_credentials_count_only_where_they_are_required() -> None:
    """`requiredAuth: false` beside a `calloutAuth` sends nothing."""
    off = msgspec.structs.replace(template(), required_auth=False, http_method=HttpMethod.GET)
    assert off.credentials is None
    assert not off.authenticates
    assert template().authenticates


def test_credentials_are_fresh_and_the_rest_is_as_agreed() -> None:
    """Fixing a password mends what waits; fixing a URL doesn't."""
    provider = OAuthProvider("b" * 32, "P", "https://h/token", "id", "secret")
    agreed = Terms("c" * 32, "D", template())
    mended = msgspec.structs.replace(
        template(), callout_auth=CalloutAuth("user", "new"), callout_baseurl="https://new/", hmac_secret="new"
    )
    now = agreed.with_credentials_of(mended, provider)
    assert now.template == msgspec.structs.replace(template(), callout_auth=CalloutAuth("user", "new"))
    assert now.provider == provider
