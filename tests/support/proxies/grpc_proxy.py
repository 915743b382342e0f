"""A proxy before Firestore over gRPC, which fails the calls it was told to, at the moment it was
told: before Firestore has seen them, or after. It reads no message: bytes go through as they are.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]

from support.proxies.background import background_loop, close
from support.proxies.http2_relay import Connection, Relay
from support.proxies.http_proxy import ALWAYS

ONCE_EACH = (("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1))
Tagged = Callable[[str, bytes], str]


@dataclass(slots=True)
class Answering:
    """A call that is about to be answered. `real`: Firestore's messages, none if it has not seen
    it; `failure`: how that ended.
    """

    request: bytes
    context: Any
    line: Connection
    real: list[bytes] = field(default_factory=list)
    failure: tuple[grpc.StatusCode, str] | None = None

    @property
    def stream(self) -> int:
        """The number of its stream on its connection."""
        return self.line.stream_of(self.request)

    async def send(self, *messages: bytes) -> None:
        """Send messages."""
        for message in messages:
            await self.context.write(message)

    async def fail(self, code: grpc.StatusCode, details: str) -> None:
        """End it with a status."""
        await self.context.abort(code, details)

    async def truly(self) -> None:
        """Answer what Firestore did."""
        await self.send(*self.real)
        if self.failure:
            await self.fail(*self.failure)

    async def gone(self) -> None:
        """Wait until the caller has left."""
        await asyncio.Event().wait()  # which cancels us


Play = Callable[[Answering], Awaitable[None]]
Heard = Callable[[str, bytes, bool, float], None]


@dataclass(slots=True)
class GrpcFault:
    """What becomes of the next calls. `effect`: Firestore has them, and the answer goes wrong.
    `times` counts down to 0, when calls go through again.
    """

    play: Play
    effect: bool
    times: int = ALWAYS


def method_of(method: str, _: bytes) -> str:
    """Tell calls apart by their method, e.g. RunQuery."""
    return method


def _unheard(tag: str, request: bytes, done: bool, came: float) -> None:
    """Keep nothing."""


class GrpcProxy(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Tells calls apart by the tag that `tag_of` makes of method and request. Any thread may arm
    it.

    `heard` is told each call, whether Firestore has done it, and when it came.
    """

    def __init__(self, to: str, tag_of: Tagged, heard: Heard) -> None:
        self._to, self._tag_of, self._heard = to, tag_of, heard
        self._faults: dict[str, GrpcFault] = {}
        self._relay = Relay()
        self.seen: Counter[str] = Counter()
        self.crashes = self._relay.crashes
        self.host = ""

    @property
    def connections(self) -> int:
        """How many there have been."""
        return self._relay.connections

    def arm(self, tag: str, fault: GrpcFault) -> None:
        """Fail the calls with this tag."""
        self._faults[tag] = fault

    def disarm(self, tag: str) -> int:
        """Let them through again; tell how many failures were left over."""
        return self._faults.pop(tag).times

    async def start(self) -> Callable[[], Awaitable[None]]:
        """Listen; return what stops it."""
        self._up = grpc.aio.insecure_channel(self._to, options=ONCE_EACH)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self,))
        inner = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        outer = await self._relay.start(inner)
        self.host = f"127.0.0.1:{outer.sockets[0].getsockname()[1]}"

        async def stop() -> None:
            await close(outer)
            await self._relay.stop()
            await server.stop(None)
            await self._up.close()

        return stop

    def service(self, handler_call_details: Any) -> Any:
        """Take every method."""
        method = handler_call_details.method
        return grpc.stream_stream_rpc_method_handler(partial(self._guarded, method))

    async def _guarded(self, method: str, requests: AsyncIterator[bytes], context: Any) -> None:
        try:
            line = self._relay.connection(context.peer())
        except LookupError:
            return  # nobody waits for it
        try:
            await self._answered(method, requests, context, line)
        except (grpc.aio.AbortError, grpc.aio.InternalError, grpc.aio.UsageError):
            raise  # ended by us, or the connection is
        except Exception as error:  # to be told at the end
            self.crashes.append(repr(error))
            raise

    async def _answered(
        self, method: str, requests: AsyncIterator[bytes], context: Any, line: Connection
    ) -> None:
        came, request = time.monotonic(), b"".join([each async for each in requests])
        tag = self._tag_of(method.rpartition("/")[2], request)
        self.seen[tag] += 1
        fault = self._faults.get(tag)
        if fault and fault.times:
            fault.times -= 1
        else:
            fault = None
        call = Answering(request, context, line)
        if fault is None or fault.effect:
            # What Firestore has begun it ends, though the caller may have left.
            await asyncio.shield(self._forward(method, call, tag, came))
        else:
            self._heard(tag, request, False, came)
        await (fault.play(call) if fault else call.truly())

    async def _forward(self, method: str, call: Answering, tag: str, came: float) -> None:
        metadata = [
            (key, value)
            for key, value in call.context.invocation_metadata()
            if key.startswith(("authorization", "google-cloud-", "x-goog-"))
        ]
        passing = self._up.stream_stream(method)(iter([call.request]), metadata=metadata)
        try:
            call.real += [message async for message in passing]
        except grpc.aio.AioRpcError as error:
            call.failure = (error.code(), error.details() or "")
        self._heard(tag, call.request, call.failure is None, came)


@contextmanager
def grpc_proxy(to: str, tag_of: Tagged = method_of, heard: Heard = _unheard) -> Iterator[GrpcProxy]:
    """Run a proxy before the Firestore at `to`, host:port."""
    with background_loop() as loop:
        proxy = GrpcProxy(to, tag_of, heard)
        stop = asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(10)
        try:
            yield proxy
        finally:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(10)  # type: ignore[arg-type]
        assert not proxy.crashes, proxy.crashes
