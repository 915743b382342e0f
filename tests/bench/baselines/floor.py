"""(d) The floor: a signature checked, one document read, one call to Gemini, one document written
if nobody else has, over connections kept open; no limits, no answers, no library but the server's.
"""

from __future__ import annotations

import asyncio
import json
import os
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import functions_framework.aio
import jwt
from starlette.requests import Request
from starlette.responses import Response

ISSUER = os.environ["ISSUER"]
PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
DOCUMENTS = f"projects/{PROJECT}/databases/(default)/documents"
STORE = "Authorization: Bearer owner\r\n"
KEY = f"x-goog-api-key: {os.environ['GEMINI_API_KEY']}\r\n"
ORDER = json.dumps({"uses": 1, "expireTime": "2027-01-01T00:00:00Z", "fieldMask": "model" * 60})


class Connections:
    """HTTP/1.1 over connections that are kept: as many as there are calls at once."""

    def __init__(self, address: str, headers: str) -> None:
        self._to = urlsplit(address)
        self._headers = headers
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: str) -> Any:
        """Send JSON, return JSON."""
        kept = self._idle.pop() if self._idle else None
        reader, writer = kept or await asyncio.open_connection(self._to.hostname, self._to.port)
        head = f"POST {path} HTTP/1.1\r\nHost: {self._to.netloc}\r\n{self._headers}"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        answered = await reader.readuntil(b"\r\n\r\n")
        if not answered.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answered.decode())
        value = json.loads(await _body(reader, answered.lower()))
        self._idle.append((reader, writer))
        return value


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"content-length:" in head:
        return await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


store = Connections(f"http://{os.environ['FIRESTORE_EMULATOR_HOST']}", STORE)
gemini = Connections(os.environ["GEMINI_URL"], KEY)


@cache
def key() -> jwt.PyJWK:
    """Fetch the issuer's one key."""
    return jwt.PyJWKClient(f"{ISSUER}/jwks.json").get_signing_keys()[0]


@functions_framework.aio.http
async def token(request: Request) -> Response:
    """Read, mint, write."""
    bearer = request.headers["authorization"].removeprefix("Bearer ")
    user = jwt.decode(bearer, key(), ["RS256"], audience="livepass", issuer=ISSUER)["sub"]
    name = f"{DOCUMENTS}/floor_users/{user}"
    read = await store.post(f"/v1/{DOCUMENTS}:batchGet", json.dumps({"documents": [name]}))
    found = read[0].get("found")
    before = {"updateTime": found["updateTime"]} if found else {"exists": False}
    made = await gemini.post("/v1beta/auth_tokens", ORDER)
    fields = {"last": {"integerValue": "1"}}
    write = {"update": {"name": name, "fields": fields}, "currentDocument": before}
    await store.post(f"/v1/{DOCUMENTS}:commit", json.dumps({"writes": [write]}))
    return Response(json.dumps({"token": made["name"]}), 201, media_type="application/json")
