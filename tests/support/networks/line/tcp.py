"""As much of IPv4 and TCP as a proxy needs to end a connection (RFC 791, RFC 9293)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

TCP = 6
RST, SYN, ACK = 0x04, 0x02, 0x10
LEAST_BYTES = 40
SERVICE_PORT = 8090


@dataclass(frozen=True, slots=True)
class Packet:
    """What of a segment is looked at."""

    source: bytes
    to: bytes
    source_port: int
    to_port: int
    acknowledged: int
    flags: int

    @classmethod
    def read(cls, raw: bytes) -> Packet | None:
        """Return what a packet is, if it is TCP over IPv4."""
        if len(raw) < LEAST_BYTES or raw[0] >> 4 != 4 or raw[9] != TCP:
            return None
        segment = raw[(raw[0] & 15) * 4 :]
        source_port, to_port, _, acknowledged, _, flags = struct.unpack("!HHIIBB", segment[:14])
        return cls(raw[12:16], raw[16:20], source_port, to_port, acknowledged, flags)

    @property
    def client_port(self) -> int:
        """The port of the side that connects."""
        return self.to_port if self.source_port == SERVICE_PORT else self.source_port

    @property
    def opens(self) -> bool:
        """Whether it is the first of a connection."""
        return bool(self.flags & SYN and not self.flags & ACK)


def reset_to(segment: Packet) -> bytes:
    """Return the reset that a sender believes: numbered as it has acknowledged.

    Empty for what is itself a reset, or acknowledges nothing.
    """
    if segment.flags & RST or not segment.flags & ACK:
        return b""
    ports = (segment.to_port, segment.source_port)
    head = struct.pack("!HHIIBBHHH", *ports, segment.acknowledged, 0, 5 << 4, RST, 0, 0, 0)
    pseudo = segment.to + segment.source + struct.pack("!BBH", 0, TCP, len(head))
    head = head[:16] + _checksum(pseudo + head) + head[18:]
    start = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(head), 0, 0, 64, TCP, 0)
    ip = start + segment.to + segment.source
    return ip[:10] + _checksum(ip) + ip[12:] + head


def _checksum(octets: bytes) -> bytes:
    # RFC 1071; all of ours are of an even length.
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
