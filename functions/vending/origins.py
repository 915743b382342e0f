"""Origins as browsers send them, to the letter: one that is spelt in another way never matches.

A browser writes an origin with its host in lower case and in ASCII, and without the port that goes
without saying (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin). A host's labels may
begin and end with anything, and a last dot stays (https://url.spec.whatwg.org/#concept-domain); of
what DNS has names are taken here. The page of a hybrid app has a scheme of its own, and no port
(https://capacitorjs.com/docs/config: iosScheme).
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

EXAMPLE = "https://app.example.com"
UNSAID_PORTS = {"http": 80, "https": 443}
NATIVE = ("app", "capacitor", "ionic", "tauri")
_LABEL = re.compile(r"[a-z0-9_\-]{1,63}", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_DEVIATES = (
    "\u00df\u03c2\u200c\u200d"  # what IDNA 2003, Python's own, writes otherwise than browsers
)


def origin(text: str) -> str:
    """An exact origin of a page, or of a hybrid app.

    Raises:
        ValueError: no browser sends it; with how one would, where that can be told.
    """
    sent = _as_sent(text)
    if sent == text:
        return text
    if sent is None:
        raise ValueError(f"must be exact origins such as {EXAMPLE}, got '{text}'")
    raise ValueError(f"must be exact origins: browsers send '{sent}', got '{text}'")


def _as_sent(text: str) -> str | None:
    """Write an origin as browsers do; None is none."""
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        return None
    plain = text.isprintable() and not any(sign in text for sign in "*@%\\?# ")
    if not plain or host is None or port == 0 or parts.path not in ("", "/"):
        return None
    scheme = parts.scheme
    if scheme in NATIVE:
        return f"{scheme}://{host}" if port is None else None
    if scheme not in UNSAID_PORTS:
        return None
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, UNSAID_PORTS[scheme]) else "")


def _host(name: str) -> str | None:
    """A name or an address as browsers write it; None is none."""
    if ":" in name:
        return f"[{IPv6Address(name)}]"
    if any(letter in _DEVIATES for letter in name):
        return None
    host = name.removesuffix(".").encode("idna").decode().lower()
    labels = host.split(".")
    if not all(map(_LABEL.fullmatch, labels)) or len(host) > 253:  # noqa: PLR2004 - RFC 1035
        return None
    if _NUMBER.fullmatch(labels[-1]):  # it ends an address, which has no last dot
        return str(ip_address(host))
    return f"{host}." if name.endswith(".") else host
