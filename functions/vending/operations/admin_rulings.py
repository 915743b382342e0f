"""What an operator decides: blocks, the pause of minting, and temporary tiers.

Each is a ruling (`guard.ruling`), so it holds here at once, on every instance within 30 s, and ends
by itself. The operator gives a reason, which is kept with the ruling and in the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vending.audit.redact import scrub
from vending.clock import MINUTE_MS
from vending.contract.admin import BlocksAnswer, RulingAnswer, RulingRequest, TierRequest
from vending.errors import FieldError, InvalidRequest
from vending.guard.ruling import ALL, BY_OPERATOR, Ruling, RulingKind, subject_of
from vending.guard.ruling_store import Rulings
from vending.http.request import ApiRequest
from vending.operations.present import moment
from vending.patterns import USER_DIGITS
from vending.policy import Limits


@dataclass(frozen=True, slots=True)
class RulingOperations:
    """The operations on rulings. Each returns its answer, or None for 204."""

    rulings: Rulings
    tiers: Mapping[str, Limits]

    async def admin_blocks(self, request: ApiRequest) -> BlocksAnswer:  # noqa: ARG002 - all of them
        """List the rulings in force."""
        snapshot = await self.rulings.current()
        in_force = [r for r in snapshot.rulings.values() if snapshot.now < r.until]
        in_force.sort(key=lambda ruling: ruling.since, reverse=True)
        return BlocksAnswer(
            serverTime=moment(snapshot.now),
            paused=ruling_answer(snapshot.paused),
            blocks=[answer for r in in_force if r.kind == "block" and (answer := ruling_answer(r))],
            tiers=[answer for r in in_force if r.kind == "tier" and (answer := ruling_answer(r))],
            knownTiers=sorted(self.tiers),
        )

    async def admin_block(self, request: ApiRequest, body: RulingRequest) -> RulingAnswer:
        """Block a user, or a prefix of addresses."""
        return await self._put(request, "block", _subject(request), body)

    async def admin_unblock(self, request: ApiRequest) -> None:
        """Lift a block."""
        await self._lift(request, "block", _subject(request))
        if not _is_user(request):
            await self._lift(request, "block", subject_of("unsigned", request.subject))

    async def admin_pause(self, request: ApiRequest, body: RulingRequest) -> RulingAnswer:
        """Pause minting."""
        return await self._put(request, "pause", ALL, body)

    async def admin_resume(self, request: ApiRequest) -> None:
        """Lift the pause of minting."""
        await self._lift(request, "pause", ALL)

    async def admin_set_tier(self, request: ApiRequest, body: TierRequest) -> RulingAnswer:
        """Give a user a temporary tier."""
        if body.tier not in self.tiers:
            known = ", ".join(sorted(self.tiers))
            raise InvalidRequest(FieldError("tier", f"must be one of {known}"))
        return await self._put(request, "tier", _subject(request), body, body.tier)

    async def admin_reset_tier(self, request: ApiRequest) -> None:
        """Restore a user's own tier."""
        await self._lift(request, "tier", _subject(request))

    async def _put(
        self,
        request: ApiRequest,
        kind: RulingKind,
        subject: str,
        body: RulingRequest,
        tier: str = "",
    ) -> RulingAnswer:
        snapshot = await self.rulings.current()
        now, goes_on = snapshot.now, snapshot.paused_since if kind == "pause" else 0
        ruling = Ruling(
            kind,
            subject,
            since=goes_on or now,
            until=now + body.minutes * MINUTE_MS,
            by=f"{BY_OPERATOR}{request.caller.user if request.caller else ''}",
            reason=scrub(body.reason),
            tier=tier,
        )
        words = (kind, tier, f"for {body.minutes} min")
        request.audit.facts |= {"change": " ".join(filter(None, words)), "reason": ruling.reason}
        await self.rulings.put(ruling)
        return _presented(ruling)

    async def _lift(self, request: ApiRequest, kind: RulingKind, subject: str) -> None:
        request.audit.facts["change"] = f"lift {kind}"
        await self.rulings.lift(kind, subject)


def ruling_answer(ruling: Ruling | None) -> RulingAnswer | None:
    """Present a ruling, if there is one."""
    return None if ruling is None else _presented(ruling)


def _presented(ruling: Ruling) -> RulingAnswer:
    of, _, subject = ruling.subject.partition(":")
    by, _, operator = ruling.by.partition(":")
    return RulingAnswer(
        of=of,
        subject=subject or None,
        since=moment(ruling.since) if ruling.since else None,
        until=moment(ruling.until),
        by=by,
        operator=operator or None,
        reason=ruling.reason,
        level=ruling.level,
        tier=ruling.tier or None,
    )


def _subject(request: ApiRequest) -> str:
    """The subject of a path: a user's hash is longer than that of an address prefix."""
    return subject_of("user" if _is_user(request) else "prefix", request.subject)


def _is_user(request: ApiRequest) -> bool:
    return len(request.subject) == USER_DIGITS
