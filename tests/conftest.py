"""What every test may rely on. A fixture that only one folder needs stands in that folder's own conftest."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run of `make test`, and no limit of time on a machine that others use too. The search for
# new ones is for the night: HYPOTHESIS_PROFILE=nightly.
settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("nightly", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent
