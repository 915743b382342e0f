"""A copy of infra/ that Terraform has made ready, once for all tests."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext

import pytest

from infra.terraform import Missing, Root


@pytest.fixture(scope="session")
def infra(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The root; where there is no Terraform what needs it is skipped, or fails when CI=true."""
    return _ready(request, tmp_path_factory, ".")


@pytest.fixture(scope="session")
def bootstrap(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The root of the state and of CI's identity."""
    return _ready(request, tmp_path_factory, "bootstrap")


def _ready(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, root: str
) -> Root:
    try:
        return Root.copied(tmp_path_factory.mktemp("infra") / "infra", root)
    except Missing as missing:
        line = f"{missing}. What needs it is SKIPPED."
    if os.environ.get("CI") == "true":
        pytest.fail(line, pytrace=False)
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\n*** {line} ***", file=sys.stderr)
    pytest.skip(line)
