"""A mint: a body becomes a token, or a refusal in the service's words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from emulator.fields import AUTH_TOKEN
from emulator.masks import check_covered, mask_paths
from emulator.refusals import bad_key, invalid_argument, no_key
from emulator.schema import Malformed, parse, read
from emulator.settings import EmulatorSettings
from emulator.tokens import Token, new_name


def check_key(key: str | None, settings: EmulatorSettings) -> None:
    """Refuse a call without an API key, or with one that is known to be bad. Raises Refusal."""
    if not key:
        raise no_key()
    # Guess: a token is no key to a mint; tokens are documented to open the Live API alone.
    if key in settings.bad_keys or key.startswith("auth_tokens/"):
        raise bad_key()


def minted(body: bytes, settings: EmulatorSettings, *, now: float, wall_s: float) -> Token:
    """Return the token that a body asks for. Raises Refusal.

    Args:
        body: The request's bytes; empty is a token with every default.
        settings: The defaults and the limits of time.
        now: The moment, by the emulated clock.
        wall_s: The same moment in Unix seconds: what a body's absolute times are counted from.
    """
    requested = _requested(body)
    setup = requested.get("bidiGenerateContentSetup")
    paths = mask_paths(requested.get("fieldMask", ""))
    check_covered(setup or {}, paths)
    uses = requested.get("uses", 1)
    if uses < 0:
        raise invalid_argument("uses must not be negative.")  # Guess: the words
    life_s = _life_s(requested, "expireTime", settings.token_life_s, settings, wall_s)
    window_s = _life_s(
        requested, "newSessionExpireTime", settings.token_start_window_s, settings, wall_s
    )
    return Token(new_name(), now + life_s, now + window_s, uses, setup, paths)


def _requested(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        return dict(read(AUTH_TOKEN, parse(body), "auth_token"))
    except Malformed as error:
        raise invalid_argument(str(error)) from error


def _life_s(
    requested: dict[str, Any],
    name: str,
    default_s: float,
    settings: EmulatorSettings,
    wall_s: float,
) -> float:
    if name not in requested:
        return default_s
    spelled = "expire_time" if name == "expireTime" else "new_session_expire_time"
    life_s = _unix_s(requested[name], f"auth_token.{spelled}") - wall_s
    if life_s > settings.token_life_limit_s:
        limit_h = settings.token_life_limit_s / 3600
        raise invalid_argument(
            f"{spelled} is too far in the future. Maximum lifetime is {limit_h:g}h"
        )
    if life_s <= 0:
        raise invalid_argument(f"{spelled} must be in the future.")  # Guess: that it is refused
    return life_s


def _unix_s(text: str, path: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        # Guess: the words after the first comma.
        raise invalid_argument(
            f"Invalid value at '{path}' (type.googleapis.com/google.protobuf.Timestamp), "
            'Illegal timestamp format; timestamps must end with "Z" or have a valid offset: '
            f'"{text}"'
        )
    return moment.timestamp()
