"""TCP before a gRPC server: whoever answers a call has its connection in the hand, to break it, to
slow it down, or to say on it what no gRPC server would.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DRIP_S = 1.0  # a sum may take 20 s, and has more bytes
DATA, HEADERS, RST_STREAM, GOAWAY = 0, 1, 3, 7
END_STREAM, END_HEADERS = 1, 4
_LATEST = 64  # of the calls of a connection, those that may still be answered


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Write a frame (RFC 9113, 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(stream: int, fields: Sequence[tuple[str, str]], *, ends: bool) -> bytes:
    """Write a header block in literals that leave the peer's table alone (RFC 7541, 6.2.2)."""
    block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields)
    return frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, block)


def _text(text: str) -> bytes:
    length = len(text)
    if length < 127:
        return bytes([length]) + text.encode()
    rest, more = length - 127, b"\x7f"
    while rest >= 128:
        rest, more = rest >> 7, more + bytes([rest & 127 | 128])
    return more + bytes([rest]) + text.encode()


class Connection:
    """A client's connection, and ours to the server for it."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._near, self._far = near, far
        self._bodies: dict[int, bytes] = {}
        self._last: tuple[int, int, Callable[[bytes], bytes], bool] | None = None
        self._drips = False

    def stream_of(self, request: bytes) -> int:
        """Find the newest stream on which this request was sent."""
        body = b"\x00" + struct.pack(">I", len(request)) + request
        return max(stream for stream, sent in self._bodies.items() if sent == body)

    def say(self, *frames: bytes) -> None:
        """Send frames, between those of the server."""
        self._near.write(b"".join(frames))

    def reset(self) -> None:
        """End it now, with RST."""
        sock: socket.socket = self._near.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._near.transport.abort()
        self._far.close()

    def end(self) -> None:
        """End it now, with FIN."""
        self._near.close()
        self._far.close()

    def end_within(
        self, kind: int, stream: int, part: Callable[[bytes], bytes], *, resets: bool
    ) -> None:
        """End it with this part of the next frame of a kind on a stream."""
        self._last = (kind, stream, part, resets)

    def drip(self) -> None:
        """Let a byte through now and then, for ever."""
        self._drips = True

    async def carry(self, near: asyncio.StreamReader, far: asyncio.StreamReader) -> None:
        """Carry both ways until one end is gone."""
        ways = [asyncio.create_task(self._forth(near)), asyncio.create_task(self._back(far))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self.end()
            with suppress(OSError):
                await self._far.wait_closed()

    async def _forth(self, near: asyncio.StreamReader) -> None:
        self._far.write(await near.readexactly(len(PREFACE)))
        while True:
            head = await near.readexactly(9)
            payload = await near.readexactly(int.from_bytes(head[:3]))
            stream = int.from_bytes(head[5:])
            if head[3] == HEADERS:
                self._bodies[stream] = b""
                self._bodies.pop(stream - 2 * _LATEST, None)
            elif head[3] == DATA:
                self._bodies[stream] += payload
            self._far.write(head + payload)
            await self._far.drain()

    async def _back(self, far: asyncio.StreamReader) -> None:
        while True:
            head = await far.readexactly(9)
            said = head + await far.readexactly(int.from_bytes(head[:3]))
            if self._drips:
                for byte in said:
                    self._near.write(bytes([byte]))
                    await asyncio.sleep(DRIP_S)
                continue
            if self._last and (head[3], int.from_bytes(head[5:])) == self._last[:2]:
                *_, part, resets = self._last
                self._near.write(part(said))
                await self._near.drain()
                await asyncio.sleep(0.02)
                self.reset() if resets else self.end()
                return
            self._near.write(said)
            await self._near.drain()


class Relay:
    """Listens, and carries to 127.0.0.1:`port`. Its loop alone may call it."""

    def __init__(self) -> None:
        self._port = 0
        self._of: dict[int, Connection] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self.crashes: list[str] = []
        self.connections = 0

    async def start(self, port: int) -> asyncio.Server:
        """Listen."""
        self._port = port
        return await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def stop(self) -> None:
        """End all connections."""
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def connection(self, peer: str) -> Connection:
        """Find a connection by what the server knows of its peer, e.g. ipv4:127.0.0.1:4711.

        Raises:
            LookupError: it is gone already, and nothing is known.
        """
        if not peer:
            raise LookupError("the peer has left")
        return self._of[int(peer.rpartition(":")[2])]

    async def _connected(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():  # a loop alone would let it be collected while it waits
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                back, far = await asyncio.open_connection("127.0.0.1", self._port)
                port = far.get_extra_info("sockname")[1]
                self.connections += 1
                self._of[port] = connection = Connection(near, far)
                await connection.carry(reader, back)
        except Exception as error:  # noqa: BLE001 - to be told at the end
            self.crashes.append(repr(error))
        finally:
            near.close()
            with suppress(OSError):
                await near.wait_closed()
