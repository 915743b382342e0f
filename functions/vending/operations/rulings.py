"""What an operator decides: blocks, the pause of minting, and tiers for a time.

Each is a ruling (`rulings`), so it holds here at once, on every instance within 30 s, and ends by
itself. Whoever decides says why: the reason is kept with the ruling, and in the audit trail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from vending.audit.redact import scrub
from vending.clock import MINUTE_MS
from vending.contract.admin import BlocksAnswer, RulingAnswer, RulingRequest, TierRequest
from vending.contract.answers import ResponseModel
from vending.errors import FieldError, InvalidRequest
from vending.guard.rulings import ALL, OPERATOR, Kind, Ruling, Rulings
from vending.http.body import parse, read_body
from vending.http.request import Call
from vending.http.router import Operation
from vending.operations.present import moment
from vending.policy import Limits

Request = TypeVar("Request", bound=RulingRequest)
_USER_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Brakes:
    """The operations that rule. Each gives what its answer tells; None is nothing."""

    rulings: Rulings
    tiers: Mapping[str, Limits]

    def operations(self) -> Mapping[Operation, Callable[[Call], Awaitable[ResponseModel | None]]]:
        """Which operation does what."""
        return {
            "admin_blocks": self._blocks,
            "admin_block": self._block,
            "admin_unblock": self._unblock,
            "admin_pause": self._pause,
            "admin_resume": self._resume,
            "admin_set_tier": self._set_tier,
            "admin_reset_tier": self._reset_tier,
        }

    async def _blocks(self, call: Call) -> BlocksAnswer:  # noqa: ARG002 - all of them
        standing = await self.rulings.current()
        in_force = [r for r in standing.rulings.values() if standing.now < r.until]
        in_force.sort(key=lambda ruling: ruling.since, reverse=True)
        return BlocksAnswer(
            serverTime=moment(standing.now),
            paused=ruling_answer(standing.paused),
            blocks=[told for r in in_force if r.kind == "block" and (told := ruling_answer(r))],
            tiers=[told for r in in_force if r.kind == "tier" and (told := ruling_answer(r))],
            knownTiers=sorted(self.tiers),
        )

    async def _block(self, call: Call) -> RulingAnswer:
        return await self._put(call, "block", _subject(call), await _asked(call, RulingRequest))

    async def _unblock(self, call: Call) -> None:
        await self._lift(call, "block", _subject(call))
        if not _is_user(call):
            await self._lift(call, "block", f"unsigned:{call.subject}")

    async def _pause(self, call: Call) -> RulingAnswer:
        return await self._put(call, "pause", ALL, await _asked(call, RulingRequest))

    async def _resume(self, call: Call) -> None:
        await self._lift(call, "pause", ALL)

    async def _set_tier(self, call: Call) -> RulingAnswer:
        asked = await _asked(call, TierRequest)
        if asked.tier not in self.tiers:
            known = ", ".join(sorted(self.tiers))
            raise InvalidRequest(FieldError("tier", f"must be one of {known}"))
        return await self._put(call, "tier", _subject(call), asked, asked.tier)

    async def _reset_tier(self, call: Call) -> None:
        await self._lift(call, "tier", _subject(call))

    async def _put(
        self, call: Call, kind: Kind, subject: str, asked: RulingRequest, tier: str = ""
    ) -> RulingAnswer:
        now = (await self.rulings.current()).now
        ruling = Ruling(
            kind,
            subject,
            since=now,
            until=now + asked.minutes * MINUTE_MS,
            by=f"{OPERATOR}{call.caller.user if call.caller else ''}",
            reason=scrub(asked.reason),
            tier=tier,
        )
        words = (kind, tier, f"for {asked.minutes} min")
        call.trail.facts |= {"change": " ".join(filter(None, words)), "reason": ruling.reason}
        await self.rulings.put(ruling)
        return _told(ruling)

    async def _lift(self, call: Call, kind: Kind, subject: str) -> None:
        call.trail.facts["change"] = f"lift {kind}"
        await self.rulings.lift(kind, subject)


def ruling_answer(ruling: Ruling | None) -> RulingAnswer | None:
    """Tell a ruling, if there is one."""
    return None if ruling is None else _told(ruling)


def _told(ruling: Ruling) -> RulingAnswer:
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


def _subject(call: Call) -> str:
    """Whom a path means: a user's hash is longer than that of a prefix of addresses."""
    kind = "user" if _is_user(call) else "prefix"
    return f"{kind}:{call.subject}"


def _is_user(call: Call) -> bool:
    return len(call.subject) == _USER_LENGTH


async def _asked(call: Call, model: type[Request]) -> Request:
    return parse(await read_body(call.headers, call.stream()), model)
