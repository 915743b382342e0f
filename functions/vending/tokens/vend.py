"""The pipeline, as code.

A grant is admitted against its caller's usage, a token is minted, and the token is counted before
it is returned. Minting comes first, counting second: no token leaves uncounted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from vending.clock import MINUTE_MS
from vending.errors import QuotaExceeded
from vending.gemini.order import Order, Token
from vending.gemini.pricing import Tokens
from vending.limits.admit import begin, charge, end
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.limits.report import began_in_time, report
from vending.limits.usage import Session, Usage
from vending.store.ledger import Account
from vending.tokens.refusal_cache import RefusalCache
from vending.tokens.shape import Shaper
from vending.tokens.token_request import TokenRequest
from vending.tokens.user_queue import UserQueue
from vending.tokens.vended import Vended, keep, vended, vended_before


class Minter(Protocol):
    """Mints tokens."""

    async def mint(self, order: Order) -> Token:
        """Mint a token."""
        ...


@dataclass(frozen=True, slots=True)
class Minted:
    """Tokens that were admitted on `reading` and minted, but not counted yet."""

    session: Session
    reading: Reading
    start_before: int
    tokens: list[Token] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vending:
    """The second half of the pipeline, with what it needs; one for each process."""

    minter: Minter
    shaper: Shaper
    queue: UserQueue
    start_window_minutes: int
    refusals: RefusalCache = field(default_factory=RefusalCache)

    async def vend(self, request: TokenRequest) -> Vended:
        """Admit a grant, mint its token, count it, and only then return it.

        A request whose key has been answered before gets that answer again, uncounted.

        Raises:
            LivepassError: any refusal of `admit`, `Mint`, `idempotency` and `ledger`; nothing was
                counted, except after a write whose outcome stayed unknown (StoreUnavailable).
        """
        self._refuse_again(request)
        async with self.queue.of(request.account.user):
            self._refuse_again(request)  # the one before it may just have been refused
            reading = await request.account.read_to_change()
            if answered := vended_before(request.key, reading):
                return answered
            session = self._admit(request, reading)
            minted = await self._mint(request, reading, session)
            settled = await self._count(request, minted)
            return self._answer(request, minted, settled)

    async def end(
        self, account: Account, session_id: str, *, expired_ms: int | None = None
    ) -> Reading:
        """End a session of the account's user; see `began_in_time` for `expired_ms`.

        Raises:
            NoSuchSession, QuotaExceeded, StoreUnavailable, TokenExpired: nothing was ended.
        """

        def ended(usage: Usage, now: int) -> Usage:
            return end(began_in_time(usage, session_id, expired_ms), now, session_id)

        return await self._change(account, ended)

    async def report(
        self, account: Account, session_id: str, tokens: Tokens, *, expired_ms: int | None = None
    ) -> Reading:
        """Count the usage that a client reports for a session of its user; see `report`.

        Raises:
            NoSuchSession, SessionExpired, QuotaExceeded, StoreUnavailable, TokenExpired: nothing
                was counted.
        """

        def reported(usage: Usage, now: int) -> Usage:
            return report(began_in_time(usage, session_id, expired_ms), now, session_id, tokens)

        return await self._change(account, reported)

    async def _change(self, account: Account, decide: Callable[[Usage, int], Usage]) -> Reading:
        def changed(reading: Reading) -> Usage | None:
            usage = decide(reading.usage, reading.now)
            return None if usage is reading.usage else usage

        async with self.queue.of(account.user):
            settled = await account.change(await account.read_to_change(), changed)
            self.refusals.forget(account.user)
            return settled

    def _refuse_again(self, request: TokenRequest) -> None:
        """Refuse a mint from memory, without a read, while its refusal is certain."""
        account = request.account
        kept = self.refusals.recall(account.user, request.limits)
        if kept and request.is_mint and not request.is_settled(kept.usage):
            account.latest = kept
            request.admitted(kept)

    def _admit(self, request: TokenRequest, reading: Reading) -> Session:
        """Admit, and remember a refusal for repeated requests."""
        if request.is_mint and reading.version is None:
            request.refuse_stranger()
        try:
            return request.admitted(reading)
        except QuotaExceeded as refusal:
            if request.is_mint:
                self.refusals.keep(request.account.user, reading, request.limits, refusal)
            raise

    async def _mint(self, request: TokenRequest, reading: Reading, session: Session) -> Minted:
        """Mint all tokens concurrently; if one fails, none is used."""
        start_before = self._start_before(request, session, reading.now)
        orders = self._orders(request.grant, session, reading.now, start_before)
        with request.account.stopwatch.span("gemini"):
            if len(orders) == 1:
                return Minted(session, reading, start_before, [await self.minter.mint(orders[0])])
            made = await asyncio.gather(*map(self.minter.mint, orders), return_exceptions=True)
        for each in made:
            if isinstance(each, BaseException):
                raise each
        tokens = [each for each in made if isinstance(each, Token)]
        return Minted(session, reading, start_before, tokens)

    def _orders(self, grant: Grant, session: Session, now: int, start_before: int) -> list[Order]:
        setup = self.shaper.setup(session.model, session.requested, grant.handle)
        locked = self.shaper.locked(session.model)
        return [
            Order(setup, locked, of.tokens[each.charge_id], start_before, each.uses)
            for each, of in _sessions_of(grant, session, now)
        ]

    def _start_before(self, request: TokenRequest, session: Session, now: int) -> int:
        """Return until when a token may start a talk: in a pause, at most until the token whose
        talk it continues expires, since whatever is still on then began before.
        """
        window, charge_id = self.start_window_minutes * MINUTE_MS, request.grant.charge_id
        latest = min(now + window, session.tokens[charge_id])
        predecessor = session.handovers.get(charge_id) if request.pause_s else None
        return min(latest, session.tokens[predecessor]) if predecessor else latest

    async def _count(self, request: TokenRequest, minted: Minted) -> Reading:
        """Write the charges; if another request wrote first, decide again with these tokens."""

        def counted(newest: Reading) -> Usage | None:
            session = minted.session
            if newest is not minted.reading:
                if request.is_settled(newest.usage):
                    return None
                session = request.admitted(newest, session.tokens[request.grant.charge_id])
            return _charged(request, minted, newest, session)

        settled = await request.account.change(minted.reading, counted)
        self.refusals.forget(request.account.user)
        return settled

    def _answer(self, request: TokenRequest, minted: Minted, settled: Reading) -> Vended:
        """Return what was vended, or the answer if the same request was counted meanwhile."""
        grant = request.grant
        if settled.usage.holds(grant.session_id, grant.charge_id):
            first = minted.reading.version is None
            return vended(grant, minted.tokens, settled, minted.start_before, first=first)
        answered = vended_before(request.key, settled)
        if answered is None:
            raise AssertionError("settled without a charge or an answer")
        return answered


def _charged(request: TokenRequest, minted: Minted, newest: Reading, session: Session) -> Usage:
    """Return the usage with all charges of a grant, and with the answer if it has a key."""
    grant, usage, now = request.grant, newest.usage, newest.now
    for each, of in _sessions_of(grant, session, now):
        usage = charge(usage, now, each, of, request.limits)
    if request.key is None:
        return usage
    start_before = minted.start_before
    return keep(usage, now, request.key, grant, minted.tokens, start_before=start_before)


def _sessions_of(grant: Grant, session: Session, now: int) -> Iterator[tuple[Grant, Session]]:
    """Yield each grant of a batch with its session: the admitted one, and the others, which begin
    now and expire with it.
    """
    yield grant, session
    for other in grant.others:
        yield other, begin(now, other, session.tokens[grant.charge_id])
