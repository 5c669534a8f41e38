"""PostgreSQL and Kafka in containers, used when TENGHUAN_TESTS_ON=containers; needs Docker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.local.kafka.configuration import CONTAINER_IMAGE
from deploy.local.ports import free_port

_SUPERUSER, _PASSWORD = "tenghuan", "of-the-tests"


@dataclass(frozen=True)
class ContainedPostgres:
    """A PostgreSQL server in a container, with the interface of an embedded one."""

    container: PostgresContainer

    @property
    def host(self) -> str:
        return self.container.get_container_host_ip()

    @property
    def port(self) -> int:
        return int(self.container.get_exposed_port(5432))

    def dsn(self, database: str = "postgres", user: str = _SUPERUSER, password: str = "") -> str:
        login = f"{quote(user, safe='')}:{quote(password or _PASSWORD, safe='')}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database)}"

    def stop(self, *, keep: bool = False) -> None:
        """Stop the container. Its data are deleted with it and cannot be kept."""
        assert not keep
        self.container.stop()


def postgres(settings: dict[str, str]) -> ContainedPostgres:
    """Start a PostgreSQL 18 with these server parameters."""
    container = PostgresContainer("postgres:18", username=_SUPERUSER, password=_PASSWORD, dbname="postgres")
    container.with_command(
        ["postgres", *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]
    )
    return ContainedPostgres(container.start())


@contextmanager
def kafka() -> Iterator[str]:
    """Run an Apache Kafka and return its host:port; the broker advertises the port that the container is mapped to."""
    port = free_port()
    container = DockerContainer(CONTAINER_IMAGE).with_bind_ports(9092, port)
    for name, value in _KAFKA.items():
        container.with_env(name, value)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"CLIENTS://localhost:{port},BROKER://localhost:9094")
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with container:
        yield f"localhost:{port}"


_KAFKA = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LISTENERS": "CLIENTS://:9092,CONTROLLER://:9093,BROKER://:9094",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "500",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
}
