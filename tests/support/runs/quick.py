"""Whether this is `make check` (LIVEPASS_QUICK=1), which leaves to `make test` what takes long:
hypothesis draws a tenth of the examples; what needs Firestore, or much time, is skipped.
"""

from __future__ import annotations

import os

QUICK = os.environ.get("LIVEPASS_QUICK") == "1"
LEFT_TO_TEST = "make check leaves it to make test"


def examples(full: int) -> int:
    """How many examples to draw where `make test` draws so many."""
    return max(full // 10, 20) if QUICK else full
