"""``health``, ``reset``, ``definitions`` and ``preview``: a running server as a whole."""

from typing import Any

import click

from simulator.cli.calling import CLIENT_ID, Caller, remote, show
from simulator.cli.parameters import FIELD
from simulator.cli.wording import day_and_time, plain, table
from simulator.core.errors import AuthorError, near_match


@click.command(epilog="Example: zuora-simulator health --server http://127.0.0.1:8620")
@remote
def health(caller: Caller, style: str) -> int:
    """Say whether a server is running: exit code 0 if so, 3 if not."""
    answer = caller.get("/health")
    if style == "json":
        show(answer)
    else:
        click.echo(f"{caller.url} is well: version {answer['version']}, {answer['clock']} clock at {_now(answer)}")
    return 0


@click.command(epilog="Example: zuora-simulator reset")
@click.option("--client-id", metavar="ID", help="Forget only this OAuth client's, and leave the clock alone.")
@remote
def reset(caller: Caller, style: str, client_id: str | None) -> int:
    """Forget definitions, requests, callouts, faults and outcomes; settings of the start come back."""
    answer = caller.post("/reset", clientId=client_id)
    if style == "json":
        show(answer)
    else:
        click.echo(f"forgotten; it is {_now(answer)}")
    return 0


@click.command(epilog="Example: zuora-simulator definitions")
@CLIENT_ID
@remote
def definitions(caller: Caller, style: str, client_id: str | None) -> int:
    """List who is told of what."""
    answer = caller.get("/definitions", clientId=client_id)
    if style == "json":
        show(answer)
    elif not answer["definitions"]:
        click.echo("no definitions: register one through the API, or start the server with --forward-to URL")
    else:
        table((one["id"][:8], one["event"], _state(one), _target(one), one["name"]) for one in answer["definitions"])
    return 0


@click.command(
    epilog='Example: zuora-simulator preview "Payment Declined" --set AccountId=8a80\n\n'
    "A value may hold anything: --set 'Account.Name=Acme & Sons'"
)
@click.argument("event", required=False)
@click.option("--definition", metavar="ID|NAME", help="Only what this definition would send.")
@click.option("--set", "fields", type=FIELD, multiple=True, metavar="NAME=VALUE", help="A field of the event.")
@CLIENT_ID
@remote
def preview(
    caller: Caller,
    style: str,
    event: str | None,
    definition: str | None,
    fields: tuple[tuple[str, str], ...],
    client_id: str | None,
) -> int:
    """Show what would be sent of an event, and send nothing."""
    if event is None and definition is None:
        raise AuthorError("name an event, or a definition with --definition")
    chosen = _chosen(caller, definition, client_id) if definition is not None else None
    asked: dict[str, Any] = {"event": event, "definition": chosen and chosen["id"], "fields": dict(fields)}
    answer = caller.post("/preview", {name: value for name, value in asked.items() if value}, clientId=client_id)
    if style == "json":
        show(answer)
        return 0
    if not answer["callouts"]:
        click.echo(f"nothing would be sent: {_why_nothing(chosen)}")
    for callout in answer["callouts"]:
        click.echo(f"{plain(callout['definition']['name'])}\n> {callout['method']} {plain(callout['url'])}")
        for name, value in callout.get("headers", ()):
            click.echo(f"> {plain(name)}: {plain(value)}")
        if callout.get("body"):
            click.echo(f"> {plain(callout['body'])}")
        if callout.get("detail"):
            click.echo(f"{plain(callout['detail'])}")
    return 0


def _chosen(caller: Caller, wanted: str, client_id: str | None) -> dict[str, Any]:
    """The one definition of this name, or whose id begins so, as `definitions` shows it."""
    known = caller.get("/definitions", clientId=client_id)["definitions"]
    found = [one for one in known if one["name"] == wanted] or [one for one in known if one["id"].startswith(wanted)]
    if len(found) > 1:
        raise AuthorError(
            f"{len(found)} definitions are named {wanted!r}, or have ids that begin so: give more of the id"
        )
    if not found:
        near = near_match(wanted, [one["name"] for one in known])
        raise AuthorError(f"there is no definition {wanted!r}{near}: `zuora-simulator definitions` lists them")
    definition: dict[str, Any] = found[0]
    return definition


def _why_nothing(definition: dict[str, Any] | None) -> str:
    if definition is None:
        return "no active definition hears of it"
    if not definition["active"]:
        return "this definition is inactive"
    return f"this definition hears of {definition['event']}"


def _now(answer: dict[str, Any]) -> str:
    return day_and_time(answer["now"])


def _state(definition: dict[str, Any]) -> str:
    return "active" if definition["active"] else "inactive"


def _target(definition: dict[str, Any]) -> str:
    return f"{definition['method']} {definition['url']}" if definition["url"] else "no callout"
