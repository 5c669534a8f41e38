"""Local Kafka node: it keeps its data, several processes share it, and it survives a killed process."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local.kafka.jars import BrokerError, command, jars
from deploy.local.kafka.node import Node, remove, start
from deploy.local.kafka.server import runs
from services import SERVICES
from shared.events.bus.topics import ensure_topics
from shared.settings import Settings
from tests.broker.cluster import Broker

JOIN = (
    "import sys, pathlib; "
    "from deploy.local.kafka.node import start; print(start(pathlib.Path(sys.argv[1])).pid, flush=True)"
)


@pytest.fixture
def home(tmp_path: Path, real_node: None) -> Path:
    """Return a directory with a blank and a quote in its name."""
    return tmp_path / "it's here" / "kafka"


@pytest.fixture
def own_node(home: Path) -> Iterator[Node]:
    """Yield a node for one test."""
    started = start(home)
    yield started
    started.stop(keep=False)


def in_another_process(home: Path) -> tuple["subprocess.Popen[str]", int]:
    """Start a process that joins the node and waits; return it and the node's process id."""
    other = subprocess.Popen(
        [sys.executable, "-c", f"{JOIN}; sys.stdin.read()", str(home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    return other, int(other.stdout.readline())


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


async def publish(servers: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait("intake.events", value, partition=0)
    finally:
        await producer.stop()


async def published(servers: str) -> list[bytes]:
    """Return all records in the first partition of intake.events."""
    partition = TopicPartition("intake.events", 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        async with asyncio.timeout(30):
            return [(await consumer.getone(partition)).value for _ in range(end)]
    finally:
        await consumer.stop()


async def test_a_killed_node_comes_back_on_its_port_with_what_it_had_acknowledged(broker: Broker, node: Node) -> None:
    await publish(broker.servers, b"one")
    before = node.pid
    node.kill()
    node.restart()
    await publish(node.servers, b"two")
    assert node.pid != before
    assert await published(broker.servers) == [b"one", b"two"]


async def test_a_node_that_lost_its_data_comes_back_empty(own_node: Node) -> None:
    settings = Settings(kafka_servers=own_node.servers, kafka_replication=1, kafka_partitions=1)
    await ensure_topics(settings, SERVICES)
    own_node.kill()
    own_node.restart(empty=True)
    assert "intake.events" in await ensure_topics(settings, SERVICES)


async def test_data_are_kept_between_runs_and_the_port_may_be_another(own_node: Node, home: Path) -> None:
    settings = Settings(kafka_servers=own_node.servers, kafka_replication=1, kafka_partitions=1)
    await ensure_topics(settings, SERVICES)
    await publish(own_node.servers, b"one")
    own_node.stop()
    again = start(home)
    assert await published(again.servers) == [b"one"]
    again.stop()


def test_processes_share_a_node_which_stops_with_the_last_of_them(own_node: Node, home: Path) -> None:
    other, pid = in_another_process(home)
    assert pid == own_node.pid
    with pytest.raises(BrokerError, match="in use"):
        remove(home)
    own_node.stop()
    assert runs(home)
    start(home).stop()
    kill(other)
    start(home).stop()
    assert not runs(home)


def test_a_killed_process_leaves_a_node_that_the_next_one_replaces(home: Path) -> None:
    other, left_behind = in_another_process(home)
    orphan = psutil.Process(left_behind)
    kill(other)
    assert runs(home)
    replaced = start(home)
    assert replaced.pid != left_behind
    # An ended process keeps its id until init, its parent now, has waited for it.
    assert psutil.wait_procs([orphan], timeout=30)[1] == []
    replaced.stop(keep=False)
    assert list(home.parent.iterdir()) == []


def test_a_process_that_ends_in_an_error_leaves_no_node(home: Path) -> None:
    failed = subprocess.run([sys.executable, "-c", f"{JOIN}; 1 / 0", str(home)], capture_output=True, text=True)
    assert "ZeroDivisionError" in failed.stderr
    assert not runs(home)


def test_a_stale_process_id_never_ends_a_stranger(own_node: Node, home: Path) -> None:
    own_node.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    (home / "node.json").write_text(f'{{"pid": {stranger.pid}, "port": {own_node.port}}}')
    start(home).stop()
    assert stranger.poll() is None
    kill(stranger)


def test_a_taken_port_and_a_wrong_setting_are_named(real_node: None, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"{port} is in use"):
            start(tmp_path / "kafka", port=port)
    with pytest.raises(BrokerError, match=r"num\.io\.threads"):
        start(tmp_path / "kafka", settings={"num.io.threads": "many"})
    remove(tmp_path / "kafka")


def test_a_frozen_node_is_ended_all_the_same(own_node: Node, home: Path) -> None:
    os.kill(own_node.pid, signal.SIGSTOP)
    own_node.kill()
    assert not runs(home)


def test_what_is_missing_is_said_with_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BrokerError, match="Java 17 or newer is missing: install it"):
        command("kafka.Kafka")
    with pytest.raises(BrokerError, match="Maven is missing: install it"):
        jars(tmp_path / "none")
    for name, says in (("java", 'openjdk version "11.0.2"'), ("mvn", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{says}' >&2\necho '[ERROR] no way there'\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(BrokerError, match="is Java 11"):
        command("kafka.Kafka")
    with pytest.raises(BrokerError, match=r"Maven could not install Apache Kafka: \[ERROR\] no way there"):
        jars(tmp_path / "none")
    assert [path.name for path in (tmp_path / "none").iterdir()] == ["lock"], "whole or not at all"
