"""pytest fixtures: register with `pytest_plugins = ["emulator.fixtures"]`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.process import EmulatedGemini, emulator_process


@pytest.fixture(scope="session")
def gemini_process() -> Iterator[EmulatedGemini]:
    """Run one emulator for the whole test session."""
    with emulator_process("--tone") as emulated:
        yield emulated


@pytest.fixture(scope="session")
def gemini_tls_process() -> Iterator[EmulatedGemini]:
    """Run one emulator over TLS for the whole test session."""
    with emulator_process("--tls", "--tone") as emulated:
        yield emulated


@pytest.fixture
def gemini_tls(gemini_tls_process: EmulatedGemini) -> EmulatedGemini:
    """Return the emulator over TLS, for the clients that speak nothing else."""
    gemini_tls_process.reset()
    return gemini_tls_process


@pytest.fixture
def gemini(gemini_process: EmulatedGemini) -> EmulatedGemini:
    """Return the emulator, with nothing left in it of the test before."""
    gemini_process.reset()
    return gemini_process
