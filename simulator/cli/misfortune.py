"""``outcome`` and ``fault``: how requests are to end, and what is to go wrong with callouts, on a running server."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click

from simulator.cli.calling import Caller, remote, show
from simulator.cli.parameters import DURATION, FIELD
from simulator.cli.wording import plain
from simulator.core.units import format_duration

RESULTS = ("succeed", "fail", "never", "lost-answer", "lock", "status")
KINDS = ("duplicate", "reorder", "delay", "drop", "lost-answer")
CLIENT_ID = click.option("--client-id", metavar="ID", help="For this OAuth client alone; for all unless given.")


@click.command(
    epilog="Examples:\n\n  zuora-simulator outcome fail --path /v1/async/accounts --nth 2 --code 58490066\n\n"
    "  zuora-simulator outcome clear"
)
@click.argument("result", metavar="[RESULT]", type=click.Choice([*RESULTS, "clear"]), required=False)
@click.option("--method", help="Only requests of this method.")
@click.option("--path", help="Only requests to this path, which may hold *.")
@click.option("--body", "fields", type=FIELD, multiple=True, metavar="NAME=VALUE", help="Only those with this field.")
@click.option("--nth", type=int, help="Only the nth such request, from 1.")
@click.option("--code", help="The error code of a failure.")
@click.option("--message", help="The message of a failure.")
@click.option("--after", type=DURATION, help="How long the work takes.")
@click.option("--polls", type=int, help="How many polls find the job still at work.")
@click.option("--retries", type=int, help="How often the server itself tries again.")
@click.option("--status", type=int, help="The status of the answer, with `status`.")
@click.option("--latency", type=DURATION, help="How long the client waits for its answer.")
@CLIENT_ID
@remote
def outcome(
    caller: Caller,
    style: str,
    result: str | None,
    client_id: str | None,
    fields: tuple[tuple[str, str], ...],
    **given: Any,
) -> int:
    """Add a rule for how requests end; without RESULT show the rules, with `clear` forget them.

    RESULT is succeed, fail, never, lost-answer, lock or status.
    """
    rule = {"result": result, "body": {name: _read(value) for name, value in fields} or None, **given}
    return _changed(caller, style, ("/outcomes", "outcomes"), rule, client_id, clear=result == "clear")


@click.command(
    epilog="Examples:\n\n  zuora-simulator fault duplicate --at-once --probability 0.1 --ttl 10m\n\n"
    "  zuora-simulator fault clear"
)
@click.argument("kind", metavar="[KIND]", type=click.Choice([*KINDS, "clear"]), required=False)
@click.option("--event", help="Only callouts of this event.")
@click.option("--notification", metavar="ID", help="Only this callout or definition.")
@click.option("--attempt", type=int, help="Only the attempt of this number, from 1.")
@click.option("--probability", type=float, help="How often, from 0 to 1.")
@click.option("--ttl", type=DURATION, help="For how long, on the simulator's clock.")
@click.option("--by", type=DURATION, help="How long a `delay` holds a callout back.")
@click.option("--window", type=DURATION, help="Within which span `reorder` shuffles.")
@click.option("--at-once", is_flag=True, default=None, help="Both copies of a `duplicate` are in flight at once.")
@CLIENT_ID
@remote
def fault(caller: Caller, style: str, kind: str | None, client_id: str | None, **given: Any) -> int:
    """Add a misfortune of callouts; without KIND show those in force, with `clear` end them.

    KIND is duplicate, reorder, delay, drop or lost-answer.
    """
    rule = {
        "kind": kind,
        "event": given["event"],
        "notification": given["notification"],
        "attempt": given["attempt"],
        "probability": given["probability"],
        "ttlMinutes": _minutes(given["ttl"]),
        "minutes": _minutes(given["by"]),
        "window": _minutes(given["window"]),
        "atOnce": given["at_once"],
    }
    return _changed(caller, style, ("/faults", "faults"), rule, client_id, clear=kind == "clear")


def _changed(
    caller: Caller, style: str, place: tuple[str, str], rule: Mapping[str, Any], client_id: str | None, *, clear: bool
) -> int:
    """Show the table at ``place``, its path and its key; before that add ``rule`` to it, or empty it."""
    path, key = place
    answer = caller.get(path, clientId=client_id)
    said = {name: _spoken(value) for name, value in rule.items() if value is not None}
    if clear:
        answer = caller.put(path, {key: []}, clientId=client_id)
    elif said:
        answer = caller.put(path, {key: [*answer[key], said]}, clientId=client_id)
    if style == "json":
        show(answer)
        return 0
    for one in answer[key]:
        click.echo(_line(one))
    if not answer[key]:
        click.echo(f"no {key} in force")
    return 0


def _line(rule: dict[str, Any]) -> str:
    rest = {name: value for name, value in rule.items() if name not in ("kind", "result")}
    words = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in rest.items()]
    return plain(" ".join([str(rule.get("kind") or rule.get("result")), *words]))


def _spoken(value: Any) -> Any:
    return format_duration(value) if isinstance(value, timedelta) else value


def _read(value: str) -> Any:
    """A value of a JSON body: a number, true, false or null where it is written so, else a text."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _minutes(span: timedelta | None) -> float | None:
    return span / timedelta(minutes=1) if span is not None else None
