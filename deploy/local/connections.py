"""Connections that cost a bounded share of the server: slow, silent, oversized and malformed requests end early.

Uvicorn has a timeout for idle connections alone. A client that sends its request or reads its answer a byte at a time
would keep its connection, and what the request holds, for as long as it likes.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import uvicorn
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.settings import Settings
from shared.web.problems import GENERAL_PROBLEMS, PROBLEM
from shared.web.security_headers import ALWAYS

_LONGEST_URL, _LONGEST_HEAD, _MOST_HEADERS = 8 * 1024, 32 * 1024, 100
_VERSIONS = ("1.0", "1.1")
_UNREAD_BYTES = 16 * 1024 * 1024
"""Rest of a body that is read after its request was refused, so that the client sees the answer before the end."""
_LINGER_SECONDS = 2.0
"""Time for which a refused client may go on sending before its connection is reset."""
_SWEEP_TICKS = 5
"""Ticks of uvicorn, tenths of a second, between two looks at all connections."""


@dataclass(frozen=True)
class Limits:
    """Bounds of connections, in seconds, bytes a second and connections."""

    connections: int
    head_seconds: float
    body_seconds: float
    body_rate: int
    write_seconds: float
    proxies: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the bounds that the settings name."""
        return cls(
            settings.connection_limit,
            settings.head_seconds,
            settings.body_seconds,
            settings.body_rate_bytes,
            settings.write_seconds,
            tuple(settings.trusted_proxies),
        )


class BoundedConfig(uvicorn.Config):
    """Uvicorn's configuration with the bounds of connections; only named proxies may say who their caller is."""

    def __init__(self, app: Any, settings: Settings, **options: Any) -> None:
        self.limits, self.addresses = Limits.of(settings), Counter[str]()
        super().__init__(
            app,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            lifespan="off",
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_keep_alive=settings.keep_alive_seconds,
            **options,
        )


class Refused(Exception):
    """A request is refused while it is parsed; carries the code of its problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BoundedProtocol(HttpToolsProtocol):
    """An HTTP connection with bounds on its head, on the time of each part, and on what one address may open."""

    config: BoundedConfig

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.limits = self.config.limits
        self._due: float | None = None
        self._blocked_since: float | None = None
        self._in_head, self._head_bytes, self._body_bytes = True, 0, 0
        self._refusal, self._refused = "bad_request", False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; close at once what is beyond the bounds of all, or of one address."""
        super().connection_made(transport)
        self._expect_head()
        address = self._address()
        self.config.addresses[address] += 1
        own_share = self.limits.connections if address in self.limits.proxies else self.limits.connections // 2
        if len(self.connections) > self.limits.connections or self.config.addresses[address] > own_share:
            self.refuse("too_many_connections")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        address = self._address()
        self.config.addresses[address] -= 1
        if self.config.addresses[address] <= 0:
            del self.config.addresses[address]

    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _expect_head(self) -> None:
        self._in_head, self._head_bytes, self._body_bytes = True, 0, 0
        self._due = self.loop.time() + self.limits.head_seconds

    def data_received(self, data: bytes) -> None:
        """Take what the client sent; refuse a head that is too long before it is complete."""
        if self._refused or self.transport.is_closing():
            return
        began_in_head = self._in_head
        super().data_received(data)
        # The last of a body ends in the head of the next request; it counts for nothing.
        if began_in_head and self._in_head and self._due is not None and not self._refused:
            self._head_bytes += len(data)
            if self._head_bytes > _LONGEST_HEAD + _LONGEST_URL:
                self.refuse("header_too_large")

    def on_message_begin(self) -> None:
        """Begin to count the head of a request, which may arrive with the last of the body before it."""
        super().on_message_begin()
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address. Raises Refused for one that is too long."""
        super().on_url(url)
        if len(self.url) > _LONGEST_URL:
            self._raise("address_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Raises Refused for too many or too long ones."""
        super().on_header(name, value)
        self._body_bytes += len(name) + len(value)
        if len(self.headers) > _MOST_HEADERS or self._body_bytes > _LONGEST_HEAD:
            self._raise("header_too_large")

    def on_headers_complete(self) -> None:
        """Begin the request. Raises Refused for one of another protocol, and for one that names no host, or two."""
        hosts, version = sum(name == b"host" for name, _ in self.headers), self.parser.get_http_version()
        if version not in _VERSIONS or hosts > 1 or (hosts == 0 and version == "1.1"):
            self._raise("bad_request")
        super().on_headers_complete()
        self._in_head, self._body_bytes = False, 0
        self._due = self.loop.time() + self.limits.body_seconds

    def _raise(self, code: str) -> None:
        self._refusal = code
        raise Refused(code)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; each buys the client the time that it took at the slowest permitted rate."""
        super().on_body(body)
        self._body_bytes += len(body)
        if self._due is not None:
            self._due += len(body) / self.limits.body_rate
        if self.cycle.response_complete and self._body_bytes > _UNREAD_BYTES:
            self.transport.abort()

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        super().on_message_complete()
        self._in_head, self._due = True, None

    def pause_writing(self) -> None:
        """Note since when the client takes nothing of its answer."""
        super().pause_writing()
        self._blocked_since = self.loop.time()

    def resume_writing(self) -> None:
        """Note that the client took most of what was waiting for it."""
        super().resume_writing()
        self._blocked_since = None

    def look_after(self, now: float) -> None:
        """End the connection if its client has taken too long over what it is to do next."""
        if self._blocked_since is None and self.transport.is_closing():
            self._blocked_since = now  # what was written before the close must be taken too
        if self._blocked_since is not None:
            if now - self._blocked_since > self.limits.write_seconds:
                self.transport.abort()
        elif self._due is not None and now > self._due and not self.flow.read_paused:
            self.transport.abort() if self._refused else self.refuse("request_timeout")

    def send_400_response(self, msg: str) -> None:
        """Answer a request that could not be parsed."""
        self.refuse(self._refusal)

    def refuse(self, code: str) -> None:
        """Answer with a problem unless an answer is under way, and end the connection.

        What the client still sends is thrown away for a moment: a socket that is closed with unread data is reset, and
        the client would not see the answer.
        """
        answering = self.cycle is not None and self.cycle.response_started
        if answering and not (self.cycle.response_complete and self._in_head):
            self.transport.abort()
        elif not self._refused:
            self._refused = True
            self.transport.write(_answer(code))
            self._leave()

    def _leave(self) -> None:
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        self._due = self.loop.time() + _LINGER_SECONDS
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()


class BoundedServer(uvicorn.Server):
    """Uvicorn's server that looks after its connections twice a second."""

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections, and return whether the server is to stop."""
        if counter % _SWEEP_TICKS == 0:
            look_after(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def look_after(connections: Iterable[Any], now: float) -> None:
    """End each connection whose client takes too long."""
    for connection in tuple(connections):
        if isinstance(connection, BoundedProtocol):
            connection.look_after(now)


def _answer(code: str) -> bytes:
    """Return a whole answer with problem details to a request that no application sees."""
    status, title = GENERAL_PROBLEMS[code]
    request_id = os.urandom(16).hex()
    problem = {"type": f"/problems/{code}", "title": title, "status": status, "detail": title, "code": code}
    body = to_json({**problem, "errors": [], "request_id": request_id})
    headers = {
        **ALWAYS,
        "content-type": PROBLEM,
        "content-length": str(len(body)),
        "connection": "close",
        "x-request-id": request_id,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} \r\n{lines}\r\n".encode() + body
