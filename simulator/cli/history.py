"""``callouts``, ``requests`` and ``resend``: what happened on a running server, and once more."""

from datetime import datetime, timedelta
from typing import Any

import click

from simulator.cli.calling import CLIENT_ID, Caller, part, remote, show
from simulator.cli.parameters import DURATION, INSTANT
from simulator.cli.wording import callout_line, request_line, whole_callout
from simulator.core.errors import AuthorError

NOTHING = "no callouts yet: zuora-simulator trigger EVENT --to URL sends one"
ID_LENGTH = 32


@click.command(epilog="Example: zuora-simulator callouts 9d1e4c02")
@click.argument("identity", metavar="[ID]", required=False)
@CLIENT_ID
@remote
def callouts(caller: Caller, style: str, identity: str | None, client_id: str | None) -> int:
    """List the callouts, or show one with all that went over the wire. ID may be its beginning, or a history id."""
    if identity is not None:
        one = caller.get(f"/callouts/{part(_whole(caller, identity))}")
        (show if style == "json" else whole_callout)(one)
        return 0
    answer = caller.get("/callouts", clientId=client_id)
    if style == "json":
        show(answer)
    else:
        for callout in answer["callouts"]:
            click.echo(callout_line(callout))
        if not answer["callouts"]:
            click.echo(NOTHING)
    return 0


@click.command(epilog="Example: zuora-simulator requests --format json")
@CLIENT_ID
@remote
def requests(caller: Caller, style: str, client_id: str | None) -> int:
    """List the asynchronous requests."""
    answer = caller.get("/requests", clientId=client_id)
    if style == "json":
        show(answer)
    else:
        for request in answer["requests"]:
            click.echo(request_line(request))
        if not answer["requests"]:
            click.echo(f"no requests yet: POST {caller.url}/v1/async/accounts makes one")
    return 0


class _Since(click.ParamType[datetime | timedelta]):
    """An instant, or how long ago on the server's clock."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        if isinstance(value, datetime | timedelta):
            return value
        kind = INSTANT if len(value) > 8 and value[4:5] == "-" else DURATION
        return kind.convert(value, param, ctx)


@click.command(epilog="Example: zuora-simulator resend --failed-since 2h")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--failed-since", type=_Since(), metavar="T", help="All that failed since an instant, or within a span such as 2h."
)
@CLIENT_ID
@remote
def resend(
    caller: Caller,
    style: str,
    ids: tuple[str, ...],
    failed_since: datetime | timedelta | None,
    client_id: str | None,
) -> int:
    """Send callouts once more: those of these ids (a callout's, its beginning, or a history id), or all that failed."""
    if bool(ids) == (failed_since is not None):
        raise AuthorError("name the callouts to resend, or give --failed-since T: one of the two")
    chosen = [_whole(caller, one) for one in ids] if ids else _failed(caller, failed_since, client_id)
    resent = [caller.post(f"/callouts/{part(one)}/resend")["id"] for one in chosen]
    if resent:
        caller.post("/clock/settle")
    after = [caller.get(f"/callouts/{part(one)}") for one in resent]
    if style == "json":
        show({"callouts": after})
        return 0
    for callout in after:
        click.echo(callout_line(callout))
    if not after:
        click.echo("nothing failed since then")
    return 0


def _failed(caller: Caller, since: datetime | timedelta | None, client_id: str | None) -> list[str]:
    if isinstance(since, timedelta):
        now = datetime.fromisoformat(caller.get("/health")["now"])
        since = now - since
    return [
        callout["id"]
        for callout in caller.get("/callouts", clientId=client_id)["callouts"]
        if callout["outcome"] == "failed"
        and callout["resend"]["allowed"]
        and since is not None
        and callout["attempts"]
        and datetime.fromisoformat(callout["attempts"][-1]["endedAt"]) >= since
    ]


def _whole(caller: Caller, identity: str) -> str:
    """The id of the one callout whose id, or an attempt's history id, begins so."""
    if len(identity) >= ID_LENGTH:
        return identity
    found = [
        callout["id"]
        for callout in caller.get("/callouts")["callouts"]
        if any(one.startswith(identity) for one in (callout["id"], *(a["historyId"] for a in callout["attempts"])))
    ]
    if len(found) != 1:
        many = f"{len(found)} callouts have ids that begin" if found else "there is no callout with an id that begins"
        raise AuthorError(f"{many} with {identity!r}: `zuora-simulator callouts` lists them")
    return str(found[0])
