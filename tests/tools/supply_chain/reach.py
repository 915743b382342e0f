"""What an audit that brought nothing says: that its database is out of reach, or that it broke."""

from __future__ import annotations

import json
import re

UNREACHABLE = "database out of reach: NOT audited"
_NETWORK = re.compile(
    r"\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH)\b"
    r"|^requests\.exceptions\.(?:ConnectionError|ProxyError|ConnectTimeout|ReadTimeout): "
    r"|Could not connect to PyPI's vulnerability feed",
    re.MULTILINE,
)
_NOT_SERVED = (404, 405)  # by a registry's mirror, which has the packages and not the database


def why_not(tool: str, stdout: str, stderr: str) -> str:
    """Say it in a line; only the network's own errors are `UNREACHABLE`."""
    if _NETWORK.search(stdout + stderr) or _not_served(stdout):
        return UNREACHABLE
    last = (stderr.strip() or stdout.strip() or "nothing was said").splitlines()[-1]
    return f"{tool} failed: {last}"


def unaudited(packages: int, skipped: list[str]) -> str:
    """Say which packages the database does not know: where it knows none, it is not there."""
    if len(skipped) == packages:
        return UNREACHABLE
    return f"not audited: {', '.join(skipped)}" if skipped else "none"


def _not_served(stdout: str) -> bool:
    try:
        told = json.loads(stdout)
    except ValueError:
        return False
    if not isinstance(told, dict) or "/security/" not in str(told.get("uri", "")):
        return False
    status = told.get("statusCode")
    return isinstance(status, int) and (status in _NOT_SERVED or status >= 500)
