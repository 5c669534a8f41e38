"""Library updates through a broker: pushed by the example, recorded once, answered on intake.events."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import insert, text

from services.intake.main import service
from shared.actors import new_api_key, system_actor
from shared.clock import Clock
from shared.contracts.pushes import TOPIC
from shared.events.bus.kafka import KafkaBus
from shared.runtime import Instance, running
from shared.settings import ROOT
from shared.storage.session import now
from shared.storage.tables import api_key
from tests.broker.cluster import Broker
from tests.intake.registers.district_system import System
from tests.intake.sample_rows import CHAOYANG, FENGTAI, Row, resource
from tests.postgres import Server
from tests.world import START

ACTOR = system_actor("test")


@pytest.fixture
async def intake(server: Server, database: str, broker: Broker, tmp_path: Path) -> AsyncIterator[Instance]:
    """Yield intake alone, on the broker, with a story's clock: the example signs the machine's own time."""
    own = {"files_url": tmp_path.as_uri(), "story_clock": True}
    settings = broker.settings(server.settings(database)).model_copy(update=own)
    async with running(service, settings, Clock(START), KafkaBus(settings, "intake")) as instance:
        yield instance


async def system_of(intake: Instance, *districts: str) -> System:
    key_id, key, secret_hash = new_api_key()
    given: dict[str, Any] = {
        "id": key_id,
        "secret_hash": secret_hash,
        "name": "区台账系统",
        "districts": list(districts),
    }
    given |= {"scopes": ["write:resources", "write:library-entries"], "expires_at": datetime(2100, 1, 1, tzinfo=UTC)}
    async with intake.database.session(ACTOR) as session:
        await session.execute(insert(api_key).values(**given, created_by="city-supervisor-1", created_at=now(session)))
    return System(key)


def written(folder: Path, rows: list[Row]) -> Path:
    """Write the file that the example sends."""
    update = folder / "update.json"
    update.write_text(json.dumps({"book": "resources", "mode": "partial", "rows": rows}))
    return update


async def pushed(system: System, broker: Broker, update: Path, request: str) -> list[Any]:
    """Return what the example prints about an update."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "examples" / "push_updates.py"), str(update), request,
        env=os.environ | {"TENGHUAN_API_KEY": system.key, "TENGHUAN_KAFKA_SERVERS": broker.servers},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in printed.splitlines()]


async def count(intake: Instance, table: str) -> int:
    async with intake.database.session(ACTOR) as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def wait_until(intake: Instance, **counts: int) -> None:
    """Wait until there are that many rows."""
    async with asyncio.timeout(60):
        while True:
            if {table: await count(intake, table) for table in counts} == counts:
                return
            await asyncio.sleep(0.05)


async def test_a_pushed_update_is_recorded_and_its_sender_is_answered(
    intake: Instance, broker: Broker, tmp_path: Path
) -> None:
    system, request = await system_of(intake, CHAOYANG), str(uuid4())
    rows = [resource(), resource("R-2", kind="castle"), resource("R-3", FENGTAI)]
    (answer,) = await pushed(system, broker, written(tmp_path, rows), request)
    assert (answer["request_id"], answer["key_id"], answer["decision"]) == (request, system.key_id, "accepted")
    assert [row["status"] for row in answer["rows"]] == ["created", "refused", "refused"]
    assert await count(intake, "resource") == 1


async def test_an_update_of_several_districts_is_answered_in_parts(
    intake: Instance, broker: Broker, tmp_path: Path
) -> None:
    system = await system_of(intake, CHAOYANG, FENGTAI)
    rows = [resource(f"R-{n}", (CHAOYANG, FENGTAI)[n % 2], address="示例路1号" * 30) for n in range(1000)]
    update = written(tmp_path, rows)
    assert update.stat().st_size > 1_048_576, "more than a client sends by itself"
    parts = await pushed(system, broker, update, str(uuid4()))
    assert sum(part["created"] for part in parts) == 1000
    assert {part["district"] for part in parts} == {CHAOYANG, FENGTAI}
    assert await count(intake, "resource") == 1000


async def test_what_is_broken_forged_or_sent_twice_stops_nobody(intake: Instance, broker: Broker) -> None:
    ours, theirs = await system_of(intake, CHAOYANG), await system_of(intake, FENGTAI)
    true = ours.update([resource()])
    records = [
        ours.signed(b"{}", ce_id="no uuid"),
        theirs.signed(true.value or b"", keyid=ours.key_id),
        true,
        ours.signed(b"\xff"),
        true,
        theirs.update([resource("R-2", FENGTAI)]),
    ]
    async with AIOKafkaProducer(bootstrap_servers=broker.servers) as producer:
        for record in records:
            await producer.send_and_wait(TOPIC, record.value, key=record.key, headers=list(record.headers))
        await producer.send_and_wait(TOPIC, b"neither headers nor sense")
    await wait_until(intake, resource=2, dead_letter=2)
    answered = "event_log WHERE type = 'intake.library_update_answered.v1'"
    assert (await count(intake, answered), await count(intake, "parked")) == (4, 0)
