"""A token is *minted*: the setup and the times go to Gemini, a token's name comes back. The only
google.genai import.

One client is reused, its version pinned (the SDK's default has no tokens). It is given our own HTTP
client, because the one it makes for itself may re-post a request after a lost connection, and a
mint must be sent once.
"""

from __future__ import annotations

import asyncio
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import httpx2
from google import genai
from google.genai import errors as genai_errors
from google.genai import types
from google.genai.client import DebugConfig

from vending.errors import UpstreamRejected, UpstreamTimedOut, UpstreamUnavailable

DEADLINE_S = 8.0
RETRY_AFTER_S = 5
STATE_KEPT_S = 60.0
State = Literal["ok", "failing", "unknown"]
_NAME = re.compile(r"auth_tokens/[A-Za-z0-9_\-]{1,512}", re.ASCII)
_TRANSIENT = frozenset({408, 429})
# What the SDK makes of an answer that is no JSON object: it looks into it without looking at it.
_NONSENSE = (ValueError, TypeError, AttributeError, RecursionError)
MAX_DETAIL = 300

# "The SDK's token creation implementation is experimental": known, and pinned.
warnings.filterwarnings("ignore", r"The SDK's token creation implementation is experimental")


@dataclass(frozen=True, slots=True)
class Order:
    """What to mint. `setup` has no key outside `locked`; times are UTC and chosen by us, not by
    Gemini.
    """

    setup: Mapping[str, Any]
    locked: Sequence[str]
    expires: datetime
    start_before: datetime
    uses: int


@dataclass(frozen=True, slots=True)
class Token:
    """A live token. Whoever holds `value` can talk on our bill, so it never prints."""

    value: str = field(repr=False)


class Mint:
    """Gemini's token endpoint under `url`, e.g. https://generativelanguage.googleapis.com."""

    def __init__(
        self,
        api_key: str,
        url: str,
        api_version: str,
        *,
        deadline_s: float = DEADLINE_S,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._last: tuple[State, float] = ("unknown", 0.0)
        self._clock = clock
        self._api_key = api_key
        self._deadline_s = deadline_s
        self._http = httpx2.AsyncClient(
            transport=transport, timeout=deadline_s, follow_redirects=False, trust_env=False
        )
        self._client = genai.Client(
            api_key=api_key,
            vertexai=False,
            debug_config=DebugConfig(client_mode="api"),  # not what the environment says
            http_options=types.HttpOptions(
                base_url=url, api_version=api_version, httpx_async_client=self._http
            ),
        )

    async def mint(self, order: Order) -> Token:
        """Have a token made, in one request and at most the deadline.

        Raises:
            UpstreamRejected: Gemini refused the request as we sent it (4xx).
            UpstreamUnavailable: out of quota, down, too slow, or its answer has no token.
        """
        try:
            token = await self._made(order)
        except (UpstreamRejected, UpstreamUnavailable):
            self._last = ("failing", self._clock())
            raise
        self._last = ("ok", self._clock())
        return token

    async def _made(self, order: Order) -> Token:
        try:
            async with asyncio.timeout(self._deadline_s):
                made = await self._client.aio.auth_tokens.create(config=_config(order))
        except genai_errors.APIError as error:
            raise self._refusal(error) from error
        except TimeoutError as error:
            detail = f"no answer in {self._deadline_s:g} s"
            raise UpstreamTimedOut(detail, retry_after_s=RETRY_AFTER_S) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise _unavailable(self._tellable(f"{type(error).__name__}: {error}")) from error
        except _NONSENSE as error:
            raise _unavailable(f"nonsense: {type(error).__name__}") from error
        if not isinstance(made.name, str) or not _NAME.fullmatch(made.name):
            raise _unavailable("an answer without a token's name")
        return Token(made.name)

    @property
    def state(self) -> State:
        """How the last mint went, if it was not long ago."""
        state, when = self._last
        return state if self._clock() - when < STATE_KEPT_S else "unknown"

    def _refusal(self, error: genai_errors.APIError) -> UpstreamRejected | UpstreamUnavailable:
        detail = self._tellable(f"{error.code} {error.status}: {error.message}")
        if isinstance(error, genai_errors.ClientError) and error.code not in _TRANSIENT:
            return UpstreamRejected(detail)
        return _unavailable(detail)

    def _tellable(self, detail: str) -> str:
        """What others say, short and without our key or a token: they may echo what they got."""
        return _NAME.sub("[token]", detail.replace(self._api_key, "[key]"))[:MAX_DETAIL]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _config(order: Order) -> types.CreateAuthTokenConfig:
    """The SDK writes times and uses; the setup and its mask go in as they are.

    Left to itself the SDK expands a mask one level and mixes snake_case into it, which the API
    refuses (googleapis/js-genai#1492), and it sends nested keys in snake_case.
    """
    body = {"bidiGenerateContentSetup": order.setup, "fieldMask": ",".join(order.locked)}
    return types.CreateAuthTokenConfig(
        http_options=types.HttpOptions(extra_body=body),
        uses=order.uses,
        expire_time=order.expires.astimezone(UTC),
        new_session_expire_time=order.start_before.astimezone(UTC),
    )


def _unavailable(detail: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(detail, retry_after_s=RETRY_AFTER_S)
