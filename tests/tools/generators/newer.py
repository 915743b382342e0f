"""A Livepass of next year in front of one of today: each object of an answer has a field more, open
lists of values have new ones, and there is a limit that nobody knew.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

NEW_LIMIT = "lunation"
_PASSED = ("authorization", "content-type", "idempotency-key")


def grown(value: object) -> object:
    """The same answer, from a version that knows more."""
    if isinstance(value, list):
        return [grown(each) for each in value]
    if not isinstance(value, dict):
        return value
    told = {name: grown(each) for name, each in value.items()}
    violated = value.get("violated")
    if isinstance(violated, list):
        told["violated"] = [*violated, NEW_LIMIT]
    if told.get("state") == "ended":
        told["state"] = "dormant"
    if isinstance(value.get("checks"), dict):
        told["checks"] = {**value["checks"], "moon": "dozing"}
        return {**told, "newer": "field"}
    if "hour" in told and "day" in told:
        told[NEW_LIMIT] = told["hour"]
    return {**told, "newer": {"since": 2027, "of": [None, "anything"]}}


@contextmanager
def newer_than(url: str) -> Iterator[str]:
    """Run it in front of the Livepass at `url` until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name: self.headers[name] for name in _PASSED if name in self.headers}
            answer = httpx2.request(
                self.command, url + self.path, headers=headers, content=body, timeout=30
            )
            told = json.dumps(grown(answer.json())).encode() if answer.content else b""
            self.send_response(answer.status_code)
            if told:
                self.send_header("Content-Type", answer.headers["content-type"])
                self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_POST = do_DELETE = do_GET  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
