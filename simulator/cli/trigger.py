"""``zuora-simulator trigger``: one event, with exactly the fields that are set, at a server's definitions or at one URL.

It alone decides whether a server is asked or the command stands alone: it does where ``--to`` says whom to call and no
server was named or found.
"""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.shell_completion import CompletionItem

from simulator.cli.calling import CLIENT_ID, Caller, NobodyThere, default_server, part, show
from simulator.cli.calling import SERVER as SERVER_OPTION
from simulator.cli.parameters import FIELD, WORD
from simulator.cli.wording import attempt_line, callout_line
from simulator.core.errors import ClientError

CERTS = "certs"
UNREACHED = frozenset({"refused", "dns", "unreachable", "connect-timeout"})
Row = dict[str, Any]


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from simulator.zuora.catalogue import EVENTS

    return [CompletionItem(event.name) for event in EVENTS if event.name.lower().startswith(incomplete.lower())]


@click.command(
    epilog='Example: zuora-simulator trigger "Payment Declined" --set AccountId=8a80 --to http://localhost:3000/z'
)
@click.argument("event", shell_complete=_names)
@click.option("--set", "fields", type=FIELD, multiple=True, metavar="NAME=VALUE", help="A field, sent as text.")
@click.option("--to", metavar="URL", help="Call this receiver, too; without a server, only this one.")
@SERVER_OPTION
@click.option("--ca", type=click.Path(dir_okay=False, exists=True), help="An authority to trust besides the system's.")
@click.option("--client-cert", type=click.Path(dir_okay=False, exists=True), help="Our own certificate (mutual TLS).")
@click.option("--client-key", type=click.Path(dir_okay=False, exists=True), help="The key of --client-cert.")
@click.option("--route", type=FIELD, multiple=True, metavar="HOST=ADDRESS:PORT", help="Lead the callout there.")
@click.option("--insecure-receiver", type=WORD, multiple=True, metavar="HOST", help="Do not verify this receiver.")
@click.option("--allow-unknown", is_flag=True, help="Take an event whose name nobody knows, standing alone.")
@CLIENT_ID
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def trigger(
    event: str,
    fields: tuple[tuple[str, str], ...],
    to: str | None,
    server: str | None,
    ca: str | None,
    client_id: str | None,
    style: str,
    **alone: Any,
) -> int:
    """Fire EVENT, and say what its callouts came to.

    Exit codes: 0 all delivered, 1 a receiver refused, 2 the command is wrong, 3 nobody answers there.
    """
    standing_alone = False
    try:
        rows = _fired(Caller(server or default_server(), ca), event, dict(fields), to, client_id)
    except NobodyThere:
        if server is not None or to is None:
            raise
        standing_alone = True
        kept = CERTS if Path(CERTS, "ca.pem").exists() else None
        rows = asyncio.run(_alone(event, dict(fields), to, {"ca": ca, "certs": kept, **alone}))
    return _told(rows, style, standing_alone)


def _fired(caller: Caller, event: str, fields: dict[str, str], to: str | None, client_id: str | None) -> list[Row]:
    """At a running server: fire, deliver what is due, and read what came of it."""
    asked: Row = {"event": event, "fields": fields} | ({"to": to} if to is not None else {})
    fired = caller.post("/events", asked, clientId=client_id)
    if fired["callouts"]:
        caller.post("/clock/settle")
    return [caller.get(f"/callouts/{part(one)}") for one in fired["callouts"]]


async def _alone(event: str, fields: dict[str, str], to: str, options: Row) -> list[Row]:
    """Without a server: one simulator, one definition, one attempt."""
    import msgspec

    from simulator.instance import Instance
    from simulator.options import Options
    from simulator.testing.handle import Handle
    from simulator.zuora.notifications.events import happening

    given = {name: value for name, value in options.items() if value}
    given["routes"] = dict(given.pop("route", ()))
    given["insecure_receivers"] = given.pop("insecure_receiver", ())
    given["allow_hosts"] = tuple(host for host in [_host(to)] if host)
    # The clock is real, so that a slow receiver is given the time that Zuora gives it.
    instance = Instance(Options.read(given | {"clock": "real", "delivery": "immediate"}))
    handle = Handle(instance, lambda: to, instance.client_id, instance.client_secret)
    try:
        happening(event, fields, allow_unknown=instance.options.allow_unknown)  # what is wrong with it is told first
        handle.notify(event, to)
        instance.fire(event, fields)
        await handle.settle()
        rows: list[Row] = msgspec.json.decode(msgspec.json.encode(handle.callouts))
        return rows
    finally:
        await instance.close()


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        raise ClientError(f"{url!r} is no URL") from None


def _told(rows: list[Row], style: str, standing_alone: bool) -> int:
    if style == "json":
        show({"callouts": rows})
    elif not rows:
        click.echo("fired, and no definition hears of it: register one, or name a receiver with --to URL")
    else:
        for row in rows:
            click.echo(callout_line(row))
            for attempt in row["attempts"]:
                click.echo(f"  {attempt_line(attempt)}")
        if standing_alone and any(row["outcome"] == "pending" for row in rows):
            click.echo("  Nobody waits for that: a server tries again, start one with `zuora-simulator serve`.")
    return max((_code(row) for row in rows), default=0)


def _code(row: Row) -> int:
    if row["outcome"] == "delivered":
        return 0
    last = row["attempts"][-1] if row["attempts"] else None
    return 3 if last is not None and last["errorClass"] in UNREACHED else 1
