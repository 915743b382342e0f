"""Ephemeral tokens: what one allows, and the book of all that were minted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from emulator.masks import Setup
from emulator.refusals import bad_token, token_expired, token_used_up, token_window_over

TOKENS_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Token:
    """One minted token; times are of the emulated clock."""

    name: str = field(repr=False)
    expires_at: float
    opens_until: float
    uses: int
    """Sessions it may start; 0 is no limit."""
    setup: Setup | None = None
    mask: tuple[str, ...] = ()


def new_name() -> str:
    """Return a token's name as the service makes them: 64 hexadecimal digits."""
    return f"auth_tokens/{secrets.token_hex(32)}"


class TokenBook:
    """The latest tokens minted, and how often each started a session."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._used: dict[str, int] = {}

    def add(self, token: Token) -> None:
        """Keep a new token, and forget the oldest where there are too many."""
        self._tokens[token.name] = token
        if len(self._tokens) > TOKENS_KEPT:
            oldest = next(iter(self._tokens))
            del self._tokens[oldest]
            self._used.pop(oldest, None)

    def find(self, name: str) -> Token:
        """Return the token of that name. Raises Closed where there is none."""
        if name not in self._tokens:
            raise bad_token()
        return self._tokens[name]

    def check_end(self, token: Token, now: float) -> None:
        """Refuse a token that is over. Raises Closed."""
        if now >= token.expires_at:
            raise token_expired()

    def admit(self, token: Token, now: float, *, resumes: bool) -> None:
        """Let the token open a connection, and count it if it starts a session. Raises Closed.

        A resumed session is held to the token's end alone: not to its window, not to its uses.
        """
        self.check_end(token, now)
        if resumes:
            return
        if now >= token.opens_until:
            raise token_window_over()
        used = self._used.get(token.name, 0)
        if token.uses and used >= token.uses:
            raise token_used_up()
        self._used[token.name] = used + 1
