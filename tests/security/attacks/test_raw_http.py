"""Attacks on the protocol, over raw sockets against a real server: one request has one answer, and
nothing hidden in it is carried out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from support.requests.raw_requests import RawRequest, authorization, get, raw_requests
from support.runs.rounds import report
from support.servers.attacked import Server, answered, statuses

OPEN_S = 0.3  # silence for so long is a server that waits for more
OURS = re.compile(rb"^x-request-id: ([0-9a-f]{32})\r$", re.MULTILINE)


@pytest.fixture
def good(server: Server) -> str:
    return server.fleet.person().id_token


def every(good: str) -> Iterator[RawRequest]:
    return raw_requests(good)


def test_hostile_bytes_get_one_answer_and_hide_no_request(server: Server, good: str) -> None:
    tried, gone_wrong, me = 0, [], authorization(good)
    before = len(server.log().splitlines())

    ours: list[bytes] = []
    for case in every(good):
        got = answered(server.port, case.sent, OPEN_S if 0 in case.statuses else 10)
        tried += 1
        ours += OURS.findall(got)
        if statuses(got) != case.statuses:
            gone_wrong.append((str(case), statuses(got), case.statuses))
        assert b"forged-by-mallory" not in got
        assert statuses(answered(server.port, get(me))) == (200,), f"after {case}"

    assert gone_wrong == []
    lines = server.log().splitlines()[before:]
    logged = [json.loads(line) for line in lines]  # nothing but audit lines
    cut_off = [line for line in logged if line["event"] == "CLIENT_GONE"]  # in their bodies
    logged = [line for line in logged if "did not arrive" not in line.get("detail", "")]
    assert set(ours) <= {line["requestId"].encode() for line in logged}
    assert {line["httpRequest"]["requestMethod"] for line in cut_off} == {"POST"}
    assert len(logged) == len(ours) + tried + len(cut_off)
    assert good[-40:] not in "".join(lines)
    report("raw HTTP, real server", tried, tried - len(gone_wrong), "1 answer each")
