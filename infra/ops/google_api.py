"""Google's REST interfaces, for what gcloud has no command for."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Self

from ops.command import Failed
from ops.environment import Environment
from ops.gcloud import gcloud

PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class GoogleApi:
    """One service, asked with the caller's own login.

    Some services answer a person's login only on some project's quota: then it is `billed` there,
    which needs the API to be on (cloud.google.com/docs/authentication/rest, "quota project").
    """

    base: str
    project: str
    token: str
    billed: bool

    @classmethod
    def of(cls, env: Environment, service: str, *, billed: bool = False) -> Self:
        """Find it where gcloud would: its address can be set as gcloud's can. Raises Failed."""
        setting = f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}"
        base = os.environ.get(setting, f"https://{service}.googleapis.com/")
        return cls(base, env.project, gcloud(env, "auth", "print-access-token").strip(), billed)

    def get(self, path: str) -> dict[str, Any]:
        """Read something. Raises Failed."""
        return self._ask("GET", path)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """Ask with a body. Raises Failed."""
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - Google's, or the operator's
            self.base + path,
            data=body,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **({"X-Goog-User-Project": self.project} if self.billed else {}),
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                told: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as refused:
            raise Failed((method, path), refused.code, str(refused)) from None
        except OSError as error:
            raise Failed((method, path), 0, str(error)) from None
        return told
