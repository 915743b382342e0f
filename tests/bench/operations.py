"""A proxy before Firestore that counts calls: what a mint reads and writes, and nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc.aio  # type: ignore[import-untyped]

from bench.contenders import Surroundings
from bench.load import measure
from bench.promises import MANY
from bench.servers import server
from vending.refusals import KEPT_S

ASKED = 16
FIRST = MANY + 100  # users whom nobody else is
ASKS = (("mint", 0.0), ("refusal", KEPT_S + 0.2), ("refusal at once", 0.0))


class Operations(grpc.GenericRpcHandler):  # type: ignore[misc]
    """`counts` has the calls by their method's name, e.g. BatchGetDocuments and Commit."""

    def __init__(self, host: str) -> None:
        self.counts: Counter[str] = Counter()
        self.host = ""
        self._channel = grpc.aio.insecure_channel(host)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Pass any method on, bytes as they are."""
        method = handler_call_details.method
        self.counts[method.rpartition("/")[2]] += 1
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
    async with counting(around.firestore.host) as counted:
        for contender in (ours, around.baseline("usual", 1)):
            through = {**contender.environ, "FIRESTORE_EMULATOR_HOST": counted.host}
            with server(contender.command, through) as running:
                requests = around.requests(contender, FIRST + ASKED)[FIRST:]
                for ask, pause_s in ASKS:
                    await asyncio.sleep(pause_s)
                    counted.counts.clear()
                    await asyncio.to_thread(measure, running.url, requests, ASKED, 0)
                    del counted.counts["RunQuery"]  # rulings, every 20 s whatever is asked
                    made = counted.counts.total() / ASKED
                    facts[f"operations: {ask}, {contender.name}"] = made
    return facts


@asynccontextmanager
async def counting(host: str) -> AsyncIterator[Operations]:
    """Count what goes to the Firestore at `host` by way of `Operations.host`."""
    operations, listening = Operations(host), grpc.aio.server()
    listening.add_generic_rpc_handlers((operations,))
    operations.host = f"127.0.0.1:{listening.add_insecure_port('127.0.0.1:0')}"
    await listening.start()
    try:
        yield operations
    finally:
        await listening.stop(None)
        await operations.close()
