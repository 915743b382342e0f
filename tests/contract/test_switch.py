"""`make pause` and `make resume` write rulings that the functions read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emulator.switch import switch
from ops.stop import Stop
from ops.switch import Switch, moment
from support.stores.firestore_emulator import Firestore
from vending.app import build_store
from vending.guard.ruling_store import Rulings, RulingStore

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def known(ledger: str) -> Rulings:
    """What a new instance knows."""
    return Rulings(RulingStore(build_store(ledger)[1]))


async def test_pause_by_gcloud_holds_and_is_lifted(firestore: Firestore) -> None:
    url = f"http://{firestore.host}/v1/projects/{firestore.project}/databases/{firestore.database}"
    by_hand = Switch(f"{url}/documents", "owner")
    ends = datetime.now(UTC) + timedelta(hours=2)

    by_hand.pause(ends)
    paused = (await known(firestore.ledger_url).current()).paused
    by_hand.resume()
    by_hand.resume()

    assert paused is not None
    assert (paused.by, paused.reason) == ("operator:gcloud", "make pause")
    assert paused.until == int(ends.timestamp() * 1000)
    assert (await known(firestore.ledger_url).current()).paused is None


async def test_pause_of_make_run_holds_and_is_lifted(tmp_path: Path) -> None:
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"

    said = await switch(ledger, "pause", "2h")
    paused = (await known(ledger).current()).paused
    await switch(ledger, "resume", "")

    assert said.startswith("Minting pauses within 30 s, until ")
    assert paused is not None
    assert paused.by == "operator:local"
    assert (await known(ledger).current()).paused is None


@pytest.mark.parametrize(
    ("until", "ends"),
    [
        ("30m", NOW + timedelta(minutes=30)),
        ("2h", NOW + timedelta(hours=2)),
        ("3d", NOW + timedelta(days=3)),
        ("", NOW + timedelta(days=365)),
        ("2026-11-30T18:00Z", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("2026-11-30T18:00+01:00", datetime(2026, 11, 30, 17, tzinfo=UTC)),
    ],
)
def test_until_is_a_span_or_a_moment(until: str, ends: datetime) -> None:
    assert moment(until, NOW) == ends


@pytest.mark.parametrize(
    "until", ["soon", "0h", "2w", "2026-11-30T18:00", "2026-11-20T18:00Z", "366d", "2028-01-01T00Z"]
)
def test_until_that_is_neither_is_refused(until: str) -> None:
    with pytest.raises(Stop, match="UNTIL must"):
        moment(until, NOW)


def test_unreachable_database_is_said() -> None:
    with pytest.raises(Stop, match="cannot be reached"):
        Switch("http://127.0.0.1:9/v1", "token").resume()
