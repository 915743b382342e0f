"""Releases: each a site and the revision that goes with it, kept so that one can go back.

In the private source bucket, releases/NAME/ has what the site's bucket gets: assets/, files/ and
index.html, with the headers they are served with, which a copy keeps. release.json, written last,
says that it is whole; releases/live.json is that of the release people see.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ops.command import Failed
from ops.environment import Environment
from ops.gcloud import gcloud
from ops.terraform import Deployment

FOREVER = "public, max-age=31536000, immutable"
FRESH = "no-cache"
# Kept compressed, since a bucket does not compress. Such a file is sent so to everybody, asked for
# or not: pages are two kilobytes, and are read by uptime checks and curl as well.
COMPRESSED = "js,css,json,svg,webmanifest,txt"
ABSENT = "matched no objects"  # what gcloud storage says of an address where nothing is


@dataclass(frozen=True, slots=True)
class Release:
    """`site` names what is in the site, `previous` the release it took the place of."""

    name: str
    revision: str
    site: str
    previous: str | None
    commit: str


class Releases:
    """The releases of a deployment."""

    def __init__(self, env: Environment, deployed: Deployment) -> None:
        self._env = env
        self._kept = f"gs://{deployed.source_bucket}/releases"
        self._site = f"gs://{deployed.site_bucket}"
        self._url_map = deployed.url_map

    def live(self) -> Release | None:
        """The one people see; None before the first."""
        return self._read("live.json")

    def named(self, name: str) -> Release | None:
        """One that was kept, whole."""
        return self._read(f"{name}/release.json")

    def names(self) -> list[str]:
        """The names of those that were kept, whole."""
        try:
            found = gcloud(self._env, "storage", "ls", f"{self._kept}/*/release.json")
        except Failed as failed:
            if ABSENT in failed.complaint:
                return []
            raise
        return sorted(url.split("/")[-2] for url in found.split())

    def keep(self, staged: Path, release: Release) -> None:
        """Upload a staged site."""
        folder = f"{self._kept}/{release.name}"
        self._copy(f"{staged}/assets/*", f"{folder}/assets/", FOREVER)
        self._copy(f"{staged}/files/*", f"{folder}/files/", FRESH)
        self._copy(f"{staged}/index.html", f"{folder}/index.html", FRESH)
        self._write(f"{release.name}/release.json", release)

    def publish(self, name: str) -> None:
        """Show it to people: what the page points to first, the page itself last."""
        folder = f"{self._kept}/{name}"
        self._copy(f"{folder}/assets/*", f"{self._site}/assets/")
        self._copy(f"{folder}/files/*", f"{self._site}/")
        self._copy(f"{folder}/index.html", f"{self._site}/index.html")
        if self._url_map:
            invalidate = ("compute", "url-maps", "invalidate-cdn-cache", self._url_map)
            gcloud(self._env, *invalidate, "--path=/*", "--global")

    def set_live(self, release: Release) -> None:
        """Write down which one people see."""
        self._write("live.json", release)

    def renew(self, revision: str) -> None:
        """Write down that the live one is now served by another revision of the same code."""
        if live := self.live():
            renewed = replace(live, revision=revision)
            self._write(f"{live.name}/release.json", renewed)
            self.set_live(renewed)

    def _copy(self, source: str, target: str, cached: str | None = None) -> None:
        headers = (f"--cache-control={cached}", f"--gzip-local={COMPRESSED}") if cached else ()
        gcloud(self._env, "storage", "cp", source, target, *headers)

    def _read(self, path: str) -> Release | None:
        try:
            record = gcloud(self._env, "storage", "cat", f"{self._kept}/{path}")
        except Failed as failed:
            if ABSENT in failed.complaint:
                return None
            raise
        return Release(**json.loads(record))

    def _write(self, path: str, release: Release) -> None:
        record = json.dumps(asdict(release), indent=2)
        gcloud(self._env, "storage", "cp", "-", f"{self._kept}/{path}", stdin=record)
