"""Google's own JavaScript SDK, unpatched, under Node: every scenario of gemini_scenarios.mjs."""

from __future__ import annotations

import json
import subprocess

import pytest

from emulator.process import EmulatedGemini
from support.sdks.gemini_suite import HERE, SCENARIOS


@pytest.fixture(scope="module")
def results(gemini_process: EmulatedGemini) -> dict[str, str]:
    command = ["node", "--no-warnings", "gemini_node.mjs", gemini_process.url]
    ran = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_genai_under_node(scenario: str, results: dict[str, str]) -> None:
    assert results[scenario] == "passed"


def test_every_scenario_ran_under_node(results: dict[str, str]) -> None:
    assert list(results) == SCENARIOS
    assert len(SCENARIOS) >= 9
