"""Attempts of a login at the brokers, and whether the brokers allow them."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

from shared.contracts.funding import FundsReleased
from shared.events.bus.connection import client_options
from shared.events.bus.kafka import KafkaBus
from shared.events.catalogue.samples import example_message
from shared.settings import Settings

REFUSALS = (ClusterAuthorizationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)
RELEASED = example_message(FundsReleased)


async def publish(settings: Settings, topic: str) -> None:
    bus = KafkaBus(settings, settings.kafka_username)
    try:
        await bus.publish(topic, [RELEASED])
    finally:
        await bus.close()


async def read(settings: Settings, topic: str, group: str) -> None:
    """Join the group and fetch from the topic."""
    options = client_options(settings, settings.kafka_username)
    consumer = AIOKafkaConsumer(
        topic, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **options
    )
    try:
        await consumer.start()
        await consumer.getmany(timeout_ms=300)
        # Without explicit partitions aiokafka asks nothing before the first fetch.
        await consumer.commit(dict.fromkeys(consumer.assignment(), 0))
    finally:
        await consumer.stop()


async def administer(settings: Settings, topic: str) -> dict[str, bool]:
    """Return which acts of an administrator the brokers allow; `topic` must exist."""
    admin = AIOKafkaAdminClient(**client_options(settings, "attempt"))
    await admin.start()
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "1000"})
    try:
        answers = {
            "create a topic": await admin.create_topics([NewTopic("another", 1, 1)]),
            "change a topic's settings": await admin.alter_configs([resource]),
            "read a topic's settings": await admin.describe_configs([resource]),
            "delete a topic": await admin.delete_topics(["another"]),
        }
    finally:
        await admin.close()
    return {act: not _refused(answer) for act, answer in answers.items()}


def _refused(answer: Any) -> bool:
    codes = {refusal.errno for refusal in REFUSALS}
    return any(code in codes for code in _error_codes(answer))


def _error_codes(answer: Any) -> Iterator[int]:
    """Yield every error code of an answer, at any depth."""
    for each in answer if isinstance(answer, list) else [answer]:
        yield from _codes_in(each.to_object())


def _codes_in(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        yield from (code for name, code in value.items() if name == "error_code")
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _codes_in(each)


async def allowed(attempt: Coroutine[Any, Any, None]) -> bool:
    """Return whether the brokers allow an attempt."""
    refused = False
    try:
        async with asyncio.timeout(60):
            await attempt
    except* REFUSALS:
        refused = True
    return not refused
