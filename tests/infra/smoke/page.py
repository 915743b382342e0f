"""The page's HTML: its policy and the files it points to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

# As Vite names a file by its content, within a script: "./admin-COuu57tp.js"
_CHUNK = re.compile(r"[\"'`](?:\./)?([\w.-]+-[\w-]{8}\.(?:js|css))[\"'`]", re.ASCII)


@dataclass(slots=True)
class Page:
    """What counts about a page."""

    policies: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, html: str) -> Self:
        """Read it."""
        page = cls()
        _Reader(page).feed(html)
        return page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "meta" and named.get("http-equiv", "").lower() == "content-security-policy":
            self._page.policies.append(named.get("content", ""))
        address = named.get("src") if tag in ("script", "img") else named.get("href")
        if tag in ("script", "img", "link") and address:
            self._page.files.append(address)


def chunks(script: str) -> set[str]:
    """The files beside it that a built script loads."""
    return set(_CHUNK.findall(script))


def directives(policy: str) -> dict[str, list[str]]:
    """A Content-Security-Policy's directives (the first of a name counts)."""
    found: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *values = part.split() or [""]
        if name:
            found.setdefault(name.lower(), values)
    return found
