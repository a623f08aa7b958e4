"""How requests are written and bodies are shown."""

import pytest

from simulator.core.http import shown


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"ok", "ok"),
        ("für €".encode(), "für €"),
        ("für €".encode()[:-1], "für "),
        ("für €".encode()[:-2], "für "),
        ("😀".encode()[:3], ""),
        (b"a\xffb", "a\ufffdb"),
        (b"\x00\x1f", "\x00\x1f"),
    ],
)
def test_shown(body: bytes, text: str) -> None:
    """A body is shown as UTF-8 and ends with a whole character; other bytes are replaced."""
    assert shown(body) == text


def test_shown_whole() -> None:
    """Of a body that was not cut nothing is left out."""
    assert shown("€".encode()[:2], cut=False) == "\ufffd"
