"""The running functions do what their OpenAPI document says: every operation, all checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from emulator import open_meteo
from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.runs import tables
from support.servers.canaries import Evidence
from support.servers.fleet import ROOMY, ROOT, Fleet, fleet
from support.servers.small_server import small_server
from support.stores.books import SqliteBooks
from vending.operations.table import OPERATIONS

SCHEMA = ROOT / "functions" / "openapi.yaml"
CONFIG = Path(__file__).with_name("schemathesis.toml")
CASES = os.environ.get("LIVEPASS_SCHEMA_CASES", "200")
TOGETHER = int(CASES) <= 500  # beyond which each operation has a run of its own
# The operations, and whether each takes anything.
TAKES = {
    operation["operationId"]: bool(operation.get("parameters") or "requestBody" in operation)
    for path in yaml.safe_load(SCHEMA.read_text())["paths"].values()
    for operation in path.values()
}
ADMIN = "^admin_"
STORIES = "stateful"  # what follows from answers: a session refreshed, looked at, ended
MOST_STORIES = 20
LEAST = 10  # what there is to try of an operation that takes nothing
REACHED = 0.8  # of what is asked for, of an operation that takes something
TITLE, HEADS = "The OpenAPI document", ("operation", "cases", "passed", "worst", "seed")
# One seed, so that a failure is the change's own; `random` for another one each time.
SEED = os.environ.get("LIVEPASS_SCHEMA_SEED", "20261121")
# DELETE ends a session, which stays readable as `ended` for a day: that is no use after free.
UNFIT_CHECKS = ("--exclude-checks", "use_after_free")
NO_LIMITS = {
    "LIVE_API_MAX_TOKENS_PER_HOUR": "0",
    "LIVE_API_MAX_TOKENS_PER_DAY": "0",
    "LIVE_API_MAX_REFRESHES_PER_HOUR": "0",
    "LIVE_API_MAX_TOKEN_DURATION_MINUTES": "1199",
    "LIVE_API_MAX_USES": "100",
    "LIVE_API_MAX_READS_PER_MINUTE": "0",
    "LIVE_API_TIERS": "{}",  # none with fewer slots than a token may take
    "LIVE_API_ALLOW_CUSTOM_INSTRUCTIONS": "true",
}


@pytest.fixture
def unlimited(
    gemini: EmulatedGemini, people: People, evidence: Evidence, tmp_path: Path
) -> Iterator[Fleet]:
    """Run a server that refuses nobody for having had enough."""
    books = SqliteBooks(tmp_path / "livepass.sqlite3")
    with emulated_open_meteo() as weather:
        settings = {**NO_LIMITS, "LIVE_API_WEATHER_URL": weather, "LIVE_API_PLACES_URL": weather}
        settings["LIVE_API_AUDIT_TRAIL"] = f"sqlite:///{tmp_path / 'audit.sqlite3'}"
        with fleet(
            1,
            books,
            gemini.url,
            people,
            evidence,
            source=ROOMY,
            **settings,  # type: ignore[arg-type]
        ) as running:
            yield running


@contextmanager
def emulated_open_meteo() -> Iterator[str]:
    app = TestClient(open_meteo.create_app())

    def reply(path: str) -> tuple[int, bytes]:
        answer = app.get(path)
        return answer.status_code, answer.content

    with small_server(reply) as url:
        yield url


def admin(fleet: Fleet) -> str:
    """An ID token that opens every operation."""
    issuer = fleet.people.issuer
    return issuer.sign({**issuer.claims("admin"), "admin": True})


def parts() -> list[tuple[str, ...]]:
    """At length each operation alone, by somebody who has no thousands of sessions to list.

    What admins do is apart, since it stops minting.
    """
    if TOGETHER:
        return [
            ("--exclude-operation-id-regex", ADMIN),
            ("--phases", "coverage,fuzzing", "--include-operation-id-regex", ADMIN),
        ]
    alone = ("--phases", "examples,coverage,fuzzing", "--include-operation-id")
    return [("--phases", STORIES), *((*alone, operation) for operation in TAKES)]


def asked(part: tuple[str, ...]) -> int:
    """How many cases of each operation schemathesis is asked for."""
    return (
        min(int(CASES), 40) if TOGETHER and "--include-operation-id-regex" in part else int(CASES)
    )


def least(part: tuple[str, ...]) -> int:
    """How many cases there must have been: of what takes something most of those asked for."""
    if not TOGETHER:
        return int(REACHED * asked(part)) if TAKES.get(part[-1], True) else LEAST
    admins = "--include-operation-id-regex" in part
    taking = [name for name, takes in TAKES.items() if takes and name.startswith("admin") == admins]
    return int(REACHED * asked(part) * len(taking))


def cases(unlimited: Fleet, folder: Path, part: tuple[str, ...], seed: str) -> tuple[int, str]:
    """Run schemathesis; return how many cases there were, and the seed. All of them pass."""
    run = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)),
            *("run", str(SCHEMA), "--url", unlimited.urls[0], "--checks", "all", *part),
            *("--header", f"Authorization: Bearer {admin(unlimited)}"),
            *(*UNFIT_CHECKS, "--continue-on-failure", "--no-color"),
            *("--max-examples", str(asked(part))),
            *(() if seed == "random" else ("--seed", seed)),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )

    told = re.findall(r"([\d,]+) generated, ([\d,]+) passed|^Seed: (\d+)", run.stdout, re.MULTILINE)
    (tried, passed, _), (*_, seed) = told[0], told[-1]
    tables.add(TITLE, HEADS, (part[-1], tried, passed, f"exit status {run.returncode}", seed))
    assert run.returncode == 0, re.sub(r"\S{400,}", "[long]", run.stdout)[-9000:] + run.stderr
    if ADMIN in part:
        admins = "--include-operation-id-regex" in part
        assert f"Tested: {sum((r.access == 'admin') == admins for r in OPERATIONS)}" in run.stdout
    return int(tried.replace(",", "")), seed


@pytest.mark.parametrize("part", parts(), ids=lambda part: part[-1])
def test_running_functions_do_what_the_document_says(
    unlimited: Fleet, tmp_path: Path, part: tuple[str, ...]
) -> None:
    tried, seed = cases(unlimited, tmp_path, part, SEED)

    for _ in range(MOST_STORIES if STORIES in part else 0):  # one ends when it has nothing new
        if tried >= least(part):
            break
        more, seed = cases(unlimited, tmp_path, part, str(int(seed) + 1))
        tried += more

    assert tried >= least(part)
