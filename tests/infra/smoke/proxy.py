"""A proxy in front of a deployment that breaks one thing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

from infra.smoke.visit import authorities

HOP_BY_HOP = {"connection", "content-encoding", "content-length", "transfer-encoding"}


@dataclass(slots=True)
class ProxyRequest:
    """A request; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class ProxyResponse:
    """Its answer."""

    status: int
    headers: dict[str, str]
    body: bytes


Forward = Callable[[ProxyRequest], ProxyResponse]
Breakage = Callable[[ProxyRequest, Forward], ProxyResponse]


@contextmanager
def proxy(upstream: str, breakage: Breakage, port: int = 0) -> Iterator[str]:
    """Answer everything with what `breakage` makes of it; yields the proxy's address."""
    with httpx2.Client(base_url=upstream, timeout=20, verify=authorities()) as client:

        def forward(request: ProxyRequest) -> ProxyResponse:
            headers = {n: v for n, v in request.headers.items() if n != "host"}
            answer = client.request(
                request.method, request.path, headers=headers, content=request.body
            )
            return ProxyResponse(answer.status_code, _carried(dict(answer.headers)), answer.content)

        with _serving(lambda request: breakage(request, forward), port) as url:
            yield url


def _carried(headers: dict[str, str]) -> dict[str, str]:
    return {n.lower(): v for n, v in headers.items() if n.lower() not in HOP_BY_HOP}


@contextmanager
def _serving(answer: Callable[[ProxyRequest], ProxyResponse], port: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two would wait for each other (Nagle)

        def handle_it(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told = answer(ProxyRequest(self.command, self.path, _carried(dict(self.headers)), body))
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = do_PATCH = do_DELETE = do_OPTIONS = handle_it  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
