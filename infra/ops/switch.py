"""The ruling that pauses minting, put into the ledger's database with the operator's own login.

Its form is that of functions/vending/guard/ruling.py; every instance knows it within 30 s.
"""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.environment import Environment
from ops.gcloud import gcloud
from ops.stop import Stop

FIRESTORE = os.environ.get(
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_FIRESTORE", "https://firestore.googleapis.com/"
)
DATABASE = "livepass"
LONGEST = "365d"
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_WEEK_S = 7 * 86_400  # it is kept a little longer than it holds


@dataclass(frozen=True, slots=True)
class Switch:
    """A database's documents by their URL, and a token that may write there."""

    documents: str
    token: str

    @classmethod
    def of(cls, env: Environment) -> Switch:
        """The one of an environment."""
        documents = f"{FIRESTORE}v1/projects/{env.project}/databases/{DATABASE}/documents"
        return cls(documents, gcloud(env, "auth", "print-access-token").strip())

    def pause(self, until: datetime) -> None:
        """Pause minting. Raises Stop."""
        fields = {
            **{name: {"stringValue": text} for name, text in _WORDS.items()},
            "since": {"integerValue": str(time.time_ns() // 1_000_000)},
            "until": {"integerValue": str(int(until.timestamp() * 1000))},
            "level": {"integerValue": "0"},
            "expireAt": {"timestampValue": _rfc3339(until.timestamp() + _WEEK_S)},
        }
        self._ask("PATCH", {"fields": fields})

    def resume(self) -> None:
        """End a pause, whether or not there is one. Raises Stop."""
        self._ask("DELETE")

    def _ask(self, method: str, body: Any = None) -> None:
        request = urllib.request.Request(  # noqa: S310 - Google's, or a test's
            f"{self.documents}/live_token_rulings/pause-all",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            urllib.request.urlopen(request, timeout=20).close()  # noqa: S310
        except urllib.error.HTTPError as refused:
            raise Stop(f"Firestore refused: {refused}. Nothing was changed.") from None
        except OSError as error:
            raise Stop(
                f"Firestore cannot be reached ({error}); the change may have been made."
            ) from None


_WORDS = {
    "kind": "pause",
    "subject": "all",
    "by": "operator:gcloud",  # Cloud Audit Logs tell who
    "reason": "make pause",
    "tier": "",
}


def moment(until: str, now: datetime) -> datetime:
    """Read UNTIL: 30m, 2h or 3d from now, or 2026-11-30T18:00Z. Raises Stop."""
    if found := re.fullmatch(r"([1-9]\d{0,4})([mhd])", until or LONGEST, re.ASCII):
        seconds = int(found[1]) * _SECONDS[found[2]]
        ends = datetime.fromtimestamp(now.timestamp() + seconds, UTC)
    else:
        try:
            ends = datetime.fromisoformat(until)
        except ValueError:
            raise Stop(f"UNTIL must look like 2h or 2026-11-30T18:00Z, got '{until}'") from None
        if ends.tzinfo is None:
            raise Stop(f"UNTIL must have a time zone, as in 2026-11-30T18:00Z, got '{until}'")
    if not 0 < (ends - now).total_seconds() <= 365 * 86_400:
        raise Stop(f"UNTIL must be within a year from now, got '{until}'")
    return ends


def _rfc3339(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
