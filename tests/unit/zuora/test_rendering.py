"""What goes onto the wire, byte for byte, and what must not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator._version import __version__
from simulator.core.dialect import Unsendable
from simulator.core.model import Callout, Decision, ErrorClass, Event
from simulator.zuora.callouts.merge_fields import Tenant
from simulator.zuora.callouts.rendering import render
from simulator.zuora.notifications.definitions import CalloutTemplate, HmacAlgorithm, HmacOutputFormat, HttpMethod
from simulator.zuora.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST_ID = "5f0c2a9e8b7d4c1fa2e3d4c5b6a79808"
NOTIFICATION_ID = "9d1e4f7a6b5c4d3e8f90a1b2c3d4e5f6"
PAYLOAD = b'{"createTime":"2021-10-03T10:33:12Z","state":"succeeded","data":{"id":"402881e5"}}'


def event(name: str = "Payment Declined", fields: dict[str, str] | None = None, body: bytes | None = None) -> Event:
    given_fields = fields or {"Account.Id": "8a80", "Account.Name": "Jane & Søn", "Account.Email": ""}
    return Event(id="e", dialect="zuora", tenant="t", name=name, at=NOW, fields=given_fields, content=body)


ASYNC = event("Async Request Succeeded", {"Request.Id": "r"}, PAYLOAD)


def rendered(
    about: Event | None = None,
    settings: dict[str, Any] | None = None,
    authorization: str | None = None,
    **template: Any,
) -> Callout | Unsendable:
    return render(
        CalloutTemplate(id="a" * 32, name="T", **({"callout_baseurl": "https://www.example.com/callout/1"} | template)),
        about or event(),
        Settings.read(settings or {}),
        Tenant("9", "Acme"),
        request_id=REQUEST_ID,
        notification_id=NOTIFICATION_ID,
        authorization=authorization,
        now=NOW,
    )


def sent(*args: Any, **kwargs: Any) -> Callout:
    callout = rendered(*args, **kwargs)
    assert isinstance(callout, Callout), callout
    return callout


def refused(*args: Any, **kwargs: Any) -> Unsendable:
    unsendable = rendered(*args, **kwargs)
    assert isinstance(unsendable, Unsendable), unsendable
    assert (unsendable.verdict.decision, unsendable.verdict.code) == (Decision.NOT_SENT, -2000)
    assert unsendable.verdict.error is ErrorClass.NOT_SENT
    assert unsendable.verdict.reason == f"-2000, since {unsendable.detail}"
    return unsendable


def test_the_bytes_of_an_asynchronous_events_callout() -> None:
    """The payload as it is; the three tracing headers; every header in its fixed place."""
    assert sent(ASYNC).request_bytes == (
        b"POST /callout/1 HTTP/1.1\r\n"
        b"Host: www.example.com\r\n"
        b"Content-Type: application/json; charset=utf-8\r\n"
        b"Zuora-Request-Id: 5f0c2a9e8b7d4c1fa2e3d4c5b6a79808\r\n"
        b"X-Amzn-Trace-Id: Root=1-5f0c2a9e-8b7d4c1fa2e3d4c5b6a79808\r\n"
        b"Zuora-Notification-Id: 9d1e4f7a6b5c4d3e8f90a1b2c3d4e5f6\r\n"
        b"User-Agent: Zuora-Callout-Simulator/" + __version__.encode() + b"\r\n"
        b"Accept: */*\r\n"
        b"Content-Length: 82\r\n"
        b"\r\n" + PAYLOAD
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"callout_baseurl": "https://www.example.com/callout/2"},
        {"callout_headers": {"X-A": "b"}},
        {"http_method": HttpMethod.PUT},
        {"certificate": "-----BEGIN CERTIFICATE-----"},
        {"authorization": "Basic eDp5"},
        {"settings": {"quirks": {"userAgent": "another"}}},
    ],
)
def test_what_callouts_have_in_common_is_kept_once(changed: dict[str, Any]) -> None:
    """Whatever their events and bodies; and whatever changes is in the next one."""
    plain = {"callout_headers": {"X-A": "a"}}
    one, other = sent(**plain), sent(event(fields={"Account.Id": "another"}), **plain)
    assert one.form is other.form
    assert one.body != other.body
    assert sent(**{**plain, **changed}).form not in (one.form, other.form)


PARAMS = {"AccountId": "<DataSource.Account.Id>", "Name": "{{Account.Name}}", "Email": "<Account.Email>", "Fixed": "7"}


@pytest.mark.parametrize("method", [HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH])
def test_parameters_are_a_compact_json_body_of_strings(method: HttpMethod) -> None:
    """No spaces, non-ASCII as it is, unknown and empty values "", the URL left alone."""
    callout = sent(http_method=method, callout_params=PARAMS)
    assert callout.body == '{"AccountId":"8a80","Name":"Jane & Søn","Email":"","Fixed":"7"}'.encode()
    assert callout.method == method
    assert callout.url == "https://www.example.com/callout/1"


@pytest.mark.parametrize("method", [HttpMethod.GET, HttpMethod.DELETE])
@pytest.mark.parametrize(
    ("base", "final"),
    [
        ("https://h/x", "https://h/x?AccountId=8a80&And=a&b=c"),
        ("https://h/x?apiToken=1", "https://h/x?apiToken=1&AccountId=8a80&And=a&b=c"),
        ("https://h/x?", "https://h/x?AccountId=8a80&And=a&b=c"),
        ("https://h/x#top", "https://h/x?AccountId=8a80&And=a&b=c#top"),
    ],
)
def test_parameters_of_get_and_delete_are_a_query_of_values_as_they_are(
    method: HttpMethod, base: str, final: str
) -> None:
    """No body, no Content-Type, no Content-Length; nothing is encoded, so an ampersand in a value splits it."""
    callout = sent(
        event(fields={"Account.Id": "8a80", "And": "a&b=c"}),
        http_method=method,
        callout_baseurl=base,
        callout_params={"AccountId": "<Account.Id>", "And": "<DataSource.And>"},
    )
    assert (callout.url, callout.body) == (final, b"")
    assert callout.head.startswith(
        f"{method} {final.removeprefix('https://h').removesuffix('#top')} HTTP/1.1\r\n".encode()
    )
    assert not {"content-type", "content-length"} & {name.lower() for name, _ in callout.headers}


@pytest.mark.parametrize("settings", [{}, {"quirks": {"asyncParams": "payload-only"}}])
def test_an_event_without_parameters_sends_its_fields_or_its_payload(settings: dict[str, Any]) -> None:
    """Exactly the fields that it was fired with; the asynchronous events always tell their payload."""
    fields = '{"Account.Id":"8a80","Account.Name":"Jane & Søn","Account.Email":""}'
    assert sent(settings=settings).body == fields.encode()
    assert sent(ASYNC, settings=settings).body == PAYLOAD


@pytest.mark.parametrize(
    ("mixing", "body"),
    [
        ("payload-and-params", PAYLOAD[:-1] + b',"Id":"r"}'),
        ("payload-only", PAYLOAD),
        ("params-only", b'{"Id":"r"}'),
    ],
)
def test_an_asynchronous_payload_and_its_parameters(mixing: str, body: bytes) -> None:
    """Q12: extra top-level strings after the payload's own keys; a knob leaves either out."""
    assert sent(ASYNC, {"quirks": {"asyncParams": mixing}}, callout_params={"Id": "<Request.Id>"}).body == body


def test_the_place_of_parameters_is_a_knob() -> None:
    """Q12: all in the body, or all in the query."""
    body = {"quirks": {"paramsPlace": "body"}}
    query = {"quirks": {"paramsPlace": "query"}}
    assert sent(settings=body, http_method=HttpMethod.GET, callout_params={"a": "1"}).body == b'{"a":"1"}'
    assert sent(ASYNC, query, callout_params={"a": "1"}).url.endswith("/callout/1?a=1")
    assert sent(ASYNC, query, callout_params={"a": "1"}).body == PAYLOAD


def test_a_custom_body_takes_the_place_of_everything() -> None:
    """Values enter it as they are, numbers may stand without quotes."""
    callout = sent(
        ASYNC,
        use_custom_request_body=True,
        custom_request_body='{"id": "<Request.Id>", "n": {{Nothing}}1, "deep": {"x": "{{Request.Id}}"}}',
        callout_params={"a": "1"},
    )
    assert callout.body == b'{"id": "r", "n": 1, "deep": {"x": "r"}}'
    off = sent(ASYNC, use_custom_request_body=False, custom_request_body="{")
    assert off.body == PAYLOAD


@pytest.mark.parametrize(
    ("custom", "detail"),
    [
        (
            '{"a": <No.Such>}',
            "the rendered request body is not JSON: expecting value but found '}' at position 6",
        ),
        ('{"a": "<DataSource.Q>"}', "expecting ',' delimiter but found 'h' at position 9"),
        ('{"a": 1', "but the text ends at position 7"),
        ("", "is empty, which is not JSON at position 0"),
        ('{"a": NaN}', "it has NaN at position 6"),
        (
            '{"a": "x\ny"}',
            "invalid control character but found U+000A control character at position 8 (line 1, column 9)",
        ),
        ('{"a": 1} x', "extra data but found 'x' at position 9"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_not_json_is_not_sent(custom: str, detail: str) -> None:
    """-2000, and the record shows the rendered text and where it is wrong."""
    unsendable = refused(event(fields={"Q": 'x"hi'}), use_custom_request_body=True, custom_request_body=custom)
    assert detail in unsendable.detail
    assert unsendable.callout.body.decode() == custom.replace("<DataSource.Q>", 'x"hi').replace("<No.Such>", "")


@pytest.mark.parametrize("body", ["1" * 5000, "1e999", '"\\ud800"', "null", '{"a":1,"a":2}', ' {"a": [true]} '])
def test_all_json_is_sent_as_it_is(body: str) -> None:
    """Valid is what the grammar says, however odd."""
    assert sent(use_custom_request_body=True, custom_request_body=body).body == body.encode()


@pytest.mark.parametrize(
    ("base", "detail"),
    [
        (
            "https://h/<Account.Name>",
            "the final URL has white space (U+0020 space) at position 14",
        ),
        ("https://h/\u00a0", "white space (U+00A0 no-break space) at position 10"),
        ("https://h/\t", "white space (U+0009 control character) at position 10"),
        ("https://h/\r\nX: y", "white space (U+000D control character) at position 10"),
        ("https://h/ø", "has 'ø' (U+00F8), which is not URL-safe at position 10"),
        ("https://h/<b>", "has '<', which is not URL-safe at position 10"),
        ('https://h/"', "has '\"', which is not URL-safe"),
        ("https://h/a%2", "has a '%' that encodes nothing at position 11"),
        ("https://h/\ud800", "has U+D800 control character, which is not URL-safe"),
        ("https://<No.Such>/x", "has no host at position 8"),
        ("https://h:99999/", "has no readable host and port at position 8"),
        ("https://[::1/", "has no readable host and port at position 8"),
        ("ftp://h/", "does not begin with https://"),
        ("<No.Such>", "does not begin with https://"),
    ],
)
def test_a_url_with_white_space_or_an_unsafe_character_is_not_sent(base: str, detail: str) -> None:
    """ "the final URL cannot contain white spaces"; the record names character and position."""
    unsendable = refused(event(fields={"Account.Name": "Jane & Søn"}), callout_baseurl=base)
    assert detail in unsendable.detail
    assert unsendable.callout.head.count(b"\r\n") == len(unsendable.callout.headers) + 2
    json.dumps(unsendable.callout.url).encode()


def test_white_space_in_a_parameter_of_get_is_not_sent() -> None:
    """Values enter the URL as they are."""
    unsendable = refused(http_method=HttpMethod.GET, callout_params=PARAMS)
    assert unsendable.detail == (
        "the final URL has white space (U+0020 space) at position 58, in the query parameter 'Name'"
    )
    assert unsendable.callout.url == "https://www.example.com/callout/1?AccountId=8a80&Name=Jane & Søn&Email=&Fixed=7"


def test_an_encoded_url_with_every_reserved_character_is_sent() -> None:
    """Percent-encoding is the author's way to send anything."""
    url = "https://h:8443/a%20b;c=1,2/(x)!$&'*+:@~-._?q=%C3%B8&r=[1]"
    assert sent(callout_baseurl=url).url == url


def test_the_rendered_url_has_no_limit() -> None:
    """1000 characters are the limit of the template's text only."""
    assert len(sent(event(fields={"A.B": "x" * 5000}), callout_baseurl="https://h/<A.B>").url) == 5010


def test_custom_headers_are_filled_in_name_and_value() -> None:
    """After the default ones, in the template's order; one of a default's name takes its place."""
    callout = sent(
        callout_headers={"X-<Account.Id>": " id {{Account.Id}} ", "user-agent": "mine", "X-Empty": "<No.Such>"}
    )
    assert [header for header in callout.headers if header[0] not in {"Host", "Content-Length"}] == [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Zuora-Request-Id", REQUEST_ID),
        ("X-Amzn-Trace-Id", "Root=1-5f0c2a9e-8b7d4c1fa2e3d4c5b6a79808"),
        ("Zuora-Notification-Id", NOTIFICATION_ID),
        ("user-agent", "mine"),
        ("Accept", "*/*"),
        ("X-8a80", "id 8a80"),
        ("X-Empty", ""),
    ]


def test_the_tracing_headers_cannot_be_replaced() -> None:
    """A receiver's idempotency hangs on them."""
    callout = sent(callout_headers={"zuora-request-id": "mine", "Zuora-Notification-Id": "mine"})
    assert "mine" not in {value for _, value in callout.headers}


def test_credentials_take_the_place_of_a_custom_authorization() -> None:
    """What the dialogue says is what is sent; without a dialogue a custom one stands."""
    custom = {"Authorization": "Token abc"}
    assert ("Authorization", "Token abc") in sent(callout_headers=custom).headers
    both = sent(callout_headers=custom, authorization="Basic eA==").headers
    assert [value for name, value in both if name == "Authorization"] == ["Basic eA=="]


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("X-A", "a\r\nEvil: 1", "the value of the header X-A has U+000D control character at position 1"),
        ("X-A", "a\nEvil: 1", "U+000A control character"),
        ("X-A", "a\x00", "U+0000"),
        ("X-A", "\ud800", "U+D800"),
        ("X-<Account.Name>", "1", "the header name 'X-Jane & Søn' has U+0020 space at position 6"),
        ("X:A", "1", "has ':' at position 1"),
        ("<No.Such>", "1", "is empty"),
        ("Content-Length", "1", "written by the sender itself"),
        ("transfer-encoding", "chunked", "written by the sender itself"),
        ("Host", "evil", "written by the sender itself"),
    ],
)
def test_a_header_that_would_write_more_than_itself_is_not_sent(name: str, value: str, detail: str) -> None:
    """-2000 with the position; neither the wire nor the record ever holds the line that was smuggled in."""
    for headers in ({name: value}, {name: "<Account.Evil>"}):
        unsendable = refused(
            event(fields={"Account.Name": "Jane & Søn", "Account.Evil": value}), callout_headers=headers
        )
        assert detail in unsendable.detail
        assert "Evil" not in {shown for shown, _ in unsendable.callout.headers}


def test_empty_as_null_counts_for_custom_events_only() -> None:
    """Users' own and Zuora's, in body, query and URL; a standard event keeps its empty strings."""
    null = {"emptyAsNull": True}
    params = {"a": "<No.Such>", "b": "", "c": "x"}
    for name in ("My Event", "Order Processed", "OrderActionProcessed"):
        assert sent(event(name), null, callout_params=params).body == b'{"a":"null","b":"null","c":"x"}'
        assert sent(event(name), callout_params=params).body == b'{"a":"","b":"","c":"x"}'
        assert sent(event(name), null, callout_baseurl="https://h/<No.Such>").url == "https://h/null"
    for name in ("Payment Declined", "Async Request Succeeded"):
        assert sent(event(name), null, callout_params=params).body == b'{"a":"","b":"","c":"x"}'


def test_a_standard_event_has_a_knob_of_its_own_for_empty_values() -> None:
    """ "For consistency with standard callout notifications" lets expect "null" there; the setting leaves them alone."""
    params = {"a": "<No.Such>", "b": "x"}
    for null, body in (({}, b'{"a":"","b":"x"}'), ({"quirks": {"standardEmpty": "null"}}, b'{"a":"null","b":"x"}')):
        assert sent(event("Payment Declined"), null, callout_params=params).body == body
    assert sent(event("Order Processed"), null, callout_params=params).body == b'{"a":"","b":"x"}'


def test_a_locale_with_a_space_in_its_date_time_breaks_a_url() -> None:
    """As it would at Zuora: the value enters as it is."""
    posted = event(fields={"Invoice.PostedOn": "2026-02-28T13:14:15Z"})
    assert sent(posted, callout_params={"on": "<Invoice.PostedOn>"}).body == b'{"on":"2026-02-28T13:14:15Z"}'
    german = {"locale": "de_DE"}
    assert sent(posted, german, callout_params={"on": "<Invoice.PostedOn>"}).body == b'{"on":"28.02.2026 13:14:15"}'
    assert "white space" in refused(posted, german, callout_baseurl="https://h/<Invoice.PostedOn>").detail


@pytest.mark.parametrize(
    ("algorithm", "output", "signed"),
    [
        (HmacAlgorithm.MD5, HmacOutputFormat.HEX, "80070713463e7749b90c2dc24911e275"),
        (HmacAlgorithm.SHA_1, HmacOutputFormat.HEX, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"),
        (
            HmacAlgorithm.SHA_256,
            HmacOutputFormat.HEX,
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
        ),
        (HmacAlgorithm.SHA_256, HmacOutputFormat.BASE64, "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="),
    ],
)
def test_the_hmac_header_against_known_answers(algorithm: HmacAlgorithm, output: HmacOutputFormat, signed: str) -> None:
    """The fox's well-known sums."""
    callout = sent(
        hmac_key="X-Signature",
        hmac_value="v1={{Request.HMAC.Signed}}",
        hmac_data="The quick brown fox jumps over the lazy dog",
        hmac_algorithm=algorithm,
        hmac_secret="key",
        hmac_output_format=output,
    )
    assert callout.headers[-2] == ("X-Signature", f"v1={signed}")


def test_the_hmac_covers_headers_and_body_of_the_very_request() -> None:
    """A new request id gives a new signature; header names in any case; left out, the data is the body."""
    import base64
    import hashlib
    import hmac

    template = {
        "hmac_key": "X-S",
        "hmac_secret": "kæy",
        "hmac_data": "{{Request.Headers.zuora-request-ID}}:{{Request.Body}}:<Account.Id>",
    }
    body = b'{"a":"1"}'
    data = REQUEST_ID.encode() + b":" + body + b":8a80"
    expected = base64.b64encode(hmac.new("kæy".encode(), data, hashlib.sha256).digest()).decode()
    assert sent(callout_params={"a": "1"}, **template).headers[-2] == ("X-S", expected)
    plain = base64.b64encode(hmac.new(b"k", body, hashlib.sha256).digest()).decode()
    assert sent(callout_params={"a": "1"}, hmac_key="X-S", hmac_secret="k").headers[-2] == ("X-S", plain)


def test_hmac_fields_are_empty_elsewhere() -> None:
    """They exist for the HMAC header only."""
    assert sent(callout_params={"a": "{{Request.Body}}{{Request.HMAC.Signed}}"}).body == b'{"a":""}'


@given(
    st.dictionaries(st.sampled_from(["A.B", "C", "Account.Id"]), st.text(max_size=20), max_size=3),
    st.text(alphabet=st.sampled_from('<>{}ABC.#/% \r\n\x00ø\ud800":,'), max_size=40),
)
def test_whatever_is_rendered_is_either_sound_or_refused(fields: dict[str, str], text: str) -> None:
    """No template and no value raises, and what is sent has exactly the headers it should have."""
    for template in (
        {"callout_baseurl": f"https://h/{text}"},
        {"callout_headers": {"X-A": text}},
        {"use_custom_request_body": True, "custom_request_body": text},
        {"callout_params": {"a": text}},
        {"callout_params": {"a": text}, "http_method": HttpMethod.GET},
    ):
        callout = rendered(event(fields=fields or {"C": ""}), **template)
        if isinstance(callout, Callout):
            assert len(callout.headers) <= 10
            assert callout.head.count(b"\n") == len(callout.headers) + 2
            if callout.body:
                json.loads(callout.body)


@pytest.mark.parametrize(
    "template",
    [
        {"callout_baseurl": "https://h/?token=planted x"},
        {"callout_baseurl": "https://user:planted x@h/"},
        {"callout_baseurl": "https://user:planted/"},
        {"callout_headers": {"Authorization": "planted\r\n"}},
        {"use_custom_request_body": True, "custom_request_body": '{"password": "planted" x'},
    ],
)
def test_a_fault_quotes_no_value(template: dict[str, Any]) -> None:
    """It is shown where secrets are masked by their names, and a clause has none."""
    assert "planted" not in refused(**template).verdict.reason
