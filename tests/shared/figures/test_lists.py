"""Every filter and sort column of the lists of dated figures: the rows it finds, and the order they come in."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services import SERVICES
from tests.enumeration import filters_of, lists_of
from tests.shared.figures.batches import AUTHOR, listed
from tests.world import World

BATCHES, USES = "/v1/series/batches", "/v1/series/uses"
IDS = {name: UUID(int=number) for number, name in enumerate("ABC", 1)}
DECIDED = {"decided_at": datetime(2024, 3, 8, tzinfo=UTC), "decided_by": "x", "decided_by_name": "x"}
ROWS: dict[str, dict[str, Any]] = {
    "A": {"kind": "factor", "origin": "package", "status": "withdrawn", **DECIDED},
    "B": {"kind": "lpr", "origin": "imported", "status": "returned", **DECIDED},
    "C": {"kind": "calendar", "origin": "entered", "status": "proposed"},
}
DAYS = {"A": 4, "B": 6, "C": 5}
AT, AFTER = "2024-03-05T08:00:00%2B08:00", "2024-03-05T08:00:01%2B08:00"
FOUND = {
    BATCHES: {
        "kind=lpr": "B",
        "kind=lpr&kind=factor": "BA",
        "status=proposed": "C",
        "origin=package": "A",
        "sort=entered_at": "ACB",
        "sort=-entered_at": "BCA",
        "": "BCA",
    },
    USES: {
        f"case_id={IDS['B']}": "B",
        "figure=lpr/1Y/B/1": "B",
        "figure=lpr/1Y/2024/1": "BCA",
        f"at_from={AT}": "BC",
        f"at_from={AFTER}": "B",
        f"at_to={AT}": "CA",
        "sort=at": "ACB",
        "sort=-at": "BCA",
        "": "BCA",
    },
}
IN_MEMORY = {("list_figures", name) for name in ("kind", "key", "on", "versions")}


@pytest.mark.parametrize("service", SERVICES)
def test_every_filter_is_asked(service: str) -> None:
    names = {each: lists_of(service)[each].path for each in ("list_figure_batches", "list_figure_uses")}
    asked = {
        (name, pair.split("=")[0])
        for name, path in names.items()
        for query in FOUND[path]
        for pair in query.split("&")
        if query and not query.startswith("sort")
    }
    of_figures = {pair for pair in filters_of(service) if pair[0] in {*names, "list_figures", "list_affected_cases"}}
    assert of_figures == asked | IN_MEMORY


async def prepare(world: World) -> None:
    about = {"figures": "[]", "bases": [], "document_title": "公告", "reason": "x", "entered_by": "x"}
    for name, row in ROWS.items():
        at = datetime(2024, 3, DAYS[name], tzinfo=UTC)
        entered = {"id": IDS[name], "entered_by_name": "x", "entered_at": at}
        await write(world, "series_batch", **about, **entered, **row)
        used = [f"lpr/1Y/{name}/1", "lpr/1Y/2024/1"]
        await write(world, "series_use", case_id=IDS[name], district="110000", act="x", at=at, figures=used)


async def write(world: World, table: str, **fields: Any) -> None:
    places = ", ".join(f"${number}" for number, _ in enumerate(fields, 1))
    statement = f"INSERT INTO funding.{table} ({', '.join(fields)}) VALUES ({places})"
    await world.database.admin.execute(statement, *fields.values())


async def test_each_filter_finds_its_rows_and_each_sort_orders_them(world: World) -> None:
    await prepare(world)
    names = {str(each): name for name, each in IDS.items()}
    for path, found in FOUND.items():
        key = "case_id" if path == USES else "id"
        answers = {query: (await world.get("funding", f"{path}?{query}", AUTHOR))["items"] for query in found}
        assert {query: "".join(names[row[key]] for row in rows) for query, rows in answers.items()} == found


async def test_batches_come_in_the_order_of_their_numbers_those_without_last(world: World) -> None:
    await prepare(world)
    confirmed = {"status": "confirmed", **DECIDED}
    for name, number in (("C", 2), ("A", 1)):
        values = {**confirmed, "number": number}
        places = ", ".join(f"{field} = ${place}" for place, field in enumerate(values, 2))
        await world.database.admin.execute(
            f"UPDATE funding.series_batch SET {places} WHERE id = $1", IDS[name], *values.values()
        )
    names = {str(each): name for name, each in IDS.items()}
    for sort, order in (("number", "ACB"), ("-number", "CAB")):
        rows = (await world.get("funding", f"{BATCHES}?sort={sort}", AUTHOR))["items"]
        assert "".join(names[row["id"]] for row in rows) == order, sort


async def test_figures_are_found_by_kind_key_and_day(world: World) -> None:
    kinds = {row["kind"] for row in await listed(world, "funding")}
    assert kinds > {"lpr"}
    of_a_year = await listed(world, "funding", kind="lpr", key="1Y", sort="valid_from")
    days = [row["valid_from"] for row in of_a_year]
    assert {(row["kind"], row["key"]) for row in of_a_year} == {("lpr", "1Y")}
    assert days == sorted(days)
    backward = await listed(world, "funding", kind="lpr", key="1Y", sort="-name")
    assert [row["name"] for row in backward] == sorted((row["name"] for row in of_a_year), reverse=True)
    (then,) = await listed(world, "funding", kind="lpr", key="1Y", on=days[1])
    assert then["valid_from"] == days[1]
