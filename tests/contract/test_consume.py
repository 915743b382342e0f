"""App Check's service consumes limited-use tokens; a stand-in plays it here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from support.fakes.network import NOW, Clock
from support.identity.app_tokens import app_token, google
from support.runs.margin import MARGIN_S
from vending.errors import AppCheckFailed, IdentityUnavailable
from vending.identity.app_check import AppCheck
from vending.identity.app_check_consume import Consumer
from vending.outbound.http_client import HttpClient
from vending.outbound.own_access import NoAccess
from vending.policy import Mode

PATH = "/v1beta/projects/123456:verifyAppCheckToken"


class Service:
    """App Check's service: it remembers what it has seen. `says` has it answer something else."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http
        self.seen: set[str] = set()
        self.requests: list[tuple[str, dict[str, str], object]] = []
        self.says: tuple[int, bytes] | None = None
        self.hangs = False
        self.url = ""
        self._writers: list[asyncio.StreamWriter] = []

    async def hang_up(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *fields = head.decode().strip().split("\r\n")
                headers = {n.lower(): v for n, v in (f.split(": ", 1) for f in fields)}
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.requests.append((first, headers, body))
                if self.hangs:
                    await asyncio.sleep(60)
                status, content = self.says or self._seen(str(body["appCheckToken"]))
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(content))
                    + content
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _seen(self, token: str) -> tuple[int, bytes]:
        again = token in self.seen
        self.seen.add(token)
        return 200, b'{"alreadyConsumed": true}' if again else b"{}"


async def access() -> dict[str, str]:
    return {"Authorization": "Bearer an-access-token"}


@pytest.fixture
async def service(http: HttpClient) -> AsyncIterator[Service]:
    service = Service(http)
    server = await asyncio.start_server(service.answer, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield service
        await http.close()
        await service.hang_up()


def consumer(service: Service) -> Consumer:
    return Consumer("123456", service=service.url, access=access, deadline_s=0.3, http=service.http)


def app_check(mode: Mode, service: Service) -> AppCheck:
    use_up = consumer(service).consume
    return AppCheck(mode, "123456", keys_of=google().keys, now=Clock(NOW), consume=use_up)


async def test_token_is_good_once(service: Service) -> None:
    using = consumer(service)

    assert [await using.consume(t) for t in ("one", "one", "two", "one")] == [
        True,
        False,
        True,
        False,
    ]


async def test_request_is_as_the_reference_has_it_and_sent_once(service: Service) -> None:
    await consumer(service).consume("one")

    ((first, headers, body),) = service.requests
    assert first == f"POST {PATH} HTTP/1.1"
    assert headers["authorization"] == "Bearer an-access-token"
    assert headers["content-type"] == "application/json"
    assert body == {"appCheckToken": "one"}


async def test_token_that_cannot_be_used_up_is_refused(service: Service) -> None:
    service.says = (400, b'{"error": {"status": "INVALID_ARGUMENT"}}')

    assert await consumer(service).consume("one") is False


BROKEN = [
    *((status, b"{}") for status in (401, 403, 404, 429, 500, 503)),
    *((200, body) for body in (b"", b"[]", b"x", b'{"alreadyConsumed": "no"}')),
    (302, b""),
]


@pytest.mark.parametrize("says", BROKEN, ids=str)
async def test_any_other_answer_is_none_and_is_not_asked_for_again(
    service: Service, says: tuple[int, bytes]
) -> None:
    service.says = says

    with pytest.raises(IdentityUnavailable) as refused:
        await consumer(service).consume("one")

    assert refused.value.status == 503
    assert refused.value.retry_after_s
    assert len(service.requests) == 1
    assert "one" not in str(refused.value)


async def test_service_that_hangs_is_left_in_time(service: Service) -> None:
    service.hangs = True
    began = time.monotonic()

    with pytest.raises(IdentityUnavailable):
        await consumer(service).consume("one")

    assert time.monotonic() - began < 0.3 + MARGIN_S


async def test_service_that_is_not_there_is_unavailable(http: HttpClient) -> None:
    nowhere = Consumer("123456", service="http://127.0.0.1:9", access=access, http=http)

    with pytest.raises(IdentityUnavailable):
        await nowhere.consume("one")


async def test_instance_without_an_account_is_told_apart_from_a_bad_token(
    service: Service,
) -> None:
    async def nobody() -> dict[str, str]:
        raise NoAccess("no account")

    with pytest.raises(IdentityUnavailable):
        await Consumer("123456", service=service.url, access=nobody).consume("one")

    assert service.requests == []


async def test_enforced_a_token_lets_one_mint_through(service: Service) -> None:
    checking, token = app_check("enforce", service), app_token()

    assert await checking.check([token]) == "ok"
    assert await checking.use_up(token) == "ok"
    assert await checking.check([token]) == "ok"
    with pytest.raises(AppCheckFailed) as refused:
        await checking.use_up(token)

    assert refused.value.status == 403
    assert token not in str(refused.value)


async def test_monitored_it_is_noted_and_passes(service: Service) -> None:
    checking, token = app_check("monitor", service), app_token()

    used = [await checking.use_up(token) for _ in "12"]
    service.says = (500, b"")
    used.append(await checking.use_up(token))

    assert used == ["ok", "used-up", "unavailable"]


async def test_enforced_nothing_passes_while_the_service_is_down(service: Service) -> None:
    service.says = (503, b"")

    with pytest.raises(IdentityUnavailable):
        await app_check("enforce", service).use_up(app_token())
