"""The service account's access tokens come from the metadata server, one fetch for each."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import google.auth
import pytest
from google.auth.exceptions import DefaultCredentialsError, RefreshError

from emulator.throwaway_ca import issue
from support.servers.fleet import PRODUCTION, clean_environment
from vending.outbound.own_access import NoAccess, OwnAccess


class Account:
    """Credentials as google.auth has them; `failing` times they cannot be refreshed."""

    def __init__(self) -> None:
        self.refreshed = 0
        self.valid = False
        self.failing = 0

    def refresh(self, _: object) -> None:
        if self.failing:
            self.failing -= 1
            raise RefreshError("the metadata server is away")  # type: ignore[no-untyped-call]
        self.refreshed += 1
        self.valid = True

    def apply(self, headers: dict[str, str]) -> None:
        headers["authorization"] = f"Bearer token-{self.refreshed}"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    known = Account()

    def default(scopes: list[str]) -> tuple[Any, str]:
        assert scopes == ["a-scope"]
        return known, "project"

    monkeypatch.setattr(google.auth, "default", default)
    return known


async def test_token_is_fetched_once_for_all_and_again_when_it_ends(account: Account) -> None:
    access = OwnAccess("a-scope")

    told = await asyncio.gather(*(access() for _ in range(20)))
    account.valid = False
    later = await asyncio.gather(*(access() for _ in range(20)))

    assert told == [{"authorization": "Bearer token-1"}] * 20
    assert later == [{"authorization": "Bearer token-2"}] * 20


async def test_token_that_cannot_be_had_is_asked_for_again(account: Account) -> None:
    access = OwnAccess("a-scope")
    account.failing = 1

    with pytest.raises(NoAccess, match="metadata server"):
        await access()

    assert await access() == {"authorization": "Bearer token-1"}


async def test_account_that_hangs_holds_one_thread_however_many_give_up(account: Account) -> None:
    access, let_go, entered = OwnAccess("a-scope"), Event(), 0

    def refresh(_: object) -> None:
        nonlocal entered
        entered += 1
        let_go.wait(10)
        account.valid = True

    account.refresh = refresh  # type: ignore[method-assign]
    for _ in range(20):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(access(), 0.01)
    let_go.set()

    assert await access() == {"authorization": "Bearer token-0"}
    assert entered == 1


async def test_machine_without_an_account_has_no_access(monkeypatch: pytest.MonkeyPatch) -> None:
    def default(scopes: list[str]) -> tuple[Any, str]:
        raise DefaultCredentialsError(f"nobody for {scopes}")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(google.auth, "default", default)

    with pytest.raises(NoAccess, match="nobody"):
        await OwnAccess("a-scope")()


# --- with google.auth as it is, in a process of its own, since it looks around once ---------------

TOKEN = {"access_token": "of-the-instance", "expires_in": 3599, "token_type": "Bearer"}
SCRIPT = """
import asyncio, json, sys
from pathlib import Path

import grpc.aio
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient

from vending.store.firestore_client import FirestoreClient
from vending.store.retry import OutcomeUnknown

certificate, key = (Path(name).read_bytes() for name in sys.argv[1:])

class Google(grpc.GenericRpcHandler):
    def service(self, details):
        async def refuse(request, context):
            sent.append(dict(context.invocation_metadata()).get("authorization"))
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return grpc.unary_stream_rpc_method_handler(refuse)

async def read_twice():
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Google(),))
    tls = grpc.ssl_server_credentials([(key, certificate)])
    port = server.add_secure_port("127.0.0.1:0", tls)
    await server.start()
    asked.append(FirestoreAsyncClient.DEFAULT_ENDPOINT)
    FirestoreAsyncClient.DEFAULT_ENDPOINT = f"127.0.0.1:{port}"
    client = FirestoreClient("p", "d")
    for _ in range(2):
        try:
            await client.read("collection/one", 5)
        except OutcomeUnknown as error:
            told.append(str(error))
    await client.close()
    await server.stop(0)

asked, sent, told = [], [], []
asyncio.run(read_twice())
print(json.dumps([asked, sent, told]))
"""


class _Metadata(BaseHTTPRequestHandler):
    """https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys."""

    asked: list[str]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        account = "/computeMetadata/v1/instance/service-accounts/default/"
        known: dict[str, object] = {
            "/": "",
            "/computeMetadata/v1/project/project-id": "p",
            account: {"email": "functions@p.example", "scopes": [], "aliases": ["default"]},
            f"{account}token": TOKEN,
        }
        told = known.get(path)
        body = told if isinstance(told, str) else json.dumps(told)
        self.send_response(200 if path in known else 404)
        self.send_header("Metadata-Flavor", "Google")
        kind = "application/text" if isinstance(told, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def metadata_server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Metadata", (_Metadata,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_instance_in_google_cloud_reads_firestore_with_its_own_token(tmp_path: Path) -> None:
    files = issue(tmp_path)
    with metadata_server() as (host, asked):
        environ = {
            **clean_environment(),
            "PYTHONPATH": str(PRODUCTION.parent),
            "GCE_METADATA_HOST": host,
            "GCE_METADATA_IP": host,
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(files.authority),
            "HOME": "/nonexistent",  # where nobody is signed in
        }
        command = [sys.executable, "-c", SCRIPT, str(files.certificate), str(files.key)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    services, sent, told = json.loads(done.stdout)
    assert services == ["firestore.googleapis.com"]
    assert sent == ["Bearer of-the-instance"] * 2
    assert told == ["firestore: UNAVAILABLE: not now"] * 2
    tokens = [path for path in asked if path.endswith("/token")]
    assert len(tokens) == 1
