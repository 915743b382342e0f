"""What a new process is asked, and when: its first answers, a mint first, the story of the page.

The page asks for the config while it loads; the mint comes when its user presses a button. Cloud
Run with request-based billing, the default, allocates CPU "only during request processing"
(https://cloud.google.com/run/docs/configuring/billing-settings), so that what a server puts off
until after its answer waits for the next request: here its processes are stopped as soon as the
last byte of an answer was read, and go on when the next request is sent.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlsplit

from bench.asks import NOBODY, PREFLIGHT
from bench.contenders import PATH, Contender, Surroundings
from bench.load import request
from bench.servers import Server, server

PAUSE_S, ROUND_TRIP_S = 2.0, 0.05  # until somebody presses the button; from preflight to mint
GEMINI_MS, WARM = 150, 12
PATIENCE_S = 30.0
CONFIG = request(f"{PATH}/config", {}, method="GET")
Figures = Mapping[str, float]


def first_answers(contender: Contender, around: Surroundings) -> Figures:
    """From the start to listening, to a preflight, to a 401, in ms; the baselines say what they
    say to both.
    """
    asks = {"first answer": _preflight(contender)}
    if contender.path == PATH:
        asks["401"] = NOBODY
    with _started(contender) as (began, running):
        told = {"listening": _ms_since(began)}
        for name, ask in asks.items():
            exchange(running.url, ask)
            told[name] = _ms_since(began)
        return told


def mint_first(contender: Contender, around: Surroundings) -> Figures:
    """From the start to a token, in ms; CPU and memory then. A phone's app asks so."""
    around.upstream.set_delay(0)
    mint = around.requests(contender, 1)[0]
    with _started(contender) as (began, running):
        _mint(running, mint)
        taken = _ms_since(began)
        return {"mint first": taken, "CPU": running.cpu_ms(), "MB": running.memory_mb()}


def page_frozen(contender: Contender, around: Surroundings, pause_s: float = PAUSE_S) -> Figures:
    """The page's story where nothing runs between requests: each answer's time in ms, the first
    from the start.
    """
    around.upstream.set_delay(0)
    mint = around.requests(contender, 1)[0]
    with _started(contender) as (began, running):
        exchange(running.url, _opening(contender))
        config = _ms_since(began)
        with _stopped(running):
            time.sleep(pause_s)
        asked = time.perf_counter()
        exchange(running.url, _preflight(contender))
        preflight = _ms_since(asked)
        with _stopped(running):
            time.sleep(ROUND_TRIP_S)
        return {
            "page: config": config,
            "page: preflight": preflight,
            "page: mint": _mint(running, mint),
        }


def page_unfrozen(contender: Contender, around: Surroundings, pause_s: float = PAUSE_S) -> Figures:
    """The page's story on a machine of one's own, Gemini taking 150 ms: the mint, and one when all
    is warm, in ms.
    """
    around.upstream.set_delay(GEMINI_MS)
    mint, *others = around.requests(contender, 1 + WARM)
    with _started(contender) as (_, running):
        exchange(running.url, _opening(contender))
        time.sleep(pause_s)
        exchange(running.url, _preflight(contender))
        time.sleep(ROUND_TRIP_S)
        first = _mint(running, mint)
        warm = median([_mint(running, other) for other in others][WARM // 3 :])
        return {"unfrozen: mint": first, "unfrozen: warm mint": warm}


def exchange(url: str, asked: bytes) -> int:
    """Ask over a connection of its own, and return the status when the last byte was read."""
    to = urlsplit(url)
    with socket.create_connection((to.hostname, to.port), timeout=PATIENCE_S) as connection:
        connection.sendall(asked)
        received = b""
        while not _is_whole(received):
            more = connection.recv(65536)
            if not more:
                raise ConnectionError(f"the server hung up after {received!r}")
            received += more
    return int(received[9:12])


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return bool(end) and len(body) >= int(rest.partition(b"\r\n")[0] or 0)


@contextmanager
def _started(contender: Contender) -> Iterator[tuple[float, Server]]:
    began = time.perf_counter()
    with server(contender.command, contender.environ) as running:
        yield began, running


@contextmanager
def _stopped(running: Server) -> Iterator[None]:
    running.stop()
    try:
        yield
    finally:
        running.go_on()


def _mint(running: Server, mint: bytes) -> float:
    asked = time.perf_counter()
    status = exchange(running.url, mint)
    taken = _ms_since(asked)
    if status != 201:
        raise RuntimeError(f"a mint was answered {status}")
    return taken


def _opening(contender: Contender) -> bytes:
    return CONFIG if contender.path == PATH else request("/", {}, method="GET")


def _preflight(contender: Contender) -> bytes:
    return PREFLIGHT if contender.path == PATH else request("/", {}, method="OPTIONS")


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
