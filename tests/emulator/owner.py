"""What runs on a machine is for its owner: who may ask it, by the names it is called by and the
pages that ask.

A page of any site can send requests to this machine; one whose name leads here (DNS rebinding) can
read the answers, too, and whoever reads can be anybody at the local issuer and hear every talk. So
only this machine's own names are answered, and pages of this machine, on any port, since apps are
built there. What is no browser sends no Origin (RFC 6454 section 7), and is answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from emulator.transport import deny

_NAMES = r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])"
_PORT = r"(?::\d{1,5})?"
_HOST = re.compile(_NAMES + _PORT, re.ASCII | re.IGNORECASE)
LOOPBACK_ORIGIN = re.compile(f"https?://{_NAMES}{_PORT}", re.ASCII)
REFUSED = (
    "This runs for the owner of this machine alone. It is called by 127.0.0.1, localhost or {url}, "
    "from pages of these.\n"
)


class ForOwner:
    """An app for the owner of the machine it runs on.

    Args:
        app: what is behind it.
        base_url: where it says that it is, with scheme and port.
        origins: pages that may ask besides.
    """

    def __init__(self, app: ASGIApp, base_url: str, origins: Iterable[str] = ()) -> None:
        self._app = app
        self._url = base_url
        name = re.escape(urlsplit(base_url).hostname or "")
        self._own_host = re.compile(name + _PORT, re.ASCII | re.IGNORECASE)
        self._origins = frozenset((base_url, *origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the owner, and refuse everybody else."""
        if scope["type"] == "lifespan" or self._is_owner(scope):
            await self._app(scope, receive, send)
            return
        headers = {"X-Content-Type-Options": "nosniff"}
        refusal = PlainTextResponse(REFUSED.format(url=self._url), 403, headers)
        if scope["type"] == "websocket":
            await deny(WebSocket(scope, receive, send), refusal)
        else:
            await refusal(scope, receive, send)

    def _is_owner(self, scope: Scope) -> bool:
        sent: Mapping[bytes, list[str]] = {b"host": [], b"origin": []}
        for name, value in scope["headers"]:
            if name in sent:
                sent[name].append(value.decode("latin-1"))
        hosts, origins = sent[b"host"], sent[b"origin"]
        return len(hosts) == 1 and self._may_call(hosts[0]) and all(map(self._may_ask, origins))

    def _may_call(self, host: str) -> bool:
        return bool(_HOST.fullmatch(host) or self._own_host.fullmatch(host))

    def _may_ask(self, origin: str) -> bool:
        return origin in self._origins or LOOPBACK_ORIGIN.fullmatch(origin) is not None


def readable(app: ASGIApp, origins: Iterable[str] = ()) -> ASGIApp:
    """Let pages of this machine, and these, read what it answers."""
    return CORSMiddleware(
        app,
        allow_origins=tuple(origins),
        allow_origin_regex=LOOPBACK_ORIGIN.pattern,
        allow_methods=["*"],
        allow_headers=["*"],
    )
