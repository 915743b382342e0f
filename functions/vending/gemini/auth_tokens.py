"""A token is *minted*: the setup and the times go to Gemini, a token's name comes back.

The only module that knows google-genai. Its client is told everything that it would otherwise take
from the environment, to post once, and to follow nothing; what it raises ends here, since its
errors carry whole answers and aiohttp's the request's headers, with our key among them.
"""

from __future__ import annotations

import asyncio
import errno
import re
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn

import aiohttp
from google import genai
from google.genai import types
from google.genai.client import DebugConfig
from google.genai.errors import APIError, ExperimentalWarning

from vending.errors import UpstreamRejected, UpstreamTimedOut, UpstreamUnavailable
from vending.gemini.order import Order, Token
from vending.outbound.http_client import HttpClient, shared_client

MINT_DEADLINE_S = 8.0
MINT_RETRY_AFTER_S = 5
STATE_KEPT_S = 60.0
UpstreamState = Literal["ok", "failing", "unknown"]
_NAME = re.compile(r"auth_tokens/[A-Za-z0-9_\-]{1,512}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRANSIENT = frozenset({408, 429})
# What the SDK does to an answer that is not what it thinks, as a list where an object should be.
NONSENSE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
MAX_UPSTREAM_DETAIL = 300
_BUILT_LATE = (  # by pydantic, as the SDK wants it: at their first use
    types.AuthToken,
    types.CreateAuthTokenConfig,
    types.CreateAuthTokenParameters,
    types.HttpOptions,
    types.HttpResponse,
    types.HttpRetryOptions,
)


class Mint:
    """Gemini's token endpoint under `url`, e.g. https://generativelanguage.googleapis.com."""

    def __init__(
        self,
        api_key: str,
        url: str,
        api_version: str,
        *,
        deadline_s: float = MINT_DEADLINE_S,
        http: HttpClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._last: tuple[UpstreamState, float] = ("unknown", 0.0)
        self._clock = clock
        self._api_key = api_key
        self._url = url
        self._api_version = api_version
        self._deadline_s = deadline_s
        self._http = http or shared_client()
        self._client: genai.Client | None = None  # until the first mint: it needs an event loop

    def prepare(self) -> None:
        """Do what a first mint would have to wait for, in the event loop that will mint: make the
        client, read the authorities, build the SDK's models. Nothing is sent.
        """
        with self._http.exchange(self._url) as session:
            self._client = self._opened(session)
        for model in _BUILT_LATE:
            model.model_rebuild()

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
        outcome = await self._outcome(order)
        if isinstance(outcome, Token):
            return outcome
        raise outcome  # out here, where it has no context

    async def _outcome(self, order: Order) -> Token | UpstreamRejected | UpstreamUnavailable:
        try:
            async with asyncio.timeout(self._deadline_s):
                name = await self._create(order)
        except APIError as error:
            return self._refusal(error)
        except (OSError, aiohttp.ClientError) as error:
            return self._lost(error)
        except NONSENSE as error:
            return _unavailable(f"an answer that is no token: {type(error).__name__}")
        if name is None or not _NAME.fullmatch(name):
            return _unavailable("an answer without a token's name")
        return Token(name)

    async def _create(self, order: Order) -> str | None:
        with self._http.exchange(self._url) as session:
            if self._client is None:
                self._client = self._opened(session)
            token = await self._client.aio.auth_tokens.create(config=_config(order))
        name: str | None = token.name
        return name

    def _opened(self, session: aiohttp.ClientSession) -> genai.Client:
        """Make the client of the process; nothing in the environment tells it otherwise."""
        warnings.filterwarnings("ignore", "The SDK's token creation", ExperimentalWarning)
        once = {"allow_redirects": False, "ssl": self._http.tls}
        unused = {"verify": self._http.tls, "trust_env": False}  # httpx2's, which it makes as well
        nowhere = {"transport": _Nowhere()}  # never called; without it httpx2 imports its own
        return genai.Client(
            api_key=self._api_key,  # not GOOGLE_API_KEY
            vertexai=False,  # not GOOGLE_GENAI_USE_VERTEXAI, ..._USE_ENTERPRISE
            debug_config=DebugConfig(  # not GOOGLE_GENAI_CLIENT_MODE, ..._REPLAYS_DIRECTORY, ..._ID
                client_mode=None, replays_directory=None, replay_id=None
            ),
            http_options=types.HttpOptions(
                base_url=self._url,  # not GOOGLE_GEMINI_BASE_URL
                api_version=self._api_version,  # not GOOGLE_GENAI_API_VERSION
                timeout=max(1, round(self._deadline_s * 1000)),
                retry_options=types.HttpRetryOptions(attempts=1),
                aiohttp_client=session,  # not HTTPS_PROXY, which its own session would ask
                client_args=unused | nowhere,
                async_client_args=once | unused,  # not SSL_CERT_FILE, SSL_CERT_DIR
            ),
        )

    @property
    def state(self) -> UpstreamState:
        """How the last mint went, if it was not long ago."""
        state, when = self._last
        return state if self._clock() - when < STATE_KEPT_S else "unknown"

    def _refusal(self, error: APIError) -> UpstreamRejected | UpstreamUnavailable:
        """Read a refusal: a google.rpc.Status under `error` (google.aip.dev/193), or whatever."""
        detail = self._tellable(f"{error.code} {error.status}: {error.message}")
        if 400 <= error.code < 500 and error.code not in _TRANSIENT:  # noqa: PLR2004 - ours
            return UpstreamRejected(detail)
        return _unavailable(detail)

    def _lost(self, error: OSError | aiohttp.ClientError) -> UpstreamUnavailable:
        if isinstance(error, TimeoutError) or getattr(error, "errno", 0) == errno.ETIMEDOUT:
            detail = f"no answer in {self._deadline_s:g} s"
            return UpstreamTimedOut(detail, retry_after_s=MINT_RETRY_AFTER_S)
        return _unavailable(self._tellable(f"{type(error).__name__}: {error}"))

    def _tellable(self, detail: str) -> str:
        """What others say, short and without our key or a token: they may echo what they got."""
        return _NAME.sub("[token]", detail.replace(self._api_key, "[key]"))[:MAX_UPSTREAM_DETAIL]


class _Nowhere:
    """The transport of the SDK's synchronous client, which is there and never used."""

    def handle_request(self, _: object) -> NoReturn:
        """Send nothing."""
        raise NotImplementedError

    def close(self) -> None:
        """Close nothing."""


def _config(order: Order) -> types.CreateAuthTokenConfig:
    """Write an order in the SDK's words, its mask apart: left to itself it expands a mask one level
    and mixes snake_case into it, which the API refuses (googleapis/js-genai#1492).
    """
    body = {"bidiGenerateContentSetup": order.setup, "fieldMask": ",".join(order.locked)}
    return types.CreateAuthTokenConfig(
        expire_time=_moment(order.expires_ms),
        new_session_expire_time=_moment(order.start_before_ms),
        uses=order.uses,
        http_options=types.HttpOptions(extra_body=body),
    )


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def _unavailable(detail: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(detail, retry_after_s=MINT_RETRY_AFTER_S)
