"""``report.html``: the page's own modules and style in one file, with the records inlined, that asks nobody anything.

It alone decides how modules become one script. The modules keep to a plain dialect so that no build step is needed:
``import {a, b as c} from "./x.js"`` on one line each, ``export`` before a declaration, and no cycles.
"""

import base64
import hashlib
import posixpath
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import msgspec

from simulator.console import assets
from simulator.core.errors import OurFault

ENTRY = "app.js"
IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class|let) (\w+))", re.MULTILINE)


def freeze(records: Mapping[str, Any]) -> str:
    """One HTML document that shows ``records`` (see the package's docstring) with no network and no console error."""
    style = "".join(assets.text(name) for name in _styles())
    script = bundle(ENTRY)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_digest(script)}",
            f"style-src {_digest(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    title = escape(str(records.get("title") or "Simulator report"))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<script type="application/json" id="records">{_data(records)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def bundle(entry: str) -> str:
    """The module ``entry`` and all that it imports as one classic script, each module in a scope of its own."""
    order: list[str] = []
    _visit(entry, order, ())
    scopes = {name: f"module{number}" for number, name in enumerate(order)}
    return '"use strict";\n' + "".join(_wrapped(name, scopes) for name in order)


def _visit(name: str, order: list[str], path: tuple[str, ...]) -> None:
    if name in order:
        return
    if name in path:
        raise OurFault(f"modules of the page import each other in a circle: {' -> '.join((*path, name))}")
    for _, target in IMPORT.findall(assets.text(name)):
        _visit(_resolved(name, target), order, (*path, name))
    order.append(name)


def _wrapped(name: str, scopes: Mapping[str, str]) -> str:
    source = assets.text(name)

    def bound(match: re.Match[str]) -> str:
        words = match[1].replace(" as ", ": ").strip()
        return f"const {{{words}}} = {scopes[_resolved(name, match[2])]};\n"

    exported = ", ".join(EXPORT.findall(source))
    body = EXPORT.sub("", IMPORT.sub(bound, source))
    if "</script" in body.lower() or re.search(r"^(?:im|ex)port\b", body, re.MULTILINE):
        raise OurFault(f"{name} keeps no more to the plain dialect of modules that a report can hold")
    return f"const {scopes[name]} = (() => {{\n{body}return {{{exported}}};\n}})();\n"


def _resolved(importer: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))


def _styles() -> list[str]:
    """The style sheets in the order in which the live page names them."""
    return re.findall(r'href="/_simulator/static/([\w/-]+\.css)"', assets.text("index.html"))


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _data(records: Mapping[str, Any]) -> str:
    """JSON that no HTML parser mistakes for markup."""
    return inlined(msgspec.json.encode(records)).decode()


def inlined(encoded: bytes) -> bytes:
    """JSON as it may stand inside a script element."""
    return (
        encoded.replace(b"<", b"\\u003c").replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")
    )
