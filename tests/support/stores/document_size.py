"""How large a user's document is, as Firestore counts, and how large it may become."""

from __future__ import annotations

from support.fakes.memory import USER
from vending.limits.usage import Usage

MOST_BYTES = 20 * 1024
REQUESTED = {
    "voice": "Sadachbia",
    "responseModality": "AUDIO",
    "temperature": 0.7,
    "tools": ["get_weather", "google_search"],
    "thinkingLevel": "medium",
    "turnDetection": {
        "mode": "automatic",
        "silenceMs": 10_000,
        "startSensitivity": "high",
        "endSensitivity": "high",
    },
}


def stored_bytes(usage: Usage) -> int:
    """Firestore's size of the document (https://firebase.google.com/docs/firestore/storage-size)."""
    name = size("live_token_users") + size(USER) + 16
    return name + size({**usage.document(), "expireAt": 0}) + 32


def size(value: object) -> int:
    match value:
        case bool():
            return 1
        case int() | float():
            return 8
        case str():
            return len(value.encode()) + 1
        case list():
            return sum(map(size, value))
        case dict():
            return sum(size(name) + size(member) for name, member in value.items())
    raise TypeError(type(value))
