"""The pytest plugin: fixtures for testing a receiver of callouts. Nothing heavy is imported before one is used.

No fixture is autouse, no hook touches other people's tests. Options come from `zuora_simulator_options` (override it in a
conftest) and from the marker ``@pytest.mark.zuora_simulator(max_attempts=5)``.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulator.receiver import ThreadedReceiver
    from simulator.testing.threaded import Blocking, ThreadedSimulator

MARKER = "zuora_simulator"
RECEIVER_MARKER = "zuora_receiver"
TENANT_SETTINGS = frozenset({"max_attempts", "interval", "confirm_success", "empty_as_null", "locale", "quirks"})


def pytest_configure(config: pytest.Config) -> None:
    """Make the two markers known."""
    config.addinivalue_line("markers", f"{MARKER}(**options): options of the simulator for this test")
    config.addinivalue_line("markers", f"{RECEIVER_MARKER}(**options): options of the receiver for this test")


@pytest.fixture(scope="session")
def zuora_simulator_options() -> dict[str, Any]:
    """Options of the simulator for the whole session; override it to change them."""
    return {}


@pytest.fixture(scope="session")
def zuora_simulator_server(zuora_simulator_options: dict[str, Any]) -> "Iterator[ThreadedSimulator]":
    """One server on a thread of its own, on a free port of 127.0.0.1, for the whole session."""
    from simulator.testing.threaded import ThreadedSimulator

    server = ThreadedSimulator(**zuora_simulator_options).start()
    yield server
    server.stop()


@pytest.fixture
def zuora_simulator(
    request: pytest.FixtureRequest, zuora_simulator_server: "ThreadedSimulator"
) -> "Iterator[Blocking]":
    """A tenant of its own for this test, and a clock that has just begun.

    Callout settings of the marker are set on the tenant; any other option of it gives the test a server of its own.
    A fault on the simulator's own side fails the test; a receiver's does not.
    """
    from simulator.testing.threaded import ThreadedSimulator

    options = _marked(request, MARKER)
    if options.keys() - TENANT_SETTINGS:
        session: dict[str, Any] = request.getfixturevalue("zuora_simulator_options")
        server = ThreadedSimulator(**{**session, **options}).start()
        try:
            handle = _tenant(server, request.node.nodeid)
            yield handle
            _tell(request, handle)
            _check(server)
        finally:
            server.stop()
        return
    zuora_simulator_server.reset()
    handle = _tenant(zuora_simulator_server, request.node.nodeid)
    if options:
        handle.settings(**options)
    yield handle
    try:
        _tell(request, handle)
        _check(zuora_simulator_server)
    finally:
        zuora_simulator_server.reset()


@pytest.fixture
def zuora_receiver(request: pytest.FixtureRequest) -> "Iterator[ThreadedReceiver]":
    """A scriptable receiver on loopback: ``zuora_receiver.url``, ``.answers = [503, 200]``, ``.requests``.

    ``@pytest.mark.zuora_receiver(tls=True)`` serves HTTPS that the test's simulator trusts, ``tls="www.example.com"`` under
    that name, or under each of several, for a route that leads there.
    """
    from simulator.receiver import ThreadedReceiver

    options = _marked(request, RECEIVER_MARKER)
    if isinstance(names := options.get("tls"), bool | str | list | tuple) and names:
        handle: Blocking = request.getfixturevalue(MARKER)
        names = () if names is True else (names,) if isinstance(names, str) else names
        options["tls"] = handle.authority.server_context(*names) if names else handle.authority
    with ThreadedReceiver(**options) as receiver:
        yield receiver


def _marked(request: pytest.FixtureRequest, name: str) -> dict[str, Any]:
    """The options of the markers around a test, the nearest last."""
    options: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(name))):
        if mark.args:
            raise pytest.UsageError(f"@pytest.mark.{name} takes options by keyword")
        options |= mark.kwargs
    return options


def _tenant(server: "ThreadedSimulator", node: str) -> "Blocking":
    """A client that no other test has: its id comes from the seed and the test's own id."""
    ids = server.simulator.instance.engine.ids
    return server.tenant(ids.uuid("test", node), ids.hex("test-secret", node))


def _tell(request: pytest.FixtureRequest, handle: "Blocking") -> None:
    """Put what happened beside what the test printed: pytest shows both where a test failed, and only there."""
    story = "" if handle.told else handle.story()
    if story:
        request.node.add_report_section("teardown", "callouts", story)


def _check(server: "ThreadedSimulator") -> None:
    broken = server.simulator.instance.dispatcher.broken
    if broken:
        fault = broken[0]
        broken.clear()
        raise fault
