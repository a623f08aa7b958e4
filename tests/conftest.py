"""What every test may rely on. A fixture that only one folder needs stands in that folder's own conftest."""

import os
import signal

from hypothesis import HealthCheck, settings

# The same examples in every run of `make test`, and no limit of time on a machine that others use too. The search for
# new ones is for the night: HYPOTHESIS_PROFILE=nightly.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("default", UNTIMED, derandomize=True)
settings.register_profile("nightly", UNTIMED, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A shell has what it starts in the background ignore Ctrl-C, and so would all that a test starts: some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
