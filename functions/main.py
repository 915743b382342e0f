"""Entry points of the functions: `functions-framework --source functions/main.py --target
token_api`, or `budget_guard`.

Importing reads the settings and opens nothing: the framework imports in its master process and
forks afterwards, so a client, a channel or a thread opened here would be shared by all workers.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from vending.audit.choose import choose_log
from vending.guard.networks import PrefixNames
from vending.http.edge import Edge
from vending.http.router import Router
from vending.operations.table import OPERATIONS
from vending.settings import Settings, SettingsError

if TYPE_CHECKING:
    from vending.http.budget_job import BudgetGuard
    from vending.identity.authenticate import Authenticator
    from vending.operations.dispatch import Dispatch

# The framework reads this after importing us, and has gunicorn kill a worker that was silent for
# longer. One that Cloud Run froze between requests was: its first callers would be cut off. A
# request that takes too long is ended by Cloud Run itself.
os.environ["CLOUD_RUN_TIMEOUT_SECONDS"] = "0"

try:
    settings = Settings.from_env(os.environ)
except SettingsError as error:
    sys.exit(str(error))


def _authenticator() -> Authenticator:
    from vending.identity.authenticate import (  # noqa: PLC0415 - a tenth of a second
        LAST_REPORT_MINUTES,
        Authenticator,
        Lifetimes,
    )

    return Authenticator(
        settings.issuers,
        settings.tiers,
        allow_anonymous=settings.allow_anonymous,
        admin_claim=settings.admin_claim,
        lifetimes=Lifetimes(
            leeway_s=settings.clock_leeway_seconds,
            longest_s=settings.max_id_token_minutes * 60,
            admin_s=settings.max_admin_id_token_minutes * 60,
            late_s=(settings.max_token_minutes + LAST_REPORT_MINUTES) * 60,
        ),
    )


def _operations(authenticator: Authenticator) -> Dispatch:
    from vending.app import build  # noqa: PLC0415 - most of a second, for the first config or mint

    return build(settings, authenticator, _log.note)


@cache
def _guard() -> BudgetGuard:
    from vending.app import build_budget_check  # noqa: PLC0415
    from vending.http.budget_job import BudgetGuard  # noqa: PLC0415 - not for tokens

    return BudgetGuard(_log, lambda: build_budget_check(settings))


_log = choose_log(settings)
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
    """Vend tokens: every method and path comes here."""
    return await _edge.answer(request)


@functions_framework.aio.http
async def budget_guard(request: Request) -> Response:
    """Check the budget. Only Cloud Scheduler calls this, once a minute."""
    return await _guard().answer(request.method, request.headers)
