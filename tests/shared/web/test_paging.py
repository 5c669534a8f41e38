"""The list convention over a table of its own: order, ties, NULLs, filters, totals and cursors."""

import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import Request
from pydantic import BaseModel
from sqlalchemy import Boolean, Date, Integer, Text, column, select, values

from shared.actors import system_actor
from shared.errors import Invalid
from shared.web.cursors import InvalidCursor
from shared.web.filters import dates, flag, one_of, search
from shared.web.memory_paging import ORDER, MemoryListing
from shared.web.paging import Listing, Page
from tests.world import World

NAMES = ["甲（现状）", "甲(现状)楼", "ＡＢＣ厂", "abc库", "100%_达标", "乙", None, "乙"]
DRAWN = random.Random(7)
ROWS = [
    (n, NAMES[n % len(NAMES)], DRAWN.choice([None, 1, 2, 3]), DRAWN.choice([None, True, False]), None)
    for n in range(24)
]
TABLE = values(
    column("id", Integer), column("name", Text), column("rank", Integer), column("open", Boolean), column("on", Date),
    name="sample",
).data(ROWS)  # fmt: skip
LISTING = Listing(
    one_of("rank", TABLE.c.rank, int, "名次"),
    flag("open", TABLE.c.open, "公开"),
    dates("on", TABLE.c.on, "日期"),
    search("名称", TABLE.c.name),
    sorts={"id": TABLE.c.id, "name": TABLE.c.name, "rank": TABLE.c.rank},
    key=TABLE.c.id,
    default="id",
)
DEFAULTS = {"sort": "id", "limit": 200, "cursor": None, "include_total": False}
NO_FILTER: dict[str, Any] = {"rank": [], "open": None, "on_from": None, "on_to": None, "q": None}


def request(path: str = "/sample", **query: Any) -> Request:
    scope = {"type": "http", "path": path, "headers": [], "server": ("test", 80), "scheme": "http"}
    return Request({**scope, "query_string": urlencode(query, doseq=True).encode()})


async def page(world: World, **query: Any) -> Page[int]:
    asked = await LISTING(request(**query), **{**DEFAULTS, **NO_FILTER, **query})
    async with world.instances["intake"].database.session(system_actor("test")) as session:
        return await asked.page(session, select(TABLE), lambda row: int(row.id))


async def walk(world: World, **query: Any) -> list[int]:
    seen: list[int] = []
    found = await page(world, **query)
    while True:
        seen += found.items
        if found.next_cursor is None:
            return seen
        found = await page(world, **query, cursor=found.next_cursor)


def expected(name: str, *, descending: bool) -> list[int]:
    """Return the ids in order: NULLs last in both directions, ties by id in the direction of the sort."""
    place = {"id": 0, "name": 1, "rank": 2}[name]
    known = sorted((row for row in ROWS if row[place] is not None), key=lambda row: (row[place], row[0]))
    unknown = sorted((row for row in ROWS if row[place] is None), key=lambda row: row[0])
    parts = (known[::-1], unknown[::-1]) if descending else (known, unknown)
    return [row[0] for part in parts for row in part]


@pytest.mark.parametrize("name", ["id", "name", "rank"])
async def test_pages_of_every_size_follow_each_other_in_order(world: World, name: str) -> None:
    for descending in (False, True):
        sort = f"-{name}" if descending else name
        for limit in (1, 2, 5, 24, 200):
            assert await walk(world, sort=sort, limit=limit) == expected(name, descending=descending), (sort, limit)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"q": "(现状)"}, [0, 1, 8, 9, 16, 17]),
        ({"q": "（现状）"}, [0, 1, 8, 9, 16, 17]),
        ({"q": "abc"}, [2, 3, 10, 11, 18, 19]),
        ({"q": "ＡＢＣ"}, [2, 3, 10, 11, 18, 19]),  # noqa: RUF001
        ({"q": "%"}, [4, 12, 20]),
        ({"q": "0%_达"}, [4, 12, 20]),
        ({"q": "_"}, [4, 12, 20]),
        ({"q": "丙"}, []),
        ({"rank": [3]}, [row[0] for row in ROWS if row[2] == 3]),
        ({"rank": [1, 2]}, [row[0] for row in ROWS if row[2] in (1, 2)]),
        ({"open": True}, [row[0] for row in ROWS if row[3]]),
        ({"open": False}, [row[0] for row in ROWS if not row[3]]),
    ],
)
async def test_filters_hold_back_other_rows_and_the_total_counts_the_rest(
    world: World, query: Mapping[str, Any], ids: list[int]
) -> None:
    assert await walk(world, **query, limit=4) == ids
    assert (await page(world, **query, limit=1, include_total=True)).total == len(ids)
    assert (await page(world, **query, limit=1)).total is None


async def test_a_cursor_is_bound_to_path_filters_and_sort(world: World) -> None:
    cursor = (await page(world, limit=2, rank=[1, 2])).next_cursor
    assert (await page(world, limit=3, rank=[2, 1], cursor=cursor, include_total=True)).items
    for other in ({"rank": [1]}, {"rank": [1, 2], "sort": "-id"}, {"rank": [1, 2], "q": "甲"}, {}):
        with pytest.raises(InvalidCursor, match="去掉 cursor 从第一页读起") as caught:
            await page(world, **other, cursor=cursor)
        assert isinstance(caught.value, Invalid)
    with pytest.raises(InvalidCursor):
        await LISTING(request("/else", rank=[1, 2]), **{**DEFAULTS, **NO_FILTER, "rank": [1, 2], "cursor": cursor})


class Line(BaseModel):
    """A row that is made in memory."""

    id: str
    rank: int | None


@pytest.mark.parametrize("limit", [1, 3, 200])
@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("rank", "adbce"),
        ("-rank", "bdaec"),
        ("id", "abcde"),
        (ORDER, "edcba"),
        ("-" + ORDER, "abcde"),
    ],
)
async def test_lists_made_in_memory_follow_the_same_rule(sort: str, ids: str, limit: int) -> None:
    ranks = {"a": 1, "b": 2, "c": None, "d": 1, "e": None}
    listing = MemoryListing(Line, "rank", "id", ORDER, key="id", default="id")
    rows = [Line(id=name, rank=ranks[name]) for name in "edcba"]
    seen, cursor = "", None
    while True:
        asked = await listing(request(), sort=sort, limit=limit, cursor=cursor, include_total=True)
        found = asked.page(rows)
        seen += "".join(row.id for row in found.items)
        assert (found.total, found.limit, found.sort) == (5, limit, sort)
        if (cursor := found.next_cursor) is None:
            break
    assert seen == ids
