"""pytest fixtures: register with `pytest_plugins = ["support.stores.fixtures"]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from support.runs.quick import LEFT_TO_TEST, QUICK
from support.stores.firestore_emulator import Firestore, Missing, environment, firestore_process


@pytest.fixture(scope="session")
def firestore(request: pytest.FixtureRequest) -> Iterator[Firestore]:
    """Run Google's Firestore emulator for the whole test session.

    FIRESTORE_EMULATOR_HOST points to it meanwhile. Where it cannot be run, what needs it is
    skipped, or fails when CI=true. LIVEPASS_FIRESTORE=host:port takes one that runs already.
    """
    if host := os.environ.get("LIVEPASS_FIRESTORE"):
        with environment("FIRESTORE_EMULATOR_HOST", host):
            yield Firestore(host)
        return
    if QUICK:
        pytest.skip(f"Firestore: {LEFT_TO_TEST}")
    try:
        with firestore_process() as running:
            yield running
    except Missing as missing:
        reason = str(missing)
    else:
        return
    _without(request.config, f"The Firestore emulator is missing: {reason}")


def _without(config: pytest.Config, line: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(line, pytrace=False)
    capture = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\n*** {line}. What needs it is SKIPPED. ***", file=sys.stderr)
    pytest.skip(line)
