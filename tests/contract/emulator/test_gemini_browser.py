"""Google's own JavaScript SDK, unpatched, in Chromium: every scenario of gemini_scenarios.mjs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from emulator.process import EmulatedGemini
from support.sdks.chromium import showing
from support.sdks.gemini_suite import HERE, SCENARIOS

MODULES = HERE.parents[1] / "node_modules"
FOLDERS = {
    "/genai/": MODULES / "@google" / "genai",
    "/p-retry/": MODULES / "p-retry",
    "/retry/": MODULES / "retry",
    "/": HERE,
}
KINDS = {".html": "text/html", ".mjs": "text/javascript", ".js": "text/javascript"}
PATIENCE_S = 90


def file_of(path: str) -> Path:
    if path == "/p-retry.mjs":
        return HERE / "p_retry_module.mjs"
    prefix = next(prefix for prefix in FOLDERS if path.startswith(prefix))
    return FOLDERS[prefix] / path.removeprefix(prefix)


@contextmanager
def page_server(results: Queue[dict[str, str]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = file_of(self.path.partition("?")[0])
            if not file.is_file():
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", KINDS[file.suffix])
            self.end_headers()
            self.wfile.write(file.read_bytes())

        def do_POST(self) -> None:
            results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture(scope="module")
def results(
    gemini_process: EmulatedGemini, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    arrived: Queue[dict[str, str]] = Queue()
    with page_server(arrived) as origin:
        page = f"{origin}/gemini_browser.html?gemini={gemini_process.url}"
        with showing(page, tmp_path_factory.mktemp("chromium")):
            return arrived.get(timeout=PATIENCE_S)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_genai_in_a_browser(scenario: str, results: dict[str, str]) -> None:
    assert results.get(scenario, results) == "passed"
