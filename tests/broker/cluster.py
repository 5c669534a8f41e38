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
"""As many as the mock gives a topic."""


@dataclass(frozen=True)
class Broker:
    """The brokers of one test, with our topics, all empty."""

    servers: str
    kind: Kind

    def settings(self, base: Settings | None = None, **more: Any) -> Settings:
        """Settings that lead to these brokers; one replica, and few partitions, for quickness."""
        ours = {"bus": "kafka", "kafka_servers": self.servers, "kafka_replication": 1, "kafka_partitions": PARTITIONS}
        return (base or Settings()).model_copy(update=ours | more)

    async def empty(self) -> None:
        """Our topics made afresh. The mock cannot, and needs not: each test has its own."""
        await fresh_topics(self.settings())


@contextmanager
def mock_cluster() -> Iterator[str]:
    """host:port of librdkafka's mock broker, which lives as long as the client that made it."""
    client = Producer({"bootstrap.servers": "none.invalid", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = client.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    client.flush(1)
