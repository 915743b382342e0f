"""The scenarios that every build of @google/genai is held to, by name."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE / "gemini_scenarios.mjs"
SCENARIOS = re.findall(r"^  '(.+)': async", SOURCE.read_text(), re.MULTILINE)
