"""Sign in at your own identity provider, and mint a token with what it answers. It needs
nothing but Python:

    ISSUER=https://login.example.com AUDIENCE=my-client-id python -m examples.sign_in

The provider opens in your browser and sends you back to this machine (RFC 8252): register
`http://127.0.0.1:8765/callback`, or what REDIRECT says, for a public client. LIVEPASS is where
Livepass is, by default `make run`. With ID_TOKEN set, nobody signs in: that token is sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sys
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

LIVEPASS = os.environ.get("LIVEPASS", "http://127.0.0.1:8080")
REDIRECT = os.environ.get("REDIRECT", "http://127.0.0.1:8765/callback")
SCOPE = os.environ.get("SCOPE", "")  # besides openid


def sign_in(issuer: str, client_id: str) -> str:
    """Return an ID token: the code flow with PKCE."""
    with urlopen(f"{issuer.rstrip('/')}/.well-known/openid-configuration") as answer:
        provider = json.load(answer)
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": " ".join(dict.fromkeys(["openid", *SCOPE.split()])),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    there = provider["authorization_endpoint"]
    code = come_back(f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}", state)
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": verifier,
    }
    return str(json.loads(answer_of(provider["token_endpoint"], urlencode(form)))["id_token"])


def come_back(url: str, state: str) -> str:
    """Open the provider, and wait for the code that the browser brings back."""
    brought: dict[str, list[str]] = {}

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = urlsplit(self.path)
            if there.path == urlsplit(REDIRECT).path:
                brought.update(parse_qs(there.query))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"You may close this window.")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", urlsplit(REDIRECT).port or 80), Callback) as server:
        print(f"Sign in at {url}", file=sys.stderr, flush=True)
        webbrowser.open(url)
        while not brought:
            server.handle_request()
    if brought.get("state") != [state] or "code" not in brought:
        sys.exit(f"The provider refused: {brought.get('error')} {brought.get('error_description')}")
    return brought["code"][0]


def mint(id_token: str) -> str:
    """Return what Livepass answers, a token or a refusal, as JSON."""
    headers = {"Authorization": f"Bearer {id_token}"}
    return answer_of(Request(f"{LIVEPASS}/api/v1/live-token", headers=headers, method="POST"))


def answer_of(request: Request | str, form: str = "") -> str:
    """Return the answer; a refusal ends the program, in its own words."""
    try:
        with urlopen(request, form.encode() or None) as answer:
            return str(answer.read().decode())
    except HTTPError as refused:
        sys.exit(refused.read().decode() or str(refused))


def main() -> None:
    """Print a minted token."""
    own = os.environ.get("ID_TOKEN")
    print(mint(own or sign_in(os.environ["ISSUER"], os.environ["AUDIENCE"])))


if __name__ == "__main__":
    main()
