"""What must hold when everything is mended and nothing moves any more. Each check gives its first difference, or ""."""

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
from faults.lag import Lag, pairs
from faults.poison import Poison
from faults.published import Announced, read
from faults.suite import Site
from services import SERVICES, load
from shared.events.bus.consuming import group_of
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, events_topic
from shared.settings import ROOT

STILL_SECONDS = 1.0
LETTERS_SECONDS = 60.0
"""So long what nobody understands may take to be put aside: it is no event, so nobody's lag tells of it."""

_LEFT = """
SELECT aggregate_id, seq FROM (
    SELECT e.aggregate_id, e.agg_seq AS seq, e.id FROM {source}.event_log e
    WHERE NOT EXISTS (SELECT FROM {reader}.inbox i WHERE i.event_id = e.event_id)
) AS untold ORDER BY id LIMIT 1"""

Stream = tuple[str, str, UUID]
"""Who was told, by whom, of which aggregate."""


async def settled(lag: Lag, admin: asyncpg.Connection, seconds: float) -> str:
    """Wait until all is announced and everybody is told."""
    patience_ends, still_since = time.monotonic() + seconds, time.monotonic()
    while lag.latest.at - still_since < STILL_SECONDS:
        if lag.latest.worst() > 0:
            still_since = time.monotonic()
        if time.monotonic() > patience_ends:
            return await _what_is_left(admin, seconds)
        await asyncio.sleep(0.1)
    return ""


async def _what_is_left(admin: asyncpg.Connection, seconds: float) -> str:
    for service in SERVICES:
        row = await admin.fetchrow(f"SELECT aggregate_id, agg_seq FROM {service}.outbox ORDER BY id LIMIT 1")
        if row is not None:
            return f"{service} did not announce event {row['agg_seq']} of {row['aggregate_id']} within {seconds:.0f} s"
    for reader, source in pairs():
        row = await admin.fetchrow(_LEFT.format(reader=reader, source=source))
        if row is not None:
            return (
                f"{reader} was not told event {row['seq']} of {source}'s {row['aggregate_id']} within {seconds:.0f} s"
            )
    return f"events still moved after {seconds:.0f} s"


async def heard_out(site: Site, seconds: float) -> str:
    """Wait until intake has taken everything that districts asked by their topic."""
    servers, group = site.settings.kafka_servers, group_of("intake", LIBRARY_UPDATES)
    admin, reader = AIOKafkaAdminClient(bootstrap_servers=servers), AIOKafkaConsumer(bootstrap_servers=servers)
    await asyncio.gather(admin.start(), reader.start())
    try:
        parts = [TopicPartition(LIBRARY_UPDATES, number) for number in range(site.settings.kafka_partitions)]
        ends, patience_ends = await reader.end_offsets(parts), time.monotonic() + seconds
        while True:
            taken = await admin.list_consumer_group_offsets(group)
            left = sum(end - (taken[part].offset if part in taken else 0) for part, end in ends.items())
            if left <= 0:
                return ""
            if time.monotonic() > patience_ends:
                return f"intake has not taken {left} records of {LIBRARY_UPDATES} within {seconds:.0f} s"
            await asyncio.sleep(0.5)
    finally:
        await asyncio.gather(admin.close(), reader.stop())


async def announced_in_order(site: Site, admin: asyncpg.Connection) -> str:
    """Every event is on its topic, no event before an earlier one of its aggregate."""
    found = await read(site.settings, [events_topic(service) for service in SERVICES])
    for service in SERVICES:
        topic = found[events_topic(service)]
        if topic.faults:
            return topic.faults[0]
        for aggregate, seq in await admin.fetch(f"SELECT aggregate_id, seq FROM {service}.stream_head"):
            if topic.last.get(aggregate, 0) != seq:
                return f"{service} has {seq} events of {aggregate}, its topic {topic.last.get(aggregate, 0)}"
    patience_ends = time.monotonic() + LETTERS_SECONDS
    while (difference := await _dead_letters(site, admin, found)) and time.monotonic() < patience_ends:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return difference


async def _dead_letters(site: Site, admin: asyncpg.Connection, events: dict[str, Announced]) -> str:
    """Each reader put aside exactly the strangers among what it was told, and said so on its own topic."""
    notices = await read(site.settings, [dead_letters_topic(service) for service in SERVICES])
    for reader in SERVICES:
        sources = [source for who, source in pairs() if who == reader]
        wanted: set[object] = {
            stranger
            for source in sources
            for topic in [events_topic(source)]
            for stranger in (*((topic, *place) for place in events[topic].strangers), *events[topic].unknown)
        }
        rows = await admin.fetch(f'SELECT topic, partition, "offset", event_id FROM {reader}.dead_letter')
        kept: set[object] = {row["event_id"] or (row["topic"], row["partition"], row["offset"]) for row in rows}
        if kept != wanted:
            one = next(iter(kept ^ wanted))
            return f"{reader} has {len(kept)} dead letters, {len(wanted)} were put before it; first difference: {one}"
        told = len(notices[dead_letters_topic(reader)].last)
        if told != len(rows):
            return f"{reader} has {len(rows)} dead letters and announced {told}"
    return ""


async def parked_as_poisoned(admin: asyncpg.Connection, poison: Poison) -> str:
    """The parked aggregates are exactly those for which a handler was made to fail."""
    parked, poisoned = await parked_streams(admin), await _poisoned(admin, poison)
    for what, streams in (("parked without poison", parked - poisoned), ("poisoned and not parked", poisoned - parked)):
        for reader, source, aggregate in sorted(streams)[:1]:
            row = await admin.fetchrow(
                f"SELECT agg_seq, error FROM {reader}.parked WHERE aggregate_id = $1 ORDER BY agg_seq LIMIT 1",
                aggregate,
            )
            why = f": event {row['agg_seq']}: {row['error']}" if row else ""
            return f"{len(streams)} {what}, first {source}'s {aggregate} at {reader}{why}"
    return ""


async def parked_streams(admin: asyncpg.Connection) -> set[Stream]:
    return {
        (reader, row["source"], row["aggregate_id"])
        for reader in SERVICES
        for row in await admin.fetch(f"SELECT DISTINCT source, aggregate_id FROM {reader}.parked")
    }


async def _poisoned(admin: asyncpg.Connection, poison: Poison) -> set[Stream]:
    streams = set()
    for reader, source in pairs():
        handled = [event.type for event in load(reader).handlers]
        query = f"SELECT DISTINCT aggregate_id FROM {source}.event_log WHERE type = ANY($1)"
        streams |= {
            (reader, source, row[0]) for row in await admin.fetch(query, handled) if poison.hits(reader, row[0])
        }
    return streams


async def replayed(site: Site, admin: asyncpg.Connection) -> str:
    """After the cure the operator's replay leaves nothing parked."""
    command, pipe = (sys.executable, "-m", "faults.replaying"), asyncio.subprocess.PIPE
    known = {**os.environ, **environment(site.settings)}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=known, stdout=pipe, stderr=pipe)
    said, trouble = await process.communicate()
    if process.returncode:
        return f"the replay of what was parked failed: {trouble.decode().strip().splitlines()[-1]}"
    gone: dict[str, int] = json.loads(said)
    left = await parked_streams(admin)
    return f"{len(left)} aggregates stayed parked after {gone} were replayed: {sorted(left)[0]}" if left else ""
