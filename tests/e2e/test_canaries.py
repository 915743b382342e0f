"""No token, key, e-mail or IP is in any log, answer or row. Runs last, over all that is there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.local_issuer import LocalIssuer
from support.identity.issuer import People
from support.people.callers import Callers
from support.runs import tables
from support.servers.canaries import (
    ADDRESS,
    API_KEY,
    FORWARDED,
    IN_LOGS,
    INSTRUCTION,
    Evidence,
    mail,
    request_key,
)
from support.servers.fleet import Fleet, fleet
from support.servers.small_server import small_server
from support.stores.books import SqliteBooks

KILOBYTE = 1024


async def test_misplaced_secrets_are_refused(both: Fleet, callers: Callers) -> None:
    person = both.person("patient")
    body = {"voice": mail("misplaced"), "model": person.id_token, "systemInstruction": INSTRUCTION}
    stranger = LocalIssuer(both.people.issuer.issuer, key=None)
    claims = {**stranger.claims("somebody"), "email": mail("stranger")}
    expired = {**claims, "exp": 1, "iat": 0}
    query = f"?access_token={person.id_token}&key={API_KEY}"

    answers = [
        await callers.call("POST", "", person.id_token, body=body),
        await callers.call("POST", query, person.id_token),
        await callers.call("GET", f"/sessions/{API_KEY}", person.id_token),
        await callers.call("POST", "", person.id_token, key=request_key() * 3),
        await callers.call("POST", "", stranger.sign(claims)),
        await callers.call("POST", "", both.people.issuer.sign(expired)),
        await callers.call("POST", "", f"auth_tokens/{'5' * 64}"),
        await callers.call("POST", "", API_KEY),
    ]

    assert [a.status for a in answers] == [400, 400, 404, 400, 401, 401, 401, 401]


LOOSE_TALK = f"{API_KEY} {mail('upstream')} {FORWARDED} auth_tokens/{'6' * 64} eyJhbGciOiJSUzI1NiJ9"
LEAKS: tuple[tuple[int, object], ...] = (
    (400, {"error": {"code": 400, "message": LOOSE_TALK, "status": LOOSE_TALK}}),
    (500, {"error": {"code": 500, "message": LOOSE_TALK, "status": LOOSE_TALK}}),
    (200, {"name": LOOSE_TALK}),
    (200, LOOSE_TALK),
)


async def test_secrets_that_gemini_tells_are_not_passed_on(
    sqlite_books: SqliteBooks, people: People, evidence: Evidence
) -> None:
    leaks = iter(LEAKS)

    def loose_tongue(_: str) -> tuple[int, bytes]:
        status, document = next(leaks)
        return status, json.dumps(document).encode()

    with (
        small_server(loose_tongue) as url,
        fleet(1, sqlite_books, url, people, evidence) as running,
    ):
        async with Callers(running) as callers:
            answers = [await callers.mint(running.person().id_token) for _ in LEAKS]

    assert [a.code for a in answers] == ["upstream-rejected"] + ["upstream-unavailable"] * 3


def test_no_canary_is_in_any_log_answer_or_row(
    sqlite_fleet: Fleet, firestore_fleet: Fleet, evidence: Evidence
) -> None:
    for searched in (sqlite_fleet, firestore_fleet):
        searched.books.hand_in(evidence)

    found = evidence.found()

    for what, size in evidence.sizes().items():
        assert size, f"there is nothing of {what} to search"
        row = (what, f"{size / KILOBYTE:.0f} KiB", sum(hit.endswith(what) for hit in found))
        tables.add("Canaries searched for in", ("what", "size", "files with any"), row)
    assert found == []


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Evidence]:
    """Return a folder where a careless server has written everything it knows."""
    careless = Evidence(tmp_path)
    secrets = [
        API_KEY,
        mail("somebody"),
        ADDRESS,
        "canary-person-1",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        f"auth_tokens/{'a' * 64}",
        request_key(),
        INSTRUCTION,
    ]
    script = "import sys; print(*sys.argv[1:], sep='\\n')"
    with careless.log_of("server").open("wb") as log:
        subprocess.run(["python3", "-c", script, *secrets], stdout=log, check=True)
    yield careless
    careless.close()


def test_search_finds_every_canary_that_is_planted_in_a_log(planted: Evidence) -> None:
    found = {hit.partition(":")[0] for hit in planted.found()}

    assert found == set(IN_LOGS)
