"""The HTTP client, over real sockets: it sends nothing twice, and never mixes up answers."""

from __future__ import annotations

import asyncio
import gzip
import os
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from emulator.throwaway_ca import issue
from vending.identity.fetch_keys import FetchFailed, fetch_keys
from vending.outbound import http_client
from vending.outbound.http_client import HttpClient, system_authorities
from vending.outbound.http_messages import HttpAnswer, HttpRequest, NoAnswer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HANG_UP = b"<hangs up>"


class Server:
    """Answers each request with the next of `answers`, the last one for ever."""

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
            body = await reader.readexactly(4) if head.startswith(b"POST") else b""
            self.requests.append(head + body)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer.removesuffix(HANG_UP))
            if answer.endswith(HANG_UP):
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


async def post(http: HttpClient, url: str) -> tuple[int, bytes]:
    return await ask(http, url, "POST")


async def ask(http: HttpClient, url: str, method: str = "GET") -> tuple[int, bytes]:
    async with asyncio.timeout(5):
        content = b"body" if method == "POST" else None
        answer = await http.send(HttpRequest(method, url, headers={"X-Key": "k"}, content=content))
    return answer.status, answer.content


async def test_request_says_what_it_was_told_and_asks_for_nothing_compressed(
    http: HttpClient,
) -> None:
    server = Server(OK)

    async with server.run() as url:
        await http.send(HttpRequest("POST", url, headers={"X-Key": "k"}, content=b"body"))
        await http.send(
            HttpRequest("GET", url.partition("?")[0], query={"name": "S\u00e3o Paulo & more"})
        )

    first, second = (request.split(b"\r\n") for request in server.requests)
    assert first[0] == b"POST /v1/x?y=1 HTTP/1.1"
    assert {b"X-Key: k", b"Content-Length: 4", b"Accept-Encoding: identity"} <= set(first)
    assert first[-1] == b"body"
    assert second[0] == b"GET /v1/x?name=S%C3%A3o+Paulo+%26+more HTTP/1.1"


async def test_connection_is_kept_and_each_request_at_once_has_its_own(
    http: HttpClient,
) -> None:
    server = Server(OK)

    async with server.run() as url:
        for _ in range(3):
            await post(http, url)
        after_three = server.connections
        await asyncio.gather(*(post(http, url) for _ in range(5)))

    assert (after_three, server.connections, len(server.requests)) == (1, 5, 8)


async def test_what_was_not_used_since_a_request_failed_is_not_trusted(
    http: HttpClient,
) -> None:
    server = Server(OK, OK, HANG_UP, OK)

    async with server.run() as url:
        await asyncio.gather(post(http, url), post(http, url))
        with pytest.raises(NoAnswer):
            await post(http, url)
        await asyncio.gather(post(http, url), post(http, url))

    assert server.connections == 4
    assert len(server.requests) == 5


BROKEN = {
    "hangs up": HANG_UP,
    "hangs up half way": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi" + HANG_UP,
    "is no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
    "a length and chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "never ends": b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b" " * 5_000_000,
}


@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_request_is_sent_once_whatever_comes_back(
    http: HttpClient, answer: bytes, method: str, *, kept: bool
) -> None:
    server = Server(*([OK] * kept), answer, OK)

    async with server.run() as url:
        if kept:
            await ask(http, url, method)
        with pytest.raises(NoAnswer):
            await ask(http, url, method)
        sent = len(server.requests)
        again = await ask(http, url, method)

    assert (sent, again, server.connections) == (1 + kept, (200, b"hi"), 2)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_redirect_is_an_answer_like_any_other(
    http: HttpClient, method: str, status: int
) -> None:
    server = Server(b"HTTP/1.1 %d X\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n" % status)

    async with server.run() as url:
        assert await ask(http, url, method) == (status, b"")

    assert len(server.requests) == 1


async def test_another_protocol_is_not_spoken(http: HttpClient) -> None:
    other = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    server = Server(other, OK)

    async with server.run() as url:
        assert (await post(http, url))[0] == 101
        assert await post(http, url) == (200, b"hi")

    assert server.connections == 2


async def test_answer_is_not_decompressed_and_is_read_to_its_bound(http: HttpClient) -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)

    async with Server(head + packed).run() as url:
        whole = await http.send(HttpRequest("GET", url, max_bytes=len(packed)))
        with pytest.raises(NoAnswer, match=f"more than {len(packed) - 1} bytes"):
            await http.send(HttpRequest("GET", url, max_bytes=len(packed) - 1))

    assert whole == HttpAnswer(200, packed)


async def test_cookies_are_forgotten(http: HttpClient) -> None:
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\nhi"
    server = Server(cookie)

    async with server.run(host="localhost") as url:
        for _ in range(2):
            await ask(http, url)

    assert not any(b"cookie" in request.lower() for request in server.requests)


@pytest.mark.parametrize("more", [OK, b"so"], ids=["a whole answer", "what is no HTTP"])
@pytest.mark.parametrize("late_s", [0, 0.02], ids=["at once", "while nobody asks"])
async def test_connection_that_says_more_than_it_was_asked_is_not_used_again(
    http: HttpClient, more: bytes, late_s: float
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while await _head(reader):
            await reader.readexactly(4)
            writer.write(OK.replace(b"hi", b"%02d" % len(connections)))
            if len(connections) == 1:
                await asyncio.sleep(late_s)
                writer.write(more)
                said.set()
        writer.close()

    connections: list[asyncio.StreamWriter] = []
    said = asyncio.Event()
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with suppress(NoAnswer):  # an answer with something behind it may be none
            assert await post(http, url) == (200, b"01")
        await said.wait()
        await asyncio.sleep(0.05)
        second = await post(http, url)
        third = await post(http, url)
        for writer in connections:
            writer.close()

    assert second == third == (200, b"02")


@pytest.mark.parametrize(("idle_s", "connections"), [(30.0, 1), (0.05, 2)])
async def test_connection_that_slept_is_not_used_again(idle_s: float, connections: int) -> None:
    http, server = HttpClient(idle_s=idle_s), Server(OK)

    async with server.run() as url:
        await post(http, url)
        time.sleep(0.1)  # noqa: ASYNC251 - as an instance is frozen: no timer runs meanwhile
        await post(http, url)
        await http.close()

    assert server.connections == connections


async def test_cancelled_request_leaves_no_connection_behind(http: HttpClient) -> None:
    silent = Server(b"HTTP/1.1 200 OK\r\n", OK)

    async with silent.run() as url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await post(http, url)
        answer = await post(http, url)

    assert answer == (200, b"hi")
    assert silent.connections == 2


async def test_server_that_is_not_there_is_no_answer(http: HttpClient) -> None:
    with pytest.raises(NoAnswer, match="127"):
        await post(http, "http://127.0.0.1:1/")


@pytest.mark.parametrize("url", ["https://[bad/", "file:///etc/passwd", "", "http://"])
async def test_what_is_no_url_is_no_answer(http: HttpClient, url: str) -> None:
    with pytest.raises((NoAnswer, ValueError)):
        await ask(http, url)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the environment name a proxy."""

    def name(url: str) -> None:
        for variable in ("NO_PROXY", "no_proxy", "REQUEST_METHOD"):
            monkeypatch.delenv(variable, raising=False)
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, url)

    return name


@pytest.mark.parametrize("trust_env", [False, True])
async def test_proxies_of_the_environment_are_not_asked_for_this_machine(
    http: HttpClient, proxy: Callable[[str], None], *, trust_env: bool
) -> None:
    proxy("http://127.0.0.1:1")

    async with Server(OK).run() as url:
        answer = await http.send(HttpRequest("GET", url, trust_env=trust_env))

    assert answer == HttpAnswer(200, b"hi")


async def test_proxies_of_the_environment_are_asked_where_that_is_wanted(
    http: HttpClient, proxy: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, asked = Server(OK), "http://keys.example/jwks.json"

    async with server.run() as url:
        proxy(url.partition("/v1")[0])
        through = await http.send(HttpRequest("GET", asked, trust_env=True))
        monkeypatch.setenv("NO_PROXY", "keys.example")
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
        for trust_env in (True, False):
            with pytest.raises(NoAnswer):
                await http.send(HttpRequest("GET", asked, trust_env=trust_env))

    assert through == HttpAnswer(200, b"hi")
    assert [r.split(b"\r\n")[0] for r in server.requests] == [f"GET {asked} HTTP/1.1".encode()]


async def nowhere(*_: object, **__: object) -> None:
    raise OSError("no such name")


LEAVES = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from vending.outbound.http_client import shared_client
from vending.outbound.http_messages import HttpRequest

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    print((await shared_client().send(HttpRequest("GET", url))).content)

asyncio.run(main())
"""


def test_process_that_ends_says_nothing_of_what_was_open() -> None:
    functions = str(Path(http_client.__file__).parents[2])

    said = subprocess.run(
        [sys.executable, "-c", LEAVES, functions], capture_output=True, text=True, check=True
    )

    assert (said.stdout, said.stderr) == ("b'hi'\n", "")


async def test_authority_of_the_server_is_checked(http: HttpClient, tmp_path: Path) -> None:
    files = issue(tmp_path)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(files.certificate, files.key)
    believing = HttpClient(ssl.create_default_context(cafile=str(files.authority)))

    async with Server(OK).run(theirs) as url:
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            await post(http, url)
        assert await post(believing, url) == (200, b"hi")
        await believing.close()


async def test_name_of_the_server_is_checked(tmp_path: Path) -> None:
    files = issue(tmp_path)  # for localhost and 127.0.0.1
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(files.certificate, files.key)
    believing = HttpClient(system_authorities())
    believing.tls.load_verify_locations(cafile=str(files.authority))
    server = Server(OK)

    async with server.run(theirs, "127.0.0.2") as url, server.run(theirs) as right:
        with pytest.raises(NoAnswer, match=r"not valid for '127\.0\.0\.2'"):
            await post(believing, url)
        sent = len(server.requests)
        assert await post(believing, right) == (200, b"hi")
        await believing.close()

    assert sent == 0


async def test_keys_are_asked_for_on_a_connection_that_nobody_has_left(http: HttpClient) -> None:
    server = Server(OK)

    async with server.run() as url:
        for _ in range(2):
            with pytest.raises(FetchFailed):  # "hi" is no key set
                await fetch_keys("https://issuer.example", url, http)

    assert [b"connection: close" in each.lower() for each in server.requests] == [True, True]


ASKS = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from vending.outbound.http_client import shared_client
from vending.outbound.http_messages import HttpRequest, NoAnswer

try:
    request = HttpRequest("GET", sys.argv[2], trust_env=True)
    print(asyncio.run(shared_client().send(request)).status)
except NoAnswer as error:
    print(error)
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_private_authority_of_the_environment_is_believed_on_this_machine_too(
    host: str, tmp_path: Path
) -> None:
    """In a process of its own: aiohttp reads SSL_CERT_FILE when it is imported."""
    files, functions = issue(tmp_path), str(Path(http_client.__file__).parents[2])
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(files.certificate, files.key)

    async def told(environ: dict[str, str]) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ASKS, functions, url.replace("127.0.0.1", host)),
            env={**os.environ, **environ},
            stdout=asyncio.subprocess.PIPE,
        )
        return (await process.communicate())[0].decode().strip()

    async with Server(OK).run(theirs) as url:
        believing = await told({"SSL_CERT_FILE": str(files.authority)})
        others = await told({})

    assert believing == "200"
    assert "CERTIFICATE_VERIFY_FAILED" in others
