"""Fixtures of the fault suites."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.stores.firestore_emulator import Firestore


@pytest.fixture(scope="session")
def fault_firestore(firestore: Firestore) -> Firestore:
    """Return a project of our own, which no other suite clears."""
    return replace(firestore, project="livepass-faults")
