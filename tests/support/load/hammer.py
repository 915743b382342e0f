"""One user who asks for a token at a fixed rate, in a process of its own: what that costs shall not
slow those who measure.

Reads an ID token from stdin; prints a line when it begins, and how often it was answered what.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from urllib.parse import urlsplit

from support.load.traffic import PATH, at_rate
from support.proxies.http_proxy import message

CONNECTIONS = 4


async def begin(url: str, id_token: str, rate: float, seconds: float) -> Process:
    """Start the process, and wait until it asks."""
    told = (url, str(rate), str(seconds))
    command = (sys.executable, "-m", "support.load.hammer", *told)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin
    assert process.stdout
    process.stdin.write(id_token.encode())
    process.stdin.close()
    await process.stdout.readline()
    return process


async def end(process: Process) -> Counter[int]:
    """Wait for it; tell what it was answered."""
    told, _ = await process.communicate()
    return Counter({int(status): count for status, count in json.loads(told).items()})


async def hammer(url: str, id_token: str, rate: float, seconds: float) -> Counter[int]:
    """Ask over a few connections that are kept, in bytes made once."""
    server, statuses = urlsplit(url), Counter[int]()
    fields = f"Host: 127.0.0.1\r\nContent-Length: 0\r\nAuthorization: Bearer {id_token}"
    request = f"POST {PATH} HTTP/1.1\r\n{fields}\r\n\r\n".encode()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(server.hostname, server.port)

        async def ask(_: int) -> None:
            async with turn:
                writer.write(request)
                statuses[int((await message(reader)).split(None, 2)[1])] += 1

        turn = asyncio.Lock()
        await at_rate(rate / CONNECTIONS, seconds, ask)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return statuses


if __name__ == "__main__":
    token = sys.stdin.read()
    print("begun", flush=True)
    url, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(asyncio.run(hammer(url, token, rate, seconds))))
