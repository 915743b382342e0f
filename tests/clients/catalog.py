"""The clients, as they were published, and what each cannot do, with the place in its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
LOCKS = HERE / "python"
INSTALLED = HERE.parents[1] / ".local" / "clients"

JS_HISTORY = (
    "`historyConfig` is not sent: `dist/node/index.mjs:17794` (3.3.0), `liveConnectConfigToMldev`, "
    "leaves it out; https://github.com/googleapis/js-genai/issues/1520"
)


@dataclass(frozen=True, slots=True)
class Client:
    """One published client.

    `package` is what its lock calls it; `needle` finds its snippet in README; `cannot` says by
    case what is its own fault.
    """

    name: str
    package: str
    program: str
    lock: str = ""
    """The folder of its Python lock; none for Node, where all are in one."""
    needle: str = ""
    cannot: Mapping[str, str] = field(default_factory=dict)
    on_other_models: bool = False
    """Whether it is also played on 3.1 and on 3.8 extended thinking."""

    def runtime(self) -> str:
        """Return what runs its program."""
        return str(INSTALLED / self.lock / "bin" / "python") if self.lock else "node"

    def command(self) -> list[str]:
        """Return what starts its program, in `programs/`."""
        return [self.runtime(), self.program, *(() if self.lock else (self.package,))]


CLIENTS = (
    Client(
        "google-genai, oldest",
        "google-genai",
        "genai_python.py",
        "google-genai-oldest",
        on_other_models=True,
        cannot={"history": "`types.py:11796` (1.18.0) has no `history_config`; 1.67.0 has"},
    ),
    Client(
        "google-genai, newest",
        "google-genai",
        "genai_python.py",
        "google-genai-newest",
        on_other_models=True,
        needle="send_client_content(turns",
    ),
    Client(
        "@google/genai, oldest",
        "google-genai-oldest",
        "genai_node.mjs",
        on_other_models=True,
        cannot={"history": JS_HISTORY},
    ),
    Client(
        "@google/genai, newest",
        "google-genai-newest",
        "genai_node.mjs",
        on_other_models=True,
        cannot={"history": JS_HISTORY},
    ),
    Client("google-adk", "google-adk", "adk.py", "google-adk", needle="google.adk"),
    Client(
        "livekit-plugins-google",
        "livekit-plugins-google",
        "livekit_session.py",
        "livekit-plugins-google",
        needle="livekit.plugins",
        cannot={
            "cut": "a resume that is refused once ends the session: "
            "`realtime/realtime_api.py:1105` (1.8.9), `if not session`"
        },
    ),
    Client(
        "pipecat-ai",
        "pipecat-ai",
        "pipecat_pipeline.py",
        "pipecat-ai",
        needle="pipecat.services",
        cannot={
            "cut": "a resume that is refused once is not tried again: "
            "`gemini_live/llm.py:1574` (1.14.0) connects outside the `try` below it",
            "resume": "takes no handle of an earlier talk: `gemini_live/llm.py:958` (1.14.0), "
            "`setup`, connects without one",
        },
    ),
    Client(
        "@ai-sdk/google",
        "@ai-sdk/google",
        "ai_sdk.mjs",
        on_other_models=True,
        needle="@ai-sdk/google",
        cannot={
            "history": "each message is sent as `realtimeInput.text`, whatever its role: "
            "`src/realtime/google-realtime-event-mapper.ts:478` (4.0.121)"
        },
    ),
)
