"""The brokers of one test, and librdkafka's mock cluster for machines without a real node."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Producer

from faults.environment import fresh_topics
from shared.settings import Settings
from tests.broker.choice import Kind

PARTITIONS = 4
"""The number of partitions of a topic in the mock cluster."""


@dataclass(frozen=True)
class Broker:
    """The brokers of one test, with empty topics."""

    servers: str
    kind: Kind

    def settings(self, base: Settings | None = None, **more: Any) -> Settings:
        """Return settings for these brokers, with one replica and few partitions for speed."""
        ours = {"bus": "kafka", "kafka_servers": self.servers, "kafka_replication": 1, "kafka_partitions": PARTITIONS}
        return (base or Settings()).model_copy(update=ours | more)

    async def empty(self) -> None:
        """Recreate the topics. The mock cannot, and need not: each test has its own."""
        await fresh_topics(self.settings())


@contextmanager
def mock_cluster() -> Iterator[str]:
    """Yield host:port of librdkafka's mock broker, which ends with the client that made it."""
    client = Producer({"bootstrap.servers": "none.invalid", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = client.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    client.flush(1)
