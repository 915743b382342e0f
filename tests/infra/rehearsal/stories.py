"""The table of what happened to a deployment, what its operator saw, and how it ended."""

from __future__ import annotations

from infra.rehearsal.checkout import Checkout, Done
from support.runs import tables

TITLE = "Deployments, rehearsed: what was done, what happened, what was seen"
HEADS = ("story", "what happened", "what the operator saw", "how it ended")
WIDEST = 76


def tell(story: str, injected: str, done: Done, phrase: str, checkout: Checkout) -> None:
    """Add a row. The operator must have seen a line with the phrase."""
    seen = [line.strip() for line in done.said.splitlines() if phrase in line]
    assert seen, f"nobody saw {phrase!r} in:\n{done.said}"
    tables.add(TITLE, HEADS, (story, _cut(injected), _cut(seen[0]), _end(done, checkout)))


def _end(done: Done, checkout: Checkout) -> str:
    serving = checkout.cloud.serving()
    live = serving["name"] if serving else "nothing"
    return f"{live} answers" if done.status == 0 else f"{live} answers, exit status {done.status}"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
