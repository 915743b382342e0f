"""Verifies Firebase App Check tokens, which say which app is calling, beside the caller's ID token.

The check is off, monitored (the audit line says what enforcement would do) or enforced. A token can
be used until it expires; where limited-use tokens are required, a mint consumes it
(https://firebase.google.com/docs/app-check/custom-resource-backend).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from vending.errors import AppCheckFailed, IdentityUnavailable, Unauthenticated
from vending.identity.id_token import Trusted, signed_claims
from vending.identity.jwks import Keys
from vending.policy import Mode

ISSUER = "https://firebaseappcheck.googleapis.com"
JWKS_URI = f"{ISSUER}/v1/jwks"

AppCheckResult = Literal["off", "ok", "missing", "invalid", "used-up", "unavailable"]


class AppCheck:
    """Verifies the App Check tokens of one Firebase project.

    Args:
        mode: what to do with a request that has no valid token.
        project_number: digits; in the tokens' issuer and audience. Not read when the mode is off.
        jwks_uri: where App Check's keys are.
        keys_of: issuer and its jwks_uri -> its keys.
        now: seconds since 1970.
        consume: uses up a verified token and returns whether it was unused; None lets tokens be
            used again.
    """

    def __init__(
        self,
        mode: Mode,
        project_number: str,
        *,
        jwks_uri: str = JWKS_URI,
        keys_of: Callable[[str, str | None], Keys] = Keys,
        now: Callable[[], float] = time.time,
        consume: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        issuer = f"{ISSUER}/{project_number}"
        self._mode = mode
        self._trusted = {issuer: Trusted(keys_of(issuer, jwks_uri), algorithms=("RS256",))}
        self._audience = f"projects/{project_number}"
        self._now = now
        self._consume = consume

    async def check(self, headers: Sequence[str]) -> AppCheckResult:
        """Check the X-Firebase-AppCheck headers of a request; the audit line records the result.

        Raises:
            AppCheckFailed: it is enforced, and the token is missing or invalid.
            IdentityUnavailable: it is enforced, and App Check's keys cannot be fetched.
        """
        if self._mode == "off":
            return "off"
        if not headers:
            return self._refuse("missing", "no token")
        try:
            await self._verify(headers)
        except Unauthenticated as error:
            return self._refuse("invalid", str(error))
        except IdentityUnavailable:
            if self._mode == "enforce":
                raise
            return "unavailable"
        return "ok"

    async def use_up(self, token: str) -> AppCheckResult:
        """Use up the token of a mint, which `check` has accepted.

        Raises:
            AppCheckFailed: it is enforced, and the token was used up before.
            IdentityUnavailable: it is enforced, and App Check's service cannot be reached.
        """
        if self._consume is None:
            return "ok"
        try:
            first = await self._consume(token)
        except IdentityUnavailable:
            if self._mode == "enforce":
                raise
            return "unavailable"
        return "ok" if first else self._refuse("used-up", "a token that was used before")

    async def _verify(self, headers: Sequence[str]) -> None:
        if len(headers) > 1:
            raise Unauthenticated(f"{len(headers)} tokens")
        claims = await signed_claims(headers[0], self._trusted, now=self._now())
        audience = claims.get("aud")
        if not isinstance(audience, list) or self._audience not in audience:
            raise Unauthenticated("aud does not list our project")

    def _refuse(self, result: AppCheckResult, detail: str) -> AppCheckResult:
        if self._mode == "enforce":
            raise AppCheckFailed(f"App Check: {detail}")
        return result
