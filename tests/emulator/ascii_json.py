"""Answers in JSON that can say back whatever was received, half a surrogate pair too."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response


class AsciiJSONResponse(Response):
    """JSON in ASCII, everything else escaped; Starlette's own fails on what no UTF-8 can hold."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return json.dumps(content, separators=(",", ":")).encode()
