"""The load: keep-alive connections that write a request and read its answer, with nothing between them and the socket.

``python -m tests.bench.load`` takes a `Load` as JSON on each line of its input, and answers each with a `Heard`.
"""

import asyncio
import statistics
import sys
from collections import Counter
from time import perf_counter

import msgspec
from msgspec import Struct

from tests.bench.programs import Program


class Load(Struct):
    """``requests`` of ``head`` and ``body`` to a port over ``connections``; at ``rate`` a second where it is not 0."""

    port: int
    head: str
    body: str
    requests: int
    connections: int = 32
    rate: float = 0.0


class Heard(Struct):
    """Seconds for all, milliseconds for one, and how often each status was heard."""

    seconds: float
    median: float
    p99: float
    statuses: dict[str, int]

    @property
    def accepted(self) -> int:
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))


def request_head(method: str, path: str, port: int, body: str, **headers: str) -> str:
    """The head of a request, of JSON unless the headers say otherwise."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    given = {"Content-Type": "application/json"} | headers
    lines += [f"{name}: {value}" for name, value in given.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body.encode())}", "", ""])


class Loader:
    """The load in a process of its own."""

    def __init__(self) -> None:
        self.program = Program.python("-m", "tests.bench.load")

    def put(self, load: Load) -> Heard:
        self.program.say(msgspec.json.encode(load).decode())
        return msgspec.json.decode(self.program.line(), type=Heard)


async def _put(load: Load) -> Heard:
    request = (load.head + load.body).encode()
    turns = iter(range(load.requests))
    taken: list[float] = []
    statuses: Counter[str] = Counter()
    begun = perf_counter()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        for turn in turns:
            if load.rate:
                due = begun + turn / load.rate
                await asyncio.sleep(due - perf_counter())
                sent = due  # what waits for its turn on a busy connection has waited too
            else:
                sent = perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await _body(reader, head)
            taken.append(perf_counter() - sent)
            statuses[head[9:12].decode()] += 1
            if b"connection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(load.connections)))
    seconds = perf_counter() - begun
    taken.sort()
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    return Heard(seconds, statistics.median(taken) * 1000, p99 * 1000, dict(statuses))


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"content-length" in headers:
        await reader.readexactly(int(headers[b"content-length"]))
    elif b"chunked" in headers.get(b"transfer-encoding", b""):
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")


if __name__ == "__main__":
    for line in sys.stdin:
        heard = asyncio.run(_put(msgspec.json.decode(line, type=Load)))
        print(msgspec.json.encode(heard).decode(), flush=True)
