"""What the emulated service remembers between one request and the next."""

from __future__ import annotations

from typing import Protocol

from emulator.clock import Clock
from emulator.faults import Fault, FaultQueue
from emulator.journal import Journal
from emulator.settings import EmulatorSettings
from emulator.talk import TalkBook
from emulator.tokens import TokenBook


class Open(Protocol):
    """A connection, to which a fault can happen, and somebody speak."""

    def strike(self, fault: Fault) -> None:
        """Let it happen now."""

    def hear(self, text: str) -> None:
        """Take it as if the client had sent it."""


class Cloud:
    """One emulated service: its settings, time, tokens, faults and journal."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self._first_settings = settings
        self.settings = settings
        self.clock = Clock(settings.speed)
        self.journal = Journal()
        self.faults = FaultQueue()
        self.tokens = TokenBook()
        self.talks = TalkBook(settings.handle_life_s)
        self.open: set[Open] = set()
        self.resets = 0

    def set(self, settings: EmulatorSettings) -> None:
        """Go on with other settings; what runs already keeps the times it was given."""
        self.settings = settings
        self.talks.life_s = settings.handle_life_s
        self.clock.move(speed=settings.speed)

    def reset(self) -> None:
        """Forget everything, and go back to the first settings; the time does not go back."""
        self.resets += 1
        self.set(self._first_settings)
        self.journal.clear()
        self.faults.clear()
        self.tokens = TokenBook()
        self.talks = TalkBook(self.settings.handle_life_s)

    def note(self, kind: str, **what: object) -> None:
        """Write into the journal what just happened."""
        self.journal.note(kind, self.clock.now(), **what)
