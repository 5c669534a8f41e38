"""`tenghuan topics create` on a broker: it creates missing topics and leaves existing ones unchanged."""

import json

from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.kafka.node import Node
from shared.events.bus.connection import client_options
from tests.broker.cluster import PARTITIONS, Broker
from tests.deploy.operator_commands import invoked, record
from tests.postgres import LOGINS
from tests.world import World


async def test_only_missing_topics_are_made(broker: Broker, node: Node, world: World) -> None:
    admin = AIOKafkaAdminClient(**client_options(broker.settings(), "tests"))
    await admin.start()
    await admin.delete_topics(["funding.events"])
    await admin.close()
    given = {
        "TENGHUAN_DATABASE_URL": world.settings.database_url,
        **LOGINS,
        "TENGHUAN_KAFKA_SERVERS": node.servers,
        "TENGHUAN_KAFKA_REPLICATION": "1",
        "TENGHUAN_KAFKA_PARTITIONS": str(PARTITIONS),
    }
    first, second = [await invoked(["topics", "create", "--format", "json"], given) for _ in range(2)]
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert (json.loads(first.stdout), json.loads(second.stdout)) == ([{"topic": "funding.events"}], [])
    assert await record(world, "intake") == [("topics create", "begun"), ("topics create", "done")] * 2
