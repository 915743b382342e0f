"""What shall go wrong next, as asked for by the control API, in the order it was asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from emulator.settings import Seconds

MINT_FAULTS = ("status", "hang", "reset", "nonsense")
OPEN_FAULTS = ("cut", "close", "stall", "jitter", "go_away")


class Fault(BaseModel):
    """One fault, as the control API takes it.

    On a mint: answer with `status`, `hang`, `reset` the connection, answer `nonsense`. On a socket:
    `refuse` the upgrade with `status`, `cut` the connection without a close, `close` it with `code`
    and `reason`, `stall` (send nothing more), deliver with `jitter_s` between frames, say
    `go_away`. On a turn: end it `empty`, with `turn_complete_reason`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Literal["mint", "socket", "open", "turn"]
    """The next mints, the next sockets, every socket open now, or the model's next turns."""
    do: Literal[
        "status",
        "hang",
        "reset",
        "nonsense",
        "refuse",
        "cut",
        "close",
        "stall",
        "jitter",
        "go_away",
        "empty",
    ]
    times: Annotated[int, Field(ge=1)] = 1
    skip: Annotated[int, Field(ge=0)] = 0
    """How many mints, sockets or turns pass unharmed first."""
    status: Annotated[int, Field(ge=400, le=599)] = 503
    """The HTTP status of `status` and `refuse`."""
    retry_after_s: Seconds | None = None
    """With 429: the RetryInfo it carries, in whole or broken seconds."""
    code: Annotated[int, Field(ge=1000, le=4999)] = 1011
    reason: str = "Internal error encountered."
    after_s: Seconds = 0.0
    """Emulated seconds from the socket's opening to the fault."""
    after_frames: Annotated[int, Field(ge=0)] | None = None
    """Instead of a time: how many frames are sent before; 0 is before setupComplete."""
    jitter_s: Seconds = 0.2
    """The longest that a frame is held back, in real seconds."""
    time_left_s: Seconds = 60.0
    """How long the connection lives after `go_away`."""
    turn_complete_reason: str = ""
    """What an empty turn says of itself, such as RESPONSE_REJECTED; many say nothing."""

    def problem(self) -> str:
        """Return why it cannot happen as it is asked for, or nothing."""
        allowed = {
            "mint": MINT_FAULTS,
            "socket": (*OPEN_FAULTS, "refuse"),
            "open": OPEN_FAULTS,
            "turn": ("empty",),
        }
        if self.do not in allowed[self.on]:
            return f"on {self.on} there are {', '.join(allowed[self.on])}; not {self.do}"
        if self.do == "close" and (self.code == 1004 or self.code in range(1016, 3000)):
            return f"code: no close can carry {self.code}, which RFC 6455 7.4 keeps for later"
        if self.do == "go_away" and self.after_frames is not None:
            return "go_away comes after_s, not after_frames"
        return ""


class FaultQueue:
    """The faults still to happen."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Ask for a fault."""
        self._waiting.append(fault)

    def waiting(self) -> list[Fault]:
        """Return what is still to happen, with the times left of each."""
        return list(self._waiting)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._waiting.clear()

    def take(self, on: Literal["mint", "socket", "turn"]) -> Fault | None:
        """Return the fault of this mint, socket or turn, and count it as happened."""
        for index, fault in enumerate(self._waiting):
            if fault.on != on:
                continue
            if fault.skip:
                self._waiting[index] = fault.model_copy(update={"skip": fault.skip - 1})
                return None
            if fault.times > 1:
                self._waiting[index] = fault.model_copy(update={"times": fault.times - 1})
            else:
                del self._waiting[index]
            return fault
        return None
