"""Access rules of deploy/kafka/acls.sh on a node with logins over TLS: each service has its own rights only."""

import asyncio
import os
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from aiokafka.errors import KafkaError

from deploy.local.kafka.jars import command
from deploy.local.kafka.node import Node, start
from services import SERVICES, load
from shared.events.bus import CHECKPOINTS, Arrival
from shared.events.bus.consuming import group_of
from shared.events.bus.kafka import KafkaBus
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, ensure_topics, events_topic
from shared.runtime import Service
from shared.settings import ROOT, Settings
from tests.broker.access import RELEASED, administer, allowed, publish, read

SCRIPT = ROOT / "deploy" / "kafka" / "acls.sh"
DISTRICT, DASHBOARD = "district-110101", "city-board"
LOGINS = {name: f"password-of-{name}" for name in ("admin", *SERVICES, DISTRICT, DASHBOARD)}
TOPICS = {topic for name in SERVICES for topic in (events_topic(name), dead_letters_topic(name))} | {
    LIBRARY_UPDATES,
    CHECKPOINTS,
}


def set_access(acls_command: str) -> str:
    """Run the script and return its output."""
    own = {"KAFKA_ACLS": acls_command, "DISTRICTS": DISTRICT, "DASHBOARDS": DASHBOARD}
    done = subprocess.run(["sh", SCRIPT], env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, real_node: None) -> Iterator[Node]:
    """Yield a node with a login per service, the topics, and the access rules of the script."""
    folder = tmp_path_factory.mktemp("guarded")
    node = start(folder / "kafka", logins=LOGINS)
    asyncio.run(ensure_topics(settings_of(node, "admin"), SERVICES))
    connection = folder / "admin.properties"
    connection.write_text(
        "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
        "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
        f'username="admin" password="{LOGINS["admin"]}";\n'
        f"ssl.truststore.type=PEM\nssl.truststore.location={node.ca_file}\n"
    )
    options = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    at = ("--bootstrap-server", node.servers, "--command-config", connection)
    set_access(" ".join(command("org.apache.kafka.tools.AclCommand", *at, options=options)))
    yield node
    node.stop(keep=False)


def settings_of(node: Node, login: str, password: str | None = None) -> Settings:
    """Return settings with a login."""
    return Settings.model_validate(
        {
            "bus": "kafka",
            "kafka_servers": node.servers,
            "kafka_security": "SASL_SSL",
            "kafka_username": login,
            "kafka_password": password or LOGINS[login],
            "kafka_ca_file": node.ca_file,
            "kafka_partitions": 1,
            "kafka_replication": 1,
        }
    )


def readable(service: str) -> set[str]:
    """Return the topics that a service subscribes to."""
    declared: Service = load(service)
    return {events_topic(source) for source in declared.sources()} | set(declared.read_topics())


def writable(login: str) -> set[str]:
    """Return the topics that a login may write."""
    if login not in SERVICES:
        return {LIBRARY_UPDATES} if login == DISTRICT else set()
    return {events_topic(login), dead_letters_topic(login), CHECKPOINTS}


def test_the_script_lets_each_service_read_what_its_handlers_say() -> None:
    lines = [line.split() for line in set_access("echo").splitlines()]
    topics: dict[tuple[str, str], set[str]] = {}
    for line in lines:
        said = dict(zip(line[1::2], line[2::2], strict=False))
        named = {value for option, value in pairwise(line) if option == "--topic"}
        topics.setdefault((said["--allow-principal"], said["--operation"]), set()).update(named)
    for name in SERVICES:
        assert topics[f"User:{name}", "Read"] == readable(name)
        assert topics[f"User:{name}", "Write"] == {events_topic(name), dead_letters_topic(name), CHECKPOINTS}
    assert topics[f"User:{DISTRICT}", "Write"] == {LIBRARY_UPDATES}
    assert topics[f"User:{DASHBOARD}", "Read"] == {events_topic(name) for name in SERVICES}
    assert (f"User:{DISTRICT}", "Read") not in topics
    assert (f"User:{DASHBOARD}", "Write") not in topics


@pytest.mark.parametrize("login", [*SERVICES, DISTRICT, DASHBOARD])
async def test_each_writes_its_own_topics_and_no_other(guarded: Node, login: str) -> None:
    assert {topic for topic in TOPICS if await allowed(publish(settings_of(guarded, login), topic))} == writable(login)


@pytest.mark.parametrize("login", [*SERVICES, DISTRICT, DASHBOARD])
async def test_each_reads_what_it_acts_on_and_no_more(guarded: Node, login: str) -> None:
    own = {DISTRICT: set(), DASHBOARD: {events_topic(name) for name in SERVICES}}
    may = own[login] if login in own else readable(login)
    group = f"{login}.tests" if login == DASHBOARD else f"{group_of(login, events_topic(login))}.tests"
    assert {topic for topic in TOPICS if await allowed(read(settings_of(guarded, login), topic, group))} == may


@pytest.mark.parametrize("login", ["admin", *SERVICES, DISTRICT, DASHBOARD])
async def test_only_the_administrator_administers(guarded: Node, login: str) -> None:
    allowed_acts = await administer(settings_of(guarded, login), LIBRARY_UPDATES)
    assert len(allowed_acts) == 4
    assert set(allowed_acts.values()) == {login == "admin"}, allowed_acts


async def test_nobody_joins_the_group_of_another(guarded: Node) -> None:
    assert not await allowed(
        read(settings_of(guarded, "monitoring"), events_topic("funding"), group_of("intake", events_topic("funding")))
    )
    assert not await allowed(
        read(settings_of(guarded, DASHBOARD), events_topic("funding"), group_of("monitoring", events_topic("funding")))
    )


async def test_an_event_travels_between_two_services_that_log_in(guarded: Node) -> None:
    arrived: asyncio.Queue[Arrival] = asyncio.Queue()

    async def deliver(arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            arrived.put_nowait(arrival)

    reader = KafkaBus(settings_of(guarded, "monitoring"), "monitoring")
    reader.subscribe(events_topic("funding"), deliver)
    await reader.start()
    try:
        await publish(settings_of(guarded, "funding"), events_topic("funding"))
        async with asyncio.timeout(60):
            assert await arrived.get() == RELEASED
    finally:
        await reader.close()


async def test_a_wrong_password_is_called_that(guarded: Node, caplog: pytest.LogCaptureFixture) -> None:
    bus = KafkaBus(settings_of(guarded, "funding", "guess"), "funding")
    try:
        with pytest.raises((KafkaError, OSError)):
            await bus.publish(events_topic("funding"), [RELEASED])
        assert bus.outage()
        assert "invalid credentials" in caplog.text
    finally:
        await bus.close()


async def test_brokers_whose_certificate_nobody_vouched_for_are_not_spoken_to(guarded: Node) -> None:
    settings = settings_of(guarded, "funding").model_copy(update={"kafka_ca_file": None})
    bus = KafkaBus(settings, "funding")
    try:
        with pytest.raises((KafkaError, OSError)):
            await bus.publish(events_topic("funding"), [RELEASED])
    finally:
        await bus.close()
