"""Caches an issuer's signing keys, so that authentication survives network failures.

A key stays until a later fetch succeeds without it, so an issuer that is down locks nobody out. A
token with a known key never waits for the network. Tokens with unknown keys wait for the next
fetch and share it: there are at most 12 fetches a minute, however many unknown keys are named, and
a new key is found within seconds. PyJWT's own client does not suffice: a failed refresh empties its
cache (jpadilla/pyjwt#1162), and it fetches for every unknown key.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

from cachetools import TTLCache

from vending.errors import IdentityUnavailable
from vending.identity.fetch_keys import FetchFailed, NoUsableKeys, fetch_keys
from vending.identity.fetch_limiter import FetchLimiter
from vending.identity.key_waits import KeyWaits
from vending.identity.signature import TAKEN, Key, KeySet
from vending.shared_task import SharedTask

if TYPE_CHECKING:
    from vending.outbound.http_messages import Http

FRESH_S = 3600
RETRY_S = 60  # between attempts to refresh keys, while a known key serves
ABSENT_S = 15  # how long a key that the issuer lacks is not looked up again
MOST_ABSENT = 1024
KeyState = Literal["unknown", "ok", "unusable", "unavailable"]
KeyId = tuple[str | None, str, str]  # kid, algorithm, and the token's digest if it has no kid
_log = logging.getLogger(__name__)


class Keys:
    """The public keys of one issuer, by key id and algorithm.

    Args:
        issuer: its identifier, exactly as in its tokens.
        jwks_uri: where its JSON Web Key Set is; None to find it by discovery under the issuer.
        monotonic: a clock in seconds that never goes back.
        pause: sleeps for so many seconds.
        http: the HTTP client; None for the process's shared one.
    """

    def __init__(
        self,
        issuer: str,
        jwks_uri: str | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        http: Http | None = None,
    ) -> None:
        self.state: KeyState = (
            "unknown"  # after the last fetch; cached keys are used whatever it is
        )
        self._issuer = issuer
        self._jwks_uri = jwks_uri
        self._monotonic = monotonic
        self._pause = pause
        self._http = http
        self._known = KeySet()
        self._limiter = FetchLimiter(monotonic)
        self._begun = self._succeeded = 0  # fetches, by number
        self._fetched_at = self._tried_at = -math.inf
        self._fetching = SharedTask(self._replace)
        self._next = SharedTask(self._fetch_in_turn)
        self._absent: TTLCache[KeyId, bool] = TTLCache(MOST_ABSENT, ABSENT_S, monotonic)
        self._waits = KeyWaits()

    async def find(
        self,
        kid: str | None,
        algorithm: str,
        *,
        token: str = "",
        not_this: Key | None = None,
        network: str = "",
    ) -> Key | None:
        """Find a key by name and algorithm; None if the issuer has no such key.

        A known key is returned at once, and refreshed in the background if older than an hour. An
        unknown one waits for the next fetch, which begins within 6 s and takes at most 5 s. Without
        a `kid`, the only key of the algorithm is returned, and `token` distinguishes the callers.
        `not_this` is a key that did not verify the token, so it may be outdated. `network`
        is where the token came from.

        Raises:
            IdentityUnavailable: there are no keys, and none can be fetched; or this one is unknown,
                and the issuer cannot be reached, or too many others are waited for.
        """
        found = self._found(kid, algorithm, not_this)
        if found:
            self._refresh_in_time()
            return found
        wanted = (kid, algorithm, "" if kid else token)
        if wanted not in self._absent:
            await self._look_up(wanted, not_this, network)
        self._require_some()
        return self._found(kid, algorithm, not_this)

    async def replaced(self, kid: str, algorithm: str, not_this: Key) -> Key | None:
        """Find another key of the same name, for a token that the known one did not sign.

        No issuer should reuse a key's name (RFC 7517 section 4.5), but one that generates its keys
        at startup may. At most one fetch a minute results, so it is safe for anybody to cause it.
        """
        if self._since(self._tried_at) >= RETRY_S and not self._limiter.wait_s:
            await self._fetching.join()
        return self._found(kid, algorithm, not_this)

    def fitting(self, algorithm: str) -> int:
        """Return how many of the cached keys are of this algorithm."""
        return self._known.fitting(algorithm)

    async def check(self) -> None:
        """Make sure that there are keys, fetching them if there are none.

        Raises:
            IdentityUnavailable: as for `find`, or we accept none of the issuer's newest keys.
        """
        if self.state != "ok" and not self._limiter.wait_s:
            if not self._known.keys:
                await self._fetching.join()
            elif self._since(self._tried_at) >= RETRY_S:
                self._fetching.start()
        self._require_some()
        if self.state == "unusable":
            raise IdentityUnavailable(f"the newest keys of {self._issuer} are none that we take")

    def _found(self, kid: str | None, algorithm: str, not_this: Key | None) -> Key | None:
        key = self._known.find(kid, algorithm)
        return None if key and not_this and key.key == not_this.key else key

    def _refresh_in_time(self) -> None:
        stale = self._since(self._fetched_at) >= FRESH_S
        if stale and self._since(self._tried_at) >= RETRY_S and not self._limiter.wait_s:
            self._fetching.start()

    async def _look_up(self, wanted: KeyId, not_this: Key | None, network: str) -> None:
        """Wait for a fetch that begins from now on, unless one under way brings the key."""
        kid, algorithm, _ = wanted
        came = self._begun
        try:
            async with self._waits.place(wanted, network):
                while self._succeeded <= came and not self._found(kid, algorithm, not_this):
                    await self._next_fetch()
        except TimeoutError:
            raise self._unavailable("is about to be asked for too many unknown keys") from None
        if not self._found(kid, algorithm, not_this):
            self._absent[wanted] = True

    async def _next_fetch(self) -> None:
        """Wait for the fetch under way, or for the next."""
        if self._limiter.is_paused:
            raise self._unavailable("cannot be asked for an unknown key")
        under_way = self._fetching.latest is not None and not self._fetching.latest.done()
        await (self._fetching if under_way else self._next).join()

    def _require_some(self) -> None:
        if not self._known.keys:
            raise self._unavailable("")

    def _unavailable(self, why: str) -> IdentityUnavailable:
        detail = f"{self._issuer} {why}" if self._known.keys else f"no keys of {self._issuer}"
        return IdentityUnavailable(detail, retry_after_s=max(1, math.ceil(self._limiter.wait_s)))

    def _since(self, moment: float) -> float:
        return self._monotonic() - moment

    async def _fetch_in_turn(self) -> None:
        if wait_s := self._limiter.wait_s:
            await self._pause(wait_s)
        await self._fetching.join()

    async def _replace(self) -> None:
        """Fetch and replace the keys; after a failure, keep those we have."""
        self._limiter.began()
        self._begun += 1
        number = self._begun
        try:
            fetched = await fetch_keys(self._issuer, self._jwks_uri, self._http)
            self._keep(fetched)
            self._succeeded, self._fetched_at = number, self._monotonic()
        except FetchFailed as error:
            self.state = "unusable" if isinstance(error, NoUsableKeys) else "unavailable"
            self._limiter.failed()
            _log.warning("keys of %s: %s; %d kept", self._issuer, error, len(self._known.keys))
        finally:
            self._tried_at = self._monotonic()

    def _keep(self, fetched: KeySet) -> None:
        """Use these as the issuer's keys, and log which are skipped if that changed."""
        if fetched.skipped and fetched.skipped != self._known.skipped:
            detail = ", ".join(fetched.skipped)
            _log.warning("keys of %s: skipped %s; taken are %s", self._issuer, detail, TAKEN)
        self._known, self.state = fetched, "ok"
