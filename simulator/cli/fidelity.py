"""``zuora-simulator fidelity``: what is imitated, claim by claim, where it is said, how sure that is, and which knob turns it."""

import json
import textwrap

import click

from simulator.core.claims import Claim, Standing

WIDTHS = {"text": 66, "source": 28, "standing": 10}


@click.command(epilog="Example: zuora-simulator fidelity --standing inferred")
@click.option("--provider", type=click.Choice(["zuora", "marketing-cloud"]), help="Only what is said of one of them.")
@click.option("--standing", type=click.Choice([one.value for one in Standing]), help="Only claims that are so sure.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def fidelity(provider: str | None, standing: str | None, style: str) -> int:
    """Print the table of claims: documented, in a published specification, observed in the wild, or our inference."""
    from simulator.marketing_cloud.claims import CLAIMS as CLOUD
    from simulator.zuora.claims import CLAIMS as ZUORA

    tables: dict[str, tuple[Claim, ...]] = {"zuora": ZUORA, "marketing-cloud": CLOUD}
    chosen = [
        (name, claim)
        for name, claims in tables.items()
        for claim in claims
        if provider in (None, name) and standing in (None, claim.standing.value)
    ]
    if style == "json":
        click.echo(
            json.dumps({"claims": [_plain(name, claim) for name, claim in chosen]}, ensure_ascii=False, indent=2)
        )
        return 0
    _row("Claim", "Source", "Standing", "Knob")
    shown = ""
    for name, claim in chosen:
        if name != shown:
            shown = name
            click.echo(f"\n{name.replace('-', ' ')}")
        _row(claim.text, claim.source, claim.standing.value, claim.knob or "")
    return 0


def _plain(provider: str, claim: Claim) -> dict[str, str | None]:
    return {
        "provider": provider,
        "claim": claim.text,
        "source": claim.source,
        "standing": claim.standing.value,
        "knob": claim.knob,
        "question": claim.question,
    }


def _row(text: str, source: str, standing: str, knob: str) -> None:
    """One row; long cells go on in the lines below."""
    columns = [
        textwrap.wrap(text, WIDTHS["text"]) or [""],
        textwrap.wrap(source, WIDTHS["source"]) or [""],
        [standing],
        [knob],
    ]
    height = max(map(len, columns))
    filled = [column + [""] * (height - len(column)) for column in columns]
    for claim, where, sure, turn in zip(*filled, strict=True):
        click.echo(
            f"{claim:<{WIDTHS['text']}}  {where:<{WIDTHS['source']}}  {sure:<{WIDTHS['standing']}}  {turn}".rstrip()
        )
