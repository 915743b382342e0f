"""What a token locks: the mask of fields that a client cannot change.

`LOCKED` names every field of the setup but `sessionResumption`, whether a grant sets it or not: a
locked field without a value is locked to its default, so a client can add nothing of its own.
Resumption is left out, since a locked handle is the only one that a token resumes by (Live API
reference, AuthToken.fieldMask), and a talk gets others.

That is what `LIVE_API_LOCK_RESUMPTION` is for: a token is good for one talk then. Without a handle
it begins one and resumes none; with one it resumes by that. Each connection takes a token.
"""

from __future__ import annotations

LOCKED = (
    "model",
    "generationConfig",
    "systemInstruction",
    "tools",
    "realtimeInputConfig",
    "contextWindowCompression",
    "inputAudioTranscription",
    "outputAudioTranscription",
    "proactivity",
    "historyConfig",
    "avatarConfig",
    "safetySettings",
    "labels",
)
RESUMPTION = "sessionResumption"
HISTORY = "historyConfig"


def locked_fields(*, seeds: bool, resumption: bool) -> tuple[str, ...]:
    """The mask. With `seeds`, the client may set how the history begins; with `resumption`, it may
    not set a handle.
    """
    fields = tuple(each for each in LOCKED if each != HISTORY) if seeds else LOCKED
    return (*fields, RESUMPTION) if resumption else fields
