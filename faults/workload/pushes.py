"""The districts' systems push their books: new rows, changed rows, the same rows twice at once, and some bad ones."""

import asyncio
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.workload.caller import Caller
from faults.workload.plan import Plan
from faults.workload.rows import BOOKS, FLAWS, TWICE, UNEXPLAINED, Pen, Row
from faults.workload.updates import Updates
from shared.clock import Clock
from shared.deadlines import quarter_of
from shared.districts import DISTRICTS

PATHS = {"resources": "/v1/resources:batchUpsert", "library-entries": "/v1/library-entries:batchUpsert"}
ACTS = {"resources": "push_resources", "library-entries": "push_library_entries"}
ADMITS_KEYS = "city-supervisor-1"
FLAWED, SAID_AGAIN, ATOMIC, UNREASONED = 0.01, 0.08, 0.3, 0.05
"""Shares: of rows that are bad, of rows that say nothing new; of pushes that are atomic, that give no reason."""


@dataclass
class Shelf:
    """One book of one district as its system knows it: which rows it sent, and what each said last."""

    district: str
    book: str
    pen: Pen
    credential: str
    serials: int = 0
    last: dict[int, int] = field(default_factory=dict)


class Districts:
    """The systems that push. Revisions are numbered through, so that no two pushes ever say the same of a row."""

    def __init__(self, caller: Caller, plan: Plan, seed: int) -> None:
        self._caller, self._plan = caller, plan
        self._chance = random.Random(f"{seed}/pushes")
        self._revisions = itertools.count(1)
        self._pushes = itertools.count(1)
        self._shelves: list[Shelf] = []
        self._updates = Updates(caller, seed) if caller.suite.settings.bus == "kafka" else None

    async def open(self) -> None:
        """Give every system its key, and send the rows that the hot pushes will change."""
        today = Clock().today()
        quarter, following = quarter_of(today), f"{today.year + 1}Q4"
        codes = list(DISTRICTS)[: self._plan.districts]
        for code in codes:
            wanted = {"name": f"{code}区系统", "districts": [code], "writes": True}
            issued = await self._caller.tell("intake", "/v1/api-keys", ADMITS_KEYS, wanted)
            pen = Pen(code, quarter, following, other_district=list(DISTRICTS)[-1])
            self._shelves += [Shelf(code, book, pen, issued["key"]) for book in BOOKS]
        await asyncio.gather(*(self._push(shelf, self._fresh(shelf, self._plan.hot_rows)) for shelf in self._shelves))

    async def push(self) -> None:
        """One arrival: what the chance draws for it."""
        chance, plan = self._chance, self._plan
        shelf = chance.choices(self._shelves, weights=[3 if each.book == "resources" else 1 for each in self._shelves])[
            0
        ]
        size = chance.randint(*plan.rows_per_push)
        if chance.random() < plan.fresh_share:
            await self._push(shelf, self._fresh(shelf, size))
        elif chance.random() < plan.hot_share:
            many = chance.choice((2, 2, 3))
            batches = [self._changed(shelf, self._some_hot()) for _ in range(many)]
            await asyncio.gather(*(self._push(shelf, batch) for batch in batches))
        else:
            serials = chance.sample(range(1, shelf.serials + 1), min(size, shelf.serials))
            await self._push(shelf, self._changed(shelf, serials))

    def _some_hot(self) -> list[int]:
        hot = self._plan.hot_rows
        return self._chance.sample(range(1, hot + 1), max(1, hot * 2 // 3))

    def _fresh(self, shelf: Shelf, many: int) -> list[Row]:
        first = shelf.serials + 1
        shelf.serials += many
        return self._drawn(shelf, range(first, first + many))

    def _changed(self, shelf: Shelf, serials: Sequence[int]) -> list[Row]:
        return self._drawn(shelf, serials)

    def _drawn(self, shelf: Shelf, serials: Sequence[int]) -> list[Row]:
        rows: list[Row] = []
        for serial in serials:
            known, drawn = shelf.last.get(serial), self._chance.random()
            if known is not None and drawn < SAID_AGAIN:
                rows.append(Row(serial, known))
            elif drawn > 1 - FLAWED:
                rows += self._flawed(serial)
            else:
                rows.append(Row(serial, next(self._revisions)))
                shelf.last[serial] = rows[-1].revision
        return rows

    def _flawed(self, serial: int) -> Iterator[Row]:
        flaw = self._chance.choice(FLAWS)
        for _ in range(2 if flaw == TWICE else 1):
            yield Row(serial, next(self._revisions), flaw)

    async def _push(self, shelf: Shelf, rows: list[Row]) -> None:
        mode = "atomic" if self._chance.random() < ATOMIC else "partial"
        explained = shelf.book == "resources" or self._chance.random() >= UNREASONED
        if mode == "atomic" and self._chance.random() < 0.8:
            rows = [row for row in rows if not row.flaw]
        if shelf.book == "library-entries":
            rows = [Row(row.serial, row.revision) if row.flaw == UNEXPLAINED else row for row in rows]
        said = {
            "district": shelf.district,
            "mode": mode,
            "explained": explained,
            "rows": [[row.serial, row.revision, row.flaw] for row in rows],
        }
        await self._send(shelf, rows, said)

    async def _send(self, shelf: Shelf, rows: list[Row], said: dict[str, Any]) -> None:
        case, act, mode = f"push-{next(self._pushes)}", ACTS[shelf.book], said["mode"]
        body = shelf.pen.body(shelf.book, rows, said["explained"])
        if self._updates is None or self._chance.random() >= self._plan.topic_share:
            path = f"{PATHS[shelf.book]}?mode={mode}"
            await self._caller.act("intake", act, path, shelf.credential, case, content=body, said=said)
            return
        book = shelf.book.replace("-", "_")
        value = b'{"book":"%s","mode":"%s",%s' % (book.encode(), mode.encode(), body[1:])
        command = self._caller.begin("intake", act, case, "", said)
        await self._updates.push(command, shelf.credential, value)
