"""A Live client of bare frames: what tests speak where the SDKs would hide what is on the wire."""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from array import array
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from emulator.pcm import encode

SERVICE = "google.ai.generativelanguage.{}.GenerativeService.{}"
SETUP = {
    "model": "models/gemini-3.8-live",
    "generationConfig": {"responseModalities": ["AUDIO"]},
}
RATE = 16_000
PATIENCE_S = 10
"""Real seconds that a test waits for what ought to come."""

Message = dict[str, Any]


def mint(url: str, body: Any = None, *, version: str = "v1beta", key: str | None = "key") -> str:
    """Mint a token and return its name. Raises httpx2.HTTPStatusError where it is refused."""
    answer = post_mint(url, body, version=version, key=key).raise_for_status()
    return str(answer.json()["name"])


def post_mint(
    url: str, body: Any = None, *, version: str = "v1beta", key: str | None = "key"
) -> httpx2.Response:
    """Ask for a token; None is an empty body."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"x-goog-api-key": key} if key is not None else {}
    return httpx2.post(f"{url}/{version}/auth_tokens", content=content, headers=headers, timeout=10)


def live_url(
    url: str, *, token: str = "", key: str = "", version: str = "v1beta", slashes: str = "/"
) -> str:
    """Return the address of the socket for a token, or for a key."""
    service = SERVICE.format(version, "BidiGenerateContent" + ("" if key else "Constrained"))
    query = f"key={key}" if key else f"access_token={token}"
    return f"{url.replace('http', 'ws', 1)}{slashes}ws/{service}?{query}"


def voice(seconds: float, *, rate: int = RATE) -> bytes:
    """Return a hum as loud as speech."""
    turn = 200 * math.tau / rate
    return encode(array("h", (int(8000 * math.sin(i * turn)) for i in range(int(seconds * rate)))))


def silence(seconds: float, *, rate: int = RATE) -> bytes:
    """Return as much silence."""
    return bytes(2 * int(seconds * rate))


def audio(data: bytes, *, rate: int = RATE) -> Message:
    """Return one message of sound."""
    blob = {"data": b64encode(data).decode(), "mimeType": f"audio/pcm;rate={rate}"}
    return {"realtimeInput": {"audio": blob}}


def chunks(data: bytes, seconds: float = 0.04, *, rate: int = RATE) -> Iterator[Message]:
    """Return sound as the messages a microphone would make of it."""
    size = 2 * int(seconds * rate)
    for start in range(0, len(data), size):
        yield audio(data[start : start + size], rate=rate)


class RawLive:
    """One open connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: Message) -> None:
        """Send one message."""
        await self.socket.send(json.dumps(message))

    async def say(self, data: bytes, *, rate: int = RATE) -> None:
        """Speak, as fast as it goes."""
        for message in chunks(data, rate=rate):
            await self.send(message)

    async def receive(self) -> Message:
        """Return the next message, which must be a binary frame. Raises ConnectionClosed."""
        frame = await self.socket.recv()
        assert isinstance(frame, bytes), "the service sends binary frames"
        return dict(json.loads(frame))

    async def until(self, *path: str) -> list[Message]:
        """Return all messages up to the first that has a member, such as serverContent."""
        received: list[Message] = []
        async with asyncio.timeout(PATIENCE_S):
            while not received or not _has(received[-1], path):
                received.append(await self.receive())
        return received

    async def turn(self) -> list[Message]:
        """Return all messages up to turnComplete."""
        return await self.until("serverContent", "turnComplete")

    async def closed(self) -> tuple[int, str]:
        """Read on until the service closes; return its code and reason, 1006 where it just went."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as gone:
            return (gone.rcvd.code, gone.rcvd.reason) if gone.rcvd else (1006, "")


@asynccontextmanager
async def raw_live(
    address: str,
    setup: Message | None = None,
    *,
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[RawLive]:
    """Connect and send a setup; an empty one sends none."""
    setup = SETUP if setup is None else setup
    async with connect(
        address, additional_headers=headers, ssl=tls, compression=None, max_size=None
    ) as socket:
        live = RawLive(socket)
        if setup:
            await live.send({"setup": setup})
        yield live


def transcript(messages: list[Message], of: str = "outputTranscription") -> str:
    """Return the words of one side."""
    return "".join(m.get("serverContent", {}).get(of, {}).get("text", "") for m in messages)


def sound_of(messages: list[Message]) -> list[bytes]:
    """Return every piece of sound in messages, still in base64."""
    return [
        part["inlineData"]["data"].encode()
        for message in messages
        for part in message.get("serverContent", {}).get("modelTurn", {}).get("parts", [])
    ]


def _has(message: Any, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(message, dict) or name not in message:
            return False
        message = message[name]
    return True
