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
from faults.published import PublishedTopic, read_topics
from faults.suite import RunningSuite
from services import SERVICES, load
from shared.events.bus.consuming import group_of
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, events_topic
from shared.settings import ROOT

STABLE_SECONDS = 1.0
DEAD_LETTER_SECONDS = 60.0
"""Time for dead letters to be written: unreadable records are not events, so no lag shows them."""

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


async def published_in_order(suite: RunningSuite, admin: asyncpg.Connection) -> str:
    """Check that every event is on its topic, in the order of its aggregate, and that dead letters are complete."""
    found = await read_topics(suite.settings, [events_topic(service) for service in SERVICES])
    for service in SERVICES:
        topic = found[events_topic(service)]
        if topic.out_of_order:
            return topic.out_of_order[0]
        for aggregate, seq in await admin.fetch(f"SELECT aggregate_id, seq FROM {service}.stream_head"):
            if topic.last.get(aggregate, 0) != seq:
                return f"{service} has {seq} events of {aggregate}, its topic has {topic.last.get(aggregate, 0)}"
    deadline = time.monotonic() + DEAD_LETTER_SECONDS
    while (difference := await _dead_letters(suite, admin, found)) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return difference


async def _dead_letters(suite: RunningSuite, admin: asyncpg.Connection, events: dict[str, PublishedTopic]) -> str:
    """Check that each consumer has exactly the garbage of its topics as dead letters, each with a published notice."""
    notices = await read_topics(suite.settings, [dead_letters_topic(service) for service in SERVICES])
    for reader in SERVICES:
        sources = [source for consumer, source in subscriptions() if consumer == reader]
        expected: set[object] = {
            garbage
            for source in sources
            for topic in [events_topic(source)]
            for garbage in (*((topic, *place) for place in events[topic].undecodable), *events[topic].unknown)
        }
        rows = await admin.fetch(f'SELECT topic, partition, "offset", event_id FROM {reader}.dead_letter')
        recorded: set[object] = {row["event_id"] or (row["topic"], row["partition"], row["offset"]) for row in rows}
        if recorded != expected:
            first = next(iter(recorded ^ expected))
            return f"{reader} has {len(recorded)} dead letters instead of {len(expected)}; first difference: {first}"
        published = len(notices[dead_letters_topic(reader)].last)
        if published != len(rows):
            return f"{reader} has {len(rows)} dead letters and published {published}"
    return ""


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
