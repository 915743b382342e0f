"""A gRPC server before the Firestore emulator, which fails the calls of the users it was told to:
before the emulator has seen them, or after.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import grpc  # type: ignore[import-untyped]

from faults.http_answers import HUGE, LOOSE_TALK

Call = Literal["read", "write", "query"]
Play = Callable[[grpc.ServicerContext, bytes], Iterator[bytes]]
SERVICE = "/google.firestore.v1.Firestore/"
METHODS: dict[str, Call] = {"BatchGetDocuments": "read", "Commit": "write", "RunQuery": "query"}
LATE_S = 0.7
HANG_S = 20
_USER = re.compile(rb"live_token_users/([0-9a-f]{40})")


@dataclass(slots=True)
class StoreFault:
    """What becomes of a user's next calls. `effect`: the emulator has it, and the answer fails."""

    call: Call
    play: Play
    effect: bool
    times: int = 1


class StoreProxy:
    """Passes calls on as they are. Any thread may arm it."""

    def __init__(self, to: str) -> None:
        self._channel = grpc.insecure_channel(to)
        self._faults: dict[str, StoreFault] = {}
        self.seen: Counter[tuple[str, Call]] = Counter()
        self.host = ""

    def arm(self, user: str, fault: StoreFault) -> None:
        """Fail a user's calls."""
        self._faults[user] = fault

    def disarm(self, user: str) -> int:
        """Let them through again; tell how many failures were left over."""
        return self._faults.pop(user).times

    def start(self) -> grpc.Server:
        """Listen."""
        server = grpc.server(ThreadPoolExecutor(64))
        server.add_generic_rpc_handlers((_Every(self._serve),))
        self.host = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        return server

    def close(self) -> None:
        """Hang up on the emulator."""
        self._channel.close()

    def _serve(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        user, call = _user(request), METHODS[method]
        self.seen[user, call] += 1
        fault = self._faults.get(user)
        if fault is None or fault.call != call or not fault.times:
            yield from self._forward(method, request, context)
            return
        fault.times -= 1
        real = b"".join(self._forward(method, request, context)) if fault.effect else b""
        yield from fault.play(context, real)

    def _forward(
        self, method: str, request: bytes, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """Ask the emulator; what it refuses is refused."""
        known = {k: v for k, v in context.invocation_metadata() if k == "authorization"}
        try:
            yield from self._channel.unary_stream(SERVICE + method)(
                request, metadata=list(known.items()), timeout=10
            )
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
            raise


class _Every(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio has no types
    """Takes all methods, and bytes as they are."""

    def __init__(self, serve: Callable[..., Iterator[bytes]]) -> None:
        self._serve = serve

    def service(self, details: Any) -> Any:
        method = details.method.removeprefix(SERVICE)
        return grpc.unary_stream_rpc_method_handler(
            lambda request, context: self._serve(method, request, context)
        )


def _user(request: bytes) -> str:
    found = _USER.search(request)
    return found[1].decode() if found else ""


def status(code: grpc.StatusCode) -> Play:
    """Fail with this code, telling what should not be told."""

    def play(context: grpc.ServicerContext, _: bytes) -> Iterator[bytes]:
        context.abort(code, LOOSE_TALK)
        yield b""

    return play


def says(*messages: bytes) -> Play:
    """Send these messages in place of the true answer."""

    def play(_: grpc.ServicerContext, __: bytes) -> Iterator[bytes]:
        yield from messages

    return play


def hang(context: grpc.ServicerContext, _: bytes) -> Iterator[bytes]:
    """Say nothing until the caller leaves."""
    gone = threading.Event()
    context.add_callback(gone.set)
    gone.wait(HANG_S)
    yield b""


def late(_: grpc.ServicerContext, real: bytes) -> Iterator[bytes]:
    """Send the true answer late."""
    threading.Event().wait(LATE_S)
    yield real


def unfinished(context: grpc.ServicerContext, real: bytes) -> Iterator[bytes]:
    """Send the true answer, then fail."""
    yield real
    context.abort(grpc.StatusCode.UNAVAILABLE, LOOSE_TALK)


CODES: dict[str, Play] = {
    code.name: status(code) for code in grpc.StatusCode if code is not grpc.StatusCode.OK
}
BROKEN: dict[str, Play] = {
    "hang": hang,
    "no message": says(),
    "an empty message": says(b""),
    "nonsense": says(b"\xff" * 40),
    "huge": says(b"\x0a" + b"\xff" * HUGE),
    "unfinished": unfinished,
}


@contextmanager
def store_proxy(to: str) -> Iterator[StoreProxy]:
    """Run a proxy before the emulator at `to`, host:port."""
    proxy = StoreProxy(to)
    server = proxy.start()
    try:
        yield proxy
    finally:
        server.stop(None).wait()
        proxy.close()
