"""`make smoke URL=...`: check a deployment from outside, a line a check; exit 1 when one fails.

The test user: the local sign-in of `make run`; for a deployment an ID token given in
LIVEPASS_SMOKE_ID_TOKEN, or a user of Identity Platform made and deleted with gcloud's login.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from infra.smoke import api_checks, site_checks, talk_checks
from infra.smoke.report import Broken, NotReached, run
from infra.smoke.visit import Visit, document

CHECKS = (*site_checks.CHECKS, *api_checks.CHECKS, *talk_checks.CHECKS)


def smoke(visit: Visit) -> bool:
    """Make all checks; True when none failed."""
    try:
        return run(CHECKS, visit)
    finally:
        visit.close()


def main() -> None:
    """Check, and exit with 1 when something is broken."""
    asked = _asked()
    print(f"Smoke test of {asked.url}", flush=True)
    expected = json.loads(asked.web_config.read_text()) if asked.web_config else None
    _await(asked.url, asked.patience)
    visit = Visit(
        asked.url,
        shape=asked.shape,
        environ=os.environ,
        expected=expected,
        source=asked.source,
    )
    sys.exit(0 if smoke(visit) else 1)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    parser.add_argument("url", help="what people open: http://127.0.0.1:8080, https://...")
    parser.add_argument("--shape", choices=site_checks.HEADERS, help="else told by the address")
    parser.add_argument("--web-config", type=Path, help="a file that config.json must be equal to")
    parser.add_argument("--source", default="", help="the hash that health must tell")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait until it is up")
    asked = parser.parse_args()
    if not asked.url.startswith(("http://", "https://")):
        parser.error(f"the address must begin with http:// or https://, got '{asked.url}'")
    return asked


def _await(url: str, patience_s: float) -> None:
    """Wait until our own code answers, well or not: what was just made takes a while to be public,
    and until then the front end answers in its place.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        visit = Visit(url, environ={})
        with suppress(Broken, NotReached):
            if "checks" in document(visit.ask("GET", "/health")):
                return
        visit.close()
        time.sleep(min(3, patience_s / 10))


if __name__ == "__main__":
    main()
