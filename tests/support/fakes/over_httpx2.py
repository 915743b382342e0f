"""What the issuers' keys and the weather are asked through, over a transport that is made up."""

from __future__ import annotations

import httpx2

from vending.outbound.http_messages import HttpAnswer, HttpRequest, NoAnswer


class OverHttpx2:
    """As `HttpClient`: no redirects, nothing decompressed, a bounded body, and `NoAnswer` for all
    that goes wrong; tests/contract/test_http_client.py holds the real one to that.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: HttpRequest) -> HttpAnswer:
        body = bytearray()
        try:
            async with (
                httpx2.AsyncClient(transport=self._transport, trust_env=False) as client,
                client.stream(
                    request.method,
                    request.url,
                    headers=request.headers,
                    params=request.query or None,
                    content=request.content,
                ) as response,
            ):
                assert isinstance(response.stream, httpx2.AsyncByteStream)
                async for chunk in response.stream:  # an answer may have its body already
                    body += chunk
                    if len(body) > request.max_bytes:
                        raise NoAnswer(f"more than {request.max_bytes} bytes")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        return HttpAnswer(response.status_code, bytes(body))
