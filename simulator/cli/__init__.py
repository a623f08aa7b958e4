"""The command line: ``main(argv)`` answers with an exit code.

Each command lives in a module of its own, loaded when it is asked for, so that starting one never pays for the others.
Exit codes: 0 done, 1 an expectation failed, 2 the command or a file is wrong, 3 nobody answers there.
"""

import sys
from collections.abc import Sequence
from io import TextIOWrapper

from simulator.core.errors import SimulatorError

CODES = {"NobodyThere": 3, "Busy": 1}
"""Exit codes of what went wrong, by name, so that nothing is loaded for it; all else is the command's own fault."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` names; what went wrong is told in one line on standard error."""
    import click  # not before a command is asked for: `import simulator.cli` stays light

    from simulator.cli.commands import program

    _speak_plainly()
    try:
        result = program.main(
            args=list(argv) if argv is not None else None, prog_name="zuora-simulator", standalone_mode=False
        )
    except SimulatorError as error:
        return complain(str(error), CODES.get(type(error).__name__, 2))
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return result if isinstance(result, int) else 0


def _speak_plainly() -> None:
    """What a terminal or a pipe cannot spell, such as the arrow on one without Unicode, is a question mark and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def complain(message: str, code: int) -> int:
    """Say what is wrong, a line for each fault, and answer with the exit code."""
    from simulator.cli.wording import plain  # it quotes what others wrote

    print("zuora-simulator: " + "\n".join(map(plain, message.split("\n"))), file=sys.stderr)
    return code
