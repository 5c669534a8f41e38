"""The scripts of the compose file's broker, run on a real node: logins and access rules from the first start on."""

import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from aiokafka.errors import KafkaError

from deploy.local.kafka.jars import command
from deploy.local.kafka.server import listens
from deploy.local.ports import free_port
from services import SERVICES
from shared.events.bus.topics import ensure_topics, events_topic
from shared.settings import ROOT, Settings
from tests.broker.access import administer, allowed, publish

FOLDER = ROOT / "deploy" / "containers"
OPTIONS = ("-Xms96m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROGRAMS = {
    "kafka-storage.sh": "kafka.tools.StorageTool",
    "kafka-server-start.sh": "kafka.Kafka",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
}
PASSWORDS = {name: f"{name}9x" for name in ("admin", *SERVICES)}


@dataclass
class ContainerNode:
    """A node that runs as its container would."""

    port: int
    environment: Mapping[str, str]

    def set_access(self, **passwords: str) -> None:
        """Run the script of the compose file's service `access`."""
        variables = {f"{name.upper()}_KAFKA_PASSWORD": word for name, word in (PASSWORDS | passwords).items()}
        variables["KAFKA_ADMIN_PASSWORD"] = variables.pop("ADMIN_KAFKA_PASSWORD")
        script, given = FOLDER / "kafka" / "access.sh", {**self.environment, **variables}
        done = subprocess.run(["sh", script], env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def settings(self, login: str, password: str) -> Settings:
        """Return settings as the compose file gives them."""
        given = yaml.safe_load((FOLDER / "compose.yaml").read_text())["x-kafka"]
        own = {name.removeprefix("TENGHUAN_").lower(): value for name, value in given.items()}
        login_of = {"kafka_username": login, "kafka_password": password, "kafka_partitions": 1}
        return Settings.model_validate(own | login_of | {"kafka_servers": f"127.0.0.1:{self.port}"})


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, real_node: None) -> Iterator[ContainerNode]:
    """Yield a node that start.sh has started, with the logins and rules of access.sh."""
    home = tmp_path_factory.mktemp("container")
    for name, main_class in PROGRAMS.items():
        program = home / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join(command(main_class, options=OPTIONS))} "$@"\n')
        program.chmod(0o755)
    port, own_listener, controller = free_port(), free_port(), free_port()
    text = (FOLDER / "kafka" / "server.properties").read_text().replace("//kafka:9092", f"//127.0.0.1:{port}")
    for old, new in ((":9092", port), (":9094", own_listener), (":9093", controller)):
        text = text.replace(old, f":{new}")
    (home / "server.properties").write_text(text.replace("/var/lib/kafka/data", str(home / "data")))
    environment = os.environ | {
        "PATH": f"{home}:{os.environ['PATH']}",
        "KAFKA_PROPERTIES": str(home / "server.properties"),
        "KAFKA_SERVERS": f"127.0.0.1:{port}",
        "KAFKA_SCRIPTS": str(ROOT / "deploy" / "kafka"),
        "KAFKA_ADMIN_PASSWORD": PASSWORDS["admin"],
    }
    with (home / "node.log").open("wb") as log:
        process = subprocess.Popen(["sh", FOLDER / "kafka" / "start.sh"], env=environment, stdout=log, stderr=log)
    try:
        _await(process, port, home / "node.log")
        started = ContainerNode(port, environment)
        started.set_access()
        yield started
    finally:
        process.terminate()
        process.wait(30)


def _await(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not listens(port):
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.05)


async def test_each_service_publishes_its_own_events_and_no_other(node: ContainerNode) -> None:
    await ensure_topics(node.settings("admin", PASSWORDS["admin"]), SERVICES)
    may = dict[str, list[str]]()
    for login in SERVICES:
        settings = node.settings(login, PASSWORDS[login])
        may[login] = [to for to in SERVICES if await allowed(publish(settings, events_topic(to)))]
        assert not any((await administer(settings, events_topic(login))).values())
    assert may == {login: [login] for login in SERVICES}


async def test_a_login_is_needed_and_a_changed_password_counts_at_once(node: ContainerNode) -> None:
    """Run last: the changed password stays."""
    await ensure_topics(node.settings("admin", PASSWORDS["admin"]), SERVICES)
    nobody = node.settings("", "").model_copy(update={"kafka_security": "PLAINTEXT"})
    with pytest.raises((KafkaError, OSError)):
        await publish(nobody, events_topic("intake"))
    node.set_access(intake="another1")
    with pytest.raises((KafkaError, OSError)):
        await publish(node.settings("intake", PASSWORDS["intake"]), events_topic("intake"))
    await publish(node.settings("intake", "another1"), events_topic("intake"))
