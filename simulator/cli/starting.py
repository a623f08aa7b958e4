"""What a started server knows before its first request: who hears of what, and the world that a scenario describes.

It asks the server itself for all of that, through the doors that its clients use, and decides nothing about it.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from msgspec import Struct
from msgspec.structs import replace

from simulator.cli import complain
from simulator.cli.serving import DEV_SERVER, FILE, option, read_given, read_options, serving
from simulator.core.errors import AuthorError, ClientError
from simulator.core.ledger import Cleared, Fact
from simulator.masking import mask_url
from simulator.options import Options
from simulator.runtime.hosts import means_loopback

if TYPE_CHECKING:
    from simulator.host import Simulator
    from simulator.replay.source import Story

IDLE = {"real": ("concurrency", "patience"), "virtual": ("rate",)}
"""What says nothing to a clock of this kind."""

EVENTS = ("Async Request Succeeded", "Async Request Failed")


class Start(Struct, frozen=True):
    """How a server begins: its options, the receiver of both asynchronous events, the story whose world there is."""

    options: Options
    forward_to: str | None
    story: "Story | None"

    async def prepare(self, simulator: "Simulator") -> None:
        """Bring a server that is listening to where it is to begin. Raises SimulatorError for what it would not take."""
        if self.forward_to is not None:
            try:
                forward(simulator, self.forward_to)
            except ClientError as error:
                raise AuthorError(f"--forward-to {mask_url(self.forward_to)}: {error}") from None
        if self.story is not None:
            await _build(self.story, simulator, self.forward_to)
        for name in IDLE[self.options.clock]:
            origin = self.options.origins.get(name, "")
            if origin.startswith(("flag", "environment", "config")):
                complain(f"warning: {name} ({origin}) does nothing on a {self.options.clock} clock", 0)
        if not means_loopback(self.options.host):
            complain(
                f"warning: listening on {self.options.host}, beyond this machine: whoever reaches it may use it. In a "
                "browser it answers to its address only; --server-name NAME adds a name, such as a compose service's",
                0,
            )


def starting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options of a server."""
    scenario = option("--scenario", type=FILE, metavar="FILE", help="Begin with the world of this scenario file.")
    receiver = option("--forward-to", metavar="URL", help="Register both asynchronous events to this receiver.")
    return serving(receiver(scenario(command)))


def read_start(context: click.Context, **defaults: Any) -> Start:
    """What the command was told, by flags, environment and files; raises AuthorError with the place of a fault."""
    given = read_given(context)
    path = context.params["scenario"]
    story = _story(path) if path is not None else None
    described = (_described(story), f"scenario {path}") if story is not None else ({}, "")
    options = read_options(given, {**DEV_SERVER, **defaults}, described)
    forward_to = context.params["forward_to"]
    named = [forward_to] if forward_to is not None else []
    if story is not None and story.scenario.receiver.url is not None:
        named.append(story.scenario.receiver.url)
    for url in named:
        options = _allowed(options, url)
    return Start(options, forward_to, story)


def _allowed(options: Options, url: str) -> Options:
    """The options with the host of ``url`` among those that may be called: whoever names a receiver means it."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if host is None or means_loopback(host):
        return options
    return options.merged({"allow_hosts": (*options.allow_hosts, host)}, f"the receiver {host}")


def forward(simulator: "Simulator", url: str) -> None:
    """Have the receiver at ``url`` hear of both asynchronous events, also after a reset. Raises ClientError for a bad URL."""

    def register() -> None:
        definitions = simulator.instance.tenants[simulator.client_id].definitions.values()
        told = {each.event_type_name for each in definitions if each.callout and each.callout.callout_baseurl == url}
        for event in EVENTS:
            if event not in told:  # a state file may know of it
                simulator.notify(event, url)

    def after_reset(fact: Fact) -> None:
        if isinstance(fact, Cleared) and fact.tenant in (None, simulator.client_id):
            asyncio.get_running_loop().call_soon(register)  # when the rest has been forgotten too

    register()
    simulator.instance.engine.ledger.listeners.append(after_reset)


def _story(path: str) -> "Story":
    from simulator.replay.source import load
    from simulator.zuora.catalogue import EVENTS as CATALOGUE

    stories = load([path], environment=os.environ, catalogue=[event.name for event in CATALOGUE])
    return stories[0]


def _described(story: "Story") -> Mapping[str, Any]:
    """The options that a scenario names; flags, environment and config file win over them."""
    from simulator.replay.wording import options_of

    scenario = story.scenario
    given = {**options_of(scenario.settings), "seed": scenario.seed}
    return given | ({"start": datetime.fromisoformat(scenario.start)} if scenario.start is not None else {})


async def _build(story: "Story", simulator: "Simulator", forward_to: str | None) -> None:
    """Custom events, resources and definitions of the scenario, and none of its steps."""
    from simulator.replay.manner import Manner
    from simulator.replay.performance import Performance
    from simulator.replay.stage import Stage

    scenario = story.scenario
    url = forward_to or scenario.receiver.url
    for place, definition in enumerate(scenario.definitions):
        if url is None and (isinstance(definition, str) or definition.url is None):
            where = story.where("definitions", place)
            raise AuthorError(f"{where}: nobody is named to be called: give the definition a url, or --forward-to URL")
    beginning = replace(story, scenario=replace(scenario, steps=[], expect=[]))
    async with Stage(simulator) as stage:
        await Performance(beginning, Manner(), stage, replace(scenario.receiver, url=url)).run()
