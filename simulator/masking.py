"""What nobody is shown: credentials in headers, URLs and bodies.

It decides what counts as a secret, by the name it stands under; the value is replaced, the name stays.
"""

import re
from urllib.parse import unquote

MASK = "******"
HEADERS = frozenset(
    {"authorization", "proxy-authorization", "apisecretaccesskey", "cookie", "set-cookie", "x-api-key", "api-key"}
)
SCHEMED = frozenset({"authorization", "proxy-authorization"})
_WORDS = r"(?:[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|signature|credential)[\w.-]*)"
_QUERY_IN_TEXT = re.compile(rf"((?:^|[?&;])(?:{_WORDS})=)[^&;\s#\"<]+", re.IGNORECASE)
# What can't be sent is shown too: a value goes on through white space, to the next parameter or the end of the request line.
_QUERY = re.compile(r"((?:^|[?&;])([^=&;#?]+)=)((?:(?! HTTP/\d)[^&;#\r\n])+)")
_USERINFO = re.compile(r"(//)[^/?#\r\n]+@")
_USERINFO_IN_TEXT = re.compile(r"""(//)[^/@\s"'<>\\]+@""")
# A text that breaks off is shown too; what is neither text nor a number is no secret.
_JSON = re.compile(rf'("{_WORDS}"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\w.+-]*)', re.IGNORECASE)

_XML = re.compile(rf"(<(?:[\w.-]+:)?{_WORDS}(?:\s[^<>]*)?>)[^<]+", re.IGNORECASE)


def mask_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Headers with the values of credentials replaced; an authentication scheme stays readable."""
    return tuple((name, _masked(name, value) if is_secret(name) else value) for name, value in headers)


def mask_url(url: str) -> str:
    """A URL without user information and without the values of secrets in its query."""
    return _QUERY.sub(_masked_parameter, _USERINFO.sub(rf"\1{MASK}@", url))


def mask_body(text: str) -> str:
    """A form, a JSON or an XML text with the values of secrets replaced, those in its URLs among them."""
    text = _USERINFO_IN_TEXT.sub(rf"\1{MASK}@", _XML.sub(rf"\1{MASK}", text))
    return _QUERY_IN_TEXT.sub(rf"\1{MASK}", _JSON.sub(rf'\1"{MASK}"', text))


def is_secret(name: str) -> bool:
    """Whether what stands under this name is one."""
    return name.lower() in HEADERS or re.fullmatch(_WORDS, name, re.IGNORECASE) is not None


def _masked_parameter(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}" if is_secret(unquote(found[2]).strip()) else found[0]


def _masked(name: str, value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if name.lower() in SCHEMED and space and scheme.isalpha() else MASK
