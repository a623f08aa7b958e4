"""The plugin in other people's projects: with whatever else they have, in any order, on many processes, and broken."""

from pathlib import Path

import pytest

from tests.support.project import Elsewhere

DECLINED = "Payment Declined"
SYNC = """
    def test_sync(zuora_simulator, zuora_receiver):
        zuora_receiver.answers = [503, 503, 200]
        zuora_simulator.notify("Payment Declined", zuora_receiver.url)
        zuora_simulator.fire("Payment Declined", AccountId="8a80")
        zuora_simulator.advance(minutes=30)
        zuora_simulator.advance(minutes=30)
        (callout,) = zuora_simulator.callouts
        assert [attempt.response_code for attempt in callout.attempts] == [503, 503, 200]
    """
ASYNC = """
    import pytest

    async def _through(zuora, receiver):
        await zuora.aio.notify("Payment Declined", receiver.url)
        await zuora.aio.fire("Payment Declined", AccountId="8a80")
        callout = await zuora.aio.wait_for("Payment Declined", outcome="delivered")
        assert zuora.aio.callouts == (callout,)

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.mark.asyncio
    async def test_asyncio(zuora_simulator, zuora_receiver):
        await _through(zuora_simulator, zuora_receiver)

    @pytest.mark.anyio
    async def test_anyio(zuora_simulator, zuora_receiver):
        await _through(zuora_simulator, zuora_receiver)
    """
AUTO = """
    from aiohttp import web

    async def test_asyncio(zuora_simulator, zuora_receiver):
        await zuora_simulator.aio.notify("Payment Declined", zuora_receiver.url)
        await zuora_simulator.aio.fire("Payment Declined", AccountId="8a80")
        await zuora_simulator.aio.wait_for("Payment Declined", outcome="delivered")

    async def test_aiohttp(zuora_simulator, aiohttp_server):
        async def callout(request):
            return web.Response()

        app = web.Application()
        app.router.add_post("/callout", callout)
        server = await aiohttp_server(app)
        await zuora_simulator.aio.notify("Payment Declined", str(server.make_url("/callout")))
        await zuora_simulator.aio.fire("Payment Declined")
        await zuora_simulator.aio.wait_for("Payment Declined", outcome="delivered")
    """
TRIO = """
    import trio

    def test_trio(zuora_simulator, zuora_receiver):
        async def main():
            zuora_simulator.notify("Payment Declined", zuora_receiver.url)
            zuora_simulator.fire("Payment Declined")
            return await trio.to_thread.run_sync(lambda: zuora_simulator.wait_for("Payment Declined"))

        assert trio.run(main).outcome == "delivered"
    """


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path)


@pytest.mark.parametrize(
    ("plugins", "text", "options"),
    [
        ((), SYNC + TRIO, ()),
        (("asyncio", "anyio"), ASYNC, ("--asyncio-mode=strict",)),
        (("asyncio", "aiohttp"), AUTO, ("--asyncio-mode=auto",)),
    ],
    ids=["alone, and trio", "asyncio-strict, anyio", "asyncio-auto, aiohttp"],
)
def test_with_whatever_else_there_is(
    elsewhere: Elsewhere, plugins: tuple[str, ...], text: str, options: tuple[str, ...]
) -> None:
    """Warnings are errors, modules are imported by importlib, and no plugin is needed for a test that blocks."""
    elsewhere.write("test_it.py", text)
    if "asyncio" in plugins:
        elsewhere.write("pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    ran = elsewhere.run("--import-mode=importlib", *options, plugins=plugins)
    assert (ran.code, ran.closing) == (0, "2 passed"), ran


MANY = """
    import pytest

    @pytest.mark.parametrize("number", range({each}))
    def test_blocking(number, zuora_simulator, zuora_receiver):
        assert (zuora_simulator.requests, zuora_simulator.callouts, zuora_simulator.faults) == ((), (), ())
        assert str(zuora_simulator.now) == "2026-01-01 00:00:00+00:00"
        zuora_simulator.faults = [{{"kind": "duplicate"}}]
        zuora_simulator.route("www.example.com", "127.0.0.1:%d" % zuora_receiver.port)
        zuora_simulator.outcome("fail")
        zuora_simulator.notify("Payment Declined", "http://www.example.com/")
        zuora_simulator.fire("Payment Declined", Number=number)
        zuora_simulator.advance(days=number)
        assert [request.json["Number"] for request in zuora_receiver.requests] == [str(number)] * 2

    @pytest.mark.parametrize("number", range({each}))
    @pytest.mark.zuora_simulator(max_attempts=2)
    def test_with_settings(number, zuora_simulator, zuora_receiver):
        zuora_receiver.answers = 503
        zuora_simulator.notify("Payment Declined", zuora_receiver.url)
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.drain()
        assert zuora_receiver.count == 2

    @pytest.mark.parametrize("number", range({each}))
    def test_without_settings(number, zuora_simulator, zuora_receiver):
        zuora_receiver.answers = 503
        zuora_simulator.notify("Payment Declined", zuora_receiver.url)
        with pytest.raises(Exception, match="not allowed|refused|-2100|nobody|www.example.com"):
            zuora_simulator.notify("Payment Declined", "http://www.example.com/")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.drain()
        assert zuora_receiver.count == 3

    @pytest.mark.parametrize("number", range({each}))
    @pytest.mark.zuora_simulator(strict_urls=True)
    def test_with_a_server_of_its_own(number, zuora_simulator, zuora_receiver):
        with pytest.raises(Exception, match="not https"):
            zuora_simulator.notify("Payment Declined", zuora_receiver.url)
    """


@pytest.mark.parametrize(
    ("processes", "each", "times"),
    [(2, 4, 1), pytest.param(4, 50, 20, marks=pytest.mark.nightly)],
    ids=["16 tests", "200 tests, 20 times"],
)
def test_on_many_processes_in_any_order(elsewhere: Elsewhere, processes: int, each: int, times: int) -> None:
    """No test sees what another did, whoever ran before it and beside it; no port is wanted twice."""
    elsewhere.write("test_many.py", MANY.format(each=each))
    for seed in range(times):
        order = ("--random-order-bucket=global", f"--random-order-seed={seed}")
        ran = elsewhere.run("-n", str(processes), *order, plugins=("xdist", "random_order.plugin"))
        assert (ran.code, ran.closing) == (0, f"{4 * each} passed"), ran


BROKEN = """
    import urllib.request
    from datetime import timedelta
    import pytest

    def test_codes(zuora_simulator):
        zuora_simulator.notify("Payment Declined", "http://127.0.0.1:9/callout")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.drain()
        assert [attempt.response_code for attempt in zuora_simulator.attempts] == [503, 200]

    def test_missed(zuora_simulator):
        zuora_simulator.notify("Payment Declined", "http://127.0.0.1:9/callout")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.drain()
        zuora_simulator.wait_for("Payment Declined", outcome="delivered", timeout=0.01)

    def test_receivers_fault(zuora_simulator, zuora_receiver):
        zuora_receiver.answers = {"raw": "nonsense"}
        zuora_simulator.notify("Payment Declined", zuora_receiver.url)
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.drain()
        zuora_simulator.check()

    def test_our_fault(zuora_simulator, monkeypatch):
        dialect = zuora_simulator._handle.instance.zuora
        monkeypatch.setattr(type(dialect), "render", lambda *asked: 1 / 0)
        zuora_simulator.notify("Payment Declined", "http://127.0.0.1:9/callout")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.settle()

    def test_our_fault_checked(zuora_simulator, monkeypatch):
        dialect = zuora_simulator._handle.instance.zuora
        monkeypatch.setattr(type(dialect), "render", lambda *asked: 1 / 0)
        zuora_simulator.notify("Payment Declined", "http://127.0.0.1:9/callout")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.settle()
        with pytest.raises(ZeroDivisionError):
            zuora_simulator.check()

    def test_after_our_fault(zuora_simulator):
        zuora_simulator.check()

    def test_options_of_the_session(zuora_simulator):
        assert zuora_simulator.now.year == 2030

    @pytest.mark.zuora_simulator(max_attempts=5, interval=timedelta(minutes=10))
    def test_options_of_the_test(zuora_simulator):
        zuora_simulator.notify("Payment Declined", "http://127.0.0.1:9/callout")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.drain()
        times = [attempt.sent_at.minute for attempt in zuora_simulator.attempts]
        assert times == [0, 10, 20, 30, 40]

    @pytest.mark.zuora_simulator(seed=7)
    def test_options_of_the_test_over_those_of_the_session(zuora_simulator):
        assert zuora_simulator.now.year == 2030

    @pytest.mark.zuora_simulator(max_atempts=5)
    def test_misspelt(zuora_simulator):
        pass

    @pytest.mark.zuora_receiver(answers=[503], basic_auth=("user", "pass"))
    def test_options_of_the_receiver(zuora_simulator, zuora_receiver):
        zuora_simulator.notify("Payment Declined", zuora_receiver.url, username="user", password="pass")
        zuora_simulator.fire("Payment Declined")
        zuora_simulator.settle()
        assert [exchange.status for exchange in zuora_simulator.attempts[0].exchanges] == [401, 503]

    def test_nobody_asked():
        pass
    """
OPTIONS = """
    from datetime import UTC, datetime
    import pytest

    @pytest.fixture(scope="session")
    def zuora_simulator_options():
        return {"start": datetime(2030, 1, 1, tzinfo=UTC)}
    """


def test_what_fails_and_what_does_not(elsewhere: Elsewhere) -> None:
    """A fault of the simulator's own fails the test that met it and no other; a receiver's fails none; options count."""
    elsewhere.write("test_it.py", BROKEN)
    elsewhere.write("conftest.py", OPTIONS)
    ran = elsewhere.run("-rA")
    told = {
        line.partition(" - ")[0] for line in ran.text.splitlines() if line.startswith(("FAILED test", "ERROR test"))
    }
    assert told == {
        "FAILED test_it.py::test_codes",
        "FAILED test_it.py::test_missed",
        "ERROR test_it.py::test_our_fault",
        "ERROR test_it.py::test_our_fault_checked",
        "ERROR test_it.py::test_misspelt",
    }, ran
    assert "hint: nothing listens on 127.0.0.1:9" in ran.section("test_codes").partition("Captured callouts")[2]
    assert "Captured callouts" not in ran.section("test_missed"), "the message of the miss has told it already"
    assert "threaded.py" not in ran.section("test_missed"), "a reader wants the message, not the way to it"
    assert "unknown option 'max_atempts', did you mean 'max_attempts'?" in ran.text


def test_nothing_heavy_is_imported_before_a_fixture_is_used(elsewhere: Elsewhere) -> None:
    """Who has the plugin installed and uses none of it pays for pytest alone."""
    elsewhere.write(
        "test_it.py",
        """
        import sys

        def test_light():
            assert "simulator.pytest_plugin" in sys.modules
            heavy = {"aiohttp", "msgspec", "ssl", "trustme", "yaml", "simulator.host", "simulator.receiver"}
            assert heavy & set(sys.modules) == set()
        """,
    )
    ran = elsewhere.run()
    assert (ran.code, ran.closing) == (0, "1 passed"), ran


def test_the_plugin_is_found_by_its_entry_point() -> None:
    """Installed beside pytest, it is there: nobody names it."""
    from importlib.metadata import entry_points

    found = [each.value for each in entry_points(group="pytest11") if each.name == "zuora_simulator"]
    if not found:
        pytest.skip("the project is not installed here")
    assert found == ["simulator.pytest_plugin"]
