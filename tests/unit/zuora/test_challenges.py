"""Reading what a 401 offers, as receivers really write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.model import Outcome
from simulator.zuora.callouts.challenges import Challenge, challenges


def answered(*headers: str) -> Outcome:
    lines = "".join(f"WWW-Authenticate: {header}\r\n" for header in headers)
    return Outcome(status=401, head=f"HTTP/1.1 401 Unauthorized\r\n{lines}\r\n".encode("latin-1", "replace"))


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ([], []),
        (['Basic realm="callouts"'], [Challenge("basic", {"realm": "callouts"})]),
        (['BASIC Realm = "callouts"'], [Challenge("basic", {"realm": "callouts"})]),
        (["Basic realm=callouts"], [Challenge("basic", {"realm": "callouts"})]),
        (
            ['Basic realm="a, b=\\"c\\"", charset="UTF-8"'],
            [Challenge("basic", {"realm": 'a, b="c"', "charset": "UTF-8"})],
        ),
        (["Basic"], [Challenge("basic", {})]),
        (["NTLM", "Negotiate"], [Challenge("ntlm", {}), Challenge("negotiate", {})]),
        (["NTLM TlRMTVNTUAAC=="], [Challenge("ntlm", {}, "TlRMTVNTUAAC==")]),
        (
            ['Negotiate, NTLM, Digest realm="d", nonce="x,y", Basic realm="b"'],
            [
                Challenge("negotiate", {}),
                Challenge("ntlm", {}),
                Challenge("digest", {"realm": "d", "nonce": "x,y"}),
                Challenge("basic", {"realm": "b"}),
            ],
        ),
        (
            ["Basic realm=Zuora API, ZSession realm=Zuora API, Bearer realm=Zuora API"],
            [Challenge(scheme, {"realm": "Zuora API"}) for scheme in ("basic", "zsession", "bearer")],
        ),
        (['Basic realm="never closed'], [Challenge("basic", {"realm": "never closed"})]),
        ([", ,", ""], []),
    ],
)
def test_challenges_are_told_apart(headers: list[str], read: list[Challenge]) -> None:
    """Several in one header or in several, quoted or not, in any case."""
    assert list(challenges(answered(*headers))) == read


@given(st.text(alphabet='Basic realm="x",\\= NTLM~;\t', max_size=200))
def test_no_header_breaks_the_reading(header: str) -> None:
    """A receiver may send anything."""
    challenges(answered(header))
