"""Consumes limited-use App Check tokens, so that each admits one request.

App Check's own service remembers consumed tokens across regions. It is called once per token and
never retried: a retry would find the token consumed by the first attempt.
https://firebase.google.com/docs/reference/appcheck/rest/v1beta/projects/verifyAppCheckToken
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from vending.errors import IdentityUnavailable
from vending.outbound.http_client import shared_client
from vending.outbound.http_messages import Http, HttpAnswer, HttpRequest
from vending.outbound.own_access import OwnAccess

SERVICE = "https://firebaseappcheck.googleapis.com"
CONSUME_SCOPE = "https://www.googleapis.com/auth/firebase"
CONSUME_DEADLINE_S = 3.0
CONSUME_RETRY_AFTER_S = 5


class Consumer:
    """Consumes tokens of one Firebase project."""

    def __init__(
        self,
        project_number: str,
        *,
        service: str = SERVICE,
        access: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
        deadline_s: float = CONSUME_DEADLINE_S,
        http: Http | None = None,
    ) -> None:
        self._url = f"{service}/v1beta/projects/{project_number}:verifyAppCheckToken"
        self._access = access or OwnAccess(CONSUME_SCOPE)
        self._deadline_s = deadline_s
        self._http = http or shared_client()

    async def consume(self, token: str) -> bool:
        """Consume a verified token; False if it was consumed before, or App Check does not accept
        it.

        Raises:
            IdentityUnavailable: App Check's service cannot be reached.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._ask(token)
        except OSError as error:
            raise _unavailable(type(error.__cause__ or error).__name__) from error
        if answer.status == HTTPStatus.BAD_REQUEST:  # attested in a way that cannot be consumed
            return False
        if (
            answer.status != HTTPStatus.OK
        ):  # 403: our account lacks the permission; the token may be fine
            raise _unavailable(f"it answered {answer.status}")
        return not _is_used_up(answer.content)

    async def _ask(self, token: str) -> HttpAnswer:
        headers = {"Content-Type": "application/json", **await self._access()}
        body = json.dumps({"appCheckToken": token}).encode()
        return await self._http.send(HttpRequest("POST", self._url, headers, content=body))


def _is_used_up(content: bytes) -> bool:
    """Read the answer, which omits `alreadyConsumed` if the token was unused."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unavailable("an answer that is no JSON") from error
    used_up = answer.get("alreadyConsumed", False) if isinstance(answer, dict) else None
    if type(used_up) is not bool:
        raise _unavailable("an answer without sense")
    return used_up


def _unavailable(detail: str) -> IdentityUnavailable:
    return IdentityUnavailable(
        f"App Check: {detail}",
        public="This app cannot be checked right now. Try again shortly.",
        retry_after_s=CONSUME_RETRY_AFTER_S,
    )
