"""The files of the page: what is served, under which policy, and what a report makes of them."""

import base64
import hashlib
import re

import aiohttp
import pytest

from simulator.console import assets
from simulator.console.freeze import ENTRY, bundle, freeze
from simulator.console.page import POLICY
from tests.browser.support.mock import HOSTILE, World, serving

# The names of the fixtures, which a copied test uses.
FIXTURES = re.compile("zuora_(simulator|receiver)")


@pytest.mark.parametrize("path", ["", "static/app.js", "static/style/tokens.css", "static/icon.svg"])
async def test_every_file_comes_with_its_policy(path: str) -> None:
    """Nothing inline, nothing from elsewhere, no string that becomes markup; asked again, it has not changed."""
    async with serving(World()) as url, aiohttp.ClientSession() as session:
        async with session.get(url + path) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Security-Policy"] == POLICY
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            tag = answer.headers["ETag"]
        async with session.get(url + path, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(
    "name", ["nothing.js", "../page.py", "..%2fpage.py", "%2e%2e/%2e%2e/host.py", "/etc/passwd", "app.js%00", "model"]
)
async def test_no_name_leads_out_of_the_list(name: str) -> None:
    """A name that is not in the list is 404, whatever it looks like."""
    async with serving(World()) as url, aiohttp.ClientSession() as session:
        from yarl import URL

        async with session.get(URL(f"{url}static/{name}", encoded=True)) as answer:
            assert answer.status in {404, 405}


async def test_an_open_stream_ends_with_the_server() -> None:
    """A server that stops does not wait for the pages that look at it."""
    async with aiohttp.ClientSession() as session:
        async with serving(World(3)) as url:
            answer = await session.get(f"{url}stream")
            assert (await answer.content.readline()) == b"event: snapshot\n"
        rest = await answer.content.read()
        assert b"calloutCount" in rest
        answer.release()


def test_the_page_speaks_of_providers_through_its_data_only() -> None:
    """The one sentence that names them is the one that says that this is not theirs."""
    named = {
        (name, line.strip())
        for name in assets.names()
        for line in assets.text(name).splitlines()
        if re.search("zuora|salesforce|marketing|soap", FIXTURES.sub("", line), re.IGNORECASE)
    }
    assert {name for name, _ in named} == {"app.js"}
    assert all("Unofficial, not affiliated" in line for _, line in named)


def test_the_page_asks_nobody_else() -> None:
    """No file of it names an address of another host."""
    for name in assets.names():
        assert re.findall(r"https?://(?!www\.w3\.org/)[\w.-]+", assets.text(name)) == [], name


def test_every_module_is_part_of_a_report() -> None:
    """The same modules make the live page and the report, and all of them keep to the dialect that can be bundled."""
    script = bundle(ENTRY)
    for name in assets.names():
        if name.endswith(".js"):
            first = assets.text(name).splitlines()[0]
            assert first.startswith("// "), f"{name} does not say what it decides"
            assert first in script, name
    assert script.count("const module0 ") == 1
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_a_report_allows_its_own_script_and_style_and_nothing_else() -> None:
    """The policy names the hashes of what is inlined; records cannot leave their element."""
    world = World(30, hostile=True)
    page = freeze({"title": HOSTILE[0], "callouts": list(world.callouts.values()), "text": HOSTILE[4]})
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src &#x27;none&#x27;" in policy
    for tag, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        [inlined] = re.findall(pattern, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"{tag} &#x27;sha256-{digest}&#x27;" in policy
    [records] = re.findall(r'id="records">(.*?)</script>', page, re.DOTALL)
    assert "<" not in records
    assert "<title>&lt;script&gt;" in page


def test_a_report_is_the_same_twice() -> None:
    """Same records, same bytes."""
    assert freeze({"title": "a"}) == freeze({"title": "a"})
