"""A token is *minted*: the setup and the times go to Gemini, a token's name comes back.

The request is that of google-genai's `auth_tokens.create`, which tests hold it to, sent without it:
its import and its converters are half of a first mint and half of every other, and it may post a
request again after a lost connection; a mint must be sent once.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal, Protocol

from vending.connections import Answer, Connections, Target
from vending.errors import UpstreamRejected, UpstreamTimedOut, UpstreamUnavailable

DEADLINE_S = 8.0
RETRY_AFTER_S = 5
STATE_KEPT_S = 60.0
State = Literal["ok", "failing", "unknown"]
_NAME = re.compile(r"auth_tokens/[A-Za-z0-9_\-]{1,512}", re.ASCII)
_TRANSIENT = frozenset({408, 429})
MAX_DETAIL = 300


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


class Http(Protocol):
    """What posts a request once; raises OSError."""

    async def post(self, target: Target, content: bytes) -> Answer:
        """Send it, and read the whole answer."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class Mint:
    """Gemini's token endpoint under `url`, e.g. https://generativelanguage.googleapis.com."""

    def __init__(
        self,
        api_key: str,
        url: str,
        api_version: str,
        *,
        deadline_s: float = DEADLINE_S,
        http: Http | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._last: tuple[State, float] = ("unknown", 0.0)
        self._clock = clock
        self._api_key = api_key
        self._deadline_s = deadline_s
        self._http = http or Connections()
        self._target = Target.of(
            f"{url.rstrip('/')}/{api_version}/auth_tokens",
            {"Content-Type": "application/json", "x-goog-api-key": api_key},
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
                answer = await self._http.post(self._target, _body(order))
        except TimeoutError as error:
            detail = f"no answer in {self._deadline_s:g} s"
            raise UpstreamTimedOut(detail, retry_after_s=RETRY_AFTER_S) from error
        except OSError as error:
            raise _unavailable(self._tellable(f"{type(error).__name__}: {error}")) from error
        if answer.status != HTTPStatus.OK:
            raise self._refusal(answer)
        name = _object(answer.content).get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _unavailable("an answer without a token's name")
        return Token(name)

    @property
    def state(self) -> State:
        """How the last mint went, if it was not long ago."""
        state, when = self._last
        return state if self._clock() - when < STATE_KEPT_S else "unknown"

    def _refusal(self, answer: Answer) -> UpstreamRejected | UpstreamUnavailable:
        """Read a refusal: a google.rpc.Status under `error` (google.aip.dev/193), or whatever."""
        error = _object(answer.content).get("error")
        said = answer.content[:MAX_DETAIL].decode(errors="replace")
        if isinstance(error, dict):
            said = f"{error.get('status')}: {error.get('message')}"
        detail = self._tellable(f"{answer.status} {said}")
        if 400 <= answer.status < 500 and answer.status not in _TRANSIENT:  # noqa: PLR2004 - ours
            return UpstreamRejected(detail)
        return _unavailable(detail)

    def _tellable(self, detail: str) -> str:
        """What others say, short and without our key or a token: they may echo what they got."""
        return _NAME.sub("[token]", detail.replace(self._api_key, "[key]"))[:MAX_DETAIL]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _body(order: Order) -> bytes:
    """Write what the SDK would, its mask apart: left to itself it expands a mask one level and
    mixes snake_case into it, which the API refuses (googleapis/js-genai#1492).
    """
    body = {
        "expireTime": order.expires.astimezone(UTC).isoformat(),
        "newSessionExpireTime": order.start_before.astimezone(UTC).isoformat(),
        "uses": order.uses,
        "bidiGenerateContentSetup": order.setup,
        "fieldMask": ",".join(order.locked),
    }
    return json.dumps(body).encode()


def _object(content: bytes) -> Mapping[str, Any]:
    """Read an answer; what is no JSON object says nothing."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _unavailable(detail: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(detail, retry_after_s=RETRY_AFTER_S)
