"""Where the parts behind the edge are chosen and put together."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vending.audit.choose import choose_trail
from vending.contract.requests import MintRequest
from vending.guard.abuse import AbuseGuard
from vending.guard.offences import Note
from vending.guard.read_limits import ReadLimits
from vending.guard.ruling import ALL, FOR_EVER_MS, Ruling
from vending.guard.ruling_store import Rulings, RulingStore
from vending.identity.app_check import AppCheck
from vending.identity.authenticate import Authenticator
from vending.operations.dispatch import Dispatch, Handlers, handlers_of
from vending.operations.present import config_answer
from vending.operations.public import Health, Public
from vending.operations.sessions import Sessions
from vending.operations.table import OPERATIONS
from vending.operations.talks import ConnectTo, Talks
from vending.operations.weather import Tools, Weather
from vending.settings import Settings
from vending.settings.urls import SQLITE
from vending.store.documents import Documents
from vending.store.ledger import SummedLedger
from vending.tokens.refusal_cache import RefusalCache
from vending.tokens.shape import Shaper
from vending.tokens.user_queue import UserQueue
from vending.tokens.vend import Vending

if TYPE_CHECKING:
    from vending.gemini.auth_tokens import Mint
    from vending.guard.budget import Budget
    from vending.guard.budget_check import BudgetCheck


def build(settings: Settings, authenticator: Authenticator, note: Note) -> Dispatch:
    """Build everything behind the edge, so that a mint finds nothing left to import or to build.
    Nothing is sent yet, but Firestore is being connected while the rest is imported. Needs an event
    loop.
    """
    ledger, documents = build_store(settings.ledger, connect=True)
    from vending.gemini.auth_tokens import Mint  # noqa: PLC0415 - Gemini's SDK, half a second, and not for budgets

    mint = Mint(settings.gemini_api_key, settings.gemini_url, settings.api_version)
    mint.prepare()
    MintRequest.model_rebuild()
    guard = build_abuse_guard(settings, documents, note)
    return assemble(settings, authenticator, ledger, mint, guard)


def assemble(
    settings: Settings,
    authenticator: Authenticator,
    ledger: SummedLedger,
    mint: Mint,
    guard: AbuseGuard,
    *,
    app_check: AppCheck | None = None,
    refusals: RefusalCache | None = None,
    reads: ReadLimits | None = None,
) -> Dispatch:
    """Put the parts together around a ledger, a mint and the guard; others are made where none are
    given.
    """
    shaper, queue, reads = Shaper(settings), UserQueue(), reads or ReadLimits()
    app_check = app_check or build_app_check(settings)
    start_window = settings.start_window_minutes
    vending = Vending(mint, shaper, queue, start_window, refusals or RefusalCache())
    health = Health(authenticator, ledger, mint, rulings=guard.rulings)
    return Dispatch(
        handlers=_handlers(
            settings, vending, guard, app_check=app_check, reads=reads, health=health
        ),
        admin_handlers=cache(lambda: build_admin(settings, ledger, guard)),
        app_check=app_check,
        tiers=settings.tiers,
        ledger=ledger,
        writes=health.writes,
        guard=guard,
        session_ids=shaper.session_ids,
        reads=reads,
    )


def _handlers(
    settings: Settings,
    vending: Vending,
    guard: AbuseGuard,
    *,
    app_check: AppCheck,
    reads: ReadLimits,
    health: Health,
) -> Handlers:
    """Build every handler but those for admins."""
    return handlers_of(
        [each for each in OPERATIONS if each.access != "admin"],
        Talks(
            app_check=app_check,
            shaper=vending.shaper,
            vending=vending,
            guard=guard,
            connect_to=ConnectTo.of(settings),
        ),
        Sessions(vending=vending, reads=reads),
        Tools(forecasts=Weather(settings.places_url, settings.weather_url), reads=reads),
        Public(
            offer=config_answer(settings, vending.shaper.models),
            rulings=guard.rulings,
            checks=health,
            source=settings.source,
        ),
    )


def build_app_check(settings: Settings) -> AppCheck:
    """Build what verifies App Check tokens, and uses them up where that is asked for."""
    consume = None
    if settings.app_check_consume:
        from vending.identity.app_check_consume import Consumer  # noqa: PLC0415 - Google's sign-in, for few

        consume = Consumer(settings.app_check_project_number).consume
    return AppCheck(settings.app_check, settings.app_check_project_number, consume=consume)


def build_abuse_guard(settings: Settings, documents: Documents, note: Note) -> AbuseGuard:
    """Build the guard of an instance, with the rulings it knows."""
    return AbuseGuard(documents, build_rulings(settings, documents), settings.abuse, note)


def build_budget_check(settings: Settings) -> BudgetCheck:
    """Build the budget check; nothing is opened yet."""
    from vending.guard.budget_check import BudgetCheck  # noqa: PLC0415 - not for tokens

    ledger, documents = build_store(settings.ledger)
    return BudgetCheck(ledger, documents, Rulings(RulingStore(documents)), build_budget(settings))


def build_budget(settings: Settings) -> Budget:
    """Take the budget out of the settings."""
    from vending.guard.budget import Budget  # noqa: PLC0415 - not for tokens

    return Budget(settings.budget_day, settings.budget_month)


def build_rulings(settings: Settings, documents: Documents) -> Rulings:
    """Build what an instance knows of the rulings, the setting that pauses minting among them."""
    paused = Ruling("pause", ALL, 0, FOR_EVER_MS, "settings", "LIVE_API_MINTING_PAUSED")
    return Rulings(RulingStore(documents), *((paused,) if settings.minting_paused else ()))


def build_admin(settings: Settings, ledger: SummedLedger, guard: AbuseGuard) -> Handlers:
    """Build the operations for admins, imported only when one is called."""
    from vending.operations.admin import Admin  # noqa: PLC0415
    from vending.operations.admin_rulings import RulingOperations  # noqa: PLC0415

    admin = Admin(
        ledger=ledger,
        documents=guard.documents,
        trail=choose_trail(settings.audit_trail),
        budget=build_budget(settings),
        tiers=settings.tiers,
        rulings=guard.rulings,
    )
    operations = [each for each in OPERATIONS if each.access == "admin"]
    return handlers_of(operations, admin, RulingOperations(guard.rulings, settings.tiers))


def build_store(url: str, *, connect: bool = False) -> tuple[SummedLedger, Documents]:
    """Choose by the scheme: sqlite:///PATH (absolute with one more slash) or
    firestore://PROJECT/DATABASE. Nothing is opened before its first use, unless it is to `connect`.
    """
    if url.startswith(SQLITE):
        from vending.store.sqlite_documents import SqliteDocuments  # noqa: PLC0415 - only what is in use
        from vending.store.sqlite_ledger import SqliteLedger  # noqa: PLC0415

        path = Path(url.removeprefix(SQLITE))
        return SqliteLedger(path), SqliteDocuments(path)
    from vending.store.firestore import FirestoreDocuments, FirestoreLedger  # noqa: PLC0415
    from vending.store.firestore_client import FirestoreClient  # noqa: PLC0415 - only what is in use

    parts = urlsplit(url)
    client = FirestoreClient(parts.netloc, parts.path.strip("/") or "(default)")
    if connect:
        client.connect()
    return FirestoreLedger(client), FirestoreDocuments(client)
