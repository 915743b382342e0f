"""Clients that send slowly or nothing delay nobody, and are disconnected in the end."""

from __future__ import annotations

import socket
import time

from support.requests.raw_requests import LENGTH, authorization, get, post
from support.runs.margin import MARGIN_S
from support.runs.rounds import report
from support.servers.attacked import Server, SlowBody, answered, statuses
from vending.http.body import BODY_PATIENCE_S

STALLED = 60


def test_sixty_clients_that_send_no_more_keep_nobody_waiting(server: Server) -> None:
    me = authorization(server.fleet.person().id_token)
    halves = (get(me)[:40], post(me + LENGTH)[:-5])
    stalled = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(STALLED)]
    for number, each in enumerate(stalled):
        each.sendall(halves[number % 2])

    taken_s = []
    for _ in range(10):
        began = time.perf_counter()
        assert statuses(answered(server.port, get(me))) == (200,)
        taken_s.append(time.perf_counter() - began)

    for each in stalled:
        each.close()
    assert max(taken_s) < 1 + MARGIN_S
    report("slow clients", STALLED, STALLED, f"others wait {max(taken_s) * 1000:.0f} ms")


def test_body_that_does_not_come_is_refused_after_ten_seconds(slow_body: SlowBody) -> None:
    got, taken_s = slow_body.result()

    assert statuses(got) == (400,)
    assert b"did not arrive within 10 s" in got
    assert BODY_PATIENCE_S - 0.5 < taken_s < BODY_PATIENCE_S + 0.5 + MARGIN_S
