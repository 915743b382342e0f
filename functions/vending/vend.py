"""The sentence, as code.

A request, authenticated and shaped into a grant, is admitted against what its caller has used, a
token is minted, and the token is counted before it is answered. Mint first, then count; nothing is
handed out that was not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from vending.admit import MINUTE_MS, Grant, admit, charge, end, refuse_blocked
from vending.errors import MintingPaused, QuotaExceeded, ReplayExpired
from vending.ledger import Account, Reading
from vending.mint import Order, Token
from vending.policy import Limits
from vending.prices import Tokens
from vending.refusals import Refusals
from vending.replay import RequestKey
from vending.report import report
from vending.shape import LOCKED, Shaper
from vending.turns import Turns
from vending.usage import Session, Usage


class Minter(Protocol):
    """Makes tokens."""

    async def mint(self, order: Order) -> Token:
        """Have a token made."""
        ...


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A grant, whose account it goes to, and under which Idempotency-Key, if any.

    `pause_s`: minting is paused, and may be worth another try then; 0 is not. `refuse_stranger` is
    asked about the mint of a user nobody has seen before, and may raise.
    """

    account: Account
    limits: Limits
    grant: Grant
    key: RequestKey | None = None
    pause_s: int = 0
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
            LivepassError: any refusal of `admit`, `mint`, `replay` and `ledger`; nothing was
                counted, but for StoreUnavailable after a write whose outcome stayed in doubt.
        """
        self._refuse_again(request)
        async with self.turns.of(request.account.user):
            self._refuse_again(request)  # as the one before may just have been
            reading = await request.account.read()
            refuse_blocked(reading.usage, reading.now)
            if answered := _answered(request, reading):
                return answered
            if reading.version is None and request.grant.kind == "mint":
                request.refuse_stranger()
            session = self._admit_or_keep(request, reading)
            order = self._order(request.grant, session, reading.now)
            with request.account.watch.lap("gemini"):
                token = await self.minter.mint(order)
            return await self._count(request, reading, order, token)

    async def end(self, account: Account, session_id: str) -> Reading:
        """End a session of the account's user.

        Raises:
            NotFound, StoreUnavailable: nothing was ended.
        """
        return await self._change(account, lambda usage, now: end(usage, now, session_id))

    async def report(self, account: Account, session_id: str, tokens: Tokens) -> Reading:
        """Count what a session of the account's user says it has used; see `report`.

        Raises:
            NotFound, StoreUnavailable: nothing was counted.
        """
        return await self._change(
            account, lambda usage, now: report(usage, now, session_id, tokens)
        )

    async def _change(self, account: Account, decide: Callable[[Usage, int], Usage]) -> Reading:
        def changed(reading: Reading) -> Usage | None:
            usage = decide(reading.usage, reading.now)
            return None if usage is reading.usage else usage

        async with self.turns.of(account.user):
            settled = await account.change(await account.read(), changed)
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

    def _admit(self, request: TokenRequest, reading: Reading) -> Session:
        if request.pause_s and request.grant.kind == "mint":
            raise MintingPaused(retry_after_s=request.pause_s)
        return admit(reading.usage, reading.now, request.grant, request.limits)

    def _order(self, grant: Grant, session: Session, now: int) -> Order:
        expires = session.tokens[grant.charge]
        start_before = min(now + self.start_window_minutes * MINUTE_MS, expires)
        setup = self.shaper.setup(session.model, session.wish)
        return Order(setup, LOCKED, _moment(expires), _moment(start_before), grant.uses)

    async def _count(
        self, request: TokenRequest, reading: Reading, order: Order, token: Token
    ) -> Vended:
        """Write the charge; when another request wins, decide again with the token in hand."""
        grant, key = request.grant, request.key
        start_before = _ms(order.start_before)

        def counted(newest: Reading) -> Usage | None:
            if newest.usage.holds(grant.session, grant.charge) or _answered(request, newest):
                return None
            session = self._admit(request, newest)
            tokens = {**session.tokens, grant.charge: _ms(order.expires)}
            usage = charge(newest.usage, newest.now, grant, replace(session, tokens=tokens))
            if key is None:
                return usage
            sealed = key.seal(token.value, grant.session, grant.charge, start_before)
            return replace(usage, replays=(*usage.replays, sealed)).pruned(newest.now)

        settled = await request.account.change(reading, counted)
        self.refusals.forget(request.account.user)
        session = settled.usage.session(grant.session)
        if session is not None and grant.charge in session.tokens:
            first = reading.version is None
            return Vended(token.value, session, grant.charge, start_before, settled, first=first)
        answered = _answered(request, settled)
        if answered is None:
            raise AssertionError("settled without a charge or an answer")
        return answered


def _answered(request: TokenRequest, reading: Reading) -> Vended | None:
    """The answer this request got before, if it did."""
    replay = request.key.find(reading.usage, reading.now) if request.key else None
    if request.key is None or replay is None:
        return None
    session = reading.usage.session(replay.session)
    if session is None:
        raise ReplayExpired(f"its session {replay.session} is over and forgotten")
    token = request.key.open(replay)
    return Vended(token, session, replay.charge, replay.start_before, reading, replayed=True)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
