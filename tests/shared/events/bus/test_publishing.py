"""The publisher without a broker: queues per partition, permanent and passing errors, outages; buses side by side."""

import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from shared.events.bus import Arrival, Unsendable, publishing
from shared.events.bus.inprocess import InProcessBus
from shared.events.bus.kafka import KafkaBus
from shared.events.bus.publishing import Publisher, partition_of
from shared.settings import Settings
from tests.shared.events.bus.test_message import SENT

SUBJECTS = [UUID(int=number) for number in range(1, 30)]


class Producer:
    """A client with two partitions that records what is sent; `error` fails the next confirmation."""

    def __init__(self) -> None:
        self.sent: dict[int, list[str]] = {0: [], 1: []}
        self.error: Exception | None = None
        self.stopped = False

    async def partitions_for(self, topic: str) -> set[int]:
        assert topic == "intake.events"
        return {0, 1}

    def create_batch(self) -> "Batch":
        return Batch()

    async def send_batch(self, batch: "Batch", topic: str, partition: int) -> Any:
        assert topic == "intake.events"
        self.sent[partition].append(" ".join(batch.keys))
        error, self.error = self.error, None

        async def confirmed() -> None:
            if error is not None:
                raise error

        return confirmed()

    async def stop(self) -> None:
        self.stopped = True


class Batch:
    """A batch of at most two records, of at most 100 bytes each."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def append(self, *, value: bytes, key: bytes, **_: Any) -> object:
        if len(self.keys) == 2 or len(value) > 100:
            return None
        self.keys.append(key.decode()[-2:])
        return object()

    def record_count(self) -> int:
        return len(self.keys)

    def close(self) -> None:
        return


@pytest.fixture
def publisher() -> tuple[Publisher, Producer]:
    made, producer = Publisher(Settings(), "intake"), Producer()
    made._producer = producer
    return made, producer


async def test_messages_go_in_order_in_full_batches_of_their_partition(publisher: tuple[Publisher, Producer]) -> None:
    made, producer = publisher
    await made.publish("intake.events", [replace(SENT, subject=subject) for subject in SUBJECTS])
    for partition in (0, 1):
        own = [str(subject)[-2:] for subject in SUBJECTS if partition_of(str(subject), 2) == partition]
        assert producer.sent[partition] == [" ".join(own[place : place + 2]) for place in range(0, len(own), 2)]
    assert (made.outage, producer.stopped) == ("", False)


@pytest.mark.parametrize("error", [KafkaError("x"), OSError("no route"), TimeoutError("late")], ids=repr)
async def test_a_passing_error_is_an_outage_for_half_a_minute_and_discards_the_producer(
    publisher: tuple[Publisher, Producer], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, producer = publisher
    producer.error = error
    monkeypatch.setattr(publishing, "time", standing := SimpleNamespace(monotonic=lambda: 100.0))
    with pytest.raises(type(error)):
        await made.publish("intake.events", [SENT])
    assert (made.outage, made._producer, producer.stopped) == (f"broker: {error!r}", None, True)
    standing.monotonic = lambda: 129.9
    assert made.outage == f"broker: {error!r}"
    standing.monotonic = lambda: 130.0
    assert made.outage == ""
    standing.monotonic = lambda: 101.0
    made._producer = Producer()
    await made.publish("intake.events", [SENT])
    assert made.outage == ""


@pytest.mark.parametrize("oversized", [False, True], ids=["refused by the brokers", "too long for a batch"])
async def test_a_permanent_refusal_is_unsendable_and_no_outage(
    publisher: tuple[Publisher, Producer], oversized: bool
) -> None:
    made, producer = publisher
    producer.error = None if oversized else MessageSizeTooLargeError("x")
    with pytest.raises(Unsendable, match=r"intake\.events: .*MessageSizeTooLargeError"):
        await made.publish("intake.events", [replace(SENT, data=b"x" * (101 if oversized else 100))])
    assert (made.outage, producer.stopped) == ("", True)


async def test_each_topic_of_the_bus_in_one_process_has_its_own_subscribers() -> None:
    bus, heard = InProcessBus(), list[tuple[str, Sequence[Arrival]]]()

    def listening(name: str) -> Any:
        async def deliver(arrivals: Sequence[Arrival]) -> None:
            heard.append((name, arrivals))

        return deliver

    for topic, name in (("intake.events", "one"), ("intake.events", "two"), ("funding.events", "three")):
        bus.subscribe(topic, listening(name))
    for topic in ("intake.events", "monitoring.events"):
        await bus.publish(topic, [SENT])
    assert heard == [("one", [SENT]), ("two", [SENT])]
    assert (await bus.lag(), bus.outage()) == ({}, "")


async def deliver_nothing(_arrivals: Sequence[Arrival]) -> None:
    return


def test_a_topic_has_one_subscriber() -> None:
    bus = KafkaBus(Settings(), "intake")
    bus.subscribe("funding.events", deliver_nothing)
    with pytest.raises(ValueError, match=r"funding\.events has a subscriber already"):
        bus.subscribe("funding.events", deliver_nothing)


async def test_a_bus_has_a_member_for_each_group_and_adds_up_their_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, str, list[str]]] = []

    class Member:
        def __init__(self, _settings: Settings, service: str, group: str, topics: dict[str, Any]) -> None:
            self.group, self.outage = group, "" if group.endswith("intake") else f"{group} is away"
            started.append((service, group, sorted(topics)))

        async def run(self) -> None:
            return

        def stop(self) -> bool:
            return True

        async def lag(self) -> dict[str, int]:
            return {self.group: 3, "both": 4}

    monkeypatch.setattr("shared.events.bus.kafka.Member", Member)
    bus = KafkaBus(Settings(), "intake")
    for topic in ("funding.events", "district.library-updates", "monitoring.events"):
        bus.subscribe(topic, deliver_nothing)
    await bus.start()
    assert started == [
        ("intake", "tenghuan.intake", ["funding.events", "monitoring.events"]),
        ("intake", "tenghuan.intake.inlets", ["district.library-updates"]),
    ]
    assert await bus.lag() == {"tenghuan.intake": 3, "tenghuan.intake.inlets": 3, "both": 8}
    assert bus.outage() == "tenghuan.intake.inlets is away"
    bus._publisher._failed = ("broker: x", time.monotonic())
    assert bus.outage() == "broker: x"
    await bus.close()
