"""Throughput of relay and consumer and the latency from commit to handler over Kafka, each with its floor."""

import asyncio
import hashlib
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.events import commit_to_handler
from deploy.local.kafka.node import start as start_node
from deploy.local.postgres import start
from deploy.local.settings import passwords_from
from services import SERVICES, load_all
from shared.clock import Clock, uuid7
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Message
from shared.events.bus.connection import client_options
from shared.events.bus.kafka import KafkaBus
from shared.events.bus.publishing import headers_of
from shared.events.bus.topics import ensure_topics
from shared.events.handlers import BatchHandler
from shared.events.inbox import Consumer
from shared.events.relay import Relay
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import Database

EVENTS = 60_000
ROUNDS = 3
TOPIC = "intake.events"
_FILL = """
INSERT INTO outbox (event_id, shard, aggregate_type, aggregate_id, agg_seq, type, payload, headers, occurred_at)
SELECT gen_random_uuid(), mod(n / 6, 16), 'declaration', md5('case ' || n / 6 || $2)::uuid, 1 + mod(n, 6),
       'intake.declaration_withdrawn.v1',
       convert_to(format('{"declaration_id":"%s","district":"110105","applicant_uscc":null,"reason":"%s"}',
                         md5('case ' || n / 6 || $2)::uuid, repeat('x', 345)), 'UTF8'),
       '{"district": "110105", "actor": "service:intake", "role": "system"}', $3
FROM generate_series(0, $1 - 1) AS n
"""
_DATA = '{"declaration_id":"%s","district":"110105","applicant_uscc":null,"reason":"%s"}'
_CREATE_MEASURED = "CREATE TABLE monitoring.measured (declaration_id uuid, seen_at timestamptz)"
_INSERT_INBOX = "INSERT INTO monitoring.inbox SELECT unnest($1::uuid[]), now() ON CONFLICT DO NOTHING"
_INSERT_MEASURED = "INSERT INTO monitoring.measured SELECT unnest($1::uuid[]), now()"


async def _relay_rate(settings: Settings, admin: asyncpg.Connection, round_no: int) -> float:
    """Return events per second from a full outbox to the broker."""
    await admin.execute("SET search_path = intake")
    await admin.execute(_FILL, EVENTS, str(round_no), Clock().now())
    await admin.execute("ANALYZE outbox")
    bus = KafkaBus(settings, "intake")
    relay = Relay("intake", settings.service_url("intake", "relay"), bus)
    await bus.publish(TOPIC, [])
    began = time.perf_counter()
    running = asyncio.create_task(relay.run())
    while await admin.fetchval("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110 - the relay offers no event for an empty outbox
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    await relay.stop()
    await running
    await relay.close()
    await bus.close()
    return EVENTS / seconds


def _messages(round_no: int) -> list[Message]:
    """Return the events of the outbox as messages ready to be sent."""
    at, headers = Clock().now(), {"district": "110105", "actor": "service:intake", "role": "system"}
    messages = []
    for number in range(EVENTS):
        case = UUID(hashlib.md5(f"sent {number // 6} {round_no}".encode()).hexdigest())
        kind, source, seq = "intake.declaration_withdrawn.v1", "intake", 1 + number % 6
        messages.append(
            Message(
                uuid7(at), kind, source, "declaration", case, seq, at, (_DATA % (case, "x" * 345)).encode(), headers
            )
        )
    return messages


async def _send_rate(settings: Settings, messages: list[Message]) -> float:
    """Return events per second by aiokafka's own `send`, one batch of futures: the peer of the relay."""
    producer = AIOKafkaProducer(
        **client_options(settings, "bench"), enable_idempotence=True, acks="all", linger_ms=5, max_batch_size=262_144,
        compression_type="lz4",
    )  # fmt: skip
    await producer.start()
    await producer.partitions_for(TOPIC)
    began = time.perf_counter()
    waiting = [
        await producer.send(TOPIC, message.data, key=str(message.subject).encode(), headers=headers_of(message))
        for message in messages
    ]
    for future in waiting:
        await future
    seconds = time.perf_counter() - began
    await producer.stop()
    return len(messages) / seconds


async def _insert_batch(session: AsyncSession, events: list[DeclarationWithdrawn]) -> None:
    await session.execute(
        text("INSERT INTO measured SELECT unnest(CAST(:ids AS uuid[])), now()"),
        {"ids": [event.declaration_id for event in events]},
    )


async def _consume_rate(settings: Settings, batch: int) -> float:
    """Return events per second through the service's consumer: decoding, inbox, order, one insert a batch, offsets."""
    database = Database("monitoring", settings.service_url("monitoring"), Clock(), settings)
    consumer = Consumer(database, {DeclarationWithdrawn: BatchHandler(_insert_batch)})
    bus = KafkaBus(settings.model_copy(update={"kafka_batch": batch}), "monitoring")
    seen, done = 0, asyncio.Event()
    began = 0.0

    async def deliver(arrivals: Any) -> None:
        nonlocal seen, began
        began = began or time.perf_counter()
        await consumer.deliver(arrivals)
        seen += len(arrivals)
        if seen >= EVENTS:
            done.set()

    bus.subscribe(TOPIC, deliver)
    await bus.start()
    await done.wait()
    seconds = time.perf_counter() - began
    await bus.close()
    await database.close()
    return seen / seconds


async def _bare_consume_rate(settings: Settings, admin: asyncpg.Connection, batch: int, *, inbox: bool) -> float:
    """Return events per second of a bare consumer that decodes and inserts ids and commits its offsets.

    With `inbox` it writes the same two rows per event as the service's consumer.
    """
    consumer = AIOKafkaConsumer(
        TOPIC, **client_options(settings, "bench"), group_id=f"tenghuan.bench-{inbox}", enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    await admin.execute("TRUNCATE monitoring.inbox, monitoring.measured")
    await consumer.start()
    seen, began = 0, 0.0
    while seen < EVENTS:
        fetched = await consumer.getmany(timeout_ms=500, max_records=batch)
        began = began or time.perf_counter()
        records = [record for part in fetched.values() for record in part]
        if records:
            async with admin.transaction():
                if inbox:
                    await admin.execute(
                        _INSERT_INBOX, [UUID(dict(record.headers)["ce_id"].decode()) for record in records]
                    )
                await admin.execute(_INSERT_MEASURED, [UUID(record.key.decode()) for record in records])
            await consumer.commit({part: many[-1].offset + 1 for part, many in fetched.items()})
            seen += len(records)
    seconds = time.perf_counter() - began
    await consumer.stop()
    return seen / seconds


async def _relay_and_consumers(settings: Settings) -> dict[str, Any]:
    admin = await asyncpg.connect(settings.database_url)
    await admin.execute(_CREATE_MEASURED)
    await admin.execute("GRANT INSERT ON monitoring.measured TO app_monitoring")
    rounds = []
    for number in range(ROUNDS):
        relayed = await _relay_rate(settings, admin, number)
        rounds.append((relayed, await _send_rate(settings, _messages(number))))
    batch = settings.kafka_batch
    consumed = await _consume_rate(settings, batch)
    raw = await _bare_consume_rate(settings, admin, batch, inbox=True)
    bare = await _bare_consume_rate(settings, admin, batch, inbox=False)
    await admin.close()
    relayed, sent = (median(side) for side in zip(*rounds, strict=True))
    return {
        "relay": {
            "events": EVENTS, "per_second": round(relayed), "aiokafka_send_per_second": round(sent),
            "ratio": round(median(ours / theirs for ours, theirs in rounds), 2), "target_ratio": 1.0,
        },
        "consumer": {
            "batch": batch, "per_second": round(consumed), "raw_with_the_same_inserts_per_second": round(raw),
            "ratio": round(consumed / raw, 2), "target_ratio": 0.4,
            "raw_without_an_inbox_per_second": round(bare),
        },
    }  # fmt: skip


async def _measure(settings: Settings) -> dict[str, Any]:
    await upgrade(settings, load_all())
    await ensure_topics(settings, SERVICES)
    latency = await commit_to_handler(settings, lambda service: KafkaBus(settings, service))
    return {
        "commit_to_handler": {**latency, "target_p50_ms": 15, "target_p99_ms": 50},
        **await _relay_and_consumers(settings),
    }


def measure() -> dict[str, Any]:
    """Return events per second and milliseconds over a real broker on this machine, and ratios to the floors."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        node = start_node(Path(folder) / "kafka")
        try:
            settings = Settings(
                database_url=server.dsn(),
                role_passwords=passwords_from("bench"),
                bus="kafka",
                kafka_servers=node.servers,
                kafka_replication=1,
            )
            return uvloop.run(_measure(settings))
        finally:
            node.stop(keep=False)
            server.stop(keep=False)
