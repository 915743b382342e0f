"""README's programs, unchanged, talk on a token that `make run` vended, over TLS."""

from __future__ import annotations

import json
import re
import ssl
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from support.sdks.snippets import SAID, in_node, in_python, said, snippet
from support.servers.fleet import ROOT
from support.servers.local_run import LocalRun, local_run

CLIENTS = ROOT / "tests" / "clients" / "node_modules"  # the oldest and the newest
NODE = ROOT / "tests"  # where @google/genai and ws are installed


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    folder = tmp_path_factory.mktemp("run")
    with local_run(folder, LIVE_API_COOLDOWN_PERIOD_MINUTES="0", LIVE_API_MAX_SESSIONS="0") as run:
        yield run


def authority(run: LocalRun) -> str:
    found = re.search(r"export SSL_CERT_FILE=(\S+)", run.printed.read_text())
    assert found is not None
    return found[1]


def minted(run: LocalRun, **requested: object) -> dict[str, Any]:
    """Mint over TLS, as a program does that speaks nothing else."""
    found = re.search(r"https://127\.0\.0\.1:\d+", run.printed.read_text())
    assert found is not None
    trusting = ssl.create_default_context(cafile=authority(run))
    with httpx2.Client(base_url=found[0], verify=trusting) as http:
        token = http.post("/local/identity/token", json={"user": "alice"}).json()["idToken"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = http.post("/api/v1/live-token", headers=bearer, json=requested)
    assert answer.status_code == 201
    assert answer.json()["connect"]["baseUrl"] == f"{found[0]}/local/gemini"
    body: dict[str, Any] = answer.json()
    return body


def needs_node(package: Path) -> None:
    if not package.exists():
        pytest.skip(f"{package.relative_to(ROOT)} is missing (make test installs it)")


def test_sdk_for_python_talks(run: LocalRun) -> None:
    source = in_python(snippet("python", "send_client_content(turns"))
    environ = {"MINTED": json.dumps(minted(run)), "SSL_CERT_FILE": authority(run)}

    assert SAID in said([sys.executable, "-u"], source, environ)


def test_program_for_python_is_told_by_the_environment_alone(run: LocalRun) -> None:
    exported = snippet("sh", "GOOGLE_GENAI_API_VERSION")
    source = """
    from google import genai
    async with genai.Client().aio.live.connect(model="gemini-3.8-live", config={}) as session:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "hello"}]})
        async for message in session.receive():
            print(message.model_dump_json(exclude_none=True))
    """
    script = f"set -e\nMINTED=$(cat minted.json)\n{exported}\nexec {sys.executable} -u -"
    folder = run.printed.parent
    (folder / "minted.json").write_text(json.dumps(minted(run), separators=(",", ":")))
    (folder / ".local" / "tls").mkdir(parents=True, exist_ok=True)
    (folder / ".local" / "tls" / "ca.pem").write_bytes(Path(authority(run)).read_bytes())

    program = in_python(textwrap.dedent(source))
    printed = said(["bash", "-c", script], program, {"MINTED": "{}"}, folder)

    assert SAID in printed


@pytest.mark.parametrize(
    ("needle", "package"),
    [
        ("sendClientContent", "google-genai-oldest"),
        ("sendClientContent", "google-genai-newest"),
        ("new WebSocket(`${connect.url}", "ws"),
    ],
)
def test_program_for_node_talks(needle: str, package: str, run: LocalRun, tmp_path: Path) -> None:
    needs_node(CLIENTS / package)
    environ = {"MINTED": json.dumps(minted(run)), "NODE_EXTRA_CA_CERTS": authority(run)}
    modules = tmp_path / "node_modules"
    (modules / "@google").mkdir(parents=True)
    (modules / "@google" / "genai").symlink_to(CLIENTS / package)
    (modules / "ws").symlink_to(CLIENTS / "ws")

    command = ["node", "--input-type=module"]
    printed = said(command, in_node(snippet("js", needle)), environ, tmp_path)

    assert SAID in printed


def test_authority_is_kept_for_the_next_run(run: LocalRun) -> None:
    folder = Path(authority(run)).parent

    assert folder == ROOT / ".local" / "tls"
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert oct((folder / "server.key").stat().st_mode)[-3:] == "600"


# --- README's apps of twenty lines, with two functions of their own -------------------------------

FUNCTIONS = snippet("json", "slow_report")
WISH = json.loads(re.findall(r"-d '(.*)'$", snippet("console", "slow_report"), re.MULTILINE)[0])
APPS = {"python": snippet("python", "long_search"), "js": snippet("js", "long_search")}
MOST_LINES = 20
PATIENCE_S = 60


@pytest.mark.parametrize("language", APPS)
def test_app_is_twenty_lines_without_imports_and_blank_ones(language: str) -> None:
    lines = [line for line in APPS[language].splitlines() if line.strip()]

    assert len([each for each in lines if not each.startswith(("import ", "from "))]) <= MOST_LINES


@pytest.mark.parametrize("language", APPS)
def test_app_answers_a_slow_function_and_stops_one_that_is_cancelled(
    language: str, tmp_path: Path
) -> None:
    if language == "js":
        needs_node(NODE / "node_modules" / "@google" / "genai")
    with local_run(tmp_path, LIVE_API_TOOLS=FUNCTIONS) as run:
        answer = minted(run, **WISH)
        assert answer["connect"]["locked"]["tools"] == WISH["tools"]
        environ = {"MINTED": json.dumps(answer), "SSL_CERT_FILE": authority(run)}
        environ["NODE_EXTRA_CA_CERTS"] = authority(run)
        with httpx2.Client(base_url=f"{run.url}/local/gemini/_emulator") as emulator:
            speaker = Thread(target=speak, args=(emulator,), daemon=True)
            speaker.start()
            if language == "js":
                source, command = in_node(APPS["js"]), ["node", "--input-type=module"]
                printed = said(command, source, environ, NODE, until="AbortError")
            else:
                source, command = in_python(APPS["python"]), [sys.executable, "-u"]
                printed = said(command, source, environ, until="cancelled")
            speaker.join(timeout=PATIENCE_S)
            journal = emulator.get("/journal").json()

    assert "AbortError" in printed or "cancelled True" in printed, (printed, journal)
    sent = [json.dumps(each) for each in journal if each["kind"] == "message"]
    (answered,) = [each for each in sent if "toolResponse" in each]
    assert '"output": "on the board"' in answered


def speak(emulator: httpx2.Client) -> None:
    """Say what the person says, each when what was said before has come to something."""
    waits = [("setup", 1), ("tool_call", 1), ("message", 1), ("tool_call", 2)]
    words = ["slow report for the board", None, "long search please", "never mind"]
    deadline = time.monotonic() + PATIENCE_S
    for (kind, times), text in zip(waits, words, strict=True):
        while len(emulator.get("/journal", params={"kind": kind}).json()) < times:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if text:
            emulator.post("/say", json={"text": text})
