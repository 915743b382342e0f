"""The web app as a bucket would serve it, with the `config.json` of this machine."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")

FRESH = "no-cache"
FOREVER = "public, max-age=31536000, immutable"


def create_app(dist: Path, *, sign_in: object) -> ASGIApp:
    """Serve what `npm run build` made; people sign in as told."""
    config = {"api": "./", "signIn": sign_in}
    return GZipMiddleware(_Site(dist, config))


class _Site(StaticFiles):
    """Files with a deployment's headers: hashed ones cached for ever, all others revalidated."""

    def __init__(self, dist: Path, config: object) -> None:
        super().__init__(directory=dist, html=True)
        self._dist = dist
        self._config = config

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await self._found(path, scope)
        hashed = path.startswith("assets/") and response.status_code in (200, 206, 304)
        response.headers["Cache-Control"] = FOREVER if hashed else FRESH
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _found(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "GET, HEAD"})
        if path == "config.json":
            return JSONResponse(self._config)
        try:
            return await super().get_response(path, scope)
        except (HTTPException, ValueError):  # a NUL in it is no path that a file could have
            return FileResponse(self._dist / "404.html", status_code=404)
