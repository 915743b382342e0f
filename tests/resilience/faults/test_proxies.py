"""A proxy that stops while somebody connects leaves no socket, which would fail a later test."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from support.proxies.grpc_proxy import grpc_proxy
from support.proxies.http_proxy import http_proxy
from support.proxies.line import line_to

ENDS = 30


@contextmanager
def line(to: str) -> Iterator[str]:
    with line_to(to) as laid:
        yield laid.host


@contextmanager
def over_http(to: str) -> Iterator[str]:
    with http_proxy(f"http://{to}", lambda _: "") as proxy:
        yield proxy.url.removeprefix("http://")


@contextmanager
def over_grpc(to: str) -> Iterator[str]:
    with grpc_proxy(to, lambda *_: "") as proxy:
        yield proxy.host


@pytest.mark.parametrize("proxy", [line, over_http, over_grpc])
def test_late_connection_leaves_no_socket(
    proxy: Callable[[str], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list[str]()
    monkeypatch.setattr("sys.unraisablehook", lambda told: left.append(str(told.exc_value)))

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        for _ in range(ENDS):
            with proxy(f"127.0.0.1:{server.getsockname()[1]}") as host:
                name, _, port = host.partition(":")
                callers = [socket.create_connection((name, int(port))) for _ in range(3)]
            for caller in callers:
                caller.close()
        gc.collect()

    assert left == []
