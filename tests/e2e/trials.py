"""How long the suite runs: LIVEPASS_TRIALS, 20 unless it is set."""

from __future__ import annotations

import os

SHORT = 20
TRIALS = int(os.environ.get("LIVEPASS_TRIALS", SHORT))
