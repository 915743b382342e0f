"""A newcomer runs it, pastes what it prints, and gets a token."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from emulator.throwaway_ca import kept
from support.servers.fleet import ROOT, clean_environment
from support.servers.local_run import LocalRun, local_run
from support.stores.firestore_emulator import free_port

STOP_S = 5


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[LocalRun]:
    with local_run(tmp_path) as run:
        yield run


def answers_of(output: str) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Take curl's output apart: JSON documents in order, and statuses with their headers."""
    documents = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    heads = re.split(r"(?=^HTTP/1\.1 )", output, flags=re.MULTILINE)[1:]
    return documents, [(int(head.split()[1]), head.lower()) for head in heads]


def test_printed_commands_mint_refuse_refresh_tell_and_end(newcomer: LocalRun) -> None:
    welcome = newcomer.printed.read_text().partition("\n{")[0]  # audit lines follow it
    commands = welcome.partition("Paste these into another terminal:")[2]
    assert newcomer.url in welcome
    assert commands.count("curl") >= 6

    done = subprocess.run(["bash", "-c", commands], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    documents, heads = answers_of(done.stdout)
    minted, refused, refreshed, usage, sessions, overview, ended = documents
    assert minted["token"].startswith("auth_tokens/")
    assert [status for status, _ in heads] == [429, 201, 204, 409]
    assert refused["violated"] == ["cooldown"]
    assert refreshed["token"] not in ("", minted["token"])
    assert (usage["hour"]["used"], usage["day"]["used"], usage["refreshHour"]["used"]) == (1, 2, 1)
    assert [s["id"] for s in sessions["sessions"]] == [minted["session"]["id"]]
    assert (overview["live"], overview["hours"][-1]["minted"]) == (1, 1)
    assert ended["code"] == "session-ended"
    told_s = int(re.findall(r"^retry-after: (\d+)", heads[0][1], re.MULTILINE)[0])
    assert told_s == refused["retryAfterSeconds"]
    assert told_s - 2 <= cooldown_s(minted["usage"]) <= told_s + 2


def cooldown_s(usage: dict[str, Any]) -> float:
    """Return how long the cooldown lasts from the moment that usage was told."""
    ends, told = usage["cooldown"]["endsAt"], usage["serverTime"]
    return (datetime.fromisoformat(ends) - datetime.fromisoformat(told)).total_seconds()


EVERYTHING = [
    ("GET", "/"),
    ("GET", "/config.json"),
    ("GET", "/api/v1/live-token/config"),
    ("POST", "/api/v1/live-token"),
    ("POST", "/local/identity/token"),
    ("GET", "/local/identity/jwks.json"),
    ("GET", "/local/gemini/_emulator/journal"),
    ("GET", "/local/gemini/_emulator/talks"),
    ("POST", "/local/gemini/_emulator/reset"),
    ("POST", "/local/gemini/v1beta/auth_tokens"),
    ("GET", "/local/weather/v1/search?name=Berlin"),
]


def test_other_sites_and_names_that_lead_here_get_nothing(newcomer: LocalRun) -> None:
    with httpx2.Client(base_url=newcomer.url) as http:
        for method, path in EVERYTHING:
            for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
                answer = http.request(method, path, headers=headers, content=b'{"user": "alice"}')
                assert (answer.status_code, path) == (403, path)
                assert newcomer.url in answer.text
                assert "access-control-allow-origin" not in answer.headers


def test_app_that_is_built_on_another_port_signs_in_and_mints(newcomer: LocalRun) -> None:
    page = {"Origin": "http://localhost:5173"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    with httpx2.Client(base_url=newcomer.url, headers=page) as http:
        signed_in = http.post("/local/identity/token", json={"user": "alice"})
        bearer = {"Authorization": f"Bearer {signed_in.json()['idToken']}"}
        answers = [
            signed_in,
            http.options("/local/identity/token", headers=asked),
            http.options("/api/v1/live-token", headers=asked),
            http.post("/api/v1/live-token", headers=bearer),
            http.get("/api/v1/live-token/config"),
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 204, 201, 200]
    allowed = [answer.headers["access-control-allow-origin"] for answer in answers]
    assert allowed == [page["Origin"]] * len(answers)
    assert "authorization" in answers[2].headers["access-control-allow-headers"].lower()


def test_request_that_offers_http_2_in_the_clear_is_read_to_its_end(newcomer: LocalRun) -> None:
    """As Java's own client sends each one over http (RFC 9110 section 7.8: it may be ignored)."""
    id_token = httpx2.post(f"{newcomer.url}/local/identity/token", json={"user": "j"}).json()
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEA"}
    headers = {"Authorization": f"Bearer {id_token['idToken']}", **offer}

    answer = httpx2.post(
        f"{newcomer.url}/api/v1/live-token", json={"durationMinutes": 5}, headers=headers
    )

    assert answer.status_code == 201, answer.text
    ends = datetime.fromisoformat(answer.json()["expiresAt"])
    assert (ends - datetime.now(ends.tzinfo)).total_seconds() < 6 * 60


def test_port_that_is_taken_is_told_in_one_line(newcomer: LocalRun) -> None:
    port = newcomer.url.rpartition(":")[2]
    command = [sys.executable, "-m", "emulator.run", "--port", port]

    second = subprocess.run(
        command,
        cwd=ROOT,
        env={**clean_environment(), "PYTHONPATH": "functions:tests"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert second.stderr.startswith(f"Port {port} is in use")
    assert len(second.stderr.splitlines()) == 1


# how it is started, and what it is told to end with; a terminal that is closed sends SIGHUP
ENDINGS = {
    "Ctrl-C": ((), [signal.SIGINT]),
    "Ctrl-C twice": ((), [signal.SIGINT, signal.SIGINT]),
    "SIGTERM": ((), [signal.SIGTERM]),
    "SIGTERM for a phone": (("--https",), [signal.SIGTERM]),
    "closed terminal": ((), [signal.SIGHUP]),
    "closed terminal for a phone": (("--https",), [signal.SIGHUP]),
    "SIGQUIT": ((), [signal.SIGQUIT]),
}


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("ending", ENDINGS)
def test_any_signal_stops_it_and_nothing_is_left_behind(ending: str, tmp_path: Path) -> None:
    options, signals = ENDINGS[ending]
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    with local_run(tmp_path, *options, TMPDIR=str(temporary)) as run:
        ports = {int(port) for port in re.findall(r"://[\d.]+:(\d+)", run.printed.read_text())}
        were_open = {port: is_open(port) for port in ports}
        assert run.mint().status_code == 201
        assert files_of(tmp_path) > LASTING
        for number in signals:
            run.process.send_signal(number)
        run.process.wait(timeout=STOP_S + 30)
        with pytest.raises(ProcessLookupError):
            os.killpg(run.process.pid, 0)  # no process that it started, either
        printed = run.printed.read_text()

    assert were_open == dict.fromkeys(ports, True)
    assert len(ports) == (1 if options else 2)
    assert not any(map(is_open, ports))
    assert "Traceback" not in printed
    assert files_of(tmp_path) == LASTING  # no -wal and no -shm, which would have to be recovered
    assert list(temporary.iterdir()) == []
    assert list((ROOT / ".local").glob(".tls-*")) == []


LASTING = {"livepass.sqlite3", "livepass.sqlite3-audit"}


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("livepass.*")}


def test_next_run_recovers_what_a_killed_one_left(tmp_path: Path) -> None:
    port = free_port()  # the same address, so that it is the same user
    with local_run(tmp_path, port=port) as run:
        assert run.mint().status_code == 201
        run.process.kill()
        run.process.wait(timeout=30)
    assert files_of(tmp_path) > LASTING

    with local_run(tmp_path, port=port) as run:
        counted = run.mint()
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(timeout=STOP_S + 30)

    assert counted.json()["violated"] == ["cooldown"]
    assert files_of(tmp_path) == LASTING


def test_certificates_that_a_killed_run_was_making_are_removed(tmp_path: Path) -> None:
    left, being_made = tmp_path / ".tls-left", tmp_path / ".tls-being-made"
    for draft in (left, being_made):
        draft.mkdir()
        (draft / "server.key").touch()
    os.utime(left, (0, 0))

    kept(tmp_path / "tls")

    assert (left.exists(), being_made.exists()) == (False, True)


def test_signal_while_it_starts_stops_it_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "emulator.run", "--port", str(free_port())]
    environ = {**clean_environment(), "PYTHONPATH": "functions:tests", "TMPDIR": str(tmp_path)}
    quiet = subprocess.DEVNULL
    for number in (signal.SIGTERM, signal.SIGHUP):
        with subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=quiet, stderr=quiet, start_new_session=True
        ) as process:
            time.sleep(0.5)  # about when it imports; whenever it is, it must end
            process.send_signal(number)
            process.wait(timeout=STOP_S + 30)
            with pytest.raises(ProcessLookupError):
                os.killpg(process.pid, 0)

    assert list(tmp_path.iterdir()) == []


def test_for_a_phone_it_says_which_address_and_why(tmp_path: Path) -> None:
    with local_run(tmp_path, "--https") as run:
        said = run.printed.read_text()
        minted = run.mint()

    assert f"Anyone on this network can open {run.url} and sign in as anyone" in said
    assert "a\nphone cannot reach 127.0.0.1" in said
    assert minted.status_code == 201, (minted.text, run.printed.read_text())
    assert minted.json()["connect"]["baseUrl"] == f"{run.url}/local/gemini"


def test_over_tls_it_is_called_by_either_name_and_refreshes_there(newcomer: LocalRun) -> None:
    said = newcomer.printed.read_text()
    authority = re.findall(r"export SSL_CERT_FILE=(\S+)", said)[0]
    (port,) = re.findall(r"https://127\.0\.0\.1:(\d+)", said)
    trusting = ssl.create_default_context(cafile=authority)
    with httpx2.Client(base_url=f"https://localhost:{port}", verify=trusting) as http:
        token = http.post("/local/identity/token", json={"user": "alice"}).json()["idToken"]
        bearer = {"Authorization": f"Bearer {token}"}
        minted = http.post("/api/v1/live-token", headers=bearer).json()
        again = {"sessionId": minted["session"]["id"]}
        refreshed = http.post("/api/v1/live-token/refresh", headers=bearer, json=again).json()

    for answer in (minted, refreshed):
        assert answer["connect"]["url"].startswith(f"wss://127.0.0.1:{port}/local/gemini/ws/")
        assert answer["connect"]["baseUrl"] == f"https://127.0.0.1:{port}/local/gemini"


def test_for_wiring_up_an_app_there_is_no_cooldown(tmp_path: Path) -> None:
    with local_run(tmp_path, "--dev") as run, httpx2.Client(base_url=run.url) as http:
        signed_in = http.post("/local/identity/token", json={"user": "alice"})
        bearer = {"Authorization": f"Bearer {signed_in.json()['idToken']}"}
        answers = [http.post("/api/v1/live-token", headers=bearer) for _ in range(12)]
        printed = run.printed.read_text()

    assert {answer.status_code for answer in answers} == {201}
    assert printed.startswith("DEV: no cooldown")


def test_app_whose_origin_is_named_still_signs_in_from_this_machine(tmp_path: Path) -> None:
    page = {"Origin": "http://localhost:3000"}
    with (
        local_run(tmp_path, LIVE_API_ALLOWED_ORIGINS="http://localhost:3000") as run,
        httpx2.Client(base_url=run.url, headers=page) as http,
    ):
        asked = {"Access-Control-Request-Method": "POST"}
        answers = [
            http.options("/local/identity/token", headers=asked),
            http.post("/local/identity/token", json={"user": "alice"}),
            http.get("/api/v1/live-token/config"),
        ]

    assert [a.headers["access-control-allow-origin"] for a in answers] == [page["Origin"]] * 3
