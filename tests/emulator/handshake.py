"""From an upgrade to `setupComplete`: whose socket it is, what it may do, and with which setup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from emulator.cloud import Cloud
from emulator.fields import CLIENT_MESSAGE
from emulator.manners import EARLY_RESUME_REFUSED, HANDLES_ARE_MOMENTS, ONE_SOCKET
from emulator.masks import Setup, effective_setup
from emulator.models import Model, model_of
from emulator.refusals import (
    bad_argument,
    bad_token,
    held_elsewhere,
    key_not_valid,
    not_found,
    too_early,
    unregistered,
)
from emulator.schema import Malformed, parse, read
from emulator.talk import Found, Talk
from emulator.tokens import Token

NO_CLOSE_FRAME = 1006
"""RFC 6455 7.1.5: the code of a connection that ended without a close frame."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a connection was granted."""

    setup: Setup
    model: Model
    token: Token | None
    talk: Talk
    resumed: bool


def token_of(websocket: WebSocket, cloud: Cloud) -> Token:
    """Return the token of the upgrade: in the query or in the header. Raises Closed."""
    scheme, _, value = websocket.headers.get("authorization", "").partition(" ")
    name = websocket.query_params.get("access_token") or (
        value if scheme.lower() == "token" else ""
    )
    if not name:
        raise bad_token()
    return cloud.tokens.find(name.strip())


def check_socket_key(websocket: WebSocket, cloud: Cloud) -> None:
    """Refuse a socket for API keys that has none, a bad one, or a token. Raises Closed."""
    key = websocket.query_params.get("key") or websocket.headers.get("x-goog-api-key") or ""
    if not key or key.startswith("auth_tokens/") or "access_token" in websocket.query_params:
        raise unregistered()
    if key in cloud.settings.bad_keys:
        raise key_not_valid()


def open_session(
    message: dict[str, Any], token: Token | None, version: str, cloud: Cloud
) -> Opened:
    """Grant what the first frame asks for, within the token's constraints. Raises Closed."""
    if "setup" not in message:
        raise bad_argument("setup must be the first message and only the first message")  # Guess
    setup, now = message["setup"], cloud.clock.now()
    if token is not None:
        cloud.tokens.check_end(token, now)  # Guess: before the handle
        setup = effective_setup(token.setup, token.mask, setup)
    found = None
    if handle := setup.get("sessionResumption", {}).get("handle"):
        found = cloud.talks.find(handle, now)
        if found is None:
            raise not_found()
    if token is not None:
        cloud.tokens.admit(token, now, resumes=found is not None)
    # Guess: a setup that is refused from here on has used the token.
    model = model_of(setup, version, cloud.settings)
    if found is None:
        talk = cloud.talks.begin(setup["model"], now)
    else:
        talk = _resumed(found, setup["model"], cloud)
    return Opened(setup, model, token, talk, found is not None)


def _resumed(found: Found, model: str, cloud: Cloud) -> Talk:
    talk, settings = found.talk, cloud.settings
    if talk.model != model:
        raise bad_argument()  # Guess: the words; that the model may not change is documented
    if talk.connections and settings.shows(ONE_SOCKET, model):
        raise held_elsewhere()
    early = cloud.clock.now() < talk.dropped_idle_at + settings.early_resume_s
    if early and settings.shows(EARLY_RESUME_REFUSED, model):
        raise too_early()
    if settings.shows(HANDLES_ARE_MOMENTS, model):
        talk.rewind(found.lines)
    return talk


def parse_frame(data: str | bytes) -> dict[str, Any]:
    """Return one client message, its names in lowerCamel. Raises Closed."""
    try:
        message = read(CLIENT_MESSAGE, parse(data))
    except Malformed as error:
        raise bad_argument(str(error)) from error
    if len(message) != 1:
        raise bad_argument()  # Guess: the words; exactly one member is documented
    return dict(message)


async def receive_frame(websocket: WebSocket) -> str | bytes:
    """Return the next frame, text or binary. Raises WebSocketDisconnect."""
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        # uvicorn 0.54 gives a reason, be it empty, only where there was a close frame.
        code = event.get("code", NO_CLOSE_FRAME) if "reason" in event else NO_CLOSE_FRAME
        raise WebSocketDisconnect(code, event.get("reason"))
    data: str | bytes | None = event.get("text")
    return event["bytes"] if data is None else data
