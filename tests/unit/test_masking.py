"""What nobody is shown, whatever it stands in; and that nothing else is touched."""

import pytest

from simulator.masking import mask_body, mask_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password":"p","name":"n"}', '{"password":"******","name":"n"}'),
        ("client_secret=s&scope=x", "client_secret=******&scope=x"),
        ("<a><Password>p</Password><b>c</b></a>", "<a><Password>******</Password><b>c</b></a>"),
        ('<n:AccessKey i="1">k</n:AccessKey>', '<n:AccessKey i="1">******</n:AccessKey>'),
        ("<u>https://user:p@host/x</u>", "<u>https://******@host/x</u>"),
        ("<u>http://host/?token=t</u><v>1</v>", "<u>http://host/?token=******</u><v>1</v>"),
        ('{"url":"https://user:p@host/x"}', '{"url":"https://******@host/x"}'),
        ('{"token":123456,"secretive":true}', '{"token":"******","secretive":true}'),
        ('{"name":"n","password":"breaks o', '{"name":"n","password":"******"'),
    ],
)
def test_secrets_in_a_body(text: str, shown: str) -> None:
    """The value goes, the name and everything around it stays."""
    assert mask_body(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        '{"url":"http://localhost:3000","email":"a@b.c"}',
        "<u>http://localhost</u><v>a@b.c</v>",
        "// a comment, by a@b.c",
    ],
)
def test_what_is_no_secret(text: str) -> None:
    """An address after a URL is not its user information."""
    assert mask_body(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h/?a=1&api_key=k", "https://******@h/?a=1&api_key=******"),
        ("https://h/?token=a b&n=1", "https://h/?token=******&n=1"),
        ("https://h/?n=1&token=a b", "https://h/?n=1&token=******"),
        ('https://h/?token="a" <b>#part', "https://h/?token=******#part"),
        ("https://h/?access%5Ftoken=k", "https://h/?access%5Ftoken=******"),
        ("https://u:p w@x@h/", "https://******@h/"),
        ("POST /x?token=a b HTTP/1.1\r\nHost: h", "POST /x?token=****** HTTP/1.1\r\nHost: h"),
        ("https://h/@x?mail=a@b", "https://h/@x?mail=a@b"),
    ],
)
def test_a_url(url: str, shown: str) -> None:
    """User information and secrets in the query are replaced, also where the URL is one that must not be sent."""
    assert mask_url(url) == shown
