"""The scenarios that travel with the package, wherever it was installed. It alone knows where they are."""

from pathlib import Path

import simulator
from simulator.core.errors import OurFault

EXAMINATION = "receiver-exam"
DOCUMENTED = "documented"


def shipped(folder: str) -> Path:
    """A folder of shipped scenarios: inside an installed package, or beside it in a checkout."""
    package = Path(simulator.__file__).parent
    for root in (package / "scenarios", package.parent / "scenarios"):
        if (root / folder).is_dir():
            return root / folder
    raise OurFault(f"the scenarios of {folder!r} did not travel with the package")
