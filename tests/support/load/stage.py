"""All that load needs, started: one server as in production, Firestore, Gemini, an issuer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from google.cloud.firestore import Client

from emulator.process import EmulatedGemini
from support.identity.issuer import issuer_server
from support.proxies.http_proxy import HttpProxy, http_proxy
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, fleet
from support.stores.books import FirestoreBooks
from support.stores.firestore_emulator import Firestore
from vending.limits.usage import Usage


@dataclass(frozen=True, slots=True)
class Stage:
    """A server, and the proxy before its Gemini, which takes all requests for one."""

    fleet: Fleet
    proxy: HttpProxy
    firestore: Firestore

    @property
    def worker(self) -> int:
        """The process id of the one that serves."""
        (master,) = self.fleet.masters
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return int(children[0])

    def charges(self) -> Counter[str]:
        """Count what the ledger has charged each person with."""
        charges = Counter[str]()
        own = self.firestore
        with closing(Client(project=own.project, database=own.database)) as client:
            for document in client.collection("live_token_users").stream():
                usage = Usage.of(document.to_dict() or {})
                charges[document.id] = len(usage.mints) + len(usage.refreshes)
        return charges


@contextmanager
def stage(firestore: Firestore, gemini: EmulatedGemini) -> Iterator[Stage]:
    """Run a server."""
    own = replace(firestore, project="livepass-load")
    with (
        TemporaryDirectory() as folder,
        closing(Evidence(Path(folder))) as evidence,
        closing(FirestoreBooks(own)) as books,
        issuer_server() as people,
        http_proxy(gemini.url, lambda _: "") as proxy,
        fleet(1, books, proxy.url, people, evidence) as running,
    ):
        yield Stage(running, proxy, own)
