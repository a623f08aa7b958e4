"""Which commands there are, and where each lives. A new one is a line here and a module beside."""

from importlib import import_module
from typing import Any

import click

import simulator
from simulator.core.errors import near_match

UNOFFICIAL = "Unofficial, not affiliated with Zuora or Salesforce."

COMMANDS = {
    "serve": "simulator.cli.serve:serve",
    "demo": "simulator.cli.demo:demo",
    "exec": "simulator.cli.execute:execute",
    "trigger": "simulator.cli.trigger:trigger",
    "health": "simulator.cli.world:health",
    "advance": "simulator.cli.clock:advance",
    "settle": "simulator.cli.clock:settle",
    "drain": "simulator.cli.clock:drain",
    "requests": "simulator.cli.history:requests",
    "callouts": "simulator.cli.history:callouts",
    "resend": "simulator.cli.history:resend",
    "tail": "simulator.cli.tail:tail",
    "reset": "simulator.cli.world:reset",
    "outcome": "simulator.cli.misfortune:outcome",
    "fault": "simulator.cli.misfortune:fault",
    "definitions": "simulator.cli.world:definitions",
    "preview": "simulator.cli.world:preview",
    "replay": "simulator.cli.replay:replay",
    "examine": "simulator.cli.examine:examine",
    "explore": "simulator.cli.explore:explore",
    "record": "simulator.cli.record:record",
    "state": "simulator.cli.state:state",
    "scenario": "simulator.cli.scenario:scenario",
    "certs": "simulator.cli.certs:certs",
    "fidelity": "simulator.cli.fidelity:fidelity",
    "completion": "simulator.cli.completion:completion",
}


class Program(click.Group):
    """Loads a command when it is asked for, and offers the nearest name for one that does not exist."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = COMMANDS.get(cmd_name)
        if home is None:
            return None
        module, _, name = home.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command {args[0]!r}{near_match(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(simulator.__version__, "--version", message=f"zuora-simulator %(version)s\n{UNOFFICIAL}")
def program() -> None:
    """A local simulator of Zuora's asynchronous API and callout delivery."""
