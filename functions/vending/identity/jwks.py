"""An issuer's signing keys, kept: what *authenticated* rests on when the network does not answer.

A key once fetched stays until a later fetch succeeds without it, so an issuer that is down locks
nobody out. A caller with a known key never waits for the network, and nothing a token says can make
us fetch more than once a minute. Not PyJWT's own client: a failed refresh empties its cache
(jpadilla/pyjwt#1162).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vending.errors import IdentityUnavailable
from vending.identity.fetch_keys import FetchFailed, fetch_keys
from vending.identity.signature import Key, KeyName
from vending.shared_task import SharedTask

if TYPE_CHECKING:
    from vending.outbound.request import Http

FRESH_S = 3600
COOLDOWN_S = 60  # between two fetches, when there are keys
EMPTY_COOLDOWN_S = 5  # and when there are none
_log = logging.getLogger(__name__)


class Keys:
    """The public keys of one issuer, by key id and algorithm.

    Args:
        issuer: its identifier, exactly as in its tokens.
        jwks_uri: where its JSON Web Key Set is; None to find it by discovery under the issuer.
        monotonic: seconds, never backwards.
        http: what asks; None for the client of the process.
    """

    def __init__(
        self,
        issuer: str,
        jwks_uri: str | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        http: Http | None = None,
    ) -> None:
        self._issuer = issuer
        self._jwks_uri = jwks_uri
        self._monotonic = monotonic
        self._http = http
        self._keys: dict[KeyName, Key] = {}
        self._fetched_at = self._tried_at = -math.inf
        self._fetching = SharedTask(self._replace)
        self.are_known = False  # all of them, by the last fetch

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """Find the key of this name; None when the issuer has no such key.

        A known key is answered at once, and refreshed in the background when older than an hour.
        For an unknown one the issuer is asked again, at most once a minute and for at most 5 s;
        all callers share one fetch.

        Raises:
            IdentityUnavailable: no keys are kept and none can be had; asked again after 5 s.
        """
        name = (kid, algorithm)
        if name in self._keys:
            if (
                self._since(self._fetched_at) >= FRESH_S
                and self._since(self._tried_at) >= COOLDOWN_S
            ):
                self._fetching.start()
        elif self._since(self._tried_at) >= self._cooldown_s():
            await self._fetching.join()
        self._require_some()
        return self._keys.get(name)

    async def check(self) -> None:
        """Make sure that there are keys, fetching them if there are none.

        Raises:
            IdentityUnavailable: as for `find`.
        """
        if not self._keys and self._since(self._tried_at) >= EMPTY_COOLDOWN_S:
            await self._fetching.join()
        self._require_some()

    def _require_some(self) -> None:
        if not self._keys:
            wait_s = math.ceil(EMPTY_COOLDOWN_S - self._since(self._tried_at))
            raise IdentityUnavailable(f"no keys of {self._issuer}", retry_after_s=max(1, wait_s))

    def _since(self, moment: float) -> float:
        return self._monotonic() - moment

    def _cooldown_s(self) -> int:
        return COOLDOWN_S if self._keys else EMPTY_COOLDOWN_S

    async def _replace(self) -> None:
        """Fetch the keys and keep them; after a failure keep those we have."""
        try:
            self._keys = await fetch_keys(self._issuer, self._jwks_uri, self._http)
            self._fetched_at, self.are_known = self._monotonic(), True
        except FetchFailed as error:
            self.are_known = False
            _log.warning("keys of %s: %s; %d kept", self._issuer, error, len(self._keys))
        finally:
            self._tried_at = self._monotonic()
