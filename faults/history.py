"""What was done, written down where a doubt is impossible: in the transaction that did it."""

import random
from collections.abc import Sequence

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services import SERVICES
from shared.events.bus import Message
from shared.events.bus.kafka import KafkaBus
from shared.events.inbox import Consumer

_NOTE = text("""
INSERT INTO faults_applied (source, aggregate_id, seq, event_id)
SELECT :source, * FROM unnest(CAST(:subjects AS uuid[]), CAST(:seqs AS bigint[]), CAST(:ids AS uuid[]))
""")


async def prepare(admin: asyncpg.Connection) -> None:
    """Make the table `faults_applied` of every service: an event that was applied, in the order `n`."""
    for service in SERVICES:
        await admin.execute(
            f"CREATE TABLE {service}.faults_applied (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "source text NOT NULL, aggregate_id uuid NOT NULL, seq bigint NOT NULL, event_id uuid NOT NULL)"
        )
        await admin.execute(f"GRANT SELECT, INSERT ON {service}.faults_applied TO app_{service}")


def note_what_is_applied() -> None:
    """Have every consumer of this process write down each event it applies."""
    apply = Consumer.apply

    async def noted(self: Consumer, session: AsyncSession, kind: str, run: list[Message]) -> None:
        await apply(self, session, kind, run)
        await session.execute(
            _NOTE,
            {
                "source": run[0].source,
                "subjects": [message.subject for message in run],
                "seqs": [message.seq for message in run],
                "ids": [message.id for message in run],
            },
        )

    Consumer.apply = noted  # type: ignore[method-assign]


def publish_everything_twice(apart: float) -> None:
    """Have the bus of this process carry each message a second time.

    So large a share of the batches is repeated as a whole when all of it has gone. Of the others each message is
    followed by its copy, so that both are lost together: a copy that comes later would hide the loss.
    """
    publish = KafkaBus.publish

    async def twice(self: KafkaBus, topic: str, messages: Sequence[Message]) -> None:
        copied = [*messages, *messages] if random.random() < apart else [each for each in messages for _ in range(2)]
        await publish(self, topic, copied)

    KafkaBus.publish = twice  # type: ignore[method-assign]
