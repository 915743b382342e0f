"""*A caller is authenticated*: an ID token becomes a `Caller`, or a refusal.

Exact issuer and audience, and after this nobody knows who the caller is: the rest of the pipeline
sees a hash, and e-mail addresses and names in the token go no further.
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

LAST_REPORT_MINUTES = 5  # for what a talk has used, after its last token has expired


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes:
        user: the one alias of this person: 40 hex characters, the SHA-256 of `issuer|subject`.
        tier: the name of the limits that hold for them; a tier of the settings.
        is_admin: whether they may look at everybody's use, and block and pause.
        was_admin: whether they would be one, had they signed in lately enough.
        expired_ms: when their sign-in expired, in milliseconds since 1970; None: it has not. They
            may only end, and report of, sessions that began before.
    """

    user: str
    tier: str
    is_admin: bool = False
    was_admin: bool = False
    expired_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long ID tokens are believed.

    Attributes:
        leeway_s: how far an issuer's clock may differ from ours.
        longest_s: how long an ID token may live, from `iat` to `exp`.
        admin_s: how old that of an admin may be.
        late_s: how long after it expired it may still end a session and report what it has used:
            as long as a talk can go on that it began.
    """

    leeway_s: float = 60
    longest_s: float = 24 * 3600
    admin_s: float = 3600
    late_s: float = 65 * 60


class Authenticator:
    """Verifies ID tokens of the configured issuers (OpenID Connect Core 1.0 section 3.1.3.7).

    Args:
        issuers: whom we believe, each with the audiences that are us.
        tiers: the names of the tiers a caller may have.
        allow_anonymous: whether anonymous Firebase users may come in, as guests.
        admin_claim: the claim that makes an admin of whom it is true for.
        lifetimes: how long their tokens are believed.
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

    async def authenticate(self, token: str, *, late: bool = False) -> Caller:
        """Verify an ID token, as `bearer` returns it, and say whose it is. `late`: it is to end a
        session or to report of one, and may have expired.

        Raises:
            TokenExpired: it was good once.
            Unauthenticated: it is not what our issuers sign for us.
            Forbidden: an anonymous user who may not come in, or a user of an Identity Platform
                tenant: their subjects are unique within the tenant only.
            IdentityUnavailable: the issuer's keys cannot be had.
        """
        now = self._now()
        late_s = self._lifetimes.late_s if late else 0
        claims = await signed_claims(token, self._trusted, now=now, late_s=late_s)
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
        """Make sure that there are keys of every issuer; for health, and to have them early.

        Raises:
            IdentityUnavailable: there are none of one of them, and none can be had, or it has none
                any more that we take.
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
        """How each issuer's keys were by the last fetch."""
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
