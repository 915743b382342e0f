"""A request for tokens, once it is shaped: the grant, and everything it is decided by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vending.limits.admit import admit
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.limits.usage import Session, Usage
from vending.policy import Limits
from vending.store.ledger import Account
from vending.tokens.idempotency import RequestKey


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A grant, the account it is charged to, and its Idempotency-Key, if any.

    While minting is paused, `pause_s` is when to try again, in seconds, and `paused_since` when the
    pause began, in milliseconds; both are 0 otherwise. `refuse_stranger` is called for a mint of
    a user nobody has seen before, and may raise.
    """

    account: Account
    limits: Limits
    grant: Grant
    key: RequestKey | None = None
    pause_s: int = 0
    paused_since: int = 0
    refuse_stranger: Callable[[], None] = lambda: None

    @property
    def is_mint(self) -> bool:
        """Whether it starts a session."""
        return self.grant.kind == "mint"

    def admitted(self, reading: Reading, held_until: int = 0) -> Session:
        """Decide, and return the session with its new token; see `admit`."""
        return admit(
            reading.usage,
            reading.now,
            self.grant,
            self.limits,
            held_until=held_until,
            pause_s=self.pause_s,
            paused_since=self.paused_since,
        )

    def is_settled(self, usage: Usage) -> bool:
        """Whether it has been counted, or its key answered."""
        answered = self.key is not None and self.key.is_in(usage)
        return answered or usage.holds(self.grant.session_id, self.grant.charge_id)
