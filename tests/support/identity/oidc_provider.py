"""node-oidc-provider in a process of its own, and somebody who signs in at it as a browser does."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

TESTS = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("oidc_provider.mjs")
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
CALLBACK = "http://127.0.0.1/callback"
MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """The running provider. It has a client for each algorithm, `livepass-RS256` and so on."""

    issuer: str

    @property
    def clients(self) -> tuple[str, ...]:
        """The audiences of its tokens."""
        return tuple(f"livepass-{algorithm}" for algorithm in ALGORITHMS)

    async def rotated(self, http: httpx2.AsyncClient) -> None:
        """Sign with new keys from now on; those of the last eleven generations stay published."""
        (await http.get(f"{self.issuer}/tests/rotate")).raise_for_status()

    def fetched_at_s(self) -> list[float]:
        """When its keys were fetched."""
        times = httpx2.get(f"{self.issuer}/tests/fetched").json()
        return [float(each) / 1000 for each in times]

    def sign_in(self, user: str, client: str) -> str:
        """Sign in by the code flow with PKCE, in the provider's own forms; return what renews."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": client,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "state": secrets.token_urlsafe(8),
        }
        with httpx2.Client() as browser:
            answer = browser.get(f"{self.issuer}/auth", params=asked)
            code = _walk(browser, answer, user)
        granted = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return str(self._token(client, {**granted, "code_verifier": verifier})["refresh_token"])

    def id_token(self, client: str, renewing: str) -> str:
        """Have a new ID token, signed by the newest key."""
        return str(self._token(client, _renewal(renewing))["id_token"])

    async def renewed(self, http: httpx2.AsyncClient, client: str, renewing: str) -> str:
        """The same, by a client that is ready."""
        data = {"client_id": client, **_renewal(renewing)}
        answer = (await http.post(f"{self.issuer}/token", data=data)).raise_for_status()
        return str(answer.json()["id_token"])

    def _token(self, client: str, asked: dict[str, str]) -> dict[str, object]:
        answer = httpx2.post(f"{self.issuer}/token", data={"client_id": client, **asked})
        answer.raise_for_status()
        return dict(answer.json())


def _renewal(renewing: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": renewing}


def _walk(browser: httpx2.Client, answer: httpx2.Response, user: str) -> str:
    """Follow redirects and send the forms, until the code comes back."""
    for _ in range(MOST_STEPS):
        if answer.is_redirect:
            to = urljoin(str(answer.url), answer.headers["location"])
            if to.startswith(CALLBACK):
                return parse_qs(urlsplit(to).query)["code"][0]
            answer = browser.get(to)
            continue
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        action = re.search(r'action="([^"]+)"', answer.text)
        assert prompt, answer.text[:2000]
        assert action
        form = {"prompt": prompt[1], "login": user, "password": "any"}
        answer = browser.post(urljoin(str(answer.url), action[1]), data=form)
    raise AssertionError("no code came back")


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Run the provider until the end of the block."""
    with subprocess.Popen(
        ["node", str(SCRIPT)],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield OidcProvider(process.stdout.readline().strip())
        finally:
            process.stdin.close()
            process.terminate()
