"""What callers see of their own usage and sessions, and what they tell of a session and end."""

from __future__ import annotations

from dataclasses import dataclass

from vending.contract.answers import SessionAnswer, SessionsAnswer, UsageAnswer
from vending.contract.requests import UsageReport
from vending.errors import NoSuchSession
from vending.guard.read_limits import ReadLimits
from vending.limits.reading import Reading
from vending.operations import present
from vending.operations.dispatch import RequestContext
from vending.tokens.vend import Vending


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """The operations on what was vended."""

    vending: Vending
    reads: ReadLimits

    async def usage(self, context: RequestContext) -> UsageAnswer:
        """Tell what is used and what is left."""
        reading, caller = await self._read(context), context.caller
        return present.usage_answer(caller.user, caller.tier, reading, context.limits)

    async def sessions(self, context: RequestContext) -> SessionsAnswer:
        """Tell the sessions of the day, the newest first."""
        reading, limits = await self._read(context), context.limits
        sessions = reversed(reading.usage.sessions_of_the_day(reading.now))
        return SessionsAnswer(
            sessions=[present.session_answer(each, reading.now, limits) for each in sessions]
        )

    async def session(self, context: RequestContext) -> SessionAnswer:
        """Tell one of them."""
        reading = await self._read(context)
        session = reading.usage.required_session(context.request.session_id)
        if session not in reading.usage.sessions_of_the_day(reading.now):
            raise NoSuchSession(session.id)
        return present.session_answer(session, reading.now, context.limits)

    async def report(self, context: RequestContext, used: UsageReport) -> None:
        """Count what a talk has used."""
        await self.vending.report(
            context.account,
            context.request.session_id,
            used.tokens(),
            expired_ms=context.caller.expired_ms,
        )

    async def end_session(self, context: RequestContext) -> None:
        """End a session: no more refreshes."""
        account, session_id = context.account, context.request.session_id
        await self.vending.end(account, session_id, expired_ms=context.caller.expired_ms)

    async def _read(self, context: RequestContext) -> Reading:
        """Read for an answer alone; nothing is decided by it."""
        user, account = context.caller.user, context.account
        self.reads.admit(user, "reads", context.limits.reads_per_minute)
        account.latest = await self.reads.of(user, account.read)
        return account.latest
