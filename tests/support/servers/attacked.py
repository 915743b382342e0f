"""A real server of the functions, what it wrote, and a raw socket to it."""

from __future__ import annotations

import re
import socket
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from support.servers.fleet import Fleet

SlowBody = Future[tuple[bytes, float]]
"""What comes of a request whose body does not, and after how many seconds."""

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass(frozen=True, slots=True)
class Server:
    """The server and what it wrote."""

    fleet: Fleet

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.fleet.urls[0]

    @property
    def port(self) -> int:
        """Where it listens, on this machine."""
        port = urlsplit(self.url).port
        assert port
        return port

    def log(self) -> str:
        """All it wrote so far."""
        (path,) = self.fleet.evidence.folder.glob("server-*.log")
        return path.read_text()


def answered(port: int, sent: bytes, wait_s: float = 10) -> bytes:
    """Send, and return all that comes until the server closes or keeps silent."""
    with socket.create_connection(("127.0.0.1", port)) as open_socket:
        open_socket.settimeout(wait_s)
        got = bytearray()
        with suppress(ConnectionError, TimeoutError):
            open_socket.sendall(sent)
            while piece := open_socket.recv(65_536):
                got += piece
        return bytes(got)


def statuses(got: bytes) -> tuple[int, ...]:
    """The statuses of all answers; 0 when there is none."""
    return tuple(int(status) for status in _STATUS.findall(got)) or (0,)
