"""OpenID providers in Python that nobody here wrote, unmodified, each in a process of its own, and
somebody who signs in at one as a browser does, by what its discovery document says.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from support.servers.fleet import ROOT, clean_environment
from support.stores.firestore_emulator import free_port

CALLBACK = "http://127.0.0.1:8080/index.html"
CLIENT, PASSWORD = "livepass-django", "any"
PEOPLE = ("alice", "bob")
MOST_STEPS = 8
READY_S = 120
_FIELD = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r"""(\w+)=["']([^"']*)["']""")


@dataclass(frozen=True, slots=True)
class WebProvider:
    """A running provider and the client that is Livepass there."""

    issuer: str
    client: str
    secret: str = ""
    """Where it has no public clients."""

    def discovery(self) -> dict[str, str]:
        """What it publishes."""
        answer = httpx2.get(f"{self.issuer}/.well-known/openid-configuration", timeout=30)
        return dict(answer.raise_for_status().json())

    def sign_in(self, user: str) -> dict[str, str]:
        """Sign in by the code flow with PKCE, in the provider's own forms; return its tokens."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": self.client,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "state": secrets.token_urlsafe(8),
        }
        url = httpx2.URL(self.discovery()["authorization_endpoint"], params=asked)
        code = parse_qs(urlsplit(self.walk(str(url), user, to=CALLBACK)).query)["code"][0]
        granted = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.token(**granted, code_verifier=verifier)

    def walk(self, url: str, user: str, *, to: str) -> str:
        """Go through the provider's forms as a browser does; return where it is sent back to."""
        with httpx2.Client(timeout=30) as browser:
            return _walk(browser, browser.get(url), user, to)

    def renew(self, refresh_token: str) -> dict[str, str]:
        """Have new tokens for a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def token(self, **asked: str) -> dict[str, str]:
        """Ask the token endpoint, as a public client where the provider has those."""
        data = {"client_id": self.client, **asked}
        auth = (self.client, self.secret) if self.secret else None
        answer = httpx2.post(self.discovery()["token_endpoint"], data=data, auth=auth, timeout=30)
        return dict(answer.raise_for_status().json())


def _walk(browser: httpx2.Client, answer: httpx2.Response, user: str, back: str) -> str:
    """Follow redirects and send the forms, until it leads back to us."""
    for _ in range(MOST_STEPS):
        if answer.is_redirect:
            to = urljoin(str(answer.url), answer.headers["location"])
            if to.startswith(back):
                return to
            answer = browser.get(to)
            continue
        assert answer.status_code == 200, answer.text[:2000]
        first = answer.text.partition("<form")[2].partition("</form>")[0]
        answer = browser.post(answer.url, data=dict(_filled_in(first, user)))
    raise AssertionError("no code came back")


def _filled_in(form: str, user: str) -> Iterator[tuple[str, str]]:
    """What a person sends: hidden fields as they are, who they are, and yes."""
    known = {"sub": user, "username": user, "password": PASSWORD, "allow": "Authorize"}
    for field in _FIELD.findall(form):
        told = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(field)}
        if name := told.get("name"):
            yield name, known.get(name, told.get("value", ""))


@contextmanager
def authlib_provider(folder: Path) -> Iterator[WebProvider]:
    """oidc-provider-mock, which is made on Authlib, by its own command. It takes any secret, but
    wants one: `none` is among the methods of neither grant.
    """
    port = free_port()
    provider = WebProvider(f"http://127.0.0.1:{port}", "livepass-authlib", "any")
    command = (sys.executable, "-m", "oidc_provider_mock", "--port", str(port))
    with _running(command, provider):
        yield provider


@contextmanager
def django_provider(folder: Path) -> Iterator[WebProvider]:
    """django-oauth-toolkit, with a database in the folder."""
    port = free_port()
    provider = WebProvider(f"http://127.0.0.1:{port}/o", CLIENT)
    command = (sys.executable, "-m", "support.identity.django_provider", str(port), str(folder))
    with _running((*command, CLIENT, CALLBACK, PASSWORD, *PEOPLE), provider):
        yield provider


@contextmanager
def _running(command: tuple[str, ...], provider: WebProvider) -> Iterator[None]:
    environ = {**clean_environment(), "PYTHONPATH": "functions:tests"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=quiet, stderr=quiet) as process:
        try:
            _wait_for(provider, process)
            yield
        finally:
            process.kill()


def _wait_for(provider: WebProvider, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx2.HTTPError):
            provider.discovery()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the provider did not start (exit status {process.poll()})")


PROVIDERS: dict[str, Callable[[Path], AbstractContextManager[WebProvider]]] = {
    "oidc-provider-mock": authlib_provider,
    "django-oauth-toolkit": django_provider,
}
