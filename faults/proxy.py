"""TCP proxy before PostgreSQL that delays, blocks, or cuts a connection after COMMIT.

`python -m faults.proxy TARGET` (a socket path or host:port) runs it in a process of its own, so that its work delays no
service. It prints its port, then reads commands from stdin (`Behaviour`) and ends with stdin.
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
"""Codes of cancel, SSL and GSS requests: they precede the startup message and, like it, have no type byte."""
SHORT = 32
"""Bytes. A statement that ends a transaction is shorter; longer messages are skipped."""


@dataclass
class Behaviour:
    """Behaviour of the proxy, changed by commands, and its counters."""

    delay_seconds: float = 0.0
    """Maximum delay of a chunk; each delay is random."""
    cuts: int = 0
    """Number of the next answers to COMMIT that are dropped with their connections."""
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: a black hole. Nothing passes in either direction, and connections stay open."""
    counters: Counter[str] = field(default_factory=Counter)

    def apply(self, changes: dict[str, Any]) -> dict[str, int]:
        """Apply the changes and return the counters."""
        self.delay_seconds = changes.get("delay_seconds", self.delay_seconds)
        self.cuts += changes.get("cut", 0)
        if changes.get("flowing", self.flowing.is_set()):
            self.flowing.set()
        else:
            self.flowing.clear()
        return dict(self.counters)


class CommitDetector:
    """Parser of a client's messages, just enough to recognise COMMIT."""

    def __init__(self) -> None:
        self._started = False
        self._skip = 0
        self._partial = b""

    def ends_with_commit(self, data: bytes) -> bool:
        """Return whether the last complete message is COMMIT, so that the client waits for its answer."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return False
        data, self._skip = self._partial + data[self._skip :], 0
        at, commit = 0, False
        while (end := self._message_end(data, at)) is not None and end <= len(data):
            commit = self._started and data[at] == QUERY and data[at + 5 : end].upper().startswith(b"COMMIT")
            self._started = self._started or int.from_bytes(data[at + 4 : at + 8]) not in UNTYPED_REQUESTS
            at = end
        if self._started and end is not None and end - at > SHORT:
            self._skip, at = end - len(data), len(data)
        self._partial = data[at:]
        return commit and at == len(data)

    def _message_end(self, data: bytes, at: int) -> int | None:
        head = 1 if self._started else 0
        if len(data) < at + head + 4:
            return None
        return at + head + int.from_bytes(data[at + head : at + head + 4])


class Channel:
    """One direction of a connection: chunks in order, delayed or held by the behaviour."""

    def __init__(self, behaviour: Behaviour, out: asyncio.Transport) -> None:
        self._behaviour, self._out = behaviour, out
        self._waiting: deque[tuple[float, bytes | None]] = deque()
        self._pump: asyncio.Task[None] | None = None

    def send(self, data: bytes | None) -> None:
        """Pass on a chunk; None passes on that the sender closed the connection."""
        if self._pump is None and self._behaviour.flowing.is_set() and not self._behaviour.delay_seconds:
            self._write(data)
            return
        due = asyncio.get_running_loop().time() + random.uniform(0, self._behaviour.delay_seconds)
        self._waiting.append((due, data))
        self._pump = self._pump or asyncio.create_task(self._write_when_due())

    async def _write_when_due(self) -> None:
        while self._waiting:
            due, data = self._waiting.popleft()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self._behaviour.flowing.wait()
            self._write(data)
        self._pump = None

    def _write(self, data: bytes | None) -> None:
        if self._out.is_closing():
            return
        if data is None:
            self._out.close()
        else:
            self._out.write(data)


class ConnectionEnd(asyncio.Protocol):
    """One end of a connection; received data go through its channel to the other end."""

    channel: Channel
    other: "ConnectionEnd"

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def join(self, other: "ConnectionEnd") -> None:
        """Pair this end with the other."""
        self.other, self.channel = other, Channel(self.behaviour, other.transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if hasattr(self, "channel"):
            self.channel.send(None)

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()


class ServerEnd(ConnectionEnd):
    """End towards PostgreSQL; drops the answer to a COMMIT on command."""

    awaits_commit = False

    def data_received(self, data: bytes) -> None:
        if self.awaits_commit:
            self.awaits_commit = False
            if self._drop_commit_answer(data):
                return
        self.channel.send(data)

    def _drop_commit_answer(self, answer: bytes) -> bool:
        if answer[0] != COMMAND_COMPLETE or answer[5:12] != b"COMMIT\0":
            return False
        self.behaviour.counters["commits"] += 1
        if self.behaviour.cuts <= 0:
            return False
        self.behaviour.cuts -= 1
        self.behaviour.counters["cut"] += 1
        self.other.transport.abort()
        self.transport.abort()
        return True


class ClientEnd(ConnectionEnd):
    """End towards a service; parses its messages."""

    def __init__(self, behaviour: Behaviour, target: str) -> None:
        super().__init__(behaviour)
        self.commit_detector, self.target = CommitDetector(), target
        self.server: ServerEnd | None = None
        self.buffered = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.behaviour.counters["connections"] += 1
        self.task = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        server = ServerEnd(self.behaviour)
        try:
            await self.behaviour.flowing.wait()
            await _connect_to_server(self.target, server)
        except OSError:
            self.behaviour.counters["refused"] += 1
            self.transport.abort()
            return
        if self.transport.is_closing():
            server.transport.close()
            return
        self.server = server
        self.join(server)
        server.join(self)
        self.data_received(self.buffered)

    def data_received(self, data: bytes) -> None:
        if self.server is None:
            self.buffered += data
            return
        self.server.awaits_commit = self.commit_detector.ends_with_commit(data)
        self.channel.send(data)


async def _connect_to_server(target: str, server: ServerEnd) -> None:
    loop = asyncio.get_running_loop()
    if target.startswith("/"):
        await loop.create_unix_connection(lambda: server, target)
    else:
        host, port = target.rsplit(":", 1)
        await loop.create_connection(lambda: server, host, int(port))


async def serve(target: str) -> None:
    """Proxy a free port of loopback to `target` until stdin ends; answer each command with the counters."""
    behaviour, loop = Behaviour(), asyncio.get_running_loop()
    behaviour.flowing.set()
    listening = await loop.create_server(lambda: ClientEnd(behaviour, target), "127.0.0.1", 0, backlog=512)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    _print_json({"port": listening.sockets[0].getsockname()[1]})
    async for line in commands:
        _print_json(behaviour.apply(json.loads(line)))
    listening.close()


def _print_json(answer: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
