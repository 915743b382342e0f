"""Debian's Chromium without a window, for suites that must run in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> str:
    """Return where Chromium is; without it the test is skipped aloud, or fails in CI."""
    found = shutil.which("chromium")
    if found is None:
        reason = "chromium is not installed: apt-get install chromium"
        print(f"\n*** NOT TESTED IN A BROWSER: {reason} ***")
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def showing(page: str, profile: Path) -> Iterator[None]:
    """Show a page while the block runs."""
    command = [program(), *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", page]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)
