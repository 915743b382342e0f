"""From an upgrade to `setupComplete`: whose socket it is, what it may do, and with which setup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from emulator.cloud import Cloud
from emulator.fields import CLIENT_MESSAGE
from emulator.masks import Setup, effective_setup
from emulator.models import Model, model_of
from emulator.refusals import (
    bad_argument,
    bad_token,
    key_not_valid,
    not_found,
    unregistered,
)
from emulator.schema import Malformed, parse, read
from emulator.talk import Talk
from emulator.tokens import Token


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
    talk = None
    if handle := setup.get("sessionResumption", {}).get("handle"):
        talk = cloud.talks.find(handle, now)
        if talk is None:
            raise not_found()
    if token is not None:
        cloud.tokens.admit(token, now, resumes=talk is not None)
    # Guess: a setup that is refused from here on has used the token.
    model = model_of(setup, version, cloud.settings.extra_models)
    if talk is not None and talk.model != setup["model"]:
        raise bad_argument()  # Guess: the words; that the model may not change is documented
    resumed, talk = talk is not None, talk or cloud.talks.begin(setup["model"], now)
    return Opened(setup, model, token, talk, resumed)


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
        raise WebSocketDisconnect(event.get("code", 1006), event.get("reason"))
    data: str | bytes | None = event.get("text")
    return event["bytes"] if data is None else data
