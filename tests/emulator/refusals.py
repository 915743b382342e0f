"""All that can be refused, at a mint and on a socket, in the service's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CLOSE_REASON_MAX_BYTES = 123
"""RFC 6455 5.5: a control frame carries 125 bytes, two of them the code."""


@dataclass(eq=False)  # an exception is itself, and grows a traceback
class Refusal(Exception):
    """A mint that is answered with an error; shaped as every Google API shapes it."""

    http_status: int
    status: str
    message: str
    details: list[dict[str, Any]] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        error: dict[str, Any] = {
            "code": self.http_status,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


class Cut(Exception):
    """A connection that ends without a close."""


@dataclass(eq=False)
class Closed(Exception):
    """A socket that the service closes, after the upgrade."""

    code: int
    reason: str = ""
    after_s: float = 0.0
    """How long the service takes to say so, in emulated seconds."""

    def wire_reason(self) -> str:
        """Return the reason, cut to what a close frame can carry."""
        return self.reason.encode(errors="replace")[:CLOSE_REASON_MAX_BYTES].decode(errors="ignore")


def invalid_argument(message: str) -> Refusal:
    """400: the body is not one that the service takes."""
    return Refusal(400, "INVALID_ARGUMENT", message)


def no_key() -> Refusal:
    """403: no API key came with the call."""
    return Refusal(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    )


def bad_key() -> Refusal:
    """400: the API key is none of ours (seen on the general Gemini API, not on this path)."""
    reason = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    message = "API key not valid. Please pass a valid API key."
    return Refusal(400, "INVALID_ARGUMENT", message, [reason])


def bad_token() -> Closed:
    """1007: no token, or one that was never minted. Guess: the words between the known two ends."""
    return Closed(
        1007,
        "Missing or malformed auth token. For browsers, pass it in an"
        " `access_token` query parameter",
    )


def token_used_up() -> Closed:
    """1011: a new session beyond the token's uses."""
    return Closed(1011, "Token has been used too many times")


def token_expired() -> Closed:
    """1011: a connection, new or resumed, after expireTime."""
    return Closed(1011, "Token has expired")


def token_window_over() -> Closed:
    """A new session after newSessionExpireTime. Guess: code and words; nobody published them."""
    return Closed(1011, "Token has expired: new sessions are no longer allowed")


def token_ran_out() -> Closed:
    """1011: expireTime came while the session ran."""
    return Closed(1011, "auth token has expired")


def unregistered() -> Closed:
    """A token, or nothing, on the socket for API keys. Guess: the code; the words are known."""
    return Closed(1008, no_key().message)


def key_not_valid() -> Closed:
    """1007: a bad API key on the socket for API keys."""
    return Closed(1007, "API key not valid. Please pass a valid API key.")


def unknown_name(name: str, path: str) -> str:
    """Say that a message has no such field, as the service says it."""
    at = f" at '{path}'" if path else ""
    return f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'


def model_not_found(model: str, version: str) -> Closed:
    """1008: a model that there is not, or no longer."""
    return Closed(
        1008,
        f"{model} is not found for API version {version},"
        " or is not supported for bidiGenerateContent."
        " Call ListModels to see the list of available models and their supported methods.",
    )


def bad_modality(modality: str) -> Closed:
    """1007: the model does not answer in that."""
    return Closed(
        1007,
        f"The requested combination of response modalities ({modality})"
        " is not supported by the model.",
    )


def not_found() -> Closed:
    """1008: a stale or unknown handle, or an answer to a call that was never made."""
    return Closed(1008, "Requested entity was not found.")


def held_elsewhere() -> Closed:
    """1011: a resume while an earlier socket of the talk is open (aicc2025/sip-to-ai#14).

    Guess: the words; the report has the code alone.
    """
    return Closed(1011, "The service is currently unavailable.")


def too_early() -> Closed:
    """1011: a resume right after a drop in silence; it took 0.5 to 0.7 s to be told."""
    return Closed(1011, "Internal error encountered.", after_s=0.6)


def no_scheduling() -> Closed:
    """1007: an answer with `scheduling` for extended thinking (openclaw/openclaw#152413)."""
    return bad_argument("Function response scheduling is not supported for this model")


def deprecated_media_chunks() -> Closed:
    """1007: audio as clients sent it before 2026."""
    return Closed(
        1007, "realtime_input.media_chunks is deprecated. Use audio, video, or text instead."
    )


def bad_audio() -> Closed:
    """1007: bytes that are no PCM. Guess: the words between the known two ends."""
    return Closed(
        1007,
        "error when processing input audio, please check the input audio format:"
        " 16khz s16le pcm, mono",
    )


def bad_argument(reason: str = "Request contains an invalid argument.") -> Closed:
    """1007: the catch-all."""
    return Closed(1007, reason)
