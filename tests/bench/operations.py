"""A proxy before Firestore that counts calls: what a mint reads and writes, and nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bench.contenders import Contender, Surroundings
from bench.load import measure
from bench.promises import MANY
from bench.servers import server
from support.proxies.grpc_proxy import grpc_proxy
from vending.tokens.refusal_cache import REFUSALS_KEPT_S

ASKED = 16
FIRST = MANY + 100  # users whom nobody else is
ASKS = (("mint", 0.0), ("refusal", REFUSALS_KEPT_S + 0.2), ("refusal at once", 0.0))
READS, WRITES = ("BatchGetDocuments",), ("Commit",)


@dataclass(frozen=True, slots=True)
class Counted:
    """A way to Firestore by `host`; `counts` has the calls by their method."""

    host: str
    counts: Counter[str]

    @property
    def reads(self) -> int:
        """Documents read, one a call."""
        return sum(self.counts[method] for method in READS)

    @property
    def writes(self) -> int:
        """Documents written, or refused as somebody else wrote first."""
        return sum(self.counts[method] for method in WRITES)


async def operations(around: Surroundings) -> Mapping[str, float]:
    """Count calls to Firestore for a mint, a refusal, and one repeated at once, ours and (b)'s."""
    ours = around.livepass("firestore", LIVE_API_COOLDOWN_PERIOD_MINUTES="5")
    facts: dict[str, float] = {}
    with counting(around.firestore.host) as counted:
        facts |= await _counted(around, ours, counted)
    with counting(around.firestore.host) as counted:
        facts |= await _counted(around, around.baseline("usual", 1), counted)
    return facts


async def _counted(
    around: Surroundings, contender: Contender, counted: Counted
) -> Mapping[str, float]:
    facts: dict[str, float] = {}
    through = {**contender.environ, "FIRESTORE_EMULATOR_HOST": counted.host}
    with server(contender.command, through) as running:
        requests = around.requests(contender, FIRST + ASKED)[FIRST:]
        for ask, pause_s in ASKS:
            await asyncio.sleep(pause_s)
            counted.counts.clear()
            await asyncio.to_thread(measure, running.url, requests, ASKED, 0)
            del counted.counts["RunQuery"]  # rulings, every 20 s whatever is asked
            facts[f"operations: {ask}, {contender.name}"] = counted.counts.total() / ASKED
    return facts


@contextmanager
def counting(host: str) -> Iterator[Counted]:
    """Count what goes to the Firestore at `host`."""
    with grpc_proxy(host) as proxy:
        yield Counted(proxy.host, proxy.seen)
