"""The short form: Google's two SDKs, as they are installed for the other tests, and the table.
`make clients` plays all clients, each in an environment of its own, and writes the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from clients import table
from clients.catalog import CLIENTS, HERE, JS_HISTORY
from clients.play import CASES, ON_OTHER_MODELS, Stage, play, stage

PROGRAMS = HERE / "programs"
ALL = (*CASES, *ON_OTHER_MODELS)
NODE = HERE.parent / "node_modules" / "@google" / "genai"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("clients")) as opened:
        yield opened


def test_python_sdk_plays_every_case_on_vended_tokens(opened: Stage) -> None:
    found = play(opened, [sys.executable, "genai_python.py"], PROGRAMS, ALL)

    assert found == dict.fromkeys(ALL, "")


def test_node_sdk_plays_every_case_but_the_one_it_cannot(opened: Stage) -> None:
    if not NODE.exists():
        pytest.skip("tests/node_modules is missing (make test installs it)")

    found = play(opened, ["node", "genai_node.mjs", "@google/genai"], PROGRAMS, ALL)

    assert [case for case, problem in found.items() if problem] == ["history"], found
    assert "historyConfig" in JS_HISTORY


def test_table_has_every_client_as_it_is_locked_and_what_it_cannot() -> None:
    told = table.told()

    assert {name: version for name, (version, _) in told.items()} == {
        client.name: table.version(client) for client in CLIENTS
    }
    for client in CLIENTS:
        cannot = [case for case, can in told[client.name][1].items() if not can]
        assert cannot == [case for case in CASES if case in client.cannot], client.name


def test_what_a_client_cannot_has_its_place_and_every_client_but_the_oldest_a_snippet() -> None:
    for client in CLIENTS:
        assert all("`" in place for place in client.cannot.values())
        assert client.needle or "oldest" in client.name or client.name.startswith("@google/genai")
