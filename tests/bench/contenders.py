"""The contenders: Livepass on both ledgers, and the baselines beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from bench.load import request
from bench.servers import functions_framework
from support.identity.issuer import People, issuer_server
from support.servers.fleet import PRODUCTION
from support.servers.upstream import Upstream, upstream
from support.stores.firestore_emulator import Firestore, emulator_at, environment, free_port, warm

BASELINES = Path(__file__).parent / "baselines"
NODE = BASELINES / "node"
NODE_MODULES = NODE / "node_modules"
NODE_COMMANDS = {
    "node-memory": ("node", str(NODE / "memory.mjs")),
    "node-firestore": (
        "node",
        str(NODE_MODULES / "@google-cloud/functions-framework/build/src/main.js"),
        f"--source={NODE / 'firestore.mjs'}",
        "--target=token",
    ),
}
LIVELOCK = ("usual", "node-firestore")
PATH = "/api/v1/live-token"
PERSON = "caller"
API_KEY = "AIzaBench-key-of-gemini-0123456789"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to be measured: how it is run and where it makes tokens; whether it may livelock
    where requests of one user meet.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    path: str = "/"
    livelocks: bool = False

    def apart(self) -> Contender:
        """The same in a project of its own, so that whatever it leaves locked is nobody's."""
        project = f"apart-{uuid4().hex[:12]}"
        return replace(self, environ={**self.environ, "GOOGLE_CLOUD_PROJECT": project})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every contender works with, all on loopback."""

    upstream: Upstream
    people: People
    firestore: Firestore
    folder: Path
    store_pid: int = 0  # the emulator's process, if it runs for this alone
    _id_tokens: list[str] = field(default_factory=list, repr=False)  # signing takes a while

    def requests(self, contender: Contender, users: int) -> Sequence[bytes]:
        """Write a request for a token of each of so many users."""
        for n in range(len(self._id_tokens), users):
            self._id_tokens.append(self.people.sign_in(f"{PERSON}-{n}"))
        bearers = [f"Bearer {token}" for token in self._id_tokens[:users]]
        return [request(contender.path, {"Authorization": bearer}) for bearer in bearers]

    def livepass(self, ledger: str, **settings: str) -> Contender:
        """Livepass, its limits off unless `settings` say otherwise: they are not what is measured
        here.
        """
        issuer = {"issuer": self.people.issuer.issuer, "audience": self.people.issuer.audience}
        sqlite = f"sqlite:///{self.folder}/livepass.sqlite3"
        limits = ("COOLDOWN_PERIOD_MINUTES", "MAX_SESSIONS", "MAX_TOKENS_PER_HOUR")
        return Contender(
            f"livepass-{ledger}",
            functions_framework(PRODUCTION, "token_api"),
            {
                "GEMINI_API_KEY": API_KEY,
                "GOOGLE_GEMINI_BASE_URL": self.upstream.url,
                "FIRESTORE_EMULATOR_HOST": self.firestore.host,
                "LIVE_API_ISSUERS": json.dumps([issuer]),
                "LIVE_API_ABUSE": "off",  # the few users of a measurement ask as nobody does
                "LIVE_API_LEDGER": sqlite if ledger == "sqlite" else self.firestore.ledger_url,
                **{f"LIVE_API_{limit}": "0" for limit in (*limits, "MAX_TOKENS_PER_DAY")},
                **settings,
            },
            PATH,
        )

    def baseline(self, name: str, max_per_hour: int = 1_000_000) -> Contender:
        """One of the baselines, by its file's name, behind `node-` where it is of Node."""
        framework = functions_framework(BASELINES / f"{name}.py", "token")
        return Contender(
            name,
            NODE_COMMANDS.get(name, framework),
            {
                "NODE_ENV": "production",  # as Cloud Functions sets it
                "GEMINI_API_KEY": API_KEY,
                "GEMINI_URL": self.upstream.url,
                "FIRESTORE_EMULATOR_HOST": self.firestore.host,
                "GOOGLE_CLOUD_PROJECT": self.firestore.project,
                "ISSUER": self.people.issuer.issuer,
                "MAX_PER_HOUR": str(max_per_hour),
            },
            livelocks=name in LIVELOCK,
        )


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Run what every contender needs until the end of the block.

    Raises:
        Missing: the Firestore emulator cannot be run here.
    """
    with (
        upstream() as gemini,
        issuer_server() as people,
        emulator_at(free_port(), heap="2g") as (firestore, store),
        environment("FIRESTORE_EMULATOR_HOST", firestore.host),
        TemporaryDirectory(prefix="livepass-bench-") as folder,
    ):
        warm(firestore)
        yield Surroundings(gemini, people, firestore, Path(folder), store.pid)
