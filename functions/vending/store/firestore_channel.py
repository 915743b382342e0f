"""The one gRPC channel to Firestore of an event loop, made on first use, and the rights to use it.

The client's generated layer is used, not `AsyncClient`: that one's channel cannot be configured. As
it comes, gRPC waits up to two minutes before it connects again, gives a connection attempt 20 s,
and sends some calls twice by itself; each would cost more than a request has to spend.
https://github.com/grpc/grpc/blob/v1.85.x/include/grpc/impl/channel_arg_names.h
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport

FIRESTORE_SCOPE = "https://www.googleapis.com/auth/datastore"
# What slept with a frozen instance for longer may be a line that nobody holds.
CHANNEL_IDLE_S = 30.0
LOST_S = 5.0  # without a connection: gRPC's pauses between asking DNS grow to two minutes
_EARLY_S = 0.05  # how much a timer may be ahead of the clock
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.enable_retries", 0),  # "transparent" ones too: a call is sent once
    ("grpc.service_config_disable_resolution", 1),  # DNS could ask for retries
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),  # or a new channel would take over the old connection
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.min_reconnect_backoff_ms", 3000),  # the time one attempt to connect has
    ("grpc.keepalive_time_ms", 30_000),  # as google-cloud-firestore sets it
    ("grpc.keepalive_timeout_ms", 5_000),
)
AccessMetadata = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(slots=True, eq=False)
class _Line:
    """A channel, when it was used and known to be connected last, and how many calls it carries."""

    channel: grpc.aio.Channel
    api: FirestoreAsyncClient
    used_at: float
    connected_at: float
    calls: int = 0
    is_left: bool = False

    def is_dead_by(self, deadline: float) -> bool:
        """Tell, after a call, whether another would do better on another connection."""
        if self.channel.get_state() is not grpc.ChannelConnectivity.READY:
            return self.used_at - self.connected_at > LOST_S
        self.connected_at = self.used_at
        return self.used_at > deadline - _EARLY_S


class FirestoreChannel:
    """A client of Firestore for each event loop that asks. Calls have no time limit here."""

    def __init__(self) -> None:
        self._emulator = os.environ.get("FIRESTORE_EMULATOR_HOST")  # as the client itself does
        self.access: AccessMetadata = _owner if self._emulator else _account()
        self._lines: dict[asyncio.AbstractEventLoop, _Line] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def connect(self) -> None:
        """Begin to connect, and wait for nothing: gRPC does it in threads of its own."""
        line = self._line(asyncio.get_running_loop())
        line.channel.get_state(try_to_connect=True)

    @contextmanager
    def until(self, deadline: float) -> Iterator[FirestoreAsyncClient]:
        """Lend the client for a call that ends by `deadline`, of the loop's clock. A connection on
        which one was not answered in time is left: who comes next gets another. One that is still
        being made has longer: that would never end where it takes long.
        """
        loop = asyncio.get_running_loop()
        line = self._line(loop)
        line.calls += 1
        try:
            yield line.api
        finally:
            line.calls -= 1
            line.used_at = loop.time()
            if line.is_dead_by(deadline) and self._lines.get(loop) is line:
                self._leave(loop)
            elif line.is_left and not line.calls:
                self._close(line)

    async def close(self) -> None:
        """Close what is open for this event loop."""
        if line := self._lines.pop(asyncio.get_running_loop(), None):
            await line.channel.close()
        await asyncio.gather(*self._closing)

    def _line(self, loop: asyncio.AbstractEventLoop) -> _Line:
        line = self._lines.get(loop)
        if line and not line.calls and loop.time() - line.used_at > CHANNEL_IDLE_S:
            self._leave(loop)
            line = None
        if line is None:
            for closed in [other for other in self._lines if other.is_closed()]:
                del self._lines[closed]
            line = self._lines[loop] = self._open(loop.time())
        return line

    def _open(self, now: float) -> _Line:
        if self._emulator:
            channel = grpc.aio.insecure_channel(self._emulator, options=OPTIONS)
        else:
            target, tls = FirestoreAsyncClient.DEFAULT_ENDPOINT, grpc.ssl_channel_credentials()
            channel = grpc.aio.secure_channel(target, tls, options=OPTIONS)
        transport = FirestoreGrpcAsyncIOTransport(channel=channel)
        return _Line(channel, FirestoreAsyncClient(transport=transport), now, now)

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open another for those to come; calls that are under way end where they are."""
        line = self._lines.pop(loop)
        line.is_left = True
        if not line.calls:
            self._close(line)

    def _close(self, line: _Line) -> None:
        closing = asyncio.create_task(line.channel.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


_OWNER = {"authorization": "Bearer owner"}  # the emulator's administrator


async def _owner() -> Mapping[str, str]:
    return _OWNER


def _account() -> AccessMetadata:
    # Not gRPC's own plugin: it holds a thread for each call while a metadata server hangs, and logs
    # what that one said when it fails.
    from vending.outbound.own_access import OwnAccess  # noqa: PLC0415 - not for the emulator

    return OwnAccess(FIRESTORE_SCOPE)
