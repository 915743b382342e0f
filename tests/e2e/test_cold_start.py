"""Preflights and requests without a token are answered before anything heavy is imported, and the
config after it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.identity.issuer import issuer_server
from support.servers.fleet import PRODUCTION, ROOT, clean_environment
from support.servers.upstream import upstream
from support.stores.firestore_emulator import Firestore

HEAVY = (
    "google.genai",
    "google.cloud.firestore_v1",
    "google.cloud.logging",
    "grpc",
    "pydantic",
    "jwt",
    "cryptography",
    "aiohttp",
    "httpx2",
    "sqlite3",
)
ASK = """
import asyncio, json, sys
from functions_framework.aio import create_asgi_app

app = create_asgi_app("token_api", sys.argv[1])

async def ask(method, *more):
    scope = {"type": "http", "method": method, "path": "/api/v1/live-token", "raw_path": b"",
             "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
             "headers": [(b"origin", b"https://app.example.com"), *more], "server": ("test", 80),
             "client": ("127.0.0.1", 1)}
    told = []
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message): told.append(message)
    await app(scope, receive, send)
    return told[0]["status"]

statuses = [asyncio.run(ask(method)) for method in ("OPTIONS", "POST")]
before = sorted(sys.modules)
statuses.append(asyncio.run(ask("POST", (b"authorization", b"Bearer not.a.token"))))
print(json.dumps({"statuses": statuses, "modules": before, "after": sorted(sys.modules)}))
"""


def imported_by(script: str, *arguments: str, **settings: str) -> Any:
    issuers = [{"issuer": "https://issuer.example.com", "audience": "livepass"}]
    environ = {
        **clean_environment(),
        "GEMINI_API_KEY": "any",
        "LIVE_API_LEDGER": "firestore://project/database",
        "LIVE_API_ISSUERS": json.dumps(issuers),
        "LIVE_API_ALLOWED_ORIGINS": "https://app.example.com",
        **settings,
    }
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_preflight_and_401_are_answered_before_anything_heavy_is_imported() -> None:
    told = imported_by(ASK, str(PRODUCTION))

    assert told["statuses"] == [204, 401, 401]
    assert not [name for name in HEAVY if name in told["modules"]]


def test_401_of_a_bad_token_needs_what_reads_tokens_and_nothing_of_gemini_or_a_store() -> None:
    told = imported_by(ASK, str(PRODUCTION))

    reads_tokens = {"jwt", "cryptography"}
    assert not [name for name in set(HEAVY) - reads_tokens if name in told["after"]]


EVERY = """
import asyncio, json, sys
from functions_framework.aio import create_asgi_app

app = create_asgi_app("token_api", sys.argv[1])

async def ask(method, path):
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(),
             "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
             "headers": [], "server": ("test", 80), "client": ("127.0.0.1", 1)}
    told = []
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message): told.append(message)
    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return [told[0]["status"], headers.get("content-type"), "x-request-id" in headers]

print(json.dumps([asyncio.run(ask(*each)) for each in json.loads(sys.argv[2])]))
"""
OURS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
OTHERS = ("ACL", "BREW", "CONNECT", "PROPFIND", "QUERY", "TRACE", "get")
TOKEN = "/api/v1/live-token"
PATHS = (TOKEN, f"{TOKEN}/usage", "/", "//", "/coffee", "/api/v1/live-token%2Fconfig", "/a\n")
RESERVED = ("/robots.txt", "/favicon.ico")
NO_PATHS = ("*", "coffee", "/a\nb")  # of "OPTIONS *", of CONNECT, and with a line break inside


def test_framework_answers_these_by_itself_and_everything_else_reaches_us() -> None:
    """functions-framework 3.10: `functions_framework.aio._create_asgi_app_with_function`."""
    own: dict[tuple[str, str], int] = {}
    own |= {(method, path): 405 for method in OTHERS for path in (*PATHS, *RESERVED)}
    own |= {(method, path): 404 for method in ("GET", "HEAD") for path in RESERVED}
    own |= {(method, path): 404 for method in (*OURS, *OTHERS) for path in NO_PATHS}
    asked = [(m, p) for m in (*OURS, *OTHERS) for p in (*PATHS, *RESERVED, *NO_PATHS)]

    told = imported_by(EVERY, str(PRODUCTION), json.dumps(asked))

    answers = dict(zip(asked, told, strict=True))
    assert {each: told[0] for each, told in answers.items() if not told[2]} == own
    assert {kind for _, kind, ours in told if not ours} == {"text/plain; charset=utf-8"}
    refused = {told[1] for told in answers.values() if told[2] and told[0] in (404, 405)}
    assert refused == {"application/problem+json"}


STORY = """
import asyncio, json, sys
from functions_framework.aio import create_asgi_app

app = create_asgi_app("token_api", sys.argv[1])

async def ask(method, path, *headers):
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(),
             "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
             "headers": headers, "server": ("test", 80), "client": ("127.0.0.1", 1)}
    told = []
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message): told.append(message)
    await app(scope, receive, send)
    return told[0]["status"]

def built():
    names = ("google.genai.types", "vending.contract.requests")
    known = [vars(sys.modules.get(name, sys)) for name in names]
    models = [pair for module in known for pair in module.items()]
    return {name for name, model in models if getattr(model, "__pydantic_complete__", False)}

async def story():
    path, bearer = "/api/v1/live-token", (b"authorization", b"Bearer " + sys.argv[2].encode())
    statuses = [await ask("GET", path + "/config")]
    modules, models = set(sys.modules), built()
    statuses += [await ask("OPTIONS", path), await ask("POST", path, bearer)]
    late = sorted(set(sys.modules) - modules), sorted(built() - models)
    idle = sorted({"vending.guard.budget", "vending.operations.admin"} & modules)
    told = {"statuses": statuses, "modules": late[0], "models": late[1], "idle": idle}
    print(json.dumps(told))

asyncio.run(story())
"""


@pytest.mark.parametrize("ledger", ["sqlite", "firestore"])
def test_config_imports_and_builds_what_a_mint_needs_and_no_more(
    firestore: Firestore, tmp_path: Path, ledger: str
) -> None:
    url = {"sqlite": f"sqlite:///{tmp_path / 'ledger'}", "firestore": firestore.ledger_url}[ledger]
    with upstream() as gemini, issuer_server() as people:
        issuer = {"issuer": people.issuer.issuer, "audience": people.issuer.audience}
        told = imported_by(
            STORY,
            str(PRODUCTION),
            people.sign_in("page"),
            GOOGLE_GEMINI_BASE_URL=gemini.url,
            FIRESTORE_EMULATOR_HOST=firestore.host,
            LIVE_API_LEDGER=url,
            LIVE_API_ISSUERS=json.dumps([issuer]),
        )

    assert told == {"statuses": [200, 204, 201], "modules": [], "models": [], "idle": []}


def test_heavy_list_names_modules_that_a_mint_really_imports() -> None:
    path = PRODUCTION.parent
    script = f"import json, sys; sys.path.insert(0, {str(path)!r}); import vending.app"
    script += "; import vending.store.firestore, vending.store.sqlite_ledger"
    script += "; import vending.gemini.auth_tokens"
    told = imported_by(script + "; print(json.dumps({'modules': sorted(sys.modules)}))")

    never = {"google.cloud.logging"}  # written without, and held to it by tests
    assert set(HEAVY) & set(told["modules"]) == set(HEAVY) - never
