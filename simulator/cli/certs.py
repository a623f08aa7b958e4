"""``zuora-simulator certs``: certificates of the development authority, for receivers and clients on this machine."""

import json
from pathlib import Path

import click

from simulator.cli.serving import CERTS
from simulator.core.errors import AuthorError


@click.group(epilog="Example: zuora-simulator certs init")
def certs() -> None:
    """Make certificates for receivers and clients of this machine."""


@certs.command(epilog="Example: zuora-simulator certs init www.example.com --client")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--client", is_flag=True, help="Also a pair for a client, for receivers that ask for one (mutual TLS).")
@click.option(
    "--certs", "folder", type=click.Path(file_okay=False), default=CERTS, show_default=True, help="The folder."
)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def init(names: tuple[str, ...], client: bool, folder: str, style: str) -> int:
    """Write the authority and a server's pair, good for NAMES and for localhost, 127.0.0.1 and ::1.

    An authority that is there is kept; the pairs are made anew.
    """
    from simulator.runtime.tls import LOCAL_NAMES, Authority

    place = Path(folder)
    authority = Authority.in_folder(place)
    wanted = {"server": (*names, *LOCAL_NAMES)} | ({"client": ("simulated-zuora",)} if client else {})
    written = {"ca": str(place / "ca.pem")}
    for role, called in wanted.items():
        try:
            pair = authority.pair(*dict.fromkeys(called))
        except ValueError as error:
            raise AuthorError(f"no certificate can be made for {', '.join(names)}: {error}") from None
        written[role] = str(_put(place / f"{role}.pem", pair.certificate, 0o644))
        written[f"{role}Key"] = str(_put(place / f"{role}-key.pem", pair.key, 0o600))
    if style == "json":
        click.echo(json.dumps(written))
        return 0
    click.echo(f"{written['ca']:<24} what a client must trust")
    click.echo(f"{written['server']:<24} for a receiver named {', '.join(wanted['server'])}; its key beside it")
    if client:
        click.echo(
            f"{written['client']:<24} serve --client-cert {written['client']} --client-key {written['clientKey']}"
        )
    return 0


def _put(file: Path, content: bytes, mode: int) -> Path:
    """Write a file whole or not at all."""
    import os
    import tempfile

    try:
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(content)
        Path(draft).replace(file)
    except OSError as error:
        raise AuthorError(f"{file} cannot be written: {error.strerror}") from None
    return file
