"""`python -m faults.replay_parked`: replay every parked aggregate, as an operator does after a repair.

It runs in a process of its own and records applied events like the services.
"""

import asyncio
import json
import sys

from sqlalchemy import select

from faults import history
from services import SERVICES, load
from shared import logs
from shared.actors import system_actor
from shared.clock import Clock
from shared.events.inbox import Consumer
from shared.settings import Settings
from shared.storage.session import Database
from shared.storage.tables import parked


async def replay_everything(settings: Settings) -> dict[str, int]:
    """Replay all parked events; return the number handled by service."""
    return {name: await _replay(name, settings) for name in SERVICES}


async def _replay(name: str, settings: Settings) -> int:
    service = load(name)
    database = Database(name, settings.service_url(name), Clock(), settings)
    try:
        consumer = Consumer(database, service.handlers, service.read_topics().values())
        async with database.session(system_actor(name)) as session:
            streams = (await session.execute(select(parked.c.source, parked.c.aggregate_id).distinct())).all()
        return sum([await consumer.replay_parked(source, aggregate_id) for source, aggregate_id in streams])
    finally:
        await database.close()


if __name__ == "__main__":
    settings = Settings()
    logs.configure(settings, usual_level="warning")
    history.record_applied_events()
    sys.stdout.write(json.dumps(asyncio.run(replay_everything(settings))) + "\n")
