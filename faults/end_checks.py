"""Checks after repair, when no event moves any more. Each returns its first difference, or an empty string."""

import asyncio
import json
import os
import sys
import time
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.processes import environment
from faults.lag import Lag, subscriptions
from faults.poison import Poison
from faults.suite import RunningSuite
from services import SERVICES, load
from shared.events.bus.consuming import group_of
from shared.events.bus.topics import LIBRARY_UPDATES
from shared.settings import ROOT

STABLE_SECONDS = 1.0

_FIRST_UNRECEIVED = """
SELECT aggregate_id, seq FROM (
    SELECT e.aggregate_id, e.agg_seq AS seq, e.id FROM {source}.event_log e
    WHERE NOT EXISTS (SELECT FROM {reader}.inbox i WHERE i.event_id = e.event_id)
) AS unreceived ORDER BY id LIMIT 1"""

Stream = tuple[str, str, UUID]
"""Consumer, source and aggregate."""


async def all_delivered(lag: Lag, admin: asyncpg.Connection, seconds: float) -> str:
    """Wait until every event is published and received."""
    deadline, stable_since = time.monotonic() + seconds, time.monotonic()
    while lag.latest.at - stable_since < STABLE_SECONDS:
        if lag.latest.worst() > 0:
            stable_since = time.monotonic()
        if time.monotonic() > deadline:
            return await _first_undelivered(admin, seconds)
        await asyncio.sleep(0.1)
    return ""


async def _first_undelivered(admin: asyncpg.Connection, seconds: float) -> str:
    for service in SERVICES:
        row = await admin.fetchrow(f"SELECT aggregate_id, agg_seq FROM {service}.outbox ORDER BY id LIMIT 1")
        if row is not None:
            return f"{service} did not publish event {row['agg_seq']} of {row['aggregate_id']} within {seconds:.0f} s"
    for reader, source in subscriptions():
        row = await admin.fetchrow(_FIRST_UNRECEIVED.format(reader=reader, source=source))
        if row is not None:
            event = f"event {row['seq']} of {source}'s {row['aggregate_id']}"
            return f"{reader} did not receive {event} within {seconds:.0f} s"
    return f"events still moved after {seconds:.0f} s"


async def updates_consumed(suite: RunningSuite, seconds: float) -> str:
    """Wait until intake has consumed every update that districts sent by the topic."""
    servers, group = suite.settings.kafka_servers, group_of("intake", LIBRARY_UPDATES)
    admin, reader = AIOKafkaAdminClient(bootstrap_servers=servers), AIOKafkaConsumer(bootstrap_servers=servers)
    await asyncio.gather(admin.start(), reader.start())
    try:
        parts = [TopicPartition(LIBRARY_UPDATES, number) for number in range(suite.settings.kafka_partitions)]
        ends, deadline = await reader.end_offsets(parts), time.monotonic() + seconds
        while True:
            offsets = await admin.list_consumer_group_offsets(group)
            left = sum(end - (offsets[part].offset if part in offsets else 0) for part, end in ends.items())
            if left <= 0:
                return ""
            if time.monotonic() > deadline:
                return f"intake has not consumed {left} records of {LIBRARY_UPDATES} within {seconds:.0f} s"
            await asyncio.sleep(0.5)
    finally:
        await asyncio.gather(admin.close(), reader.stop())


async def parked_as_poisoned(admin: asyncpg.Connection, poison: Poison) -> str:
    """Check that the parked aggregates are exactly the poisoned ones."""
    parked, poisoned = await parked_streams(admin), await _poisoned(admin, poison)
    for label, streams in (
        ("parked without poison", parked - poisoned),
        ("poisoned and not parked", poisoned - parked),
    ):
        for reader, source, aggregate in sorted(streams)[:1]:
            row = await admin.fetchrow(
                f"SELECT agg_seq, error FROM {reader}.parked WHERE aggregate_id = $1 ORDER BY agg_seq LIMIT 1",
                aggregate,
            )
            reason = f": event {row['agg_seq']}: {row['error']}" if row else ""
            return f"{len(streams)} {label}, first {source}'s {aggregate} at {reader}{reason}"
    return ""


async def parked_streams(admin: asyncpg.Connection) -> set[Stream]:
    return {
        (reader, row["source"], row["aggregate_id"])
        for reader in SERVICES
        for row in await admin.fetch(f"SELECT DISTINCT source, aggregate_id FROM {reader}.parked")
    }


async def _poisoned(admin: asyncpg.Connection, poison: Poison) -> set[Stream]:
    streams = set()
    for reader, source in subscriptions():
        handled = [event.type for event in load(reader).handlers]
        query = f"SELECT DISTINCT aggregate_id FROM {source}.event_log WHERE type = ANY($1)"
        streams |= {
            (reader, source, row[0]) for row in await admin.fetch(query, handled) if poison.hits(reader, row[0])
        }
    return streams


async def replay_parked_events(suite: RunningSuite, admin: asyncpg.Connection) -> str:
    """Run the operator's replay; check that nothing stays parked."""
    command, pipe = (sys.executable, "-m", "faults.replay_parked"), asyncio.subprocess.PIPE
    known = {**os.environ, **environment(suite.settings)}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=known, stdout=pipe, stderr=pipe)
    output, errors = await process.communicate()
    if process.returncode:
        return f"the replay of parked events failed: {errors.decode().strip().splitlines()[-1]}"
    replayed: dict[str, int] = json.loads(output)
    left = await parked_streams(admin)
    return f"{len(left)} aggregates stayed parked after the replay of {replayed}: {sorted(left)[0]}" if left else ""
