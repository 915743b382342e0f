"""The functions as they are, with room for all that one person asks for who tries every operation
thousands of times: of keys and sessions no more are kept than anybody else has.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "functions"))

from vending.limits import retention

retention.KEYS_KEPT = retention.SESSIONS_KEPT = 10_000  # before anything has read them

from main import token_api  # noqa: E402, F401 - what is served
