"""The manners of the service that its documents do not promise, or that hurt: each with its
evidence, the models it was seen on, and the setting of its name.

Where the service was never seen otherwise, a manner is on; what was seen only at times is off, and
can be asked for. `README.md` has the same table, which a test holds to this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Where = Literal["where_reported", "always", "never"]
"""On which models a manner shows: on those it was reported of, on all, or on none."""
Evidence = Literal["documented", "measured", "reported", "guessed"]

LIVE_3_8 = "models/gemini-3.8-live"
EXTENDED_3_8 = "models/gemini-3.8-live-extended-thinking"
LIVE_3_1 = "models/gemini-3.1-flash-live-preview"
NATIVE_2_5 = "models/gemini-2.5-flash-native-audio-preview-12-2025"
SHORT_NAMES = {
    LIVE_3_8: "3.8",
    EXTENDED_3_8: "3.8 extended thinking",
    LIVE_3_1: "3.1",
    NATIVE_2_5: "2.5",
}
BOTH_3_8 = (LIVE_3_8, EXTENDED_3_8)
GITHUB = "https://github.com/"


@dataclass(frozen=True, slots=True)
class Manner:
    """One manner; its setting takes a `Where`."""

    setting: str
    evidence: Evidence
    source: str
    """Where it is documented, or who reported it."""
    models: tuple[str, ...] = ()
    """The models it was reported of; none of them named is all of them."""

    def shows(self, where: Where, model: str) -> bool:
        """Whether a model has this manner under a setting."""
        if where == "where_reported":
            return not self.models or model in self.models
        return where == "always"

    def where(self) -> str:
        """Return the models it was reported of, in short."""
        return ", ".join(SHORT_NAMES[model] for model in self.models) or "all"


STREAM_END_IGNORED = Manner(
    "stream_end_ignored", "reported", GITHUB + "openclaw/openclaw/issues/152830", BOTH_3_8
)
CALLS_DIE = Manner("calls_die", "reported", GITHUB + "pipecat-ai/pipecat/issues/5497")
HANDLES_ARE_MOMENTS = Manner(
    "handles_are_moments",
    "reported",
    GITHUB + "pipecat-ai/pipecat/issues/5465",
    (LIVE_3_1, NATIVE_2_5),
)
HISTORY_ANNOUNCED = Manner(
    "history_announced", "reported", GITHUB + "livekit/agents/issues/5262", (LIVE_3_1,)
)
SCHEDULING_REFUSED = Manner(
    "scheduling_refused", "reported", GITHUB + "openclaw/openclaw/pull/152413", (EXTENDED_3_8,)
)
INTERIM_ABANDONS = Manner(
    "interim_abandons", "reported", GITHUB + "openclaw/openclaw/pull/152413", (EXTENDED_3_8,)
)
BLOCKING_REFUSED = Manner(
    "blocking_refused", "reported", GITHUB + "google-gemini/gemini-skills/pull/81", (EXTENDED_3_8,)
)
UNNAMED_FAILS = Manner(
    "unnamed_fails", "reported", GITHUB + "roomkit-live/roomkit/pull/42", (EXTENDED_3_8,)
)
ONE_SOCKET = Manner("one_socket", "reported", GITHUB + "aicc2025/sip-to-ai/pull/14")
THOUGHTS_APART = Manner("thoughts_apart", "reported", GITHUB + "theopenco/llmgateway/pull/3315")
UNCLAIMED_TOKENS = Manner("unclaimed_tokens", "reported", GITHUB + "theopenco/llmgateway/pull/3315")
ONE_HANDLE = Manner("one_handle", "measured", "17 sessions of 3.8, 2026-10-02", BOTH_3_8)
EARLY_RESUME_REFUSED = Manner(
    "early_resume_refused", "measured", "12 of 12 runs, 2026-10-02", (LIVE_3_8,)
)
PLACEHOLDERS_PASSED_OVER = Manner(
    "placeholders_passed_over", "reported", GITHUB + "livekit/agents/pull/7193"
)
SHORT_SPEECH_UNHEARD = Manner(
    "short_speech_unheard", "documented", "https://ai.google.dev/api/live"
)
DECLARATIONS_CHECKED = Manner(
    "declarations_checked", "reported", GITHUB + "livekit/agents/issues/7349"
)
REASONS_IN_TEXT = Manner(
    "reasons_in_text", "reported", GITHUB + "mastra-ai/mastra/issues/17021", (NATIVE_2_5,)
)

MANNERS = (
    STREAM_END_IGNORED,
    CALLS_DIE,
    HANDLES_ARE_MOMENTS,
    HISTORY_ANNOUNCED,
    SCHEDULING_REFUSED,
    INTERIM_ABANDONS,
    BLOCKING_REFUSED,
    UNNAMED_FAILS,
    ONE_SOCKET,
    THOUGHTS_APART,
    UNCLAIMED_TOKENS,
    ONE_HANDLE,
    EARLY_RESUME_REFUSED,
    PLACEHOLDERS_PASSED_OVER,
    SHORT_SPEECH_UNHEARD,
    DECLARATIONS_CHECKED,
    REASONS_IN_TEXT,
)
