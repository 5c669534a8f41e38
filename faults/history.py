"""History of applied events, recorded in the transaction that applied them, and publication of copies."""

import random
from collections.abc import Sequence

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services import SERVICES
from shared.events.bus import Message
from shared.events.bus.kafka import KafkaBus
from shared.events.inbox import Consumer

_INSERT = text("""
INSERT INTO faults_applied (source, aggregate_id, seq, event_id)
SELECT :source, * FROM unnest(CAST(:subjects AS uuid[]), CAST(:seqs AS bigint[]), CAST(:ids AS uuid[]))
""")


async def create_history_tables(admin: asyncpg.Connection) -> None:
    """Create the table `faults_applied` in every service: applied events, in the order of `n`."""
    for service in SERVICES:
        await admin.execute(
            f"CREATE TABLE {service}.faults_applied (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "source text NOT NULL, aggregate_id uuid NOT NULL, seq bigint NOT NULL, event_id uuid NOT NULL)"
        )
        await admin.execute(f"GRANT SELECT, INSERT ON {service}.faults_applied TO app_{service}")


def record_applied_events() -> None:
    """Patch the consumers of this process to record each event in the transaction that applies it."""
    apply = Consumer.apply

    async def recorded(self: Consumer, session: AsyncSession, kind: str, run: list[Message]) -> None:
        await apply(self, session, kind, run)
        await session.execute(
            _INSERT,
            {
                "source": run[0].source,
                "subjects": [message.subject for message in run],
                "seqs": [message.seq for message in run],
                "ids": [message.id for message in run],
            },
        )

    Consumer.apply = recorded  # type: ignore[method-assign]


def publish_twice(batch_share: float) -> None:
    """Patch the bus of this process to publish each message twice.

    `batch_share` of the batches are repeated as a whole afterwards. In the others each message is followed by its copy,
    so that both are lost together: a later copy would hide the loss.
    """
    publish = KafkaBus.publish

    async def twice(self: KafkaBus, topic: str, messages: Sequence[Message]) -> None:
        copied = (
            [*messages, *messages] if random.random() < batch_share else [each for each in messages for _ in range(2)]
        )
        await publish(self, topic, copied)

    KafkaBus.publish = twice  # type: ignore[method-assign]
