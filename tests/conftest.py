"""What every suite may ask for, and the figures of those that have some."""

from __future__ import annotations

import pytest

from e2e import tables

pytest_plugins = ["emulator.fixtures", "stores.fixtures"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print all tables, once, at the end."""
    for line in tables.lines():
        terminalreporter.write_line(line)
