"""What people reach: the site's bucket, and behind /api the revision that the traffic goes to."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.rehearsal.cloud import Cloud
from infra.smoke.proxy import Forward, ProxyRequest, ProxyResponse, proxy

SITE = "gs://dev-site"
DEGRADED = b'{"status": "degraded", "checks": {"ledger": "failing"}}'


class Address:
    """`broken` are revisions that do not work, `bad_keys` versions of the key that do not."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.bad_keys: set[str] = set()
        self.url = ""

    def lead_to(self, cloud: Cloud) -> None:
        """Be the address of another cloud, in which nothing is broken yet."""
        self._cloud = cloud
        self.broken, self.bad_keys = set(), set()

    def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        path = request.path.partition("?")[0]
        if path.startswith("/google/"):
            return _json(google_api(self._cloud.read(), path, request.body))
        if path.startswith("/issuer/"):
            return self._issuer(request, forward)
        if path.startswith("/local"):
            return forward(request)
        if path.startswith("/api"):
            return self._function(request, forward)
        return self._bucket(path)

    def _function(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        serving = self._cloud.serving()
        if serving is None:
            return ProxyResponse(404, {"content-type": "text/html"}, b"there is no such service")
        versions = self._cloud.read()["secret"]
        key = serving["key"] if serving["key"] != "latest" else str(len(versions))
        works = serving["name"] not in self.broken and key not in self.bad_keys
        readable = versions[int(key) - 1]["state"] == "ENABLED"
        if request.path.endswith("/health") and not (works and readable):
            return ProxyResponse(503, {"content-type": "application/json"}, DEGRADED)
        told = forward(request)
        if request.path.endswith("/health"):
            told.body = json.dumps({**json.loads(told.body), "source": serving["source"]}).encode()
        return told

    def _issuer(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        """The provider of a `make run`, as if pages could sign in with it."""
        request.path = request.path.replace("/issuer", "/local/identity", 1)
        told = forward(request)
        mine = {
            "issuer": f"{self.url}/issuer",
            "authorization_endpoint": f"{self.url}/issuer/authorize",
        }
        told.body = json.dumps({**json.loads(told.body), **mine}).encode()
        return told

    def _bucket(self, path: str) -> ProxyResponse:
        url = f"{SITE}{path if path != '/' else '/index.html'}"
        if not self._cloud.object(url).is_file():
            return ProxyResponse(
                403, {"content-type": "application/xml"}, b"<Error>AccessDenied</Error>"
            )
        headers = {
            "cache-control": self._cloud.read()["headers"][url]["cache-control"],
            "content-type": mimetypes.guess_type(path)[0] or "text/html",
        }
        return ProxyResponse(200, headers, self._cloud.object(url).read_bytes())


def google_api(state: dict[str, Any], path: str, body: bytes) -> dict[str, Any] | None:
    """What Google's REST interfaces answer; None is 404."""
    if path.endswith(":testIamPermissions"):
        asked = json.loads(body)["permissions"]
        return {"permissions": [each for each in asked if each not in state["lacks"]]}
    if path.endswith("/live_token_rulings/pause-all"):
        return {}
    if path.endswith("/config"):
        return {"name": path} if state["identity"] else None
    return None


def _json(told: dict[str, Any] | None) -> ProxyResponse:
    body = json.dumps(told or {"error": {"code": 404}}).encode()
    return ProxyResponse(404 if told is None else 200, {"content-type": "application/json"}, body)


@contextmanager
def address(run_url: str) -> Iterator[Address]:
    """Serve it, in front of a `make run`."""
    reached = Address()
    with proxy(run_url, reached) as url:
        reached.url = url
        yield reached
