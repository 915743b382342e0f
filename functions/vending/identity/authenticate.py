"""*A caller is authenticated*: an ID token becomes a `Caller`, or a refusal.

Exact issuer and audience, and after this nobody knows who the caller is: the rest of the pipeline
sees a hash, and e-mail addresses and names in the token go no further.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from vending.errors import Forbidden
from vending.identity.id_token import Claims, Trusted, signed_claims
from vending.identity.jwks import Keys
from vending.patterns import USER_DIGITS
from vending.policy import DEFAULT_TIER, GUEST, Issuer


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes:
        user: the one alias of this person: 40 hex characters, the SHA-256 of `issuer|subject`.
        tier: the name of the limits that hold for them; a tier of the settings.
        is_admin: whether they may look at everybody's use, and block and pause.
    """

    user: str
    tier: str
    is_admin: bool = False


class Authenticator:
    """Verifies ID tokens of the configured issuers (OpenID Connect Core 1.0 section 3.1.3.7).

    Args:
        issuers: whom we believe, each with the one audience that is us.
        tiers: the names of the tiers a caller may have.
        allow_anonymous: whether anonymous Firebase users may come in, as guests.
        admin_claim: the claim that makes an admin of whom it is true for.
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
        keys_of: Callable[[str, str | None], Keys] = Keys,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._trusted = {
            name: Trusted(keys_of(name, i.jwks_uri), i.audience)
            for name, i in self._issuers.items()
        }
        self._tiers = tiers
        self._allow_anonymous = allow_anonymous
        self._admin_claim = admin_claim
        self._now = now

    async def authenticate(self, token: str) -> Caller:
        """Verify an ID token, as `bearer` returns it, and say whose it is.

        Raises:
            TokenExpired: it was good once.
            Unauthenticated: it is not what our issuers sign for us.
            Forbidden: an anonymous user who may not come in, or a user of an Identity Platform
                tenant: their subjects are unique within the tenant only.
            IdentityUnavailable: the issuer's keys cannot be had.
        """
        claims = await signed_claims(token, self._trusted, now=self._now())
        issuer = self._issuers[str(claims["iss"])]
        if _firebase(claims, "tenant") is not None:
            raise Forbidden("user of a tenant")
        alias = f"{issuer.issuer}|{claims['sub']}"
        return Caller(
            user=hashlib.sha256(alias.encode()).hexdigest()[:USER_DIGITS],
            tier=self._tier(claims, issuer.tier_claim),
            is_admin=claims.get(self._admin_claim) is True and not _is_anonymous(claims),
        )

    async def check(self) -> None:
        """Make sure that there are keys of every issuer; for health, and to have them early.

        Raises:
            IdentityUnavailable: there are none of one of them, and none can be had.
        """
        for trusted in self._trusted.values():
            await trusted.keys.check()

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
