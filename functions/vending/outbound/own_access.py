"""Access tokens of the function's own service account, for Google's services."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from vending.shared_task import SharedTask


class NoAccess(OSError):
    """There is no service account, or no token for it."""


class OwnAccess:
    """Access tokens of one scope; each is kept until it is about to expire."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._credentials: Any = None
        self._renewing = SharedTask(lambda: asyncio.to_thread(self._renew))

    async def __call__(self) -> Mapping[str, str]:
        """Give the headers that carry a token that is good.

        Raises:
            NoAccess: there is none to be had.
        """
        if not self._is_good:
            # Of all who wait, and give up, on a server that hangs, one holds a thread.
            await self._renewing.join()
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        return headers

    @property
    def _is_good(self) -> bool:
        return self._credentials is not None and bool(self._credentials.valid)

    def _renew(self) -> None:
        try:
            if self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=[self._scope])
            self._credentials.refresh(Request())
        except GoogleAuthError as error:
            raise NoAccess(f"{type(error).__name__}: {error}") from error
