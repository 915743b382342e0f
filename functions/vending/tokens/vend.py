"""The sentence, as code.

A request, authenticated and shaped into a grant, is admitted against what its caller has used, a
token is minted, and the token is counted before it is answered. Mint first, then count; nothing is
handed out that was not counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from vending.clock import MINUTE_MS
from vending.errors import QuotaExceeded, ReplayExpired, SessionEnded
from vending.gemini.order import Order, Token
from vending.gemini.pricing import Tokens
from vending.limits.admit import admit, begin, charge, end
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.limits.report import report
from vending.limits.usage import Session, Usage
from vending.policy import Limits
from vending.store.ledger import Account
from vending.tokens.idempotency import RequestKey
from vending.tokens.refusal_cache import Refusals
from vending.tokens.shape import LOCKED, Shaper
from vending.tokens.user_queue import Turns

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Minter(Protocol):
    """Makes tokens."""

    async def mint(self, order: Order) -> Token:
        """Have a token made."""
        ...


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A grant, whose account it goes to, and under which Idempotency-Key, if any.

    `pause_s`: minting is paused, since `paused_since`, and may be worth another try then; 0 is not.
    `refuse_stranger` is asked about the mint of a user nobody has seen before, and may raise.
    """

    account: Account
    limits: Limits
    grant: Grant
    key: RequestKey | None = None
    pause_s: int = 0
    paused_since: int = 0
    refuse_stranger: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Vended:
    """A token that was counted, and everything its answer tells. Times are milliseconds."""

    token: str = field(repr=False)
    session: Session
    charge: str
    start_before: int
    reading: Reading
    replayed: bool = False
    first: bool = False
    others: tuple[Vended, ...] = ()

    @property
    def all(self) -> tuple[Vended, ...]:
        """This one, and the others of its batch."""
        return (self, *self.others)


@dataclass(frozen=True, slots=True)
class Vending:
    """The second half of the sentence and what it works with; one for each process."""

    minter: Minter
    shaper: Shaper
    turns: Turns
    start_window_minutes: int
    refusals: Refusals = field(default_factory=Refusals)

    async def vend(self, request: TokenRequest) -> Vended:
        """Admit a grant, mint its token, count it, and only then give it out.

        A request whose key has been answered gets that answer again, uncounted.

        Raises:
            LivepassError: any refusal of `admit`, `Mint`, `idempotency` and `ledger`; nothing was
                counted, but for StoreUnavailable after a write whose outcome stayed in doubt.
        """
        self._refuse_again(request)
        async with self.turns.of(request.account.user):
            self._refuse_again(request)  # as the one before may just have been
            reading = await request.account.read_to_change()
            if answered := _answered(request, reading):
                return answered
            if reading.version is None and request.grant.kind == "mint":
                request.refuse_stranger()
            session = self._admit_or_keep(request, reading)
            orders = self._orders(request, session, reading.now)
            with request.account.watch.span("gemini"):
                tokens = await self._minted(orders)
            return await self._count(request, reading, session, tokens)

    async def end(self, account: Account, session_id: str) -> Reading:
        """End a session of the account's user.

        Raises:
            NotFound, QuotaExceeded, StoreUnavailable: nothing was ended.
        """
        return await self._change(account, lambda usage, now: end(usage, now, session_id))

    async def report(self, account: Account, session_id: str, tokens: Tokens) -> Reading:
        """Count what a session of the account's user says it has used; see `report`.

        Raises:
            NotFound, QuotaExceeded, StoreUnavailable: nothing was counted.
        """
        return await self._change(
            account, lambda usage, now: report(usage, now, session_id, tokens)
        )

    async def _change(self, account: Account, decide: Callable[[Usage, int], Usage]) -> Reading:
        def changed(reading: Reading) -> Usage | None:
            usage = decide(reading.usage, reading.now)
            return None if usage is reading.usage else usage

        async with self.turns.of(account.user):
            settled = await account.change(await account.read_to_change(), changed)
            self.refusals.forget(account.user)
            return settled

    def _refuse_again(self, request: TokenRequest) -> None:
        """Refuse a mint from memory, without a read, while its refusal is certain."""
        account = request.account
        kept = self.refusals.recall(account.user, request.limits)
        if kept and request.grant.kind == "mint" and not _answered(request, kept):
            account.latest = kept
            self._admit(request, kept)

    def _admit_or_keep(self, request: TokenRequest, reading: Reading) -> Session:
        try:
            return self._admit(request, reading)
        except QuotaExceeded as refusal:
            if request.grant.kind == "mint":
                self.refusals.keep(request.account.user, reading, request.limits, refusal)
            raise

    def _admit(self, request: TokenRequest, reading: Reading, held_until: int = 0) -> Session:
        return admit(
            reading.usage,
            reading.now,
            request.grant,
            request.limits,
            held_until=held_until,
            pause_s=request.pause_s,
            paused_since=request.paused_since,
        )

    def _orders(self, request: TokenRequest, session: Session, now: int) -> list[Order]:
        start_before = _moment(self._start_before(request, session, now))
        others = [begin(now, other, session.expires) for other in request.grant.others]
        pairs = zip(request.grant.all, (session, *others), strict=True)
        return [self._order(grant, each, start_before) for grant, each in pairs]

    async def _minted(self, orders: list[Order]) -> list[Token]:
        """Have all tokens made at once; when one is not, none is used."""
        if len(orders) == 1:
            return [await self.minter.mint(orders[0])]
        made = await asyncio.gather(*map(self.minter.mint, orders), return_exceptions=True)
        for each in made:
            if isinstance(each, BaseException):
                raise each
        return [each for each in made if isinstance(each, Token)]

    def _order(self, grant: Grant, session: Session, start_before: datetime) -> Order:
        setup = self.shaper.setup(session.model, session.wish)
        expires = _moment(session.tokens[grant.charge])
        return Order(setup, LOCKED, expires, start_before, grant.uses)

    def _start_before(self, request: TokenRequest, session: Session, now: int) -> int:
        """Until when a token may start a talk. In a pause that is as long as the token lives whose
        talk it continues: what goes on after that has begun before.
        """
        window, charge = self.start_window_minutes * MINUTE_MS, request.grant.charge
        latest = min(now + window, session.tokens[charge])
        predecessor = session.handovers.get(charge) if request.pause_s else None
        return min(latest, session.tokens[predecessor]) if predecessor else latest

    async def _count(
        self, request: TokenRequest, reading: Reading, session: Session, tokens: list[Token]
    ) -> Vended:
        """Write the charges, as they were admitted on `reading`; when another request wins, decide
        again with the tokens in hand.
        """
        grant, key = request.grant, request.key
        expires = session.tokens[grant.charge]
        start_before = self._start_before(request, session, reading.now)

        def counted(newest: Reading) -> Usage | None:
            first = session
            if newest is not reading:
                if newest.usage.holds(grant.session, grant.charge) or _answered(request, newest):
                    return None
                first = self._admit(request, newest, expires)
            others = [begin(newest.now, other, expires) for other in grant.others]
            usage = newest.usage
            for each, of in zip(grant.all, (first, *others), strict=True):
                usage = charge(usage, newest.now, each, of, request.limits)
            if key is None:
                return usage
            sealed = key.seal(_sealed(grant, tokens), grant.session, grant.charge, start_before)
            return replace(usage, replays=(*usage.replays, sealed)).pruned(newest.now)

        settled = await request.account.change(reading, counted)
        self.refusals.forget(request.account.user)
        if settled.usage.holds(grant.session, grant.charge):
            named = [(t.value, g.session, g.charge) for t, g in zip(tokens, grant.all, strict=True)]
            return _vended(named, settled, start_before, first=reading.version is None)
        answered = _answered(request, settled)
        if answered is None:
            raise AssertionError("settled without a charge or an answer")
        return answered


def _answered(request: TokenRequest, reading: Reading) -> Vended | None:
    """The answer this request got before, if it did.

    Raises:
        IdempotencyKeyReused, ReplayExpired: as `RequestKey.find` and `open` do.
        SessionEnded: a session of it was ended since.
    """
    replay = request.key.find(reading.usage, reading.now) if request.key else None
    if request.key is None or replay is None:
        return None
    first, *others = request.key.open(replay).split("\n")
    named = [(first, replay.session, replay.charge)]
    named += [(token, session, charge) for token, session, charge in map(str.split, others)]
    return _vended(named, reading, replay.start_before, replayed=True)


def _sealed(grant: Grant, tokens: list[Token]) -> str:
    """A token, and below it each other of its batch with its session and charge."""
    others = zip(tokens[1:], grant.others, strict=True)
    return "\n".join([tokens[0].value, *(f"{t.value} {g.session} {g.charge}" for t, g in others)])


def _vended(
    named: list[tuple[str, str, str]],
    reading: Reading,
    start_before: int,
    *,
    replayed: bool = False,
    first: bool = False,
) -> Vended:
    """Tokens, each with its session and charge, as they are answered."""
    vended = []
    for token, name, charged in named:
        session = reading.usage.session(name)
        if session is None:
            raise ReplayExpired(f"its session {name} is over and forgotten")
        if replayed and session.ended:
            raise SessionEnded(f"session {name} was ended, and its token is not given again")
        vended.append(Vended(token, session, charged, start_before, reading, replayed, first))
    return replace(vended[0], others=tuple(vended[1:])) if len(vended) > 1 else vended[0]


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)
