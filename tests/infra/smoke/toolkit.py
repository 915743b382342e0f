"""Identity Toolkit's accounts, as far as a test user needs them, in front of `make run`.

Sources: cloud.google.com/identity-platform/docs/use-rest-api, and the reference of
projects.accounts (identitytoolkit v1).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import httpx2

from infra.smoke.proxy import Forward, ProxyRequest, ProxyResponse

KEY = "AIza-public-key-of-the-site"
OPERATOR = "ya29.operator"
PROJECT = "demo-project"
CONFIG = "/api/v1/live-token/config"
ISSUER = {"issuer": f"https://securetoken.google.com/{PROJECT}", "audience": PROJECT}


class Toolkit:
    """Accounts by their localId. It signs in by the local issuer, which the API believes."""

    def __init__(self, *ways: str, passwords: bool = True, opens_gemini: bool = False) -> None:
        self.ways = ways
        self.passwords = passwords
        self.opens_gemini = opens_gemini
        self.accounts: dict[str, dict[str, str]] = {}
        self.made = 0
        self._identity = ""

    def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        path, _, query = request.path.partition("?")
        if path.startswith(f"/v1/projects/{PROJECT}/accounts"):
            return self._operate(path, request)
        if path.startswith("/v1/accounts:"):
            assert query == f"key={KEY}"
            assert "referer" in request.headers
            return self._sign_in(path.partition(":")[2], json.loads(request.body))
        if path == "/v1beta/models":
            return _json(200 if self.opens_gemini else 403, {})
        return self._site(request, forward)

    def _site(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        told = forward(request)
        if request.path == "/config.json":
            config = json.loads(told.body)
            self._identity = config["signIn"]["url"]
            sign_in = {"kind": "identity-platform", "apiKey": KEY, "ways": self.ways}
            sign_in["url"] = f"http://{request.headers.get('host', '')}"
            told.body = json.dumps({**config, "signIn": sign_in}).encode()
        elif request.path == CONFIG and told.status == HTTPStatus.OK:
            config = json.loads(told.body)
            config["signIn"]["issuers"] = [ISSUER]
            told.body = json.dumps(config).encode()
        return told

    def _operate(self, path: str, request: ProxyRequest) -> ProxyResponse:
        if request.headers.get("authorization") != f"Bearer {OPERATOR}":
            return _json(401, {"error": {"message": "UNAUTHENTICATED"}})
        assert request.headers["x-goog-user-project"] == PROJECT
        body = json.loads(request.body)
        if path.endswith(":delete"):
            del self.accounts[body["localId"]]
            return _json(200, {})
        return _json(200, {"localId": self._make(body)})

    def _make(self, account: dict[str, str]) -> str:
        self.made += 1
        user = f"user-{self.made}-{id(self)}"
        self.accounts[user] = account
        return user

    def _sign_in(self, method: str, body: dict[str, Any]) -> ProxyResponse:
        if method == "delete":
            del self.accounts[self._who(body["idToken"])]
            return _json(200, {})
        if method == "signUp":
            return self._token(self._make({}))
        given = {"email": body["email"], "password": body["password"]}
        if not self.passwords:
            return _json(400, {"error": {"message": "OPERATION_NOT_ALLOWED"}})
        user = next(user for user, account in self.accounts.items() if account == given)
        return self._token(user)

    def _token(self, user: str) -> ProxyResponse:
        token = httpx2.post(self._identity, json={"user": user}).json()["idToken"]
        self.accounts[user]["idToken"] = token
        return _json(200, {"idToken": token, "localId": user})

    def _who(self, token: str) -> str:
        return next(user for user, a in self.accounts.items() if a.get("idToken") == token)


def _json(status: int, document: object) -> ProxyResponse:
    body = json.dumps(document).encode()
    return ProxyResponse(status, {"content-type": "application/json"}, body)
