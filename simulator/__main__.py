"""``python -m simulator`` is the command ``zuora-simulator``."""

import sys

from simulator.cli import main

sys.exit(main())
