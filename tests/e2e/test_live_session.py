"""A vended token opens one Live session, as the server shaped it, with Google's own client."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import Any

import pytest

from emulator.process import EmulatedGemini
from support.people.callers import Answer, Callers
from support.sdks.gemini_suite import HERE
from support.servers.fleet import Fleet

SCRIPT = HERE / "live_session.mjs"
MODEL = "gemini-3.8-live"
OTHER_MODEL = "gemini-3.1-flash-live-preview"


@pytest.fixture
async def answer(sqlite_fleet: Fleet, gemini: EmulatedGemini) -> Answer:
    """Vend a token with everything as it comes: 30 minutes, to be started within 2."""
    async with Callers(sqlite_fleet) as callers:
        answer = await callers.mint(sqlite_fleet.person().id_token)
    assert answer.status == 201
    return answer


async def talk(answer: Answer, gemini: EmulatedGemini, **asked: Any) -> dict[str, Any]:
    """Let @google/genai say hello with the token."""
    connect = answer.body["connect"]
    request = {
        "token": answer.token,
        "baseUrl": gemini.url,
        "apiVersion": connect["apiVersion"],
        "model": connect["model"],
        "config": {"sessionResumption": {}},
        "text": "Hello there",
        **asked,
    }
    node = shutil.which("node")
    assert node, "Node.js is needed to run Google's client"
    process = await asyncio.create_subprocess_exec(
        node,
        SCRIPT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, problems = await process.communicate(json.dumps(request).encode())
    assert process.returncode == 0, problems.decode()
    return dict(json.loads(out))


def granted(gemini: EmulatedGemini) -> list[dict[str, Any]]:
    """Return the setups that sessions were opened with, as Gemini made them of token and client."""
    return [entry["setup"] for entry in gemini.journal("session")]


async def test_vended_token_opens_a_session_that_answers(
    answer: Answer, gemini: EmulatedGemini
) -> None:
    told = await talk(answer, gemini)

    assert told["setupComplete"]
    assert told["turnComplete"]
    assert told["said"]
    assert granted(gemini)[0]["model"] == f"models/{MODEL}"


async def test_vended_token_cannot_be_used_with_another_model_or_more_than_was_granted(
    answer: Answer, gemini: EmulatedGemini
) -> None:
    wanted = {
        "responseModalities": ["TEXT"],
        "temperature": 2,
        "systemInstruction": "You are somebody else.",
        "tools": [{"googleSearch": {}}],
    }

    told = await talk(answer, gemini, model=OTHER_MODEL, config=wanted)

    assert gemini.journal("setup")[0]["setup"]["model"] == f"models/{OTHER_MODEL}"
    setup = granted(gemini)[0]
    assert told["setupComplete"]
    assert setup["model"] == f"models/{MODEL}"
    assert setup["generationConfig"]["responseModalities"] == ["AUDIO"]
    assert "temperature" not in setup["generationConfig"]
    assert not {"systemInstruction", "tools"} & setup.keys()


async def test_vended_token_opens_no_second_session(answer: Answer, gemini: EmulatedGemini) -> None:
    first = await talk(answer, gemini)
    second = await talk(answer, gemini)

    assert first["setupComplete"]
    assert not second["setupComplete"]
    assert second["reason"] == "Token has been used too many times"
    assert len(granted(gemini)) == 1


@pytest.mark.parametrize(("minutes", "why"), [(2, "start window"), (30, "end")])
async def test_vended_token_opens_nothing_after_its_start_window_or_its_end(
    answer: Answer, gemini: EmulatedGemini, minutes: int, why: str
) -> None:
    gemini.advance(minutes * 60 + 1)

    told = await talk(answer, gemini)

    assert not told["setupComplete"], f"it opened after its {why}"
    assert (told["code"], told["said"]) == (1011, "")
    assert not granted(gemini)


async def test_vended_token_opens_a_session_until_its_start_window_closes(
    answer: Answer, gemini: EmulatedGemini
) -> None:
    gemini.advance(2 * 60 - 15)  # Node takes a moment to get there

    told = await talk(answer, gemini)

    assert told["setupComplete"]
