"""The metadata server, which issues the access token for Firestore, fails: the store is unavailable
in time, and nothing of a token is revealed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from emulator.process import EmulatedGemini
from support.faults import matrix
from support.faults.matrix import HEADS, TITLE
from support.identity.issuer import People
from support.people.callers import Callers
from support.runs import tables
from support.runs.margin import MARGIN_S
from support.servers.canaries import Evidence
from support.servers.fleet import fleet
from support.stores.firestore_emulator import free_port
from vending.store.retry import STORE_PATIENCE_S

SECRET = "ya29-of-the-instance-0123456789abcdef"
ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/"
WHOLE = {"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"}
TOKENS: dict[str, tuple[int, bytes]] = {
    "status 404": (404, json.dumps(WHOLE).encode()),
    "status 500": (500, json.dumps(WHOLE).encode()),
    "HTML": (200, f"<title>{SECRET}</title>".encode()),
    "truncated": (200, json.dumps(WHOLE).encode()[:-2]),
    "a list": (200, json.dumps([SECRET]).encode()),
    "null": (200, b"null"),
    "no token": (200, json.dumps({"expires_in": 3599, "was": SECRET}).encode()),
    "no end": (200, json.dumps({"access_token": SECRET}).encode()),
    "an end in words": (200, json.dumps({**WHOLE, "expires_in": SECRET}).encode()),
}
WAYS = ("refused", "hang", *(TOKENS if matrix.WHOLE else ("status 500", "no token")))
TIMES = 3


class NoBooks:
    """The ledger of an instance in Google Cloud, as far as it gets."""

    def __init__(self) -> None:
        self.url = "firestore://livepass-nowhere/(default)"
        self.environ: dict[str, str] = {}

    def row(self, user: str) -> None:
        """Nothing can have been counted."""

    def seed(self, user: str, usage: object) -> None:
        """There is no place to."""

    def hand_in(self, evidence: Evidence) -> None:
        """There is nothing to search."""


@contextmanager
def metadata(way: str) -> Iterator[tuple[str, list[str]]]:
    """Run a metadata server that fails in this way when asked for a token; keep what it was."""
    asked, over = list[str](), Event()
    if way == "refused":
        yield f"127.0.0.1:{free_port()}", asked
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            asked.append(path)
            if path == f"{ACCOUNT}token":
                if way == "hang":
                    over.wait()
                    return
                status, body = TOKENS[way]
            else:
                known = {"/computeMetadata/v1/project/project-id": b"p", "/": b""}
                about = json.dumps({"email": "functions@p.example", "scopes": []}).encode()
                status, body = 200, known.get(path, about)
            self.send_response(status)
            self.send_header("Metadata-Flavor", "Google")
            kind = "application/json" if body[:1] in b"{[" else "application/text"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", asked
        over.set()
        server.shutdown()


@pytest.mark.parametrize("way", WAYS)
async def test_store_is_away_in_time_without_an_access_token_and_none_is_told(
    gemini_process: EmulatedGemini, people: People, evidence: Evidence, way: str
) -> None:
    with metadata(way) as (host, asked):
        environ = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "HOME": "/nonexistent"}
        with fleet(1, NoBooks(), gemini_process.url, people, evidence, **environ) as running:  # type: ignore[arg-type]
            async with Callers(running) as callers:
                answers = []
                for _ in range(TIMES):
                    answers.append(await callers.mint(running.person().id_token))
                    await asyncio.sleep(1)  # after which the rulings are asked for again
    slowest = max(answer.seconds for answer in answers)
    passed = sum(answer.code == "store-unavailable" for answer in answers)
    limit = f"{STORE_PATIENCE_S:g} s + {MARGIN_S:g} s"
    row = (f"access token, {way}", TIMES, passed, f"{slowest:.2f} s", limit, len(asked), "none")
    tables.add(TITLE, HEADS, row)
    assert [(a.status, a.code) for a in answers] == [(503, "store-unavailable")] * TIMES
    assert slowest < STORE_PATIENCE_S + MARGIN_S
    assert way == "refused" or f"{ACCOUNT}token" in asked
    written = [path.read_text(errors="replace") for path in evidence.folder.glob("*.log")]
    assert not any(SECRET[:16] in text for text in written)
