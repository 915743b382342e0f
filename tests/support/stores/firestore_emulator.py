"""Google's Firestore emulator in a process of its own: the real interface, on a free port, with
nothing kept.

It comes with the Google Cloud CLI and needs Java. Where the CLI has it not yet it is installed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from google.cloud.firestore import Client
from google.cloud.firestore_v1.base_query import FieldFilter

JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
INSTALLERS = (
    ("gcloud", "components", "install", "cloud-firestore-emulator", "--quiet"),
    ("apt-get", "install", "--yes", "google-cloud-cli-firestore-emulator"),
)
READY_S = 60
WARM_RPCS = 250
PROJECT = "livepass-tests"
DATABASE = "(default)"
OWNER = {"Authorization": "Bearer owner"}  # the emulator's administrator


class Missing(Exception):
    """The emulator cannot be run on this machine; says why."""


@dataclass(frozen=True)
class Firestore:
    """A running emulator: `host` is host:port, what FIRESTORE_EMULATOR_HOST is set to."""

    host: str
    project: str = PROJECT
    database: str = DATABASE

    @property
    def ledger_url(self) -> str:
        """What LIVE_API_LEDGER is set to."""
        return f"firestore://{self.project}/{self.database}"

    @property
    def _documents(self) -> str:
        return f"projects/{self.project}/databases/{self.database}/documents"

    def dump(self) -> list[dict[str, Any]]:
        """Return every document of every collection, as the REST interface writes them."""
        query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
        url = f"http://{self.host}/v1/{self._documents}:runQuery"
        answer = httpx2.post(url, json=query, headers=OWNER, timeout=300)
        answer.raise_for_status()
        return [found["document"] for found in answer.json() if "document" in found]

    def clear(self) -> None:
        """Delete every document; under load the emulator may answer 500 to that, and again 200."""
        url = f"http://{self.host}/emulator/v1/{self._documents}"
        for pause_s in (0.5, 2, 8):
            if httpx2.delete(url, headers=OWNER, timeout=30).is_success:
                return
            time.sleep(pause_s)
        httpx2.delete(url, headers=OWNER, timeout=30).raise_for_status()


@contextmanager
def firestore_process(heap: str = "512m") -> Iterator[Firestore]:
    """Run the emulator, ready and warm; stop it at the end. All documents are in its `heap`.

    Raises:
        Missing: it is not on this machine and cannot be installed.
    """
    with (
        emulator_at(free_port(), heap) as (firestore, _),
        environment("FIRESTORE_EMULATOR_HOST", firestore.host),
    ):
        warm(firestore)
        yield firestore


@contextmanager
def emulator_at(
    port: int, heap: str = "512m"
) -> Iterator[tuple[Firestore, subprocess.Popen[bytes]]]:
    """Run the emulator on a port, ready and cold, in a process that may be killed.

    Raises:
        Missing: it is not on this machine and cannot be installed.
    """
    command = [_java(), "-Duser.language=en", f"-Xmx{heap}", "-cp", str(_jar()), MAIN]
    command += ["--host=127.0.0.1", f"--port={port}"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=nowhere, stderr=nowhere) as process:
        try:
            firestore = Firestore(f"127.0.0.1:{port}")
            _wait(process, firestore)
            yield firestore, process
        finally:
            _stop(process)


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise Missing("there is no java")
    return java


def _jar() -> Path:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise Missing("there is no Google Cloud CLI")
    root = subprocess.run(
        [gcloud, "info", "--format=value(installation.sdk_root)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    jar = Path(root) / JAR
    for installer in INSTALLERS:
        if not jar.exists():
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(installer, capture_output=True, check=False, timeout=300)
    if not jar.exists():
        raise Missing("the Google Cloud CLI has it not, and installing it failed")
    return jar


def _wait(process: subprocess.Popen[bytes], firestore: Firestore) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx2.HTTPError):
            httpx2.get(f"http://{firestore.host}/", timeout=1).raise_for_status()
            return
        time.sleep(0.05)
    raise Missing(f"it did not start in {READY_S} s (exit status {process.poll()})")


def warm(firestore: Firestore) -> None:
    """Call it till it is fast: the first calls are slow, while Java compiles."""
    client = Client(project=firestore.project, database=firestore.database)
    document = client.collection("warm").document("up")
    for step in range(WARM_RPCS // 2):
        document.set({"step": step})
        document.get()
        client.collection("warm").where(filter=FieldFilter("step", ">", step)).get()
    document.delete()
    client.close()  # type: ignore[no-untyped-call]


def answered(firestore: Firestore) -> None:
    """Wait until it has answered a query, a write and a read: Java takes a while from listening to
    that, on a busy machine some seconds.
    """
    client = Client(project=firestore.project, database=firestore.database)
    client.collection("warm").where(filter=FieldFilter("step", ">", 0)).get(timeout=READY_S)
    client.document("warm/up").set({"step": 0}, timeout=READY_S)
    client.document("warm/up").get(timeout=READY_S)
    client.close()  # type: ignore[no-untyped-call]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before
