"""Fixtures for every suite, and the tables of figures."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from support.runs import tables
from support.runs.quick import examples

if TYPE_CHECKING:
    from vending.outbound.http_client import HttpClient

# The same examples each time, so that a failure is the change's own; LIVEPASS_RANDOM=1 draws new
# ones and prints how to have a failure again. `make fuzz` does. How long an example takes is not
# looked at: other suites run beside it.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fixed", UNHURRIED, derandomize=True, max_examples=examples(100))
settings.register_profile("random", UNHURRIED, print_blob=True)
settings.load_profile("random" if os.environ.get("LIVEPASS_RANDOM") else "fixed")

pytest_plugins = ["emulator.fixtures", "support.stores.fixtures", "support.servers.fixtures"]


@pytest.fixture(scope="session")
def authorities() -> ssl.SSLContext:
    """Whom the system believes; reading that takes 40 ms."""
    from vending.outbound.http_client import system_authorities  # noqa: PLC0415 - few suites ask

    return system_authorities()


@pytest.fixture
async def http(authorities: ssl.SSLContext) -> AsyncIterator[HttpClient]:
    """A client of its own for each test, as each has its own event loop."""
    from vending.outbound.http_client import HttpClient  # noqa: PLC0415 - few suites ask

    client = HttpClient(authorities)
    yield client
    await client.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print all tables, once, at the end."""
    for line in tables.lines():
        terminalreporter.write_line(line)
