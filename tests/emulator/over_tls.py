"""The same origin over TLS, beside the plain one: for clients that speak nothing else, as Google's
Python SDK, which opens `wss` whatever the scheme of its base URL (google-genai 3.6.1, live.py).

What a mint answers over TLS has to lead back here, so the addresses in it are changed on the way.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

VENDING = "/api/v1/live-token"


class OverTls:
    """An origin whose token answers name its secure address to those who asked over TLS.

    Args:
        app: what is behind it.
        plain: where the emulated Gemini is, as the functions know it, without a scheme.
        secure: the same over TLS.
    """

    def __init__(self, app: ASGIApp, plain: str, secure: str) -> None:
        self._app = app
        self._changes = [
            (f"{scheme}://{plain}".encode(), f"{scheme}s://{secure}".encode())
            for scheme in ("ws", "http")
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and change the answers of the vending operations."""
        vends = scope["type"] == "http" and scope["scheme"] == "https" and scope["method"] == "POST"
        if not vends or not scope["path"].startswith(VENDING):
            await self._app(scope, receive, send)
            return
        head: list[Message] = []
        body = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._answer(head[0], bytes(body), send)

        await self._app(scope, receive, hold)

    async def _answer(self, head: Message, body: bytes, send: Send) -> None:
        for plain, secure in self._changes:
            body = body.replace(plain, secure)
        headers = [(n, v) for n, v in head["headers"] if n.lower() != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await send({**head, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})
