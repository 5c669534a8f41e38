"""Writes over HTTP beside pgbench's four-statement transaction: a push of 1000 rows, one row, one plain act."""

import asyncio
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, SecretStr

from bench.floor import prepare_floor, transactions_per_second
from bench.wire import Wire
from deploy.demo.personas import PEOPLE, Signer
from deploy.demo.sample.generate import resources
from deploy.local.postgres import Embedded, start
from services import load
from services.intake.main import service as intake
from services.intake.models.quarters import QuarterSubmission
from shared.clock import Clock, uuid7
from shared.contracts.intake import DistrictQuarterSubmitted
from shared.events.outbox import emit
from shared.runtime import Service
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import now, today
from shared.web.app import create_app
from shared.web.auth import DistrictOfficer
from shared.web.idempotency import ActRoute, Session

DISTRICT, OFFICER = "110105", "110105-officer-1"
ROWS = 1000
CONNECTIONS = 16
SECONDS = 6.0
PUSHES = 8
_numbers = itertools.count(1)

plain = APIRouter(route_class=ActRoute)


class PlainAct(BaseModel):
    """A small row."""

    number: int


@plain.post("/plain-act")
async def act_plainly(session: Session, actor: DistrictOfficer, small: PlainAct) -> PlainAct:
    """What an ordinary act costs: sign-in, key, one row through the ORM session, one event."""
    key, at, on = uuid7(now(session)), now(session), today(session)
    said = {"quarter": "2024Q1", "due_on": on, "late": False, "resource_count": 1, "library_count": 1}
    said |= {"snapshot_sha256": "0" * 64, "certified_by": actor.subject, "certified_at": at, "district": DISTRICT}
    opened = {"submission_no": small.number, "status": "certified", "opened_at": at, "opened_by": actor.subject}
    session.add(QuarterSubmission(id=key, **said, **opened))
    await emit(session, DistrictQuarterSubmitted.model_validate({"submission_id": key, **said}))
    return small


def app() -> FastAPI:
    """The intake service with one more endpoint: the plain act."""
    router = APIRouter()
    router.include_router(intake.router)
    router.include_router(plain)
    return create_app(Service(intake.name, intake.title, intake.metadata, router, intake.handlers))


@contextmanager
def _served(settings: Settings) -> Iterator[int]:
    """One uvicorn worker in a process of its own; the port it answers on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        named = {
            "TENGHUAN_DATABASE_URL": settings.database_url,
            "TENGHUAN_ROLE_PASSWORD": settings.role_password.get_secret_value(),
            "TENGHUAN_JWT_KEYS": settings.jwt_keys.get_secret_value(),
            "TENGHUAN_POOL_SIZE": str(CONNECTIONS),
        }
        command = [sys.executable, "-m", "uvicorn", "--factory", "bench.writes:app", "--no-access-log"]
        command += ["--log-level", "error", "--fd", str(listener.fileno())]
        server = subprocess.Popen(command, env=os.environ | named, pass_fds=[listener.fileno()])
    try:
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _rows() -> list[dict[str, Any]]:
    """A thousand rows of the sample; `@` stands where each push writes its number into the ids."""
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


async def _steadily(port: int, token: str, act: Callable[[Wire], Awaitable[int]]) -> dict[str, float]:
    """The act from several connections at once for some seconds."""
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


async def _plain_act(wire: Wire) -> int:
    number = next(_numbers)
    return (await wire.send("POST", "/plain-act", json.dumps({"number": number}).encode(), f"act-{number}"))[0]


def _one_row(row: dict[str, Any]) -> Callable[[Wire], Awaitable[int]]:
    template = json.dumps(row | {"external_id": "ONE-@"}, ensure_ascii=False)

    async def put(wire: Wire) -> int:
        own_id = f"ONE-{next(_numbers)}"
        body = template.replace("ONE-@", own_id).encode()
        return (await wire.send("PUT", f"/v1/resources/{DISTRICT}/{own_id}", body, own_id))[0]

    return put


async def _measure(server: Embedded) -> dict[str, Any]:
    signer = Signer()
    settings = Settings(database_url=server.dsn(), role_password=SecretStr("bench"), jwt_keys=SecretStr(signer.jwks()))
    await upgrade(settings, [load("intake")])
    await prepare_floor(server)
    token = signer.token(PEOPLE[OFFICER], settings, Clock().now())
    floors = [await asyncio.to_thread(transactions_per_second, server, SECONDS / 2)]
    with _served(settings) as port:
        await _answering(port, token)
        results = await _pushes(port, token)
        results["plain_act"] = await _steadily(port, token, _plain_act)
        results["one_row"] = await _steadily(port, token, _one_row(_rows()[0]))
    floors.append(await asyncio.to_thread(transactions_per_second, server, SECONDS / 2))
    for figures in results.values():
        figures["ratio_to_floor"] = round(figures["per_second"] / statistics.mean(floors), 3)
    floor = {"transactions_per_second_before_and_after": [round(each) for each in floors], "clients": 8}
    return {"floor": floor, "connections": CONNECTIONS, **results}


async def _answering(port: int, token: str) -> None:
    """Wait for the service: the socket listens already, so the first request is answered when it is ready."""
    async with Wire(port, token) as wire:
        status, _ = await wire.send("GET", "/readyz", b"", "ready")
        if status != 200:
            raise RuntimeError(f"the service answers {status}")


def measure() -> dict[str, Any]:
    """Rows and requests a second over loopback, one uvicorn worker; the floor is the mean of before and after."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
