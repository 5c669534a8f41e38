"""Writes over HTTP beside pgbench's four-statement transaction: a push of 1000 rows, one row, one plain act."""

import asyncio
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.act import CONNECTIONS, DISTRICT, OFFICER, send_plain_act, served, wait_until_ready
from bench.floor import prepare_floor, transactions_per_second
from bench.wire import Wire
from deploy.demo.personas import PEOPLE, Signer
from deploy.demo.sample.generate import resources
from deploy.local.postgres import Embedded, start
from deploy.local.settings import passwords_from
from services import load
from shared.clock import Clock
from shared.settings import Settings
from shared.storage.migrate import upgrade

ROWS = 1000
SECONDS = 6.0
PUSHES = 8
_numbers = itertools.count(1)


def _rows() -> list[dict[str, Any]]:
    """Return a thousand rows of the sample; `@` stands where each push writes its number into the ids."""
    some = itertools.islice(itertools.cycle(resources(1)[DISTRICT]), ROWS)
    return [row | {"external_id": f"B-@-{at}"} for at, row in enumerate(some)]


async def _pushes(port: int, token: str) -> dict[str, dict[str, float]]:
    template = json.dumps({"rows": _rows()}, ensure_ascii=False)
    bodies = [template.replace("B-@-", f"B-{number}-").encode() for number in range(PUSHES)]
    async with Wire(port, token) as wire:
        await _push(wire, template.replace("B-@-", "B-first-").encode(), "created")
        fresh = [await _push(wire, body, "created") for body in bodies]
        again = [await _push(wire, body, "unchanged") for body in bodies]
    return {"push_of_1000_new_rows": _rate(fresh), "push_of_1000_rows_sent_again": _rate(again)}


async def _push(wire: Wire, body: bytes, expected: str) -> float:
    began = time.perf_counter()
    status, answer = await wire.send("POST", "/v1/resources:batchUpsert", body, f"push-{next(_numbers)}")
    lasted = time.perf_counter() - began
    if status != 200 or json.loads(answer)[expected] != ROWS:
        raise RuntimeError(f"{status}: {answer[:300]!r}")
    return lasted


def _rate(lasted: list[float]) -> dict[str, float]:
    median = statistics.median(lasted)
    return {"per_second": round(ROWS / median), "p50_ms": round(median * 1000, 1)}


async def run_concurrently(port: int, token: str, act: Callable[[Wire], Awaitable[int]]) -> dict[str, float]:
    """Send the act from several connections at once for some seconds; return rate and latency."""
    waited: list[float] = []
    began = time.perf_counter()

    async def caller() -> None:
        async with Wire(port, token) as wire:
            while time.perf_counter() - began < SECONDS:
                sent = time.perf_counter()
                status = await act(wire)
                waited.append(time.perf_counter() - sent)
                if status >= 300:
                    raise RuntimeError(f"an act was answered {status}")

    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    rate = len(waited) / (time.perf_counter() - began)
    waited.sort()
    return {
        "per_second": round(rate),
        "p50_ms": round(statistics.median(waited) * 1000, 1),
        "p99_ms": round(waited[int(len(waited) * 0.99)] * 1000, 1),
    }


def _one_row(row: dict[str, Any]) -> Callable[[Wire], Awaitable[int]]:
    template = json.dumps(row | {"external_id": "ONE-@"}, ensure_ascii=False)

    async def put(wire: Wire) -> int:
        own_id = f"ONE-{next(_numbers)}"
        body = template.replace("ONE-@", own_id).encode()
        return (await wire.send("PUT", f"/v1/resources/{DISTRICT}/{own_id}", body, own_id))[0]

    return put


async def _measure(server: Embedded) -> dict[str, Any]:
    signer = Signer()
    settings = Settings(
        database_url=server.dsn(), role_passwords=passwords_from("bench"), jwt_keys=SecretStr(signer.jwks())
    )
    await upgrade(settings, [load("intake")])
    await prepare_floor(server)
    token = signer.token(PEOPLE[OFFICER], settings, Clock().now())
    floors = [await asyncio.to_thread(transactions_per_second, server, SECONDS / 2)]
    with served("app", settings) as (port, _):
        await wait_until_ready(port, token)
        results = await _pushes(port, token)
        results["plain_act"] = await run_concurrently(port, token, send_plain_act)
        results["one_row"] = await run_concurrently(port, token, _one_row(_rows()[0]))
    floors.append(await asyncio.to_thread(transactions_per_second, server, SECONDS / 2))
    for figures in results.values():
        figures["ratio_to_floor"] = round(figures["per_second"] / statistics.mean(floors), 3)
    floor = {"transactions_per_second_before_and_after": [round(each) for each in floors], "clients": 8}
    return {"floor": floor, "connections": CONNECTIONS, **results}


def measure() -> dict[str, Any]:
    """Return rows and requests per second over loopback with one worker; the floor is the mean of before and after."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
