"""Bodies on a connection: in one piece, several in turn, and one that nobody read before the next request."""

import asyncio
import json

import pytest

from tests.deploy.test_connections import WAIT, exchanged, get, listening, parsed
from tests.world import World


@pytest.mark.parametrize("requests", [1, 3], ids=["one", "several on a connection"])
async def test_a_large_body_in_one_piece_is_taken(world: World, requests: int) -> None:
    head = b"POST /v1/dry-run HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    body = json.dumps({"facts": {}, "x": "y" * 200_000}).encode()
    async with listening(world, "eligibility") as (port, _connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(requests):
            writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            async with asyncio.timeout(WAIT):
                answer = await reader.readuntil(b"\r\n\r\n")
                length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
            assert parsed(answer)[0] == 422
        writer.transport.abort()


async def test_a_request_behind_a_body_that_nobody_read_is_answered_by_itself(world: World) -> None:
    body = b"[" + b"0," * 100_000 + b"0]"
    act = b"POST /v1/resources:batchUpsert HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    async with listening(world, head_seconds=0.5) as (port, _connections):
        answer = await exchanged(port, act + body + act, body + get("/livez"))
        following = [int(part[:3]) for part in answer[2].split(b"HTTP/1.1 ")[1:]]
        assert [answer[0], *following] == [401, 401, 200]
        assert b"HTTP/1.1 408" in (await exchanged(port, act + body + b"GET /livez HTTP/1.1\r\nhost:"))[2]
