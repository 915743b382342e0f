"""*A caller is authenticated*: an ID token becomes a `Caller`, or a refusal.

Issuer and audience must match exactly. The rest of the pipeline knows the caller only by a hash;
e-mail addresses and names in the token go no further.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from vending.errors import Forbidden, IdentityUnavailable
from vending.identity.id_token import Claims, Trusted, numeric_date, signed_claims
from vending.identity.jwks import Keys, KeyState
from vending.patterns import USER_DIGITS
from vending.policy import DEFAULT_TIER, GUEST, Issuer

LAST_REPORT_MINUTES = 5  # to report what a talk used, after its last token has expired


@dataclass(frozen=True, slots=True)
class Caller:
    """The user who makes a request.

    Attributes:
        user: this person's alias: 40 hex characters of the SHA-256 of `issuer|subject`.
        tier: the name of the tier that sets their limits.
        is_admin: whether they may see everybody's usage, block users and pause minting.
        was_admin: whether they would be an admin if they had signed in more recently.
        expired_ms: when their sign-in expired, in milliseconds since 1970; None if it has not. They
            can only end, and report usage of, sessions that began before.
    """

    user: str
    tier: str
    is_admin: bool = False
    was_admin: bool = False
    expired_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long ID tokens are accepted.

    Attributes:
        leeway_s: how far an issuer's clock may differ from ours.
        longest_s: the longest lifetime of an ID token, from `iat` to `exp`.
        admin_s: the greatest age of an admin's.
        late_s: how long after it expired it can still end a session and report its usage: as long
            as a talk that it began can last.
    """

    leeway_s: float = 60
    longest_s: float = 24 * 3600
    admin_s: float = 3600
    late_s: float = 65 * 60


class Authenticator:
    """Verifies ID tokens of the configured issuers (OpenID Connect Core 1.0 section 3.1.3.7).

    Args:
        issuers: the issuers we trust, each with our audiences.
        tiers: the names of the tiers a caller can have.
        allow_anonymous: whether anonymous Firebase users are accepted, as guests.
        admin_claim: the claim that is true for admins.
        lifetimes: how long their tokens are accepted.
        keys_of: issuer and its jwks_uri -> its keys.
        now: seconds since 1970.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        tiers: Collection[str],
        *,
        allow_anonymous: bool = False,
        admin_claim: str = "admin",
        lifetimes: Lifetimes = Lifetimes(),
        keys_of: Callable[[str, str | None], Keys] = Keys,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._trusted = {
            name: Trusted(
                keys_of(name, i.jwks_uri), i.audiences, lifetimes.leeway_s, lifetimes.longest_s
            )
            for name, i in self._issuers.items()
        }
        self._lifetimes = lifetimes
        self._tiers = tiers
        self._allow_anonymous = allow_anonymous
        self._admin_claim = admin_claim
        self._now = now

    async def authenticate(self, token: str, *, late: bool = False, network: str = "") -> Caller:
        """Verify an ID token, as `bearer` returns it, and return its user. `late`: it may have
        expired, since it is for ending a session or reporting its usage. `network` sent it.

        Raises:
            TokenExpired: it was valid once.
            Unauthenticated: our issuers have not signed it for us.
            Forbidden: an anonymous user where guests are not accepted, or a user of an Identity
                Platform tenant, whose subject is unique within the tenant only.
            IdentityUnavailable: the issuer's keys cannot be fetched.
        """
        now = self._now()
        late_s = self._lifetimes.late_s if late else 0
        claims = await signed_claims(token, self._trusted, now=now, late_s=late_s, network=network)
        issuer = self._issuers[str(claims["iss"])]
        if _firebase(claims, "tenant") is not None:
            raise Forbidden("user of a tenant")
        alias = f"{issuer.issuer}|{claims['sub']}"
        is_admin = claims.get(self._admin_claim) is True and not _is_anonymous(claims)
        age_s = now - numeric_date(claims, "iat")
        is_late = is_admin and age_s > self._lifetimes.admin_s + self._lifetimes.leeway_s
        return Caller(
            user=hashlib.sha256(alias.encode()).hexdigest()[:USER_DIGITS],
            tier=self._tier(claims, issuer.tier_claim),
            is_admin=is_admin and not is_late,
            was_admin=is_late,
            expired_ms=self._expired_ms(claims, now),
        )

    async def check(self) -> None:
        """Make sure that there are keys of every issuer; for health, and to fetch them early.

        Raises:
            IdentityUnavailable: an issuer has no keys that we accept, or they cannot be fetched.
        """
        failed: IdentityUnavailable | None = None
        for trusted in self._trusted.values():
            try:
                await trusted.keys.check()
            except IdentityUnavailable as error:
                failed = failed or error
        if failed:
            raise failed

    def key_states(self) -> dict[str, KeyState]:
        """Return the state of each issuer's keys after the last fetch."""
        return {name: trusted.keys.state for name, trusted in self._trusted.items()}

    def _expired_ms(self, claims: Claims, now: float) -> int | None:
        good_until = numeric_date(claims, "exp") + self._lifetimes.leeway_s
        return int(good_until * 1000) if good_until <= now else None

    def _tier(self, claims: Claims, tier_claim: str) -> str:
        if _is_anonymous(claims):
            if not self._allow_anonymous:
                raise Forbidden("anonymous user", public="Guests are not allowed here. Sign in.")
            return GUEST
        tier = claims.get(tier_claim)
        return tier if isinstance(tier, str) and tier in self._tiers else DEFAULT_TIER


def _is_anonymous(claims: Claims) -> bool:
    return "anonymous" in (_firebase(claims, "sign_in_provider"), claims.get("provider_id"))


def _firebase(claims: Claims, name: str) -> object:
    """Look into the claim that Firebase Auth adds to its ID tokens."""
    firebase = claims.get("firebase")
    return firebase.get(name) if isinstance(firebase, dict) else None
