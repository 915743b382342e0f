"""The small cloud that the stand-ins share: a folder with its state, its buckets and the calls.

Everything that changes it is a stand-in's call; tests look at it, and break it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BEGINNING: dict[str, Any] = {
    "logged_in": True,
    "project": "ACTIVE",
    "billing": True,  # None: may not be seen
    "terraform_version": "1.11.4",
    "buckets": ["dev-state"],
    "headers": {},  # of each object: what it was uploaded with
    "secret": None,  # the versions of the API key, oldest first
    "revisions": [],  # of the function, oldest first: name, source, key (the version it reads)
    "traffic": "LATEST",
    "function_state": "ACTIVE",
    "complaints": [],  # what the next applies fail with, one each
    "certificates": {},  # those of Certificate Manager that are not PROVISIONING: their state
    "identity": None,  # "begun" for good, once it was
    "tainted": [],  # addresses in Terraform's state
    "held": [],
    "api_keys": [],  # with a deleteTime: deleted, and kept for 30 days
    "lacks": [],  # permissions that the caller does not have
    "policies": {},  # of the organisation, by constraint
    "applied": None,  # what Terraform applied last
    "no_outputs": [],  # those that the applied release did not have, or a failure did not reach
    "protected": True,
    "bootstrapped": None,
    "invalidated": 0,
    "log": [],
    "fails": None,  # what the call has in it that fails next, once
}

KEY = {"name": "projects/1/secrets/gemini-api-key/versions/1", "state": "ENABLED", "key": "first"}
"""The first version of the API key, as it is when somebody has set it."""


class Cloud:
    """The state as a dictionary in a file, read and written whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "state.json"
        self._calls = folder / "calls.jsonl"

    def begin(self, **state: Any) -> None:
        """Start anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write({**json.loads(json.dumps(BEGINNING)), **state})

    def read(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._file.read_text())
        return state

    def write(self, state: dict[str, Any]) -> None:
        self._file.write_text(json.dumps(state))

    def change(self, **values: Any) -> None:
        self.write({**self.read(), **values})

    def record(self, argv: list[str]) -> None:
        with self._calls.open("a") as calls:
            calls.write(json.dumps(argv) + "\n")

    def calls(self) -> list[list[str]]:
        """Every call so far, the program's name first."""
        if not self._calls.exists():
            return []
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def forget_calls(self) -> None:
        self._calls.unlink(missing_ok=True)

    def object(self, url: str) -> Path:
        """The file that holds gs://BUCKET/KEY."""
        return self.folder / "buckets" / url.removeprefix("gs://")

    def text(self, url: str) -> str:
        """What is in it."""
        return self.object(url).read_text()

    def releases(self) -> set[str]:
        """The names of the releases that are kept."""
        kept = self.object("gs://dev-source/releases")
        return {path.name for path in kept.iterdir() if path.is_dir()}

    def serving(self) -> dict[str, Any] | None:
        """The revision that answers."""
        state = self.read()
        if not state["revisions"]:
            return None
        if state["traffic"] == "LATEST":
            return dict(state["revisions"][-1])
        return next(dict(each) for each in state["revisions"] if each["name"] == state["traffic"])
