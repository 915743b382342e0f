"""`usageMetadata` as it is billed: every turn pays again for all that was said before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from emulator import manners
from emulator.masks import Setup
from emulator.settings import EmulatorSettings
from emulator.talk import Line, Talk

AUDIO_TOKENS_PER_S = 25
PICTURE_TOKENS = 258
"""Guess: 258 a frame is in older pages; the price a minute says about 33 a second."""
CHARACTERS_PER_TOKEN = 4
THOUGHTS = {"low": 64, "medium": 256, "high": 1024}
"""Guess: a number that grows with the level."""
CONTEXT_TOKENS = 131_072
UNCLAIMED_TOKENS = 18
"""Tokens of a prompt that are in no modality: some 18 on 3.1 (llmgateway), 25 in one frame of 3.8
(https://discuss.ai.google.dev/t/188765).
"""


def text_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def context(setup: Setup, lines: Iterable[Line]) -> Counter[str]:
    """Return the tokens of a context, by modality."""
    tokens: Counter[str] = Counter()
    for part in setup.get("systemInstruction", {}).get("parts", []):
        tokens["TEXT"] += text_tokens(part.get("text", ""))
    tokens["TEXT"] += text_tokens(str(setup["tools"])) if setup.get("tools") else 0
    for line in lines:
        tokens["AUDIO"] += round(line.audio_s * AUDIO_TOKENS_PER_S)
        tokens["VIDEO"] += line.pictures * PICTURE_TOKENS
        tokens["TEXT"] += 0 if line.audio_s else text_tokens(line.text)
    return +tokens


def usage_metadata(
    setup: Setup, before: Iterable[Line], said: Line, settings: EmulatorSettings
) -> dict[str, Any]:
    """Return the usage of one turn: the context before it, and what was said."""
    prompt = context(setup, before)
    unclaimed = UNCLAIMED_TOKENS if settings.shows(manners.UNCLAIMED_TOKENS, setup["model"]) else 0
    prompt_tokens = prompt.total() + unclaimed
    spoken = context({}, [said])
    thinking = setup.get("generationConfig", {}).get("thinkingConfig", {})
    thoughts = THOUGHTS.get(thinking.get("thinkingLevel", "").lower(), 0)
    apart = settings.shows(manners.THOUGHTS_APART, setup["model"])
    usage = {
        "promptTokenCount": prompt_tokens,
        "responseTokenCount": spoken.total(),
        "totalTokenCount": prompt_tokens + spoken.total() + (0 if apart else thoughts),
        "promptTokensDetails": _details(prompt),
        "responseTokensDetails": _details(spoken),
    }
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    return usage


def compress(setup: Setup, talk: Talk) -> None:
    """Forget the oldest turns once the context reaches its trigger, down to its target; the latest
    stays, whatever its length.
    """
    lines, config = talk.lines, setup.get("contextWindowCompression")
    if config is None or "slidingWindow" not in config:
        return
    trigger = config.get("triggerTokens") or CONTEXT_TOKENS * 8 // 10
    target = config["slidingWindow"].get("targetTokens") or trigger // 2
    if context(setup, lines).total() < trigger:
        return
    while len(lines) > 1 and (context(setup, lines).total() > target or lines[0].role != "user"):
        del lines[0]
        talk.forgotten += 1


def _details(tokens: Counter[str]) -> list[dict[str, Any]]:
    return [{"modality": name, "tokenCount": count} for name, count in sorted(tokens.items())]
