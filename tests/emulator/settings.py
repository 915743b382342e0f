"""What can be chosen about the emulator; every time is in seconds of the emulated service.

`speed` is the one scale: at 60 a minute of the emulated service passes in a second, so ten minutes
pass in ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

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
    """Between two sessionResumptionUpdates."""
    first_audio_s: Seconds = 0.3
    """From the end of a user's turn to the first sound of the answer."""
    pace: Annotated[float, Field(gt=0)] = 4.0
    """How much faster than it plays the answer is sent."""
    recognised: tuple[str, ...] = ()
    """What the scripted recogniser hears, one an utterance, from each talk's first on."""
    speech: Literal["auto", "tone"] = "auto"
    """Who speaks what was typed: this machine's synthesiser where it has one, or always a tone."""

    def changed(self, change: Mapping[str, Any]) -> EmulatorSettings:
        """Return these settings with some changed. Raises ValueError, naming the wrong ones."""
        return TypeAdapter(EmulatorSettings).validate_python({**asdict(self), **change})
