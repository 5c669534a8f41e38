"""Simulated district system that signs updates, and delivery of its records to intake without a broker."""

import itertools
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from shared.actors import hash_secret, signature, system_actor
from shared.contracts.pushes import REQUESTED, TOPIC, signed_content
from shared.events.bus import Arrival, Record, Unreadable
from tests.intake.sample_rows import CHAOYANG, Row
from tests.keys import new_key
from tests.world import World

ANSWERED = "intake.library_update_answered.v1"
HAIDIAN = "110108"
_offsets = itertools.count()


NOW = "2024-03-01T10:00:00+08:00"


@dataclass(frozen=True)
class System:
    """District system that knows only the text of its API key."""

    key: str

    @classmethod
    async def of(cls, world: World, *districts: str, writes: bool = True) -> "System":
        body = new_key(districts=districts or ["110000"], writes=writes, name="区台账系统")
        return cls((await world.post("intake", "/v1/api-keys", "city-supervisor-1", body, status=201))["key"])

    @property
    def key_id(self) -> str:
        return self.key.split("_")[2]

    def sign(self, request_id: str, time: str, value: bytes) -> str:
        secret = self.key.split("_", 3)[3]
        return signature(hash_secret(secret), signed_content(request_id, time, value))

    def update(self, rows: list[Any], *, request: str | None = None, **body: Any) -> Record:
        """Return a record with a signed update, of the ledger unless `book` names the library."""
        value = json.dumps({"book": "resources", "rows": rows} | body, ensure_ascii=False).encode()
        return self.signed(value, request)

    def signed(self, value: bytes, request: str | None = None, *, time: str = NOW, **other: str) -> Record:
        """Return a record with this signed value; `other` replaces headers after the signing."""
        request = request or str(uuid4())
        headers = {
            "ce_specversion": "1.0",
            "ce_type": REQUESTED,
            "ce_source": "/districts/110105",
            "ce_id": request,
            "ce_time": time,
            "keyid": self.key_id,
            "signature": self.sign(request, time, value),
        } | other
        encoded = tuple((name, text.encode()) for name, text in headers.items())
        return Record(TOPIC, 0, next(_offsets), CHAOYANG.encode(), value, encoded)

    async def received_answers(self, world: World) -> list[Row]:
        """Return the answers that this system may read, oldest first."""
        headers = {"authorization": f"Bearer {self.key}"}
        page = await world.clients["intake"].get(f"/events?limit=1000&type={ANSWERED}", headers=headers)
        return [event["data"] for event in page.json()["events"]]


async def deliver(world: World, *records: Record) -> None:
    """Deliver records to intake in one batch, as the bus does, and wait until their effects are settled."""
    intake = world.instances["intake"]
    inbound = intake.service.inbound_topics[TOPIC]
    arrivals: list[Arrival] = []
    for record in records:
        try:
            arrivals.append(inbound.read(record))
        except (KeyError, ValueError) as error:
            arrivals.append(Unreadable(record, repr(error)))
    await intake.consumer.deliver(arrivals)
    await world.settle()


def without_header(record: Record, name: str) -> Record:
    """Return the record without one header."""
    headers = tuple(each for each in record.headers if each[0] != name)
    return Record(record.topic, record.partition, record.offset, record.key, record.value, headers)


async def answers(world: World, who: str = "auditor-1") -> list[Row]:
    """Return the answers that a user may read, oldest first."""
    page = await world.get("intake", f"/events?limit=1000&type={ANSWERED}", who)
    return [event["data"] for event in page["events"]]


async def count(world: World, query: str) -> int:
    """Return the number that a query gives in intake's database."""
    async with world.instances["intake"].database.session(system_actor("test")) as session:
        return int(await session.scalar(text(query)) or 0)


async def recorded_versions(world: World) -> list[tuple[str, int]]:
    """Return id and version of every resource that intake has."""
    items = (await world.get("intake", "/v1/resources?limit=200", "auditor-1"))["items"]
    return sorted((item["external_id"], item["version"]) for item in items)
