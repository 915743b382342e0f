"""Settings that say where something is: URLs, the ledger, and the audit trail."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

SQLITE = "sqlite:///"
_FIRESTORE = re.compile(r"firestore://[a-z0-9.:\-]+(?:/(?:[a-z0-9\-]+|\(default\))?)?", re.ASCII)
_LOGGING = re.compile(
    r"logging://[a-z0-9.:\-]+/[a-z0-9\-]+/[A-Za-z0-9_\-.]+/[A-Za-z0-9_\-.]+", re.ASCII
)
_HOST = re.compile(r"[A-Za-z0-9.\-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?", re.ASCII)


def url(raw: str, *, in_google_cloud: bool) -> str:
    """An https URL; plain http only to this machine, and only outside Google Cloud."""
    parts = urlsplit(raw)
    if "@" in raw or "?" in raw or "#" in raw or "|" in raw:
        raise ValueError("must be a URL without user, query, fragment or '|' (not shown)")
    plain = parts.scheme == "http" and _is_loopback(parts.hostname) and not in_google_cloud
    named = _HOST.fullmatch(parts.netloc) and _can_be_called(raw)
    if not named or not (parts.scheme == "https" or plain):
        raise ValueError(
            "must be an https:// URL (http:// only on 127.0.0.1, outside Google Cloud), "
            f"got '{raw}'"
        )
    return raw


def _can_be_called(raw: str) -> bool:
    """Tell whether a host's labels and port are within their bounds: sockets raise what is no
    OSError when they are not.
    """
    parts = urlsplit(raw)
    try:
        return bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return False


def ledger(raw: str, *, in_google_cloud: bool) -> str:
    """A ledger's URL; see `app.build_store`."""
    if raw.startswith(SQLITE) and len(raw) > len(SQLITE):
        if in_google_cloud:
            raise ValueError(
                "must be firestore://PROJECT/DATABASE in Google Cloud: instances do not share files"
            )
        return raw
    if _FIRESTORE.fullmatch(raw):
        return raw
    raise ValueError("must be sqlite:///PATH or firestore://PROJECT/DATABASE (not shown)")


def audit_trail(raw: str, *, in_google_cloud: bool) -> str:
    """Where audit lines are read back from; see `audit.choose`."""
    if raw.startswith(SQLITE) and len(raw) > len(SQLITE) and not in_google_cloud:
        return raw
    if _LOGGING.fullmatch(raw):
        return raw
    raise ValueError(
        "must be logging://PROJECT/LOCATION/BUCKET/VIEW, or sqlite:///PATH on one machine, "
        f"got '{raw}'"
    )


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
