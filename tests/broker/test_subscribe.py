"""The example subscriber: each event once, resumed where it stopped, with a login if brokers require one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import product, starmap
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import SecretStr

from deploy.local.kafka.node import Node, start
from services import SERVICES
from shared.contracts.funding import FundsHeld, FundsReleased, FundsReturned
from shared.contracts.monitoring import ProjectDelivered
from shared.events.bus import Message
from shared.events.bus.connection import client_options
from shared.events.bus.kafka import KafkaBus
from shared.events.bus.topics import ensure_topics, events_topic
from shared.events.catalogue.samples import example_message
from shared.settings import ROOT, Settings
from tests.broker.cluster import Broker

GROUP = "subscriber"
PASSWORD = "a-password-of-the-tests"
HELD, RELEASED = example_message(FundsHeld), example_message(FundsReleased)
RETURNED, DELIVERED = example_message(FundsReturned), example_message(ProjectDelivered)


@asynccontextmanager
async def subscriber(settings: Settings, **more: str) -> AsyncIterator[asyncio.StreamReader]:
    """Run the example and yield its output lines."""
    said = {"SERVERS": settings.kafka_servers, "GROUP": GROUP} | more
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / "subscribe.py"),
        env=os.environ | {f"TENGHUAN_KAFKA_{name}": value for name, value in said.items()},
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores Ctrl-C
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 0


async def publish(settings: Settings, *messages: Message) -> None:
    bus = KafkaBus(settings, "funding")
    try:
        for message in messages:
            await bus.publish(f"{message.source}.events", [message])
    finally:
        await bus.close()


async def lines(printed: asyncio.StreamReader, count: int) -> list[list[str]]:
    """Return the next lines in words, sorted."""
    async with asyncio.timeout(60):
        return sorted([(await printed.readline()).decode().split() for _ in range(count)])


async def noted(settings: Settings, records: int) -> None:
    """Wait until the subscriber has committed that many records."""
    topics, partitions = map(events_topic, SERVICES), range(settings.kafka_partitions)
    everywhere = list(starmap(TopicPartition, product(topics, partitions)))
    admin = AIOKafkaAdminClient(**client_options(settings, "tests"))
    await admin.start()
    try:
        async with asyncio.timeout(60):
            through = 0
            while through < records:
                places = await admin.list_consumer_group_offsets(GROUP, partitions=everywhere)
                through = sum(max(place.offset, 0) for place in places.values())
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


def said(*messages: Message, money: str = "") -> Sequence[list[str]]:
    """Return what the example should print about these events."""
    return [
        [message.type, message.headers["district"], str(message.subject)]
        + ([money] if message.type == RELEASED.type else [])
        for message in sorted(messages, key=lambda message: message.type)
    ]


async def test_each_event_is_printed_once_with_the_money_that_is_released(broker: Broker) -> None:
    settings = broker.settings()
    await publish(settings, HELD, RELEASED, DELIVERED)
    async with subscriber(settings) as printed:
        assert await lines(printed, 3) == said(HELD, RELEASED, DELIVERED, money="25000000.00")
        await publish(settings, HELD, RELEASED, RETURNED)
        assert await lines(printed, 1) == said(RETURNED)


async def test_a_subscriber_that_comes_back_goes_on_where_it_was(broker: Broker) -> None:
    settings = broker.settings()
    await publish(settings, HELD, RELEASED, DELIVERED)
    async with subscriber(settings) as printed:
        await lines(printed, 3)
        await noted(settings, 3)
    await publish(settings, RETURNED)
    async with subscriber(settings) as printed:
        assert await lines(printed, 1) == said(RETURNED)


@pytest.fixture
def own_node(tmp_path: Path, real_node: None) -> Iterator[Node]:
    """Yield a node that requires logins."""
    started = start(tmp_path / "kafka", logins={"admin": PASSWORD})
    yield started
    started.stop(keep=False)


async def test_a_subscriber_logs_in_where_brokers_ask_for_it(own_node: Node) -> None:
    settings = Settings(
        bus="kafka",
        kafka_servers=own_node.servers,
        kafka_replication=1,
        kafka_partitions=1,
        kafka_security="SASL_SSL",
        kafka_username="admin",
        kafka_password=SecretStr(PASSWORD),
        kafka_ca_file=own_node.ca_file,
    )
    await ensure_topics(settings, SERVICES)
    await publish(settings, HELD)
    login = {"SECURITY": "SASL_SSL", "USERNAME": "admin", "PASSWORD": PASSWORD, "CA_FILE": str(own_node.ca_file)}
    async with subscriber(settings, **login) as printed:
        assert await lines(printed, 1) == said(HELD)
