"""(a) A bare function: what the server itself costs."""

from __future__ import annotations

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response


@functions_framework.aio.http
async def token(request: Request) -> Response:
    """Say hello."""
    return Response("hello")
