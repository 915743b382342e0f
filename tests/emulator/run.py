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
from threading import Thread
from urllib.parse import urlsplit

from functions_framework.aio import create_asgi_app
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator import gemini, identity, lan, open_meteo, site
from emulator.over_tls import OverTls
from emulator.owner import LOOPBACK_ORIGIN, ForOwner, readable
from emulator.serve import ending_by_any_signal, listening_socket, serve
from emulator.throwaway_ca import ServerFiles, kept
from emulator.transport import PatientProtocol
from emulator.welcome import DEV, LAN, in_red, welcome
from vending import strict_json
from vending.app import build_budget_check
from vending.audit.choose import choose_log
from vending.guard.ruling import CHECK_EVERY_MS
from vending.http.budget_job import BudgetGuard
from vending.settings import Settings

ROOT = Path(__file__).parents[2]
DATA = ROOT / ".local"
DIST = ROOT / "web" / "dist"
TOOLS = ROOT / "infra" / "tools.json"
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
    environ.setdefault("LIVE_API_TOOLS", minified(TOOLS.read_text()))
    environ.setdefault("LIVE_API_LEDGER", f"sqlite:///{DATA / 'livepass.sqlite3'}")
    if environ["LIVE_API_LEDGER"].startswith("sqlite:"):
        environ.setdefault("LIVE_API_AUDIT_TRAIL", f"{environ['LIVE_API_LEDGER']}-audit")
    return real


def minified(raw: str) -> str:
    """As it is deployed; what is wrong with it is told where settings are read."""
    try:
        value = strict_json.parse(raw.encode(), max_depth=16)
    except ValueError:
        return raw
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def chosen_issuer(environ: Mapping[str, str]) -> dict[str, str] | None:
    """The provider of ISSUER, whose client AUDIENCE is the page's; None is the local one."""
    issuer, audience = environ.get("ISSUER", ""), environ.get("AUDIENCE", "")
    if bool(issuer) != bool(audience):
        sys.exit("make run ISSUER=URL needs AUDIENCE=CLIENT_ID, and the other way round.")
    return {"issuer": issuer, "audience": audience} if issuer else None


def own_provider(environ: Mapping[str, str], base_url: str) -> dict[str, str] | None:
    """Where the page signs people in, and its client there: the chosen issuer, or the first of
    LIVE_API_ISSUERS; None if the local one is believed.
    """
    if chosen := chosen_issuer(environ):
        return chosen
    issuers = Settings.from_env(environ).issuers
    if base_url + IDENTITY in {each.issuer for each in issuers}:
        return None
    return {"issuer": issuers[0].issuer, "audience": issuers[0].audience}


def sign_in(environ: Mapping[str, str], base_url: str) -> dict[str, object]:
    """How the page signs people in."""
    chosen = own_provider(environ, base_url)
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
    own = own_provider(os.environ, base_url)
    page: ASGIApp = PlainTextResponse(
        welcome(base_url, behind=behind(real=real), identity=IDENTITY, own=own)
    )
    if (DIST / "index.html").exists():
        page = site.create_app(DIST, sign_in=sign_in(os.environ, base_url))
    return ForOwner(Origin(apps, page), base_url, allowed)


def behind(*, real: bool) -> str:
    """Say what answers."""
    return "the real Gemini" if real else "an emulator (GEMINI_API_KEY=... for the real Gemini)"


def main() -> None:
    """Run until it is told to end."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=8080, help="where to listen (default 8080)")
    add("--https", action="store_true", help="serve the local network, over TLS")
    add("--dev", action="store_true", help="no cooldown, and high limits")
    asked = parser.parse_args()
    port: int = asked.port
    try:
        bound = listening_socket(port, ALL if asked.https else "127.0.0.1")
    except OverflowError:
        sys.exit(f"Port {port} does not exist; try: make run PORT=8081")
    except OSError as error:
        sys.exit(f"Port {port} is in use ({error.strerror}); try: make run PORT={port + 1}")
    if asked.dev:
        os.environ.update(dict.fromkeys(HIGH, "1000") | DEV_SETTINGS | dict(os.environ))
        sys.stdout.write(in_red(DEV))
    with ending_by_any_signal():
        if asked.https:
            address = lan.own_address()
            tls = lan.certificates(DATA / f"tls-{address}", address)
            url = url_of("https", str(address), port)
            sys.stdout.write(LAN.format(url=url, authority=tls.authority))
            start(url, bound, tls)
        else:
            start(url_of("http", "127.0.0.1", port), bound, beside=secured(port))


ALL = "0.0.0.0"  # only when asked
HIGH = (
    *("LIVE_API_MAX_TOKENS_PER_HOUR", "LIVE_API_MAX_TOKENS_PER_DAY"),
    *("LIVE_API_MAX_REFRESHES_PER_HOUR", "LIVE_API_MAX_READS_PER_MINUTE"),
    "LIVE_API_MAX_TOOL_CALLS_PER_MINUTE",
)
DEV_SETTINGS = {
    "LIVE_API_COOLDOWN_PERIOD_MINUTES": "0",
    "LIVE_API_MAX_SESSIONS": "100",
    "LIVE_API_MAX_TOKENS_PER_SESSION": "100",
    "LIVE_API_ABUSE": "monitor",
}


def secured(port: int) -> tuple[socket, ServerFiles]:
    """Listen for TLS beside a port: 8443 beside 8080, or wherever there is room."""
    try:
        bound = listening_socket(port + TLS_BESIDE)
    except (OSError, OverflowError):
        bound = listening_socket(0)
    return bound, kept(DATA / "tls")


TLS_BESIDE = 8443 - 8080


def url_of(scheme: str, host: str, port: int) -> str:
    """Return the address as browsers write an origin: without the port that goes without saying."""
    unsaid = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" + (f":{port}" if port != unsaid else "")


def start(
    base_url: str,
    bound: socket,
    tls: ServerFiles | None = None,
    beside: tuple[socket, ServerFiles] | None = None,
) -> None:
    """Say where everything is, and serve it."""
    real = configure(os.environ, base_url)
    app = build(base_url, real=real)
    told: dict[str, str] = {}
    if beside:
        secure_url = url_of("https", "127.0.0.1", beside[0].getsockname()[1])
        told = {"secure_url": secure_url, "authority": str(beside[1].authority)}
        app = OverTls(app, _without_scheme(base_url) + GEMINI, _without_scheme(secure_url) + GEMINI)
    Thread(target=asyncio.run, args=(watch_budget(),), daemon=True).start()
    own = own_provider(os.environ, base_url)
    sys.stdout.write(
        welcome(base_url, behind=behind(real=real), identity=IDENTITY, own=own, **told)
    )
    sys.stdout.flush()
    serve(app, bound, tls, beside, PatientProtocol)


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]


async def watch_budget() -> None:
    """Check the budget every minute, as the scheduler does in Google Cloud."""
    settings = Settings.from_env(os.environ)
    guard = BudgetGuard(choose_log(settings), lambda: build_budget_check(settings))
    while True:
        await guard.answer("POST")
        await asyncio.sleep(CHECK_EVERY_MS / 1000)


if __name__ == "__main__":
    main()
