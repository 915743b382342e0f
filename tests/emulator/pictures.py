"""How large a video frame is: read from the JPEG itself, to be acknowledged in the transcript."""

from __future__ import annotations

from dataclasses import dataclass

START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame; 0 by 0 where the bytes are no JPEG."""

    width: int
    height: int
    size_bytes: int

    def __str__(self) -> str:
        """Say what is seen."""
        return f"I see a {self.width} by {self.height} picture of {self.size_bytes} bytes."


def picture(data: bytes) -> Picture:
    """Return what a JPEG's frame header says (ITU T.81, B.2.2)."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in START_OF_FRAME:
            height = int.from_bytes(data[place + 5 : place + 7], "big")
            width = int.from_bytes(data[place + 7 : place + 9], "big")
            return Picture(width, height, len(data))
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return Picture(0, 0, len(data))
