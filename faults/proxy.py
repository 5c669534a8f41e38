"""A TCP proxy before PostgreSQL that can be slow, swallow everything, or lose the answer to a COMMIT.

`python -m faults.proxy TARGET` (a socket's path or host:port) runs it in a process of its own, so that it is never
what the services wait for. It prints its port, then obeys lines on stdin (`Weather`); it ends when stdin ends.
"""

import asyncio
import json
import random
import sys
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

QUERY, COMMAND_COMPLETE = b"Q"[0], b"C"[0]
UNTYPED_REQUESTS = {80877102, 80877103, 80877104}
"""Codes of cancel, SSL and GSS requests: they come before the startup message and, like it, have no type byte."""
SHORT = 32
"""Bytes. A statement that ends a transaction is shorter; longer messages are not looked at."""


@dataclass
class Weather:
    """What the proxy does to all that passes, and what it has seen."""

    delay_seconds: float = 0.0
    """Most by which a piece is late; each is drawn anew."""
    cuts: int = 0
    """So many of the next answers to COMMIT are lost, and the connections with them."""
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: a black hole. Nothing passes in either direction, and nobody learns of it."""
    seen: Counter[str] = field(default_factory=Counter)

    def obey(self, order: dict[str, Any]) -> dict[str, int]:
        """Change as told, and say what was seen so far."""
        self.delay_seconds = order.get("delay_seconds", self.delay_seconds)
        self.cuts += order.get("cut", 0)
        if order.get("flowing", self.flowing.is_set()):
            self.flowing.set()
        else:
            self.flowing.clear()
        return dict(self.seen)


class Frames:
    """Follows what a client sends, message by message, just enough to know a COMMIT when it comes."""

    def __init__(self) -> None:
        self._started = False
        self._skip = 0
        self._partial = b""

    def end_with_commit(self, data: bytes) -> bool:
        """Whether the last whole message so far is COMMIT: the client now waits for the answer."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return False
        data, self._skip = self._partial + data[self._skip :], 0
        at, commit = 0, False
        while (end := self._end(data, at)) is not None and end <= len(data):
            commit = self._started and data[at] == QUERY and data[at + 5 : end].upper().startswith(b"COMMIT")
            self._started = self._started or int.from_bytes(data[at + 4 : at + 8]) not in UNTYPED_REQUESTS
            at = end
        if self._started and end is not None and end - at > SHORT:
            self._skip, at = end - len(data), len(data)
        self._partial = data[at:]
        return commit and at == len(data)

    def _end(self, data: bytes, at: int) -> int | None:
        head = 1 if self._started else 0
        if len(data) < at + head + 4:
            return None
        return at + head + int.from_bytes(data[at + head : at + head + 4])


class Lane:
    """One direction of one connection: everything in order, late or held as the weather says."""

    def __init__(self, weather: Weather, out: asyncio.Transport) -> None:
        self._weather, self._out = weather, out
        self._waiting: deque[tuple[float, bytes | None]] = deque()
        self._pump: asyncio.Task[None] | None = None

    def send(self, data: bytes | None) -> None:
        """Pass on a piece; None passes on that the sender is gone."""
        if self._pump is None and self._weather.flowing.is_set() and not self._weather.delay_seconds:
            self._write(data)
            return
        due = asyncio.get_running_loop().time() + random.uniform(0, self._weather.delay_seconds)
        self._waiting.append((due, data))
        self._pump = self._pump or asyncio.create_task(self._empty())

    async def _empty(self) -> None:
        while self._waiting:
            due, data = self._waiting.popleft()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self._weather.flowing.wait()
            self._write(data)
        self._pump = None

    def _write(self, data: bytes | None) -> None:
        if self._out.is_closing():
            return
        if data is None:
            self._out.close()
        else:
            self._out.write(data)


class End(asyncio.Protocol):
    """One end of a connection; what it receives goes down its lane to the other end."""

    lane: Lane
    other: "End"

    def __init__(self, weather: Weather) -> None:
        self.weather = weather

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def join(self, other: "End") -> None:
        """Make a pair of the two ends."""
        self.other, self.lane = other, Lane(self.weather, other.transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if hasattr(self, "lane"):
            self.lane.send(None)

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()


class ServerEnd(End):
    """Towards PostgreSQL: hears the answers, and loses the one to a COMMIT when told so."""

    awaits_commit = False

    def data_received(self, data: bytes) -> None:
        if self.awaits_commit:
            self.awaits_commit = False
            if self._lost(data):
                return
        self.lane.send(data)

    def _lost(self, answer: bytes) -> bool:
        if answer[0] != COMMAND_COMPLETE or answer[5:12] != b"COMMIT\0":
            return False
        self.weather.seen["commits"] += 1
        if self.weather.cuts <= 0:
            return False
        self.weather.cuts -= 1
        self.weather.seen["cut"] += 1
        self.other.transport.abort()
        self.transport.abort()
        return True


class ClientEnd(End):
    """Towards a service: follows its messages."""

    def __init__(self, weather: Weather, target: str) -> None:
        super().__init__(weather)
        self.frames, self.target = Frames(), target
        self.server: ServerEnd | None = None
        self.early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.weather.seen["connections"] += 1
        self.task = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        server = ServerEnd(self.weather)
        try:
            await self.weather.flowing.wait()
            await _reach(self.target, server)
        except OSError:
            self.weather.seen["refused"] += 1
            self.transport.abort()
            return
        if self.transport.is_closing():
            server.transport.close()
            return
        self.server = server
        self.join(server)
        server.join(self)
        self.data_received(self.early)

    def data_received(self, data: bytes) -> None:
        if self.server is None:
            self.early += data
            return
        self.server.awaits_commit = self.frames.end_with_commit(data)
        self.lane.send(data)


async def _reach(target: str, server: ServerEnd) -> None:
    loop = asyncio.get_running_loop()
    if target.startswith("/"):
        await loop.create_unix_connection(lambda: server, target)
    else:
        host, port = target.rsplit(":", 1)
        await loop.create_connection(lambda: server, host, int(port))


async def serve(target: str) -> None:
    """Proxy any free port of loopback to `target` until stdin ends; answer each order with what was seen."""
    weather, loop = Weather(), asyncio.get_running_loop()
    weather.flowing.set()
    listening = await loop.create_server(lambda: ClientEnd(weather, target), "127.0.0.1", 0, backlog=512)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    _say({"port": listening.sockets[0].getsockname()[1]})
    async for line in orders:
        _say(weather.obey(json.loads(line)))
    listening.close()


def _say(what: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
