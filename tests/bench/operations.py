"""Proxies before Firestore that count calls: what a mint reads and writes, and nothing else.

Ours go over REST, those of Google's client over gRPC.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc.aio  # type: ignore[import-untyped]

from bench.contenders import Contender, Surroundings
from bench.load import measure
from bench.promises import MANY
from bench.servers import server
from faults.http_proxy import http_proxy
from vending.refusals import KEPT_S

ASKED = 16
FIRST = MANY + 100  # users whom nobody else is
ASKS = (("mint", 0.0), ("refusal", KEPT_S + 0.2), ("refusal at once", 0.0))
READS, WRITES = ("batchGet", "BatchGetDocuments"), ("commit", "Commit")  # over REST, over gRPC
_METHOD = re.compile(rb"POST /v1/[^ ]*/documents:(\w+)")


@dataclass(frozen=True, slots=True)
class Counted:
    """A way to Firestore by `host`; `counts` has the calls by their method's name in REST."""

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


class _Grpc(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Passes calls on, and counts them."""

    def __init__(self, host: str) -> None:
        self.counts: Counter[str] = Counter()
        self._channel = grpc.aio.insecure_channel(host)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Pass any method on, bytes as they are."""
        method = handler_call_details.method
        self.counts[method.rpartition("/")[2].replace("RunQuery", "runQuery")] += 1
        return grpc.stream_stream_rpc_method_handler(partial(self._passed_on, method))

    async def _passed_on(
        self, method: str, requests: AsyncIterator[bytes], context: Any
    ) -> AsyncIterator[bytes]:
        metadata = context.invocation_metadata()
        call = self._channel.stream_stream(method)(requests, metadata=metadata)
        try:
            async for answer in call:
                yield answer
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details())

    async def close(self) -> None:
        """Close the way to Firestore."""
        await self._channel.close()


async def operations(around: Surroundings) -> Mapping[str, float]:
    """Count calls to Firestore for a mint, a refusal, and one repeated at once, ours and (b)'s."""
    ours = around.livepass("firestore", LIVE_API_COOLDOWN_PERIOD_MINUTES="5")
    facts: dict[str, float] = {}
    with counting(around.firestore.host) as rest:
        facts |= await _counted(around, ours, rest)
    async with counting_grpc(around.firestore.host) as counted:
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
            del counted.counts["runQuery"]  # rulings, every 20 s whatever is asked
            facts[f"operations: {ask}, {contender.name}"] = counted.counts.total() / ASKED
    return facts


@contextmanager
def counting(host: str) -> Iterator[Counted]:
    """Count what goes to the Firestore at `host` over REST."""
    with http_proxy(f"http://{host}", _method_of) as proxy:
        yield Counted(proxy.url.removeprefix("http://"), proxy.seen)


@asynccontextmanager
async def counting_grpc(host: str) -> AsyncIterator[Counted]:
    """Count what goes to the Firestore at `host` over gRPC."""
    passing, listening = _Grpc(host), grpc.aio.server()
    listening.add_generic_rpc_handlers((passing,))
    port = listening.add_insecure_port("127.0.0.1:0")
    await listening.start()
    try:
        yield Counted(f"127.0.0.1:{port}", passing.counts)
    finally:
        await listening.stop(None)
        await passing.close()


def _method_of(request: bytes) -> str:
    found = _METHOD.match(request)
    return found[1].decode() if found else "other"
