"""Bodies of every shape: good ones, good ones with something wrong, bombs, and nonsense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from support.requests.places import SESSIONS
from vending.http.body import MAX_BODY_BYTES

NAMES = (
    *("model", "voice", "responseModality", "temperature", "systemInstruction", "tools"),
    *("thinkingLevel", "turnDetection", "durationMinutes", "duration", "uses", "sessionId"),
    *("count", "prompt", "response", "thoughts", "audio", "text", "minutes", "reason", "tier"),
    *("mode", "silenceMs", "startSensitivity", "__proto__", "constructor", "response_modality", ""),
)
WORDS = st.sampled_from(
    [
        *("gemini-3.8-live", "Puck", "AUDIO", "TEXT", "low", "manual", "automatic", "get_weather"),
        *("google_search", "models/gemini-3.8-live", "../../etc/passwd", "\ud83d", "\x00", "null"),
        *("' or 1=1 --", "{{7*7}}", "${jndi:ldap://x}", "\u202e", "a" * 5000, *SESSIONS),
    ]
)
SCALARS = (
    WORDS
    | st.none()
    | st.booleans()
    | st.text(max_size=20)
    | st.sampled_from([0, 1, -1, 30, 1199, 1200, 2**31, 2**63, 10**39, 0.5, -0.0, 1e308, 2.0000001])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "voice": st.sampled_from(["Puck", "Kore", "nobody"]),
        "temperature": st.floats(-0.5, 2.5),
        "durationMinutes": st.integers(-1, 70),
        "tools": st.lists(st.sampled_from(["get_weather", "google_search", "rm"]), max_size=3),
        "turnDetection": st.fixed_dictionaries({"mode": st.sampled_from(["manual", "automatic"])}),
        "uses": st.integers(0, 3),
        "count": st.integers(0, 4),
    },
)
REFRESHES = st.fixed_dictionaries({"sessionId": st.sampled_from([*SESSIONS, ""])})
COUNTS = st.fixed_dictionaries(
    {}, optional={"text": st.integers(-1, 10**6), "audio": st.integers(0, 2**63)}
)
REPORTS = st.fixed_dictionaries(
    {}, optional={"prompt": COUNTS, "response": COUNTS, "thoughts": st.integers(-1, 10**6)}
)
REASON = {"minutes": st.integers(0, 60), "reason": st.sampled_from(["a test", "why", "x" * 201])}
DECISIONS = st.fixed_dictionaries(REASON)
RAISES = st.fixed_dictionaries({**REASON, "tier": st.sampled_from(["gold", "guest", "none"])})
# What each operation takes that takes anything.
GOOD: Mapping[str, st.SearchStrategy[Any]] = {
    "mint": WISHES | st.just({}),
    "refresh": REFRESHES,
    "report": REPORTS,
    "admin_set_tier": RAISES,
    "admin_block": DECISIONS,
    "admin_pause": DECISIONS,
}
BOMBS = st.sampled_from(
    [
        b"[" * 65_000,
        b'{"a":' * 3_000,
        b'{"temperature":' + b"9" * 65_000 + b"}",
        b'{"temperature":1e' + b"9" * 4_000 + b"}",
        b"{" + b",".join(b'"k%d":0' % n for n in range(1_800)) + b"}",
        b'{"tools":[' + b'"google_search",' * 900 + b'"x"]}',
        b"[" + b"0," * 8_000 + b"0]",
        b'"' + b"\\u0000" * 2_700 + b'"',
        b" " * (MAX_BODY_BYTES + 1),
        b'{"voice":"' + b"x" * (MAX_BODY_BYTES + 16) + b'"}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
        b'{"uses":NaN}',
        b'{"uses":1,"uses":2}',
        b'{"voice":"\\ud800"}',
        b"{}{}",
        b"nul",
    ]
)


def encoded(document: Any) -> bytes:
    """As JSON, lone surrogates too."""
    return json.dumps(document).encode("utf-8", "surrogatepass")


DOCUMENTS = (
    st.one_of(*GOOD.values()) | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4) | VALUES
).map(encoded)


@st.composite
def bodies(draw: st.DrawFn) -> list[bytes]:
    """A document, whole or in pieces, sometimes with a byte changed."""
    raw = draw(st.just(b"") | DOCUMENTS | BOMBS | st.binary(max_size=60))
    if raw and draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + bytes([draw(st.integers(0, 255))]) + raw[at + 1 :]
    cut = draw(st.integers(0, len(raw))) if draw(st.booleans()) else len(raw)
    return [raw[:cut], raw[cut:]]
