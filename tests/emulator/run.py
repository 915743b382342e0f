"""Everything on one machine and one origin: `make run`, or `python -m emulator.run`.

The functions as functions-framework builds them, the local OpenID issuer, the web app where it is
built, and, unless GEMINI_API_KEY names a real key, emulators of Gemini Live and Open-Meteo. Any
setting of the functions may be given in the environment.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

from functions_framework.aio import create_asgi_app
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator import gemini, identity, lan, open_meteo, site
from emulator.owner import LOOPBACK_ORIGIN, ForOwner, readable
from emulator.serve import listening_socket, serve
from emulator.throwaway_ca import ServerFiles
from vending.app import build_budget_check
from vending.audit.choose import choose_log
from vending.guard.ruling import LOOK_EVERY_MS
from vending.http.budget_job import BudgetGuard
from vending.settings import Settings

ROOT = Path(__file__).parents[2]
DATA = ROOT / ".local"
DIST = ROOT / "web" / "dist"
IDENTITY = "/local/identity"
GEMINI = "/local/gemini"
WEATHER = "/local/weather"


class Origin:
    """One origin for several apps, by path prefix; what no prefix takes goes to `otherwise`."""

    def __init__(self, apps: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._apps = apps
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        for prefix, app in self._apps.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                root = scope.get("root_path", "")
                inner = scope if prefix == "/api" else {**scope, "root_path": root + prefix}
                await app(inner, receive, send)
                return
        await self._otherwise(scope, receive, send)


class OwnPage:
    """The API, to which every page of this machine is its own: the headers it answers are those of
    a deployment, which an app that is built here must do with.
    """

    def __init__(self, api: ASGIApp, base_url: str) -> None:
        self._api = api
        self._own = base_url.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        theirs = dict(scope.get("headers", ())).get(b"origin", b"")
        if not LOOPBACK_ORIGIN.fullmatch(theirs.decode("latin-1")):
            await self._api(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    (name, theirs if name == b"access-control-allow-origin" else value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": headers}
            await send(message)

        headers = [(n, self._own if n == b"origin" else v) for n, v in scope["headers"]]
        await self._api({**scope, "headers": headers}, receive, tell)


def configure(environ: MutableMapping[str, str], base_url: str) -> bool:
    """Fill in what the functions need on this machine; True when Gemini is the real one."""
    real = bool(environ.get("GEMINI_API_KEY"))
    if not real:
        environ["GEMINI_API_KEY"] = "local-emulator-takes-any-key"
        environ["GOOGLE_GEMINI_BASE_URL"] = base_url + GEMINI
        environ.setdefault("LIVE_API_WEATHER_URL", base_url + WEATHER)
        environ.setdefault("LIVE_API_PLACES_URL", base_url + WEATHER)
    environ.setdefault("LIVE_API_ALLOWED_ORIGINS", base_url)
    local = {"issuer": base_url + IDENTITY, "audience": "livepass"}
    environ.setdefault("LIVE_API_ISSUERS", json.dumps([chosen_issuer(environ) or local]))
    environ.setdefault("LIVE_API_LEDGER", f"sqlite:///{DATA / 'livepass.sqlite3'}")
    if environ["LIVE_API_LEDGER"].startswith("sqlite:"):
        environ.setdefault("LIVE_API_AUDIT_TRAIL", f"{environ['LIVE_API_LEDGER']}-audit")
    return real


def chosen_issuer(environ: Mapping[str, str]) -> dict[str, str] | None:
    """The provider of ISSUER, whose client AUDIENCE is the page's; None is the local one."""
    issuer, audience = environ.get("ISSUER", ""), environ.get("AUDIENCE", "")
    if bool(issuer) != bool(audience):
        sys.exit("make run ISSUER=URL needs AUDIENCE=CLIENT_ID, and the other way round.")
    return {"issuer": issuer, "audience": audience} if issuer else None


def sign_in(environ: Mapping[str, str], base_url: str) -> dict[str, object]:
    """How the page signs people in."""
    chosen = chosen_issuer(environ)
    if chosen is None:
        return {"kind": "local", "url": f"{base_url}{IDENTITY}/token"}
    return {
        "kind": "oidc",
        "issuer": chosen["issuer"],
        "clientId": chosen["audience"],
        "name": urlsplit(chosen["issuer"]).netloc,
        "scope": environ.get("SCOPE") or "profile",
    }


def build(base_url: str, *, real: bool) -> ASGIApp:
    """Build the origin's app from the environment."""
    DATA.mkdir(mode=0o700, exist_ok=True)
    api = create_asgi_app("token_api", str(ROOT / "functions" / "main.py"))
    allowed = Settings.from_env(os.environ).allowed_origins
    issuer = identity.create_app(base_url + IDENTITY, key_file=DATA / "identity.pem")
    apps: dict[str, ASGIApp] = {
        # Whoever names origins wants to see what those that are not named get.
        "/api": OwnPage(api, base_url) if allowed == {base_url} else api,
        IDENTITY: readable(issuer, allowed),
    }
    if not real:
        apps[GEMINI] = readable(gemini.create_app(), allowed)
        apps[WEATHER] = open_meteo.create_app()
    page: ASGIApp = PlainTextResponse(welcome(base_url, real=real))
    if (DIST / "index.html").exists():
        page = site.create_app(DIST, sign_in=sign_in(os.environ, base_url))
    return ForOwner(Origin(apps, page), base_url, allowed)


def welcome(base_url: str, *, real: bool) -> str:
    """Say where everything is, and how to hold a token within a minute."""
    behind = "the real Gemini" if real else "an emulator (GEMINI_API_KEY=... for the real Gemini)"
    return WELCOME.format(
        base_url=base_url, behind=behind, identity=IDENTITY, api=f"{base_url}/api/v1/live-token"
    )


WELCOME = """
Livepass is up: {base_url}
Admin dashboard (on this machine, everyone is an admin): {base_url}/admin.html
It talks to {behind}. Ctrl-C stops everything; data stays in .local/.

Paste these into another terminal:

  # sign in as alice
  ID=$(curl -s {base_url}{identity}/token -d '{{"user": "alice"}}' | cut -d'"' -f4)

  # mint a token: 201. Again: 429 until the cooldown is over
  MINTED=$(curl -s -X POST {api} -H "Authorization: Bearer $ID"); echo "$MINTED"
  curl -si -X POST {api} -H "Authorization: Bearer $ID"; echo

  # refresh it: 201
  SESSION=$(echo "$MINTED" | sed 's/.*"session":{{"id":"\\([^"]*\\).*/\\1/')
  refresh() {{ curl -si {api}/refresh -H "Authorization: Bearer $ID" \\
    -H "Content-Type: application/json" -d '{{"sessionId": "'$SESSION'"}}'; echo; }}; refresh

  # usage and what is left, and the sessions
  curl -s {api}/usage -H "Authorization: Bearer $ID"; echo
  curl -s {api}/sessions -H "Authorization: Bearer $ID"; echo

  # what an admin sees: the last 24 hours
  ADMIN=$(curl -s {base_url}{identity}/token -d '{{"user": "ada", "admin": true}}' | cut -d'"' -f4)
  curl -s {base_url}/api/v1/admin/overview -H "Authorization: Bearer $ADMIN"; echo

  # end the session: 204. Refresh it again: 409
  curl -si -X DELETE {api}/sessions/$SESSION -H "Authorization: Bearer $ID"
  refresh

"""


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="where to listen (default 8080)")
    parser.add_argument("--https", action="store_true", help="serve the local network, over TLS")
    asked = parser.parse_args()
    port: int = asked.port
    try:
        bound = listening_socket(port, ALL if asked.https else "127.0.0.1")
    except OverflowError:
        sys.exit(f"Port {port} does not exist; try: make run PORT=8081")
    except OSError as error:
        sys.exit(f"Port {port} is in use ({error.strerror}); try: make run PORT={port + 1}")
    if not asked.https:
        start(url_of("http", "127.0.0.1", port), bound)
        return
    sys.stdout.write(TO_ALL)
    with TemporaryDirectory(prefix="livepass-") as folder:
        address = lan.own_address()
        tls = lan.certificates(Path(folder), address)
        start(url_of("https", str(address), port), bound, tls)


def url_of(scheme: str, host: str, port: int) -> str:
    """Return the address as browsers write an origin: without the port that goes without saying."""
    unsaid = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" + (f":{port}" if port != unsaid else "")


ALL = "0.0.0.0"  # only when asked
TO_ALL = """
Anyone on this network can open this and sign in as anyone. The certificate is made for this run
only, so each browser asks once whether to continue.
"""


def start(base_url: str, bound: socket, tls: ServerFiles | None = None) -> None:
    """Say where everything is, and serve it."""
    real = configure(os.environ, base_url)
    app = build(base_url, real=real)
    Thread(target=asyncio.run, args=(watch_budget(),), daemon=True).start()
    sys.stdout.write(welcome(base_url, real=real))
    sys.stdout.flush()
    serve(app, bound, tls)


async def watch_budget() -> None:
    """Look after the budget every minute, as the scheduler has it done in Google Cloud."""
    settings = Settings.from_env(os.environ)
    guard = BudgetGuard(choose_log(settings), lambda: build_budget_check(settings))
    while True:
        await guard.look("POST")
        await asyncio.sleep(LOOK_EVERY_MS / 1000)


if __name__ == "__main__":
    main()
