"""``zuora-simulator record``: what happened on a running server, or in Zuora's own callout history, as a scenario file."""

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import click

from simulator.cli import complain
from simulator.core.errors import AuthorError

DEFAULT_SERVER = "http://127.0.0.1:8620"
TIMEOUT = 30.0


@click.command(epilog="Example: zuora-simulator record --to stories/friday.yaml")
@click.option("--to", "target", metavar="FILE", required=True, help="The scenario file to write.")
@click.option("--server", metavar="URL", envvar="ZUORA_SIMULATOR_SERVER", default=DEFAULT_SERVER, show_default=True)
@click.option("--client-id", metavar="ID", help="Whose callouts; those of the server's default client unless given.")
@click.option(
    "--history", metavar="FILE", help="Import Zuora's callout history, saved as JSON, instead of asking a server."
)
@click.option("--title", metavar="TEXT", help="The title of the story.")
@click.option("--keep-values", is_flag=True, help="Keep credentials, e-mail addresses and names as they are.")
def record(
    target: str, server: str, client_id: str | None, history: str | None, title: str | None, keep_values: bool
) -> int:
    """Write what happened so far as a scenario that replays to the same attempts, codes and verdicts.

    Exit codes: 0 written, 2 a file is wrong, 3 no server answers.
    """
    from simulator.replay.report import put

    if history is not None:
        from simulator.recording.history import import_history

        text = import_history(
            _saved(history), title=title or f"Imported from {Path(history).name}", keep_values=keep_values
        )
    else:
        query = {"clientId": client_id, "title": title, "keepValues": "true" if keep_values else None}
        given = {key: value for key, value in query.items() if value is not None}
        try:
            text = asyncio.run(_asked(server.rstrip("/"), given))
        except ConnectionError as error:
            return complain(
                f"no server at {server}: {error}; start one with zuora-simulator serve, or name it with --server", 3
            )
    try:
        path = Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, [text.encode()])
    except (OSError, ValueError) as error:
        raise AuthorError(f"{target!r} cannot be written: {error}") from error
    click.echo(f"Written: {target}. Play it with: zuora-simulator replay {target}")
    return 0


def _saved(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise AuthorError(f"{path!r} cannot be read: {error}") from error


async def _asked(server: str, query: dict[str, str]) -> str:
    """The server's own export; raises ConnectionError where nobody answers."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{server}/_simulator/scenario?{urlencode(query)}") as answer,
        ):
            text = await answer.text()
            if answer.status != 200:
                raise AuthorError(f"the server refused: {text[:300]}")
            return text
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
