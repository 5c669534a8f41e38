"""Processor time of one plain act over HTTP, beside a plain FastAPI and SQLAlchemy endpoint with the same insert."""

import asyncio
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import psutil
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.wire import Wire
from deploy.demo.personas import PEOPLE, Signer
from deploy.local.postgres import Embedded, start
from deploy.local.processes import environment
from deploy.local.servers import tune_garbage_collector
from deploy.local.settings import passwords_from
from services.intake.main import service as intake
from services.intake.models.quarters import QuarterSubmission
from shared import logs
from shared.clock import Clock, uuid7
from shared.contracts.intake import DistrictQuarterSubmitted
from shared.events.outbox import emit
from shared.load_limits import Rates
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import now, today
from shared.web.app import create_app
from shared.web.auth import DistrictOfficer
from shared.web.idempotency import ActRoute, Session
from shared.web.routing import joined

DISTRICT, OFFICER = "110105", "110105-officer-1"
CONNECTIONS = 16
ROUNDS = 4
ACTS = 2000
GENEROUS = Rates(**dict.fromkeys(Rates.model_fields, "100000000/minute"))
"""Requests are counted, and never refused."""
_numbers = itertools.count(1000)
"""Submission numbers of the plain acts; pushes of the write benchmark open number 1 of the same quarter."""
plain = APIRouter(route_class=ActRoute)


class PlainAct(BaseModel):
    """Body of the plain act."""

    number: int


def _row_and_event(number: int, subject: str, at: Any, on: Any) -> tuple[QuarterSubmission, dict[str, Any]]:
    key = uuid7(at)
    facts = {"quarter": "2024Q1", "due_on": on, "late": False, "resource_count": 1, "library_count": 1}
    facts |= {"snapshot_sha256": "0" * 64, "certified_by": subject, "certified_at": at, "district": DISTRICT}
    opened = {"submission_no": number, "status": "certified", "opened_at": at, "opened_by": subject}
    return QuarterSubmission(id=key, **facts, **opened), {"submission_id": key, **facts}


@plain.post("/plain-act")
async def record_plain_act(session: Session, actor: DistrictOfficer, body: PlainAct) -> PlainAct:
    """Insert one row through the ORM session and emit one event."""
    row, event = _row_and_event(body.number, actor.subject, now(session), today(session))
    session.add(row)
    await emit(session, DistrictQuarterSubmitted.model_validate(event))
    return body


def app() -> FastAPI:
    """Return the intake service with one more endpoint, the plain act."""
    logs.configure(Settings(), intake.name)
    tune_garbage_collector()
    return create_app(replace(intake, router=joined(intake.router, plain)))


def peer() -> FastAPI:
    """Return a plain FastAPI application: the bare insert, without sign-in, key, fence and event."""
    url = Settings().admin_url()
    options = {"server_settings": {"search_path": "intake"}}
    sessions = async_sessionmaker(
        create_async_engine(url, pool_size=CONNECTIONS, connect_args=options), expire_on_commit=False
    )
    clock, application = Clock(), FastAPI()

    async def transaction() -> AsyncIterator[AsyncSession]:
        async with sessions() as session, session.begin():
            yield session

    @application.post("/plain-act")
    async def insert(
        session: Annotated[AsyncSession, Depends(transaction, scope="function")], body: PlainAct
    ) -> PlainAct:
        row, _ = _row_and_event(body.number, "peer", clock.now(), clock.today())
        session.add(row)
        return body

    @application.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    tune_garbage_collector()
    return application


@contextmanager
def served(factory: str, settings: Settings) -> Iterator[tuple[int, psutil.Process]]:
    """Serve an application of this module by one uvicorn worker; yield its port and process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # uvicorn takes a passed socket for a Unix one and leaves Nagle's delay on; the service's own start does not.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        port = int(listener.getsockname()[1])
        variables = {
            "TENGHUAN_DATABASE_URL": settings.database_url,
            "TENGHUAN_ROLE_PASSWORDS": environment(settings)["TENGHUAN_ROLE_PASSWORDS"],
            "TENGHUAN_JWT_KEYS": settings.jwt_keys.get_secret_value(),
            "TENGHUAN_POOL_SIZE": str(CONNECTIONS),
            "TENGHUAN_RATES": GENEROUS.model_dump_json(),
            "TENGHUAN_SEAL_KEYS": settings.seal_keys.get_secret_value(),
            "TENGHUAN_SEAL_SECONDS": str(settings.seal_seconds),
        }
        command = [sys.executable, "-m", "uvicorn", "--factory", f"bench.act:{factory}", "--no-access-log"]
        command += ["--log-level", "error", "--fd", str(listener.fileno())]
        server = subprocess.Popen(
            command, env=os.environ | variables, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL
        )
    try:
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(10)


async def wait_until_ready(port: int, token: str) -> None:
    """Wait until the service is ready. Its socket already listens, so the first request waits for the start."""
    async with Wire(port, token) as wire:
        status, _ = await wire.send("GET", "/readyz", b"", "ready")
        if status != 200:
            raise RuntimeError(f"the service answers {status}")


async def send_plain_act(wire: Wire) -> int:
    """Send one plain act and return the status of its answer."""
    number = next(_numbers)
    return (await wire.send("POST", "/plain-act", json.dumps({"number": number}).encode(), f"act-{number}"))[0]


async def _round(port: int, token: str, process: psutil.Process) -> float:
    """Return the milliseconds of processor time, user and system, that one act costs the serving process."""
    before = process.cpu_times()

    async def caller() -> None:
        async with Wire(port, token) as wire:
            for _ in range(ACTS // CONNECTIONS):
                if (status := await send_plain_act(wire)) >= 300:
                    raise RuntimeError(f"an act was answered {status}")

    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    after = process.cpu_times()
    return float((after.user + after.system - before.user - before.system) * 1000 / ACTS)


async def _measure(server: Embedded) -> dict[str, Any]:
    signer = Signer()
    settings = Settings(
        database_url=server.dsn(), role_passwords=passwords_from("bench"), jwt_keys=SecretStr(signer.jwks())
    )
    await upgrade(settings, (intake,))
    token = signer.token(PEOPLE[OFFICER], settings, Clock().now())
    with served("app", settings) as (port, process), served("peer", settings) as (peer_port, peer_process):
        for each in (port, peer_port):
            await wait_until_ready(each, token)
        rounds = []
        for _ in range(ROUNDS + 1):  # the first is a warm-up
            rounds.append((await _round(port, token, process), await _round(peer_port, token, peer_process)))
    ours, theirs = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    return {
        "processor_ms_of_an_act": round(ours, 3),
        "processor_ms_of_the_peer": round(theirs, 3),
        "ratio": round(ours / theirs, 2),
        "ratio_by_round": [round(act / bare, 2) for act, bare in rounds[1:]],
        "acts_a_round": ACTS,
    }


def measure() -> dict[str, Any]:
    """Return the processor time per act of the suite and of the peer, measured in alternating rounds."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
