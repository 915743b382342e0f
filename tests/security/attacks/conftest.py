"""A real server of the functions for the attacks that need sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from emulator.process import EmulatedGemini
from support.fakes.livepass import ORIGIN
from support.identity.issuer import issuer_server
from support.requests.raw_requests import BODY, LENGTH, authorization, post
from support.servers.attacked import Server, SlowBody, answered
from support.servers.canaries import Evidence
from support.servers.fleet import fleet
from support.stores.books import SqliteBooks
from vending.http.body import BODY_PATIENCE_S


@pytest.fixture(scope="package")
def server(
    gemini_process: EmulatedGemini, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Run one server for all attacks, with the emulator of Gemini behind it."""
    evidence = Evidence(tmp_path_factory.mktemp("attacked"))
    folder = tmp_path_factory.mktemp("books")
    books = SqliteBooks(folder / "livepass.sqlite3")
    settings = {
        "LIVE_API_ALLOWED_ORIGINS": ORIGIN,
        "LIVE_API_AUDIT_TRAIL": f"sqlite:///{folder / 'audit.sqlite3'}",
    }
    with (
        issuer_server() as people,
        fleet(1, books, gemini_process.url, people, evidence, **settings) as running,  # type: ignore[arg-type]
    ):
        yield Server(running)
    evidence.close()


@pytest.fixture(scope="package")
def slow_body(server: Server) -> Iterator[SlowBody]:
    """Start a request whose body does not come; it goes on beside the other attacks."""
    me = authorization(server.fleet.person().id_token)

    def send() -> tuple[bytes, float]:
        began = time.monotonic()
        got = answered(server.port, post(me + LENGTH)[: -len(BODY)], BODY_PATIENCE_S + 5)
        return got, time.monotonic() - began

    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(send)
