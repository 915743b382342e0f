"""How long the suite runs, and how wide: all from the environment, small unless it is set."""

from __future__ import annotations

import os

TRIALS = int(os.environ.get("LIVEPASS_TRIALS", "20"))
CALLERS = int(os.environ.get("LIVEPASS_CALLERS", "64"))  # of one user, at once
PROCESSES = int(os.environ.get("LIVEPASS_PROCESSES", "2"))  # servers on one ledger
SCHEDULES = int(os.environ.get("LIVEPASS_SCHEDULES", "40"))  # of mixed requests
USERS = int(os.environ.get("LIVEPASS_USERS", "25"))  # at once, each with its own
SEED = int(os.environ.get("LIVEPASS_SEED", "6"))
