"""What honest people and attackers do in a day, as lives that a town lets run."""

from __future__ import annotations

import json
import random

from support.people.town import Ask, Life

Bodies = tuple[bytes, ...]
MALFORMED: Bodies = (b"{", b"[]", b'{"voice": 7}', b'{"tokens": 1}', b"x" * 20_000)


def talker(who: str, address: str, dice: random.Random) -> Life:
    """Talk, at times after a sign-in that ran out; be impatient now and then; talk on; end."""
    if dice.random() < 0.05:
        yield 0, Ask(f"expired {who}", address)
    key = f"{who:-<24}"
    minted = yield 1, Ask(who, address, key=key)
    for _ in range(dice.choice((0, 0, 0, 0, 1, 3))):  # presses the button again
        yield 2, Ask(who, address, key="")
    session = minted.body.get("session", {}).get("id")
    if session and dice.random() < 0.3:
        body = json.dumps({"sessionId": session}).encode()
        yield 25 * 60, Ask(who, address, path="/refresh", body=body)
    if session and dice.random() < 0.5:
        yield 60, Ask(who, address, method="DELETE", path=f"/sessions/{session}")


def bad_network(who: str, address: str, dice: random.Random) -> Life:
    """Retry, with growing pauses, what was answered and never arrived; half of the apps send a
    key.
    """
    for attempt in range(3):  # the person tries again later
        key = f"{who}-{attempt:-<20}" if dice.random() < 0.5 else ""
        pause_s = 1.0
        for tries in range(12):
            yield (400 if not tries else pause_s), Ask(who, address, key=key)
            pause_s = min(pause_s * 2, 30) * dice.uniform(0.8, 1.2)


def poller(who: str, address: str, seconds: int) -> Life:
    """Leave a page open that asks for usage every second."""
    yield 0, Ask(who, address)
    for _ in range(seconds):
        yield 1, Ask(who, address, method="GET", path="/usage")


def old_page(who: str, address: str) -> Life:
    """Ask again and again for a session that is forgotten."""
    for _ in range(60):
        yield 5, Ask(who, address, method="GET", path=f"/sessions/{'0a' * 12}")


# --- attackers ------------------------------------------------------------------------------------


def hammerer(address: str, asks: int) -> Life:
    """Go on after 429, five times a second."""
    for _ in range(asks):
        yield 0.2, Ask("hammerer", address)


def malformer(address: str, asks: int) -> Life:
    """Try bodies."""
    for n in range(asks):
        yield 0.2, Ask("malformer", address, body=MALFORMED[n % len(MALFORMED)])


def guesser(address: str, asks: int, dice: random.Random) -> Life:
    """Try session ids."""
    for _ in range(asks):
        path = f"/sessions/{dice.getrandbits(96):024x}"
        yield 0.2, Ask("guesser", address, method=dice.choice(("GET", "DELETE")), path=path)


def replayer(address: str, asks: int) -> Life:
    """Repeat one key, with its own body and with others."""
    for n in range(asks):
        body = b'{"voice": "Kore"}' if n % 3 == 2 else b""
        yield 0.2, Ask("replayer", address, key="a-key-of-sixteen-characters", body=body)


def forger(network: str, asks: int, dice: random.Random) -> Life:
    """Try tokens nobody signed, with a forged header before the truth."""
    for n in range(asks):
        seen = f"{dice.getrandbits(8)}.{n % 256}.1.1, {network}.{n % 256}"
        yield 0.2, Ask(f"forged {n}", seen)


def farmer(who: str, network: str, asks: int) -> Life:
    """Mint with an account made for it each time."""
    for n in range(asks):
        yield 0.5, Ask(f"{who} {n}", f"{network}.{n % 256}")


def attackers(dice: random.Random) -> dict[str, tuple[str, Life]]:
    """Each by name, with the network it comes from."""
    return {
        "hammers on after 429": ("198.51.1", hammerer("198.51.1.7", 400)),
        "sends malformed bodies": ("198.51.2", malformer("198.51.2.7", 400)),
        "guesses session ids": ("198.51.3", guesser("198.51.3.7", 400, dice)),
        "replays and reuses keys": ("198.51.4", replayer("198.51.4.7", 400)),
        "forges ID tokens": ("198.51.5", forger("198.51.5", 600, dice)),
        "farms tokens as guests": ("198.51.6", farmer("guest", "198.51.6", 400)),
        "farms tokens by sign-ins": ("198.51.7", farmer("farm", "198.51.7", 1200)),
    }
