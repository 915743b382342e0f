"""What the issuers' keys and the weather are asked through, over a transport that is made up."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from vending.outbound.http_client import MAX_ANSWER_BYTES, HttpAnswer, NoAnswer


class OverHttpx2:
    """As `HttpClient`: no redirects, nothing decompressed, a bounded body, and `NoAnswer` for all
    that goes wrong; tests/contract/test_http_client.py holds the real one to that.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
        trust_env: bool = False,
    ) -> HttpAnswer:
        body = bytearray()
        try:
            async with (
                httpx2.AsyncClient(transport=self._transport, trust_env=False) as client,
                client.stream(
                    method, url, headers=headers, params=query or None, content=content
                ) as response,
            ):
                assert isinstance(response.stream, httpx2.AsyncByteStream)
                async for chunk in response.stream:  # an answer may have its body already
                    body += chunk
                    if len(body) > max_bytes:
                        raise NoAnswer(f"more than {max_bytes} bytes")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        return HttpAnswer(response.status_code, bytes(body))
