"""What every suite may ask for, and the figures of those that have some."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from e2e import tables

# The same examples each time, so that a failure is the change's own; LIVEPASS_RANDOM=1 draws new
# ones and prints how to have a failure again. `make fuzz` does.
settings.register_profile("fixed", derandomize=True)
settings.register_profile("random", print_blob=True)
settings.load_profile("random" if os.environ.get("LIVEPASS_RANDOM") else "fixed")

pytest_plugins = ["emulator.fixtures", "stores.fixtures", "e2e.fixtures"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print all tables, once, at the end."""
    for line in tables.lines():
        terminalreporter.write_line(line)
