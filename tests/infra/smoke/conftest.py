"""One `make run` for the whole suite."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from support.servers.local_run import local_run
from support.stores.firestore_emulator import free_port


@pytest.fixture(scope="session")
def page_port() -> int:
    """Where a page on another origin is allowed to ask from."""
    return free_port()


@pytest.fixture(scope="session")
def run_url(page_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    allowed = f"http://127.0.0.1:{page_port}"
    with local_run(tmp_path_factory.mktemp("run"), LIVE_API_ALLOWED_ORIGINS=allowed) as run:
        assert "text/html" in httpx2.get(run.url).headers["content-type"], (
            "web/dist is missing: make test"
        )
        yield run.url
