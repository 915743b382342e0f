"""Generators that are Python and Node packages take the contract, and what they make works, today
and with the answers of a later version; `make generators` tries the others, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.runs import tables
from support.servers.local_run import local_run
from tools.generators.newer import newer_than
from tools.generators.story import TODAY, id_token_at, told_of_newer
from tools.generators.targets import LINTERS, Target, in_tests


@pytest.fixture(scope="module")
def livepass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_run(tmp_path_factory.mktemp("livepass"), LIVE_API_ABUSE="monitor") as run:
        yield run.url


@pytest.mark.parametrize("target", tuple(in_tests()), ids=lambda target: target.name)
def test_generated_client_tells_the_story_today_and_next_year(
    target: Target, livepass: str, tmp_path: Path
) -> None:
    target.make(tmp_path)

    today = target.tell(tmp_path, livepass, id_token_at(livepass))
    with newer_than(livepass) as newer:
        later = target.tell(tmp_path, newer, id_token_at(livepass))

    assert today == TODAY
    assert later == told_of_newer()
    tables.add("Generators", ("generator", "compiled", "story"), (target.name, "yes", "told"))


@pytest.mark.parametrize("linter", tuple(LINTERS))
def test_contract_is_clean(linter: str, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(Path(__file__).parents[2] / "node_modules")

    LINTERS[linter](tmp_path)
