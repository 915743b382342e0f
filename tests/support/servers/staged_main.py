"""The functions as `functions/main.py` puts them together, with a hand on every step.

STAGED_FILE names the file that scripts what happens at which step (`support.servers.stages`);
STAGED_LEDGER=naive takes the compare out of compare-and-set. Everything is imported before the
framework forks, so that a killed worker is back at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "functions")]

import vending.store.firestore  # noqa: E402 - before the fork
import vending.store.sqlite_ledger  # noqa: E402, F401 - before the fork
from support.servers.stages import NaiveLedger, Stage, StagedLedger, StagedMint  # noqa: E402 - the path first
from vending.app import assemble, build_abuse_guard, build_store  # noqa: E402
from vending.audit.log import AuditLog  # noqa: E402
from vending.guard.networks import PrefixNames  # noqa: E402
from vending.http.edge import Edge  # noqa: E402
from vending.http.router import Router  # noqa: E402
from vending.identity.authenticate import Authenticator  # noqa: E402
from vending.operations.dispatch import Dispatch  # noqa: E402
from vending.operations.table import OPERATIONS  # noqa: E402
from vending.settings import Settings  # noqa: E402

settings = Settings.from_env(os.environ)
stage = Stage(Path(os.environ.get("STAGED_FILE", os.devnull + "/none")))


def _authenticator() -> Authenticator:
    return Authenticator(settings.issuers, settings.tiers)


def _operations(authenticator: Authenticator) -> Dispatch:
    stored, documents = build_store(settings.ledger)
    ledger = NaiveLedger(stored) if os.environ.get("STAGED_LEDGER") == "naive" else stored
    mint = StagedMint(settings.gemini_api_key, settings.gemini_url, settings.api_version)
    mint.stage = stage
    guard = build_abuse_guard(settings, documents, _log.note)
    return assemble(settings, authenticator, StagedLedger(ledger, stage), mint, guard)


_log = AuditLog(settings.google_cloud_project)
_edge = Edge(
    allowed_origins=settings.allowed_origins,
    log=_log,
    authenticator=_authenticator,
    operations=_operations,
    prefixes=PrefixNames(settings.trusted_proxy_hops, settings.gemini_api_key),
    router=Router(OPERATIONS),
)


@functions_framework.aio.http
async def token_api(request: Request) -> Response:
    """Answer as the functions do, in two pieces, with a step before each."""
    response = await _edge.answer(request)
    await stage.reach("before-answer")
    return StreamingResponse(_in_two(response), response.status_code, response.headers)


async def _in_two(response: Response) -> AsyncIterator[bytes]:
    half = len(response.body) // 2
    yield bytes(response.body[:half])
    await stage.reach("amid-answer")
    yield bytes(response.body[half:])
