"""The connections of a mint, over real sockets: what httpx2's own would do, and nothing twice."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from emulator.throwaway_ca import issue
from vending.connections import Connections, NotHttp, Target

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Server:
    """Answers each request with the next of `answers`, the last one for ever; b"" hangs up."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.left = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        while head := await _head(reader):
            self.requests.append(head + await reader.readexactly(4))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            if not answer:
                break
        self.left.set()
        writer.close()

    @asynccontextmanager
    async def run(
        self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> AsyncIterator[str]:
        server = await asyncio.start_server(self, host, 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        async with server:
            yield f"{'https' if tls else 'http'}://{host}:{port}/v1/x?y=1"
            for writer in self._writers:
                writer.close()
                with suppress(ConnectionError, ssl.SSLError):
                    await writer.wait_closed()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    opened = Connections()
    yield opened
    await opened.close()


async def post(connections: Connections, url: str) -> tuple[int, bytes]:
    async with asyncio.timeout(5):
        answer = await connections.post(Target.of(url, {"X-Key": "k"}), b"body")
    return answer.status, answer.content


async def test_request_is_written_as_httpx2_writes_it(connections: Connections) -> None:
    ours, theirs = Server(OK), Server(OK)

    async with ours.run() as url, theirs.run() as other, httpx2.AsyncClient() as client:
        assert await post(connections, url) == (200, b"hi")
        await client.post(other, headers={"X-Key": "k"}, content=b"body")

    def fields(server: Server) -> tuple[bytes, set[bytes], bytes]:
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        first, *rest = head.split(b"\r\n")
        optional = (b"accept", b"user-agent", b"connection", b"host")
        return first, {f for f in rest if not f.lower().startswith(optional)}, body

    assert fields(ours) == fields(theirs)
    assert b"\r\nHost: 127.0.0.1:" in ours.requests[0]


async def test_connection_is_kept_and_each_request_at_once_has_its_own(
    connections: Connections,
) -> None:
    server = Server(OK)

    async with server.run() as url:
        for _ in range(3):
            await post(connections, url)
        after_three = server.connections
        await asyncio.gather(*(post(connections, url) for _ in range(5)))

    assert (after_three, server.connections, len(server.requests)) == (1, 5, 8)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    ],
)
async def test_every_form_of_an_answer_is_read(connections: Connections, answer: bytes) -> None:
    server = Server(answer)

    async with server.run() as url:
        answers = [await post(connections, url) for _ in range(2)]

    assert answers == [(200, b"hi")] * 2
    assert server.connections == (1 if b"chunked" in answer or b"100" in answer else 2)


async def test_answer_after_an_early_hint_is_not_taken_for_the_next_request_s(
    connections: Connections,
) -> None:
    late = asyncio.Event()

    async def hint_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for body in (b"one", b"two"):
            await _head(reader)
            await reader.readexactly(4)
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            await late.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body)
        writer.close()

    async with await asyncio.start_server(hint_first, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        asyncio.get_running_loop().call_later(0.05, late.set)
        answers = [await post(connections, url) for _ in range(2)]

    assert answers == [(200, b"one"), (200, b"two")]


async def test_what_was_not_used_since_a_request_failed_is_not_trusted(
    connections: Connections,
) -> None:
    server = Server(OK, OK, b"", OK)

    async with server.run() as url:
        await asyncio.gather(post(connections, url), post(connections, url))
        with pytest.raises(NotHttp):
            await post(connections, url)
        await asyncio.gather(post(connections, url), post(connections, url))

    assert server.connections == 4
    assert len(server.requests) == 5


async def test_connection_that_is_not_kept_is_closed_by_us_too(connections: Connections) -> None:
    server = Server(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")

    async with server.run() as url:
        assert await post(connections, url) == (200, b"hi")
        await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b" " * 5_000_000,
    ],
    ids=["hangs up", "is no HTTP", "another protocol", "two lengths", "never ends"],
)
async def test_request_is_sent_once_whatever_comes_back(
    connections: Connections, answer: bytes
) -> None:
    server = Server(OK, answer, OK)

    async with server.run() as url:
        await post(connections, url)
        with pytest.raises(NotHttp):
            await post(connections, url)
        sent = len(server.requests)
        again = await post(connections, url)

    assert (sent, again, server.connections) == (2, (200, b"hi"), 2)


@pytest.mark.parametrize("more", [OK, b"HTTP/1.1 200 OK\r\n", b"so"], ids=["all", "part", "other"])
async def test_connection_that_says_more_than_it_was_asked_is_not_used_again(
    connections: Connections, more: bytes
) -> None:
    server = Server(OK + more, OK)

    async with server.run() as url:
        first = await post(connections, url)
        await asyncio.sleep(0.02)
        second = await post(connections, url)

    assert first == second == (200, b"hi")
    assert server.connections == 2


async def test_cancelled_request_leaves_no_connection_behind(connections: Connections) -> None:
    silent = Server(b"HTTP/1.1 200 OK\r\n", OK)

    async with silent.run() as url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await post(connections, url)
        answer = await post(connections, url)

    assert answer == (200, b"hi")
    assert silent.connections == 2


async def test_server_that_is_not_there_is_an_os_error(connections: Connections) -> None:
    with pytest.raises(OSError, match="127"):
        await post(connections, "http://127.0.0.1:1/")


async def test_proxies_of_the_environment_are_not_asked(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)

    async with Server(OK).run() as url:
        assert await post(connections, url) == (200, b"hi")


async def test_authority_of_the_server_is_checked(connections: Connections, tmp_path: Path) -> None:
    files = issue(tmp_path)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(files.certificate, files.key)
    believing = Connections(ssl.create_default_context(cafile=str(files.authority)))

    async with Server(OK).run(theirs) as url:
        with pytest.raises(ssl.SSLCertVerificationError):
            await post(connections, url)
        assert await post(believing, url) == (200, b"hi")
        await believing.close()


async def test_name_of_the_server_is_checked(tmp_path: Path) -> None:
    files = issue(tmp_path)  # for localhost and 127.0.0.1
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(files.certificate, files.key)
    believing = Connections(Connections().tls)
    believing.tls.load_verify_locations(cafile=str(files.authority))
    server = Server(OK)

    async with server.run(theirs, "127.0.0.2") as url, server.run(theirs) as right:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '127\.0\.0\.2'"):
            await post(believing, url)
        sent = len(server.requests)
        assert await post(believing, right) == (200, b"hi")
        await believing.close()

    assert sent == 0
