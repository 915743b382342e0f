"""What every refusal has: a status, a code, a sentence for the caller and one for the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class LivepassError(Exception):
    """Base of all refusals.

    Attributes:
        status: the HTTP status that says it best.
        code: stable, kebab-case; what programs read.
        public: one sentence for the caller; holds nothing a caller may not know.
        retry_after_s: whole seconds until it may be worth another try, or None when waiting does
            not help.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    public: str = "Something went wrong on our side."

    def __init__(
        self,
        detail: str = "",
        *,
        public: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail or public or self.public)
        self.public = public or self.public
        self.retry_after_s = retry_after_s


def every_refusal(of: type[LivepassError] = LivepassError) -> Iterator[type[LivepassError]]:
    """Go through everything that can be refused."""
    yield of
    for each in of.__subclasses__():
        yield from every_refusal(each)
