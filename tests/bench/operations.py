"""A proxy before Firestore that counts calls: what a mint reads and writes, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc.aio  # type: ignore[import-untyped]


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
