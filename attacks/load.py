"""Attacks by load: clients that read or send slowly, many guesses, and the demonstration's clock."""

import asyncio
import contextlib
import time
from urllib.parse import urlsplit

from attacks.registry import attack
from attacks.target import Succeeded, Target

STALLED = 12
SILENT = 100
GUESSES = 100
SERVED_SECONDS = 5.0


async def _connection(target: Target, service: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(target.addresses[service])
    return await asyncio.open_connection(where.hostname, where.port)


def _head(target: Target, path: str) -> bytes:
    bearer = target.token("city-officer-1")
    return f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\n\r\n".encode()


async def _served(target: Target) -> None:
    """Raise Succeeded if an officer's list does not come in time."""
    began = time.perf_counter()
    answer = await target.ask("intake", "GET", "/v1/resources?limit=10", "110105-officer-1")
    if answer.status_code != 200 or time.perf_counter() - began > SERVED_SECONDS:
        raise Succeeded(f"a list took {time.perf_counter() - began:.1f} s: {answer.status_code}")


@attack("load")
async def hold_connections_by_not_reading(target: Target) -> None:
    """Hold the database's connections by exports that are not read"""
    head = _head(target, "/v1/resources:export")
    open_now = [await _connection(target, "intake") for _ in range(STALLED)]
    try:
        for _, writer in open_now:
            writer.write(head)
        await asyncio.sleep(0.5)
        await _served(target)
    finally:
        for _, writer in open_now:
            writer.transport.abort()


@attack("load")
async def hold_connections_by_not_sending(target: Target) -> None:
    """Hold a service by heads that never end"""
    open_now = [await _connection(target, "intake") for _ in range(SILENT)]
    try:
        for _, writer in open_now:
            writer.write(b"GET /livez HTTP/1.1\r\nhost:")
        await _served(target)
    finally:
        for _, writer in open_now:
            writer.transport.abort()


@attack("load")
async def make_guesses_cost_a_transaction_each(target: Target) -> None:
    """Make each request with a wrong API key cost a look into the database"""
    counted = "SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE schemaname = 'intake' AND relname = 'api_key'"
    guess = {"authorization": f"Bearer th_live_0123456789ab_{'x' * 43}"}
    async with target.administrator() as admin:
        before = await admin.fetchval(counted)
        for _ in range(GUESSES):
            answer = await target.ask("intake", "GET", "/v1/resources", headers=guess)
            if answer.status_code not in (401, 429):
                raise Succeeded(f"a guess was answered {answer.status_code}")
        await asyncio.sleep(1.2)  # counters are reported once a second
        looks = await admin.fetchval(counted) - before
    if looks > GUESSES // 10:
        raise Succeeded(f"{GUESSES} wrong keys cost {looks} looks")


@attack("load")
async def lock_the_suite_in_the_future(target: Target) -> None:
    """Set the clock as nobody, as an officer, and to the year 2999"""
    away = {"now": "2999-01-01T00:00:00+08:00"}
    await target.refused(401, "intake", "PUT", "/clock", json=away)
    await target.refused(403, "intake", "PUT", "/clock", "city-officer-1", json=away)
    await target.refused(422, "intake", "PUT", "/clock", "city-supervisor-1", json=away)


@attack("load")
async def leave_event_streams(target: Target) -> None:
    """Leave many event streams in the middle"""
    head = _head(target, "/events/stream")
    for _ in range(30):
        reader, writer = await _connection(target, "intake")
        writer.write(head)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await reader.read(200)
        writer.transport.abort()
    await _served(target)
