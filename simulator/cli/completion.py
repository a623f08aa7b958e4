"""``zuora-simulator completion``: the script that makes a shell complete commands, options and event names."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command(epilog='Example: eval "$(zuora-simulator completion bash)"')
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from simulator.cli.commands import program

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(program, {}, "zuora-simulator", "_ZUORA_SIMULATOR_COMPLETE").source())
    return 0
