"""`python -m faults.replaying`: what an operator does once a bug is mended: handle every parked aggregate after all.

A process of its own, as the operator's is; it notes what it applies like the services do.
"""

import asyncio
import json
import sys

from sqlalchemy import select

from faults import history as witness
from services import SERVICES, load
from shared.actors import system_actor
from shared.clock import Clock
from shared.events.inbox import Consumer
from shared.settings import Settings
from shared.storage.session import Database
from shared.storage.tables import parked


async def replay_everything(settings: Settings) -> dict[str, int]:
    """By service: how many parked events were handled."""
    return {name: await _replay(name, settings) for name in SERVICES}


async def _replay(name: str, settings: Settings) -> int:
    service = load(name)
    database = Database(name, settings.service_url(name), Clock(), settings)
    try:
        consumer = Consumer(database, service.handlers, service.inbound_topics.values())
        async with database.session(system_actor(name)) as session:
            streams = (await session.execute(select(parked.c.source, parked.c.aggregate_id).distinct())).all()
        return sum([await consumer.replay_parked(source, aggregate_id) for source, aggregate_id in streams])
    finally:
        await database.close()


if __name__ == "__main__":
    witness.note_what_is_applied()
    sys.stdout.write(json.dumps(asyncio.run(replay_everything(Settings()))) + "\n")
