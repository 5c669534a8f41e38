"""Filters over a table of their own: rows on, before and after each bound, empty columns, and refused values."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Boolean, Date, DateTime, Integer, Text, column, select, values

from shared.actors import system_actor
from shared.days import Moment
from shared.web.filters import Filter, between, dates, flag, moments, one_of, search, since
from shared.web.idempotency import ReadSession
from shared.web.paging import FilterSet, Listing, Page, PageRequest
from shared.web.parameters import KnownParametersRoute
from tests.shared.web.test_foundation import small_service
from tests.world import World

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROWS = [
    (1, date(2024, 2, 29), NOON - SECOND, 5, "a", "甲", True),
    (2, date(2024, 3, 1), NOON, 6, "b", "A%_b", False),
    (3, date(2024, 3, 2), NOON + SECOND, 7, "b", None, None),
    (4, None, None, None, None, "\uff46\uff55\uff4c\uff4c width", True),
]
TABLE = values(
    column("id", Integer), column("on", Date), column("at", DateTime(timezone=True)), column("size", Integer),
    column("kind", Text), column("name", Text), column("open", Boolean), name="sample",
).data(ROWS)  # fmt: skip
AT_NOON_IN_BEIJING = NOON.astimezone(timezone(timedelta(hours=8)))
ASKED: list[tuple[Filter, dict[str, Any], list[int]]] = [
    (dates("on", TABLE.c.on, "日期"), {"on_from": date(2024, 3, 1)}, [2, 3]),
    (dates("on", TABLE.c.on, "日期"), {"on_to": date(2024, 3, 1)}, [1, 2]),
    (dates("on", TABLE.c.on, "日期"), {"on_from": date(2024, 3, 1), "on_to": date(2024, 3, 1)}, [2]),
    (dates("on", TABLE.c.on, "日期"), {"on_from": date(2024, 3, 2), "on_to": date(2024, 3, 1)}, []),
    (dates("on", TABLE.c.on, "日期"), {}, [1, 2, 3, 4]),
    (moments("at", TABLE.c.at, "时间"), {"at_from": AT_NOON_IN_BEIJING}, [2, 3]),
    (moments("at", TABLE.c.at, "时间"), {"at_to": AT_NOON_IN_BEIJING}, [1, 2]),
    (since("updated_since", TABLE.c.at, "时间"), {"updated_since": NOON}, [2, 3]),
    (since("updated_since", TABLE.c.at, "时间"), {"updated_since": NOON + SECOND}, [3]),
    (since("updated_since", TABLE.c.at, "时间"), {}, [1, 2, 3, 4]),
    (between("size", TABLE.c["size"], int, "大小"), {"size_from": 6}, [2, 3]),
    (between("size", TABLE.c["size"], int, "大小"), {"size_to": 6}, [1, 2]),
    (between("size", TABLE.c["size"], int, "大小"), {"size_from": 0}, [1, 2, 3]),
    (one_of("kind", TABLE.c.kind, str, "种类"), {"kind": ["a"]}, [1]),
    (one_of("kind", TABLE.c.kind, str, "种类"), {"kind": ["a", "b"]}, [1, 2, 3]),
    (one_of("kind", TABLE.c.kind, str, "种类"), {"kind": []}, [1, 2, 3, 4]),
    (flag("open", TABLE.c.open, "公开"), {"open": True}, [1, 4]),
    (flag("open", TABLE.c.open, "公开"), {"open": False}, [2, 3]),
    (flag("open", TABLE.c.open, "公开"), {}, [1, 2, 3, 4]),
    (search("名称", TABLE.c.name, TABLE.c.kind), {"q": "B"}, [2, 3]),
    (search("名称", TABLE.c.name), {"q": "B"}, [2]),
    (search("名称", TABLE.c.name), {"q": "FULL"}, [4]),
    (search("名称", TABLE.c.name), {"q": "%_"}, [2]),
    (search("名称", TABLE.c.name), {}, [1, 2, 3, 4]),
]


async def test_each_filter_chooses_its_rows(world: World) -> None:
    async with world.instances["intake"].database.session(system_actor("test")) as session:
        for chosen, given, ids in ASKED:
            names = {parameter.name: parameter.default for parameter in chosen.parameters}
            condition = chosen.condition({**names, **given})
            query = select(TABLE.c.id).order_by(TABLE.c.id)
            if condition is not None:
                query = query.where(condition)
            assert list((await session.scalars(query)).all()) == ids, (sorted(names), given)


@pytest.mark.parametrize(
    ("moment", "valid"),
    [
        ("2000-01-01T00:00:00Z", True),
        ("1999-12-31T23:59:59Z", False),
        ("2200-01-01T08:00:00+08:00", True),
        ("2200-01-01T00:00:00.000001Z", False),
        ("2024-03-01T00:00:00", False),
        ("2024-03-01", False),
    ],
)
def test_a_moment_has_its_zone_and_lies_in_these_two_centuries(moment: str, *, valid: bool) -> None:
    adapter: TypeAdapter[datetime] = TypeAdapter(Moment)
    if valid:
        assert adapter.validate_python(moment) == datetime.fromisoformat(moment)
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(moment)


LISTING = Listing(
    one_of("kind", TABLE.c.kind, str, "种类"),
    dates("on", TABLE.c.on, "日期"),
    search("名称", TABLE.c.name),
    sorts={"id": TABLE.c.id, "kind": TABLE.c.kind},
    key=TABLE.c.id,
    default="-id",
)
FILTERS = FilterSet(LISTING)


def rows() -> APIRouter:
    router = APIRouter(route_class=KnownParametersRoute)

    @router.get("/rows", response_model=None)
    async def list_rows(session: ReadSession, asked: PageRequest = Depends(LISTING)) -> Page[int]:
        return await asked.page(session, select(TABLE), lambda row: int(row.id))

    @router.get("/rows.csv", response_model=None)
    async def export(session: ReadSession, conditions: Any = Depends(FILTERS)) -> list[int]:
        return list((await session.scalars(select(TABLE.c.id).where(*conditions))).all())

    return router


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"items": [4, 3, 2, 1], "limit": 50, "sort": "-id", "total": None, "next_cursor": None}),
        ("limit=200&include_total=true", {"items": [4, 3, 2, 1], "limit": 200, "total": 4}),
        ("limit=1&include_total=true&kind=b", {"items": [3], "limit": 1, "total": 2}),
        ("kind=a&kind=b&sort=kind", {"items": [1, 2, 3], "sort": "kind"}),
        ("on_from=2024-03-01&on_to=2024-03-01", {"items": [2]}),
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("sort=name", "/query/sort"),
        ("sort=--id", "/query/sort"),
        ("include_total=2", "/query/include_total"),
        ("cursor=" + "x" * 2001, "/query/cursor"),
        ("cursor=x", "/query/cursor"),
        ("q=", "/query/q"),
        ("q=" + "x" * 201, "/query/q"),
        ("&".join(["kind=a"] * 51), "/query/kind"),
        ("&".join(["kind=a"] * 50), {"items": [1]}),
    ],
)
async def test_what_a_list_answers_and_refuses(world: World, query: str, expected: Any) -> None:
    async with small_service(world, rows()) as client:
        answer = await client.get(f"/rows?{query}")
    body = answer.json()
    if isinstance(expected, str):
        assert (answer.status_code, body["errors"][0]["pointer"]) == (422, expected)
    else:
        assert {name: body[name] for name in expected} == expected


async def test_a_cursor_goes_on_with_another_limit_and_total_but_not_with_another_filter_or_sort(world: World) -> None:
    async with small_service(world, rows()) as client:
        first = (await client.get("/rows?limit=1&kind=a&kind=b")).json()
        on = f"cursor={first['next_cursor']}"
        following = (await client.get(f"/rows?{on}&limit=2&kind=b&kind=a&include_total=true&sort=-id")).json()
        assert (first["items"], following["items"], following["total"]) == ([3], [2, 1], 3)
        for other in ("kind=b", "kind=a&kind=b&q=x", "kind=a&kind=b&sort=id", "kind=a&kind=b&sort=-kind"):
            assert (await client.get(f"/rows?{on}&{other}")).json()["code"] == "invalid_cursor", other


async def test_an_export_has_the_filters_of_its_list(world: World) -> None:
    async with small_service(world, rows()) as client:
        for query, ids in (("", [1, 2, 3, 4]), ("kind=b", [2, 3]), ("on_to=2024-02-29", [1]), ("q=full", [4])):
            assert sorted((await client.get(f"/rows.csv?{query}")).json()) == ids
