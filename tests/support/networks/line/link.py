"""The line between two TUN devices: a process of ours reads each packet, and decides."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass
from functools import partial

from support.networks.line.tcp import Packet, reset_to

LARGEST_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class Conditions:
    """How good the network is; every time is in seconds, and one way."""

    loss: float = 0.0
    """The part of all packets that is lost."""
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """Up to how much more each packet is late, by itself: later ones overtake it."""
    is_dark: bool = False
    """Nothing gets through, and nobody is told."""
    connection_life_s: float = float("inf")
    """After how long a proxy cuts a connection, however busy it is."""


CLEAR = Conditions()


class Link:
    """Carries packets between two files of TUN devices while its loop runs."""

    def __init__(self, near: int, far: int, chance: random.Random) -> None:
        """Take the client's side first."""
        self.conditions = CLEAR
        self.carried = self.lost = self.cut = 0
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._began: dict[int, float] = {}
        """By the client's port, when its connection began."""
        self._ended: set[int] = set()
        for source, to in ((near, far), (far, near)):
            self._loop.add_reader(source, self._read, source, to)

    def _read(self, source: int, to: int) -> None:
        try:
            while packet := os.read(source, LARGEST_BYTES):
                self._take(packet, source, to)
        except BlockingIOError:
            pass

    def _take(self, packet: bytes, source: int, to: int) -> None:
        now = self.conditions
        if now.is_dark or self._chance.random() < now.loss:
            self.lost += 1
            return
        segment = Packet.read(packet)
        if segment is not None and self._is_cut(segment):
            if answer := reset_to(segment):
                self._write(source, answer)
            return
        late_s = now.delay_s + self._chance.uniform(0, now.jitter_s)
        if late_s:
            self._loop.call_later(late_s, partial(self._write, to, packet))
        else:
            self._write(to, packet)

    def _is_cut(self, segment: Packet) -> bool:
        port, now_s = segment.client_port, self._loop.time()
        if segment.opens:
            self._began[port] = now_s
            self._ended.discard(port)
        age_s = now_s - self._began.get(port, now_s)
        if age_s > self.conditions.connection_life_s and port not in self._ended:
            self._ended.add(port)
            self.cut += 1
        return port in self._ended

    def _write(self, to: int, packet: bytes) -> None:
        try:
            os.write(to, packet)
            self.carried += 1
        except OSError:  # full, or its side has no address now: a router drops it
            self.lost += 1
