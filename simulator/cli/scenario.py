"""``zuora-simulator scenario``: the format of scenario files, for people and editors."""

import os

import click


@click.group(epilog="Example: zuora-simulator scenario schema > scenario.schema.json")
def scenario() -> None:
    """Work with scenario files."""


@scenario.command(epilog="Example: zuora-simulator scenario schema > scenario.schema.json")
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from simulator.replay.schema import schema_text

    click.echo(schema_text(), nl=False)


@scenario.command(epilog="Example: zuora-simulator scenario check scenarios/")
@click.argument("paths", nargs=-1, required=True)
def check(paths: tuple[str, ...]) -> int:
    """Read scenario files without playing them, and tell of every fault."""
    from simulator.replay.known import event_names
    from simulator.replay.source import ScenarioFaults, load

    try:
        stories = load(paths, environment=os.environ, catalogue=event_names())
    except ScenarioFaults as faults:
        click.echo(str(faults), err=True)
        return 2
    for story in stories:
        click.echo(f"{story.path}: {story.scenario.title}")
    return 0
