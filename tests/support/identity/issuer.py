"""A real OpenID issuer on loopback: its keys are fetched over HTTP, its tokens are made here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from emulator.local_issuer import LocalIssuer
from support.servers.canaries import SUBJECT, mail
from support.servers.small_server import small_server


class People:
    """Signs people in. Their names and addresses are canaries."""

    def __init__(self, issuer: LocalIssuer) -> None:
        self.issuer = issuer

    def sign_in(self, name: str, tier: str | None = None) -> str:
        """Return an ID token of this person."""
        claims = self.issuer.claims(f"{SUBJECT}-{name}", tier)
        return self.issuer.sign({**claims, "email": mail(name)})

    def alias(self, name: str) -> str:
        """Return what the ledger knows this person by."""
        subject = f"{self.issuer.issuer}|{SUBJECT}-{name}"
        return hashlib.sha256(subject.encode()).hexdigest()[:40]


@contextmanager
def issuer_server() -> Iterator[People]:
    """Serve discovery and keys."""
    documents: dict[str, object] = {}

    def reply(path: str) -> tuple[int, bytes]:
        return (200 if path in documents else 404), json.dumps(documents.get(path)).encode()

    with small_server(reply) as url:
        issuer = LocalIssuer(url)
        documents["/.well-known/openid-configuration"] = issuer.discovery()
        documents["/jwks.json"] = issuer.jwks()
        yield People(issuer)
