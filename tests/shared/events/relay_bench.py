"""A relay on a driver and a bus that record: what is asked for, published and deleted."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.bus import Message
from shared.events.bus.inprocess import InProcessBus
from shared.events.relay import Relay

Row = Mapping[str, Any]


def row(number: int, shard: int = 1, topic: str | None = None, subject: int | None = None) -> Row:
    """Return an outbox row in which no two columns are equal."""
    return {
        "id": number,
        "shard": shard,
        "event_id": UUID(int=1000 + number),
        "aggregate_type": f"kind-{number}",
        "aggregate_id": UUID(int=subject or 2000 + number),
        "agg_seq": 3000 + number,
        "type": f"type-{number}",
        "payload": f"payload-{number}".encode(),
        "headers": json.dumps({"district": "110105", "requestid": f"request-{number}"}),
        "occurred_at": datetime(2024, 3, 1, 2, number, tzinfo=UTC),
        "topic": topic,
    }


class Driver:
    """Answers the query for pending rows as the outbox would, and records what is asked and deleted."""

    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)
        self.asked: list[tuple[set[int], int, set[str]]] = []
        self.happened: list[str] = []

    async def fetch(self, _query: str, shards: list[int], most: int, closed: list[str]) -> list[Row]:
        self.asked.append((set(shards), most, set(closed)))
        return [each for each in self.rows if each["shard"] in shards and each["topic"] not in closed][:most]

    async def execute(self, _query: str, ids: list[int]) -> None:
        self.happened.append(f"deleted {' '.join(map(str, ids))}")
        self.rows = [each for each in self.rows if each["id"] not in ids]


class Bus(InProcessBus):
    """Records what it carries in the driver's list; `fault` returns the error of a batch, if any."""

    def __init__(self, driver: Driver) -> None:
        super().__init__()
        self.driver = driver
        self.sent: list[Message] = []
        self.fault: Callable[[str, Sequence[Message]], Exception | None] = lambda _topic, _messages: None

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        numbers = " ".join(str(each.seq - 3000) for each in messages)
        if (error := self.fault(topic, messages)) is not None:
            self.driver.happened.append(f"{type(error).__name__} {topic} {numbers}")
            raise error
        self.driver.happened.append(f"{topic} {numbers}")
        self.sent += messages


class Bench:
    """A relay on a recording driver and bus."""

    def __init__(self, *rows: Row, batch: int = 1000) -> None:
        self.driver = Driver(*rows)
        self.bus = Bus(self.driver)
        self.relay = Relay("intake", URL.create("postgresql+asyncpg"), self.bus, batch=batch)

    async def publish(self, *shards: int) -> int:
        connection = SimpleNamespace(get_raw_connection=self._raw)
        return await self.relay._publish_batch(cast("AsyncConnection", connection), list(shards or (1, 2, 3)))

    async def _raw(self) -> SimpleNamespace:
        return SimpleNamespace(driver_connection=self.driver)

    def left(self) -> list[int]:
        return [each["id"] for each in self.driver.rows]
