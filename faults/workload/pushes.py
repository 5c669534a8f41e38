"""Pushes to the district registers: new rows, changed rows, concurrent changes of the same rows, invalid rows."""

import asyncio
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.workload.client import Client
from faults.workload.profile import LoadProfile
from faults.workload.rows import FLAWS, REASON_MISSING, REGISTERS, REPEATED, Row, RowWriter
from faults.workload.updates import TopicSender
from shared.clock import Clock
from shared.deadlines import quarter_of
from shared.districts import DISTRICTS

PATHS = {"resources": "/v1/resources:batchUpsert", "library-entries": "/v1/library-entries:batchUpsert"}
ACTS = {"resources": "push_resources", "library-entries": "push_library_entries"}
KEY_SCOPES = ["read:events", "write:resources", "write:library-entries"]
KEY_ISSUER = "city-supervisor-1"
FLAWED_SHARE, UNCHANGED_SHARE, ATOMIC_SHARE, NO_REASON_SHARE = 0.01, 0.08, 0.3, 0.05
"""Shares: of rows that are invalid or unchanged; of pushes that are atomic or give no reason."""


@dataclass
class DistrictRegister:
    """One register of one district as its system knows it: rows sent, and the last revision of each."""

    district: str
    kind: str
    writer: RowWriter
    credential: str
    serials: int = 0
    revisions: dict[int, int] = field(default_factory=dict)


class DistrictSystems:
    """Systems of the districts. Revisions are numbered through, so no two pushes send the same content of a row."""

    def __init__(self, client: Client, profile: LoadProfile, seed: int) -> None:
        self._client, self._profile = client, profile
        self._rng = random.Random(f"{seed}/pushes")
        self._numbers = itertools.count(1)
        self._pushes = itertools.count(1)
        self._registers: list[DistrictRegister] = []
        self._topic_sender = TopicSender(client, seed) if client.endpoints.settings.bus == "kafka" else None

    async def open(self) -> None:
        """Issue a key to every system, and send the rows that the hot pushes will change."""
        today = Clock().today()
        quarter, following = quarter_of(today), f"{today.year + 1}Q4"
        codes = list(DISTRICTS)[: self._profile.districts]
        for code in codes:
            body = {"name": f"{code}区系统", "districts": [code], "scopes": KEY_SCOPES, "reason": "故障演练"}
            issued = await self._client.prepare("intake", "/v1/api-keys", KEY_ISSUER, body)
            writer = RowWriter(code, quarter, following, other_district=list(DISTRICTS)[-1])
            self._registers += [DistrictRegister(code, kind, writer, issued["key"]) for kind in REGISTERS]
        await asyncio.gather(
            *(self._push(register, self._new_rows(register, self._profile.hot_rows)) for register in self._registers)
        )

    async def push(self) -> None:
        """Send the push of one arrival, drawn by the generator."""
        rng, profile = self._rng, self._profile
        register = rng.choices(
            self._registers, weights=[3 if each.kind == "resources" else 1 for each in self._registers]
        )[0]
        size = rng.randint(*profile.rows_per_push)
        if rng.random() < profile.new_rows_share:
            await self._push(register, self._new_rows(register, size))
        elif rng.random() < profile.hot_share:
            count = rng.choice((2, 2, 3))
            batches = [self._changed_rows(register, self._hot_serials()) for _ in range(count)]
            await asyncio.gather(*(self._push(register, batch) for batch in batches))
        else:
            serials = rng.sample(range(1, register.serials + 1), min(size, register.serials))
            await self._push(register, self._changed_rows(register, serials))

    def _hot_serials(self) -> list[int]:
        hot = self._profile.hot_rows
        return self._rng.sample(range(1, hot + 1), max(1, hot * 2 // 3))

    def _new_rows(self, register: DistrictRegister, count: int) -> list[Row]:
        first = register.serials + 1
        register.serials += count
        return self._draw_rows(register, range(first, first + count))

    def _changed_rows(self, register: DistrictRegister, serials: Sequence[int]) -> list[Row]:
        return self._draw_rows(register, serials)

    def _draw_rows(self, register: DistrictRegister, serials: Sequence[int]) -> list[Row]:
        rows: list[Row] = []
        for serial in serials:
            known, draw = register.revisions.get(serial), self._rng.random()
            if known is not None and draw < UNCHANGED_SHARE:
                rows.append(Row(serial, known))
            elif draw > 1 - FLAWED_SHARE:
                rows += self._flawed(serial)
            else:
                rows.append(Row(serial, next(self._numbers)))
                register.revisions[serial] = rows[-1].revision
        return rows

    def _flawed(self, serial: int) -> Iterator[Row]:
        flaw = self._rng.choice(FLAWS)
        for _ in range(2 if flaw == REPEATED else 1):
            yield Row(serial, next(self._numbers), flaw)

    async def _push(self, register: DistrictRegister, rows: list[Row]) -> None:
        mode = "atomic" if self._rng.random() < ATOMIC_SHARE else "partial"
        explained = register.kind == "resources" or self._rng.random() >= NO_REASON_SHARE
        if mode == "atomic" and self._rng.random() < 0.8:
            rows = [row for row in rows if not row.flaw]
        if register.kind == "library-entries":
            rows = [Row(row.serial, row.revision) if row.flaw == REASON_MISSING else row for row in rows]
        facts = {
            "district": register.district,
            "mode": mode,
            "explained": explained,
            "rows": [[row.serial, row.revision, row.flaw] for row in rows],
        }
        await self._send(register, rows, facts)

    async def _send(self, register: DistrictRegister, rows: list[Row], facts: dict[str, Any]) -> None:
        case, act, mode = f"push-{next(self._pushes)}", ACTS[register.kind], facts["mode"]
        body = register.writer.body(register.kind, rows, facts["explained"])
        if self._topic_sender is None or self._rng.random() >= self._profile.topic_share:
            path = f"{PATHS[register.kind]}?mode={mode}"
            await self._client.act("intake", act, path, register.credential, case, content=body, facts=facts)
            return
        kind = register.kind.replace("-", "_")
        value = b'{"book":"%s","mode":"%s",%s' % (kind.encode(), mode.encode(), body[1:])
        command = self._client.begin("intake", act, case, "", facts)
        await self._topic_sender.push(command, register.credential, value)
