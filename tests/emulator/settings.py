"""What can be chosen about the emulator; every time is in seconds of the emulated service.

`speed` is the one scale: at 60 a minute of the emulated service passes in a second, so ten minutes
pass in ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from emulator.manners import MANNERS, Manner, Where

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """All that can be set, at the start and, through `PATCH /_emulator/settings`, later."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    speed: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """Emulated seconds that pass in one real second."""
    bad_keys: tuple[str, ...] = ("bad-key",)
    """API keys answered with API_KEY_INVALID; any other that is not empty is good."""
    extra_models: tuple[str, ...] = ()
    """Models beside the known ones, `models/...`, held to no rule."""
    mint_latency_s: Seconds = 0.0
    """Real seconds that each mint takes, whatever the speed."""
    token_life_s: Seconds = 1800.0
    """How long a token lives when it does not say."""
    token_start_window_s: Seconds = 60.0
    """How long a token may start sessions when it does not say."""
    token_life_limit_s: Seconds = 20 * 3600.0
    """How far ahead a token's end may be."""
    connection_life_s: Seconds = 600.0
    """When a connection ends."""
    go_away_lead_s: Seconds = 60.0
    """How long before that goAway is sent."""
    handle_life_s: Seconds = 7200.0
    """How long a resumption handle is good after its session's connection ended."""
    handle_interval_s: Annotated[float, Field(gt=0)] = 1.2
    """Between two sessionResumptionUpdates, where there is more than one (see `one_handle`)."""
    first_handle_s: Seconds = 0.5
    """From setupComplete to the only one; 0.4 to 0.6 s were measured."""
    early_resume_s: Seconds = 1.0
    """How soon after a drop in silence a resume is too early (see `early_resume_refused`)."""
    first_audio_s: Seconds = 0.3
    """From the end of a user's turn to the first sound of the answer."""
    pace: Annotated[float, Field(gt=0)] = 4.0
    """How much faster than it plays the answer is sent."""
    recognised: tuple[str, ...] = ()
    """What the scripted recogniser hears, one an utterance, from each talk's first on."""
    counts_words: bool = False
    """Recognise the numbered words of `marks.py` instead, and note each as it arrives."""
    speech: Literal["auto", "tone"] = "auto"
    """What speaks typed text: this machine's synthesiser if it has one, or always a tone."""

    stream_end_ignored: Where = "where_reported"
    """`audioStreamEnd` ends no turn: only silence that is streamed does."""
    calls_die: Where = "where_reported"
    """A call dies with its connection: an answer on the next one is not listened to."""
    stray_answer: Literal["ignored", "closes"] = "ignored"
    """What an answer to a dead call does: nothing, or it closes the socket with 1008."""
    handles_are_moments: Where = "where_reported"
    """A handle brings back the talk as it was when the handle was given, and no later word."""
    history_announced: Where = "where_reported"
    """`clientContent` is taken for a history that `historyConfig` announced, and else refused."""
    scheduling_refused: Where = "where_reported"
    """An answer with `scheduling` closes the socket with 1007."""
    interim_abandons: Where = "where_reported"
    """After an answer with `willContinue` nothing more of that call is spoken of."""
    blocking_refused: Where = "where_reported"
    """A function declared BLOCKING closes the socket with 1007 at the setup."""
    unnamed_fails: Where = "where_reported"
    """An answer without its function's name is read as a call that failed."""
    one_socket: Where = "where_reported"
    """A resume is refused with 1011 while another socket holds the talk."""
    thoughts_apart: Where = "where_reported"
    """`totalTokenCount` leaves `thoughtsTokenCount` out."""
    unclaimed_tokens: Where = "where_reported"
    """Some tokens of each prompt are in no modality."""
    one_handle: Where = "where_reported"
    """A connection gives one handle, soon after its start, and no empty one."""
    early_resume_refused: Where = "where_reported"
    """A resume right after a drop in silence is closed with 1011."""
    placeholders_passed_over: Where = "where_reported"
    """A user's turn that says nothing asks for an answer to what was said before it."""
    short_speech_unheard: Where = "where_reported"
    """Speech shorter than `prefixPaddingMs` is not heard."""
    declarations_checked: Where = "where_reported"
    """A function that is declared badly closes the socket with 1007 at the setup."""
    reasons_in_text: Where = "never"
    """A text part that is no `thought`, and not what is spoken, comes before the sound."""
    transcripts: Literal["whole", "repeated", "glued"] = "whole"
    """Fragments of transcripts come as they are, twice, or without the spaces between them."""
    late_sound_s: Seconds = 0.0
    """How long after `turnComplete` the last of the sound comes; 0 is before it, as it ought to."""
    silent_tools_s: Seconds = 0.0
    """How long after a call the model says nothing at all, whatever the function was declared."""

    @classmethod
    def kind(cls, **chosen: Any) -> EmulatorSettings:
        """Return settings without any of the manners of `manners.py`."""
        return cls(**{**KIND, **chosen})

    def shows(self, manner: Manner, model: str) -> bool:
        """Whether a model, `models/...`, has a manner."""
        return manner.shows(getattr(self, manner.setting), model)

    def changed(self, change: Mapping[str, Any]) -> EmulatorSettings:
        """Return these settings with some changed. Raises ValueError, naming the wrong ones."""
        return TypeAdapter(EmulatorSettings).validate_python({**asdict(self), **change})


KIND: dict[str, Any] = {manner.setting: "never" for manner in MANNERS}
"""What switches every manner off."""
