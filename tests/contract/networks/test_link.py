"""The line between two namespaces does to packets what it is told, and nothing else."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from support.networks.line.link import Conditions, Link
from support.networks.line.tcp import ACK, RST, SERVICE_PORT, SYN, TCP, Packet, reset_to

CLIENT, SERVICE = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 2])
PORT = 40_000


def segment(flags: int, *, sent_by_client: bool = True, acknowledged: int = 7) -> bytes:
    ends = [(CLIENT, PORT), (SERVICE, SERVICE_PORT)]
    (source, source_port), (to, to_port) = ends if sent_by_client else reversed(ends)
    head = struct.pack("!HHIIBB", source_port, to_port, 1, acknowledged, 5 << 4, flags)
    start = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, TCP, 0)
    return start + source + to + head + bytes(6)


def total(octets: bytes) -> int:
    """The checksum over octets that contain theirs: 0xFFFF where it is right (RFC 1071)."""
    words: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    return (words & 0xFFFF) + (words >> 16)


@dataclass
class Line:
    link: Link
    near: socket.socket
    far: socket.socket

    async def carried(self, packets: list[bytes], *, after_s: float = 0.0) -> list[bytes]:
        """Send from the near side, and return what has come to the far one."""
        for packet in packets:
            self.near.send(packet)
            await asyncio.sleep(0)
        await asyncio.sleep(after_s or 0.01)
        return list(received(self.far))


def received(side: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield side.recv(65_535)
        except BlockingIOError:
            return


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    # Datagrams between two sockets, as between two TUN devices.
    near, at_near = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    far, at_far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for side in (near, at_near, far, at_far):
        side.setblocking(False)
    yield Line(Link(at_near.fileno(), at_far.fileno(), random.Random(1)), near, far)
    for side in (at_near, at_far):
        asyncio.get_running_loop().remove_reader(side)
    for side in (near, at_near, far, at_far):
        side.close()


async def test_clear_line_carries_each_packet_both_ways(line: Line) -> None:
    there = await line.carried([b"one", b"two"])
    os.write(line.far.fileno(), b"three")
    await asyncio.sleep(0.01)

    assert there == [b"one", b"two"]
    assert list(received(line.near)) == [b"three"]


async def test_dark_line_carries_nothing_and_says_nothing(line: Line) -> None:
    line.link.conditions = Conditions(is_dark=True)

    assert await line.carried([segment(ACK)]) == []
    assert list(received(line.near)) == []
    assert line.link.lost == 1


async def test_lossy_line_loses_its_part(line: Line) -> None:
    line.link.conditions = Conditions(loss=0.2)
    sent = [bytes([n % 256]) for n in range(1000)]

    came = [packet for each in sent for packet in await line.carried([each], after_s=1e-9)]
    await asyncio.sleep(0.01)

    assert 150 <= line.link.lost <= 250
    assert len(came) + len(list(received(line.far))) == 1000 - line.link.lost


async def test_late_packet_is_held_back_and_then_comes(line: Line) -> None:
    line.link.conditions = Conditions(delay_s=3600)
    held_back = await line.carried([b"tomorrow"])
    line.link.conditions = Conditions(delay_s=0.05)

    assert held_back == []
    while not (came := await line.carried([b"late"])):
        pass
    assert set(came) == {b"late"}


async def test_proxy_cuts_what_it_saw_begin_and_tells_the_sender(line: Line) -> None:
    line.link.conditions = Conditions(connection_life_s=0.0)
    began = await line.carried([segment(SYN)], after_s=0.05)

    cut = await line.carried([segment(ACK)])

    (answer,) = received(line.near)
    reset = Packet.read(answer)
    assert (len(began), cut, line.link.cut) == (1, [], 1)
    assert reset is not None
    assert (reset.flags, reset.source, reset.to_port) == (RST, SERVICE, PORT)


async def test_proxy_lets_the_next_connection_begin(line: Line) -> None:
    line.link.conditions = Conditions(connection_life_s=0.0)
    await line.carried([segment(SYN)], after_s=0.05)
    await line.carried([segment(ACK)])

    assert await line.carried([segment(SYN)]) == [segment(SYN)]


def test_reset_is_one_that_a_system_believes() -> None:
    read = Packet.read(segment(ACK, acknowledged=12_345))
    assert read is not None

    reset = reset_to(read)

    pseudo = reset[12:20] + struct.pack("!BBH", 0, TCP, 20)
    assert struct.unpack("!I", reset[24:28]) == (12_345,)
    assert total(reset[:20]) == 0xFFFF
    assert total(pseudo + reset[20:]) == 0xFFFF


@pytest.mark.parametrize("flags", [SYN, RST | ACK])
def test_what_acknowledges_nothing_or_is_a_reset_gets_none(flags: int) -> None:
    read = Packet.read(segment(flags))
    assert read is not None

    assert reset_to(read) == b""
