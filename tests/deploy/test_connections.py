"""Raw sockets against real servers: slow, silent, oversized and malformed clients end early, others are served."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from fastapi.responses import StreamingResponse

from deploy.local.listeners import bind
from deploy.local.servers import served
from services import SERVICES
from shared.web.security_headers import ALWAYS
from tests import enumeration
from tests.world import World

OFFICER = "110105-officer-1"
WAIT = 20.0
"""Seconds after which a test gives up; what it waits for takes one or two."""
READERS = 12
"""More than the connections of a service's pool."""


@asynccontextmanager
async def listening(world: World, service: str = "intake", **settings: Any) -> AsyncIterator[tuple[int, set[Any]]]:
    """Serve a service with these settings; yield its port and its open connections."""
    for name, value in settings.items():
        setattr(world.settings, name, value)
    listener = bind("127.0.0.1", 0)
    with listener:
        async with served({service: world.apps[service]}, {service: listener}, drain_seconds=1) as servers:
            yield int(listener.getsockname()[1]), servers[service].server_state.connections
    world.instances[service].draining.clear()


async def exchanged(port: int, *parts: bytes, wait: float = WAIT) -> tuple[int, dict[str, str], bytes]:
    """Send bytes and return status, headers and body of the answer, read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(wait):
            return parsed(await reader.read())
    finally:
        writer.transport.abort()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds that no event announces."""
    async with asyncio.timeout(WAIT):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def parsed(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split(" ")[1]), headers, body


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "host: x", "connection: close", *headers, "", ""]).encode()


async def alive(port: int) -> bool:
    return (await exchanged(port, get("/livez")))[0] == 200


@contextmanager
def nothing_logged_with_a_stack(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail if anything is logged as an error, or with the stack of an exception."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [each.getMessage() for each in caplog.records if each.exc_info or each.levelno >= logging.ERROR] == []


HEAD = b"GET /livez HTTP/1.1\r\nhost: x\r\n"
END = b"connection: close\r\n\r\n"
# name: the bytes of the request, the permitted statuses
REQUESTS: dict[str, tuple[bytes, set[int]]] = {
    "HEAD": (b"HEAD /livez HTTP/1.1\r\nhost: x\r\n" + END, {405}),
    "OPTIONS": (b"OPTIONS /livez HTTP/1.1\r\nhost: x\r\n" + END, {405}),
    "OPTIONS of the server": (b"OPTIONS * HTTP/1.1\r\nhost: x\r\n" + END, {400, 404}),
    "TRACE": (b"TRACE /livez HTTP/1.1\r\nhost: x\r\n" + END, {405}),
    "CONNECT": (b"CONNECT evil.invalid:443 HTTP/1.1\r\nhost: x\r\n" + END, {400}),
    "WebDAV": (b"PROPFIND /livez HTTP/1.1\r\nhost: x\r\n" + END, {405}),
    "unknown method": (b"STEAL /livez HTTP/1.1\r\nhost: x\r\n" + END, {400}),
    "lower case method": (b"get /livez HTTP/1.1\r\nhost: x\r\n" + END, {400}),
    "long address": (b"GET /livez?" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: x\r\n" + END, {414}),
    "endless address": (b"GET /" + b"a" * 200_000, {414, 431}),
    "long header": (HEAD + b"x: " + b"a" * 40_000 + b"\r\n" + END, {431}),
    "endless header": (HEAD + b"x: " + b"a" * 200_000, {431}),
    "many headers": (HEAD + b"".join(b"x%d: y\r\n" % each for each in range(200)) + END, {431}),
    "two hosts": (HEAD + b"host: y\r\n" + END, {400}),
    "no host": (b"GET /livez HTTP/1.1\r\n" + END, {400}),
    "two lengths": (HEAD + b"content-length: 1\r\ncontent-length: 2\r\n" + END + b"ab", {400}),
    "two equal lengths": (HEAD + b"content-length: 1\r\ncontent-length: 1\r\n" + END + b"a", {400}),
    "length and chunks": (HEAD + b"content-length: 1\r\ntransfer-encoding: chunked\r\n" + END + b"0\r\n\r\n", {400}),
    "negative length": (HEAD + b"content-length: -1\r\n" + END, {400}),
    "length in words": (HEAD + b"content-length: ten\r\n" + END, {400}),
    "unknown coding": (HEAD + b"transfer-encoding: gzip, x\r\n" + END, {400}),
    "bad chunk": (
        b"POST /v1/dry-run HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" + END + b"zz\r\n",
        {400, 404},
    ),
    "header without name": (HEAD + b": x\r\n" + END, {400}),
    "header with a space": (HEAD + b"a b: x\r\n" + END, {400}),
    "NUL in a header": (HEAD + b"x: a\x00b\r\n" + END, {400}),
    "folded header": (HEAD + b"x: a\r\n b\r\n" + END, {200, 400}),
    "NUL in the path": (get("/v1/resources/110105/a%00b"), {401, 404, 422}),
    "raw NUL in the path": (b"GET /a\x00b HTTP/1.1\r\nhost: x\r\n" + END, {400}),
    "not UTF-8 in the path": (get("/%ff%fe"), {404}),
    "raw bytes in the path": (b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n" + END, {400, 404}),
    "not UTF-8 in the query": (get("/problems?code=%ff"), {422}),
    "not UTF-8 in a header": (HEAD + b"x-request-id: \xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\r\n" + END, {200}),
    "not UTF-8 in the credential": (get("/events")[:-2] + b"authorization: Bearer \xff\xfe\r\n\r\n", {401}),
    "not UTF-8 in the key": (get("/events")[:-2] + b"authorization: Bearer th_live_\xff_\xfe\r\n\r\n", {401}),
    "address of another": (b"GET http://evil.invalid/livez HTTP/1.1\r\nhost: x\r\n" + END, {200, 400}),
    "two slashes": (get("//evil.invalid/livez"), {400, 404}),
    "dots": (get("/assets/../../../etc/passwd"), {400, 404}),
    "encoded dots": (get("/assets/%2e%2e/%2e%2e/etc/passwd"), {404}),
    "no protocol": (b"GET /livez\r\n\r\n", {400}),
    "old protocol": (b"GET /livez HTTP/0.9\r\n\r\n", {400}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "greeting of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40, {400}),
    "upgrade": (HEAD + b"upgrade: websocket\r\nconnection: upgrade, close\r\n\r\n", {200, 400}),
}


async def test_strange_requests_get_a_clear_answer_and_no_stack(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(world, head_seconds=5.0) as (port, _connections):
        with nothing_logged_with_a_stack(caplog):
            for name, (request, permitted) in REQUESTS.items():
                status, headers, _ = await exchanged(port, request)
                assert status in permitted, f"{name}: {status}"
                assert set(ALWAYS) <= set(headers), name
                assert status == 200 or headers["content-type"] == "application/problem+json", name
                assert "server" not in headers, name
        assert await alive(port)


async def test_a_slow_head_and_a_silent_client_are_disconnected(world: World) -> None:
    async with listening(world, head_seconds=0.5) as (port, _connections):
        assert (await exchanged(port))[0] == 408
        assert (await exchanged(port, b"GET /livez HTTP/1.1\r\n", b"host: x\r\n"))[0] == 408
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def trickle() -> None:
            while True:
                writer.write(b"x: y\r\n")
                await asyncio.sleep(0.1)

        writer.write(b"GET /livez HTTP/1.1\r\n")
        slow = asyncio.create_task(trickle())
        async with asyncio.timeout(WAIT):
            assert parsed(await reader.read())[0] == 408
        slow.cancel()
        writer.transport.abort()
        assert await alive(port)


async def test_a_slow_body_is_cut_off_and_holds_no_connection_of_the_database(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    token = world.token(OFFICER)
    headers = ["content-type: application/json", f"authorization: Bearer {token}", "content-length: 1000"]
    act = get("/v1/resources:batchUpsert", *headers, "idempotency-key: slow").replace(b"GET", b"POST")
    async with listening(world, body_seconds=0.7, body_rate_bytes=10_000) as (port, _connections):
        with nothing_logged_with_a_stack(caplog):
            slow = [asyncio.create_task(exchanged(port, act, b'{"rows": [')) for _ in range(READERS)]
            await asyncio.sleep(0)
            status, *_ = await exchanged(port, get("/v1/resources", f"authorization: Bearer {token}"))
            assert status == 200
            assert [(await each)[0] for each in slow] == [408] * READERS


async def test_a_body_at_the_permitted_rate_is_taken(world: World) -> None:
    body = json.dumps({"facts": {}, "x": "y" * 3000}).encode()
    head = b"POST /v1/dry-run HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    parts = [body[start : start + 200] for start in range(0, len(body), 200)]
    async with listening(world, "eligibility", body_seconds=0.3, body_rate_bytes=1000) as (port, _connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"content-length: %d\r\n" % len(body) + END)
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.1)
        async with asyncio.timeout(WAIT):
            assert parsed(await reader.read())[0] == 422
        writer.close()


def test_the_answers_that_are_sent_in_parts_are_known() -> None:
    found = {
        f"{service}.{name}"
        for service in SERVICES
        for name, route in enumeration.operations(service).items()
        if isinstance(route.response_class, type) and issubclass(route.response_class, StreamingResponse)
    }
    shared = {f"{service}.{name}" for service in SERVICES for name in ("stream_events", "read_attachment_content")}
    assert found == shared | {
        "intake.export_resources",
        "intake.export_library_entries",
        "intake.read_material_content",
    }


async def stalled(port: int, request: bytes) -> socket.socket:
    """Send a request over a connection that takes next to nothing of the answer, and read none of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, request)
    await loop.sock_recv(client, 1)
    return client


async def test_stalled_readers_of_an_export_hold_nothing_and_are_disconnected(world: World, monkeypatch: Any) -> None:
    from services.intake.api import exports

    monkeypatch.setattr(exports, "_lines", lambda rows: b"x" * 4_000_000)
    token = world.token(OFFICER)
    async with listening(world, write_seconds=1.0) as (port, connections):
        request = get("/v1/resources.csv", f"authorization: Bearer {token}", "accept-encoding: identity")
        clients = [await stalled(port, request) for _ in range(READERS)]
        assert world.instances["intake"].database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        status, *_ = await exchanged(port, get("/v1/resources", f"authorization: Bearer {token}"))
        assert status == 200
        await until(lambda: not connections)
        for client in clients:
            client.close()
        assert await alive(port)


async def test_connections_are_limited_in_all_and_for_one_address(world: World) -> None:
    async with listening(world, connection_limit=20) as (port, connections):
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(10)]
        status, headers, body = await exchanged(port, get("/livez"))
        assert (status, json.loads(body)["code"]) == (503, "too_many_connections")
        assert set(ALWAYS) <= set(headers)
        for _, writer in idle:
            writer.transport.abort()
        await until(lambda: not connections)
        assert await alive(port)
    async with listening(world, connection_limit=20, trusted_proxies=["127.0.0.1"]) as (port, connections):
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(19)]
        assert await alive(port)
        for _, writer in idle:
            writer.transport.abort()


async def test_a_client_that_leaves_a_stream_leaves_no_stack(world: World, caplog: pytest.LogCaptureFixture) -> None:
    token = world.token(OFFICER)
    async with listening(world) as (port, _connections):
        with nothing_logged_with_a_stack(caplog):
            for _ in range(READERS):
                client = await stalled(port, get("/events/stream", f"authorization: Bearer {token}"))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                client.close()
            await until(lambda: not world.instances["intake"].reads)
            assert await alive(port)


@pytest.mark.parametrize(("proxies", "believed"), [([], False), (["127.0.0.1"], True), (["10.0.0.0/8"], False)])
async def test_only_a_named_proxy_says_who_its_caller_is(world: World, proxies: list[str], believed: bool) -> None:
    """Ask for the clock, which is set from this machine alone, and look for what is sent over https alone."""
    body = json.dumps({"now": world.clock.now().isoformat()}).encode()
    headers = ["content-type: application/json", f"content-length: {len(body)}"]
    headers += [f"authorization: Bearer {world.token('city-supervisor-1')}"]
    headers += ["x-forwarded-for: 192.0.2.7", "x-forwarded-proto: https"]
    async with listening(world, trusted_proxies=proxies) as (port, _connections):
        status, sent, _ = await exchanged(port, get("/clock", *headers).replace(b"GET", b"PUT", 1) + body)
    assert (status, "strict-transport-security" in sent) == ((404, True) if believed else (200, False))
