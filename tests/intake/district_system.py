"""A district's system that pushes updates to the topic, and a carrier that hands them over as a broker's would be."""

import itertools
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from shared.actors import hash_secret, signature, system_actor
from shared.contracts.pushes import REQUESTED, TOPIC, signed_content
from shared.events.bus import Arrival, Record, Unreadable
from tests.intake.library_samples import CHAOYANG, Row
from tests.world import World

ANSWERED = "intake.library_update_answered.v1"
HAIDIAN = "110108"
_offsets = itertools.count()


@dataclass(frozen=True)
class System:
    """A system with the key it was given; the text of the key is all it has."""

    key: str

    @classmethod
    async def of(cls, world: World, *districts: str, writes: bool = True) -> "System":
        body = {"name": "区台账系统", "districts": list(districts), "writes": writes}
        return cls((await world.post("intake", "/v1/api-keys", "city-supervisor-1", body, status=201))["key"])

    @property
    def key_id(self) -> str:
        return self.key.split("_")[2]

    def sign(self, request_id: str, time: str, value: bytes) -> str:
        secret = self.key.split("_", 3)[3]
        return signature(hash_secret(secret), signed_content(request_id, time, value))

    def update(self, rows: list[Any], *, request: str | None = None, **body: Any) -> Record:
        """A signed update, of the ledger unless another book is named."""
        value = json.dumps({"book": "resources", "rows": rows} | body, ensure_ascii=False).encode()
        return self.signed(value, request)

    def signed(self, value: bytes, request: str | None = None, **other: str) -> Record:
        """A record with this value; `other` replaces headers after the signing."""
        request, time = request or str(uuid4()), "2024-03-01T10:00:00+08:00"
        headers = {
            "ce_specversion": "1.0",
            "ce_type": REQUESTED,
            "ce_source": "/districts/110105",
            "ce_id": request,
            "ce_time": time,
            "keyid": self.key_id,
            "signature": self.sign(request, time, value),
        } | other
        said = tuple((name, text.encode()) for name, text in headers.items())
        return Record(TOPIC, 0, next(_offsets), CHAOYANG.encode(), value, said)

    async def hears(self, world: World) -> list[Row]:
        """The answers that this system may read, as data, oldest first."""
        headers = {"authorization": f"Bearer {self.key}"}
        page = await world.clients["intake"].get(f"/events?limit=1000&type={ANSWERED}", headers=headers)
        return [event["data"] for event in page.json()["events"]]


async def arrive(world: World, *records: Record) -> None:
    """Hand records over in one batch, as the bus does; returns when they are handled and what they caused is placed."""
    intake = world.instances["intake"]
    inlet = intake.service.inlets[TOPIC]
    arrivals: list[Arrival] = []
    for record in records:
        try:
            arrivals.append(inlet.read(record))
        except (KeyError, ValueError) as error:
            arrivals.append(Unreadable(record, repr(error)))
    await intake.consumer.deliver(arrivals)
    await world.settle()


def without_header(record: Record, name: str) -> Record:
    headers = tuple(each for each in record.headers if each[0] != name)
    return Record(record.topic, record.partition, record.offset, record.key, record.value, headers)


async def answers(world: World, who: str = "auditor-1") -> list[Row]:
    """The answers that somebody may read, as data, oldest first."""
    page = await world.get("intake", f"/events?limit=1000&type={ANSWERED}", who)
    return [event["data"] for event in page["events"]]


async def count(world: World, query: str) -> int:
    """What intake's database answers with a number."""
    async with world.instances["intake"].database.session(system_actor("test")) as session:
        return int(await session.scalar(text(query)) or 0)


async def recorded(world: World) -> list[tuple[str, int]]:
    """Which resources intake has, each at which version."""
    items = (await world.get("intake", "/v1/resources?limit=200", "auditor-1"))["items"]
    return sorted((item["external_id"], item["version"]) for item in items)
