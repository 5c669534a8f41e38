"""Every filter and sort column of every list: the rows it finds among three, and the order they come in."""

import csv
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.enumeration import filters_of, lists_of
from tests.intake import listed_rows
from tests.intake.listed_rows import OTHER_USCC, USCC, key
from tests.world import World

CITY = "city-officer-1"
Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Preparation and names of rows, rows by filter, order by sort column, and the default sort."""

    prepare: Callable[[World], Awaitable[str]]
    name_of: Callable[[Row], str]
    found: dict[str, str]
    orders: dict[str, str]
    default: str
    export: str = ""


def times(name: str, *names: str) -> dict[str, str]:
    """Return range filters over three instants, of the rows named in order of time; both ends belong to the range."""
    first, middle, last = names
    (at, before, after) = ("2024-03-05T11:30:00%2B08:00", "2024-03-05T11:29:59%2B08:00", "2024-03-05T11:30:01%2B08:00")
    return {
        f"{name}_from={at}": middle + last,
        f"{name}_from={after}": last,
        f"{name}_to={at}": first + middle,
        f"{name}_to={before}": first,
        f"{name}_from={at}&{name}_to={at}": middle,
    }


def changes(*names: str) -> dict[str, str]:
    """Return filters over the last change of rows that changed on 4 (if at all), 6 and 7 March."""
    at, after = "2024-03-06T11:30:00%2B08:00", "2024-03-06T11:30:01%2B08:00"
    first, middle, last = names
    return {
        f"changed_at_from={at}": middle + last,
        f"changed_at_from={after}": last,
        f"changed_at_to={at}": first + middle,
        f"updated_since={at}": middle + last,
        f"updated_since={after}": last,
    }


VERSIONS = {"quarter=2023Q4": "A", "quarter=2024Q1": "BC"} | times("recorded_at", "A", "B", "C")
TABLES = {
    "list_resources": Table(
        listed_rows.resources,
        lambda row: str(row["external_id"]),
        {
            "district=110105": "A",
            "district=110106": "BC",
            "kind=warehouse": "C",
            "kind=warehouse&kind=office_building": "ABC",
            "status=planned": "B",
            "type=area_package": "C",
            "type=old_factory": "B",
            "quarter=2023Q4": "C",
            "simulated=true": "AB",
            "simulated=false": "C",
            "q=z%E6%A5%BC": "C",
            "q=b": "B",
            "q=%E9%95%BF%E5%AE%89": "A",
            "district=110106&kind=office_building": "B",
        }
        | changes("C", "B", "A"),
        {
            "id": "CAB",
            "name": "BAC",
            "external_id": "ABC",
            "district": "ACB",
            "gross_floor_area_m2": "BCA",
            "planned_type": "CBA",
            "changed_at": "CBA",
        },
        "id",
        "/v1/resources.csv",
    ),
    "list_library_entries": Table(
        listed_rows.entries,
        lambda row: str(row["external_id"]),
        {
            "district=110105": "A",
            "status=left": "B",
            "status=in_library": "AC",
            "apart=false": "ABC",
            "type=area_package": "B",
            "type=inefficient_building": "AC",
            "support_mode=interest_subsidy": "C",
            "support_mode=investment_grant": "B",
            f"entity_uscc={OTHER_USCC}": "C",
            "project_code=2401-110105-04-01-000001": "B",
            "simulated=true": "AB",
            "simulated=false": "C",
            "q=z%E9%A1%B9": "C",
            "q=b": "B",
        }
        | changes("C", "B", "A"),
        {
            "id": "CAB",
            "name": "BAC",
            "external_id": "ABC",
            "district": "ACB",
            "fixed_investment_yuan": "BCA",
            "renovated_area_m2": "CAB",
            "changed_at": "CBA",
        },
        "id",
        "/v1/library-entries.csv",
    ),
    "list_resource_versions": Table(
        listed_rows.resource_versions,
        lambda row: str(row["row"]["name"]),
        VERSIONS,
        {"version": "ABC", "recorded_at": "ABC"},
        "-version",
    ),
    "list_library_entry_versions": Table(
        listed_rows.entry_versions,
        lambda row: str(row["row"]["project_name"]),
        VERSIONS,
        {"version": "ABC", "recorded_at": "ABC"},
        "-version",
    ),
    "list_quarters": Table(
        listed_rows.quarters,
        lambda row: {key(name): name for name in "ABC"}[row["id"]],
        {
            "quarter=2023Q4": "A",
            "quarter=2023Q4&quarter=2024Q1": "AC",
            "district=110106": "BC",
            "status=prepared": "B",
            "status=certified": "AC",
            "late=true": "C",
            "late=false": "AB",
            "due_on_from=2024-03-02": "AB",
            "due_on_from=2024-03-03": "A",
            "due_on_to=2024-03-02": "BC",
        },
        {"quarter": "BAC", "district": "ACB", "due_on": "CBA", "certified_at": "ACB"},
        "-quarter",
    ),
    "list_declarations": Table(
        listed_rows.declarations,
        lambda row: str(row["project_name"])[2],
        {
            "district=110105": "A",
            "stage=accepted": "A",
            "stage=accepted&stage=forwarded": "AB",
            "project_type=old_factory": "C",
            f"applicant_uscc={USCC}": "AB",
            "project_code=2401-110105-04-01-000002": "B",
            "submitted_on_from=2024-03-05": "BC",
            "submitted_on_to=2024-03-05": "AB",
            "received_on_from=2024-04-02": "B",
            "received_on_to=2024-04-01": "A",
            "due_on_from=2024-04-05": "A",
            "due_on_to=2024-04-03": "B",
            "updated_at_from=2024-03-08T11:30:00%2B08:00": "AC",
            "updated_at_to=2024-03-08T11:30:00%2B08:00": "BC",
            "updated_since=2024-03-08T11:30:01%2B08:00": "A",
            "updated_since=2024-03-08T11:30:00%2B08:00": "AC",
            "q=m": "C",
            "q=sb-3": "B",
            "q=%E4%B8%99%E5%85%AC%E5%8F%B8": "A",
            "q=%E9%95%BF%E5%AE%89": "A",
        },
        {
            "id": "CAB",
            "declaration_no": "CBA",
            "project_name": "ACB",
            "district": "ACB",
            "submitted_on": "ABC",
            "due_on": "BAC",
            "updated_at": "BCA",
        },
        "-id",
    ),
    "list_materials": Table(
        listed_rows.materials,
        lambda row: str(row["filename"])[0],
        {
            "history=false": "AC",
            "history=false&kind=credit_report": "",
            "kind=site_photos": "C",
            "kind=area_survey": "A",
        }
        | times("uploaded_at", "B", "C", "A"),
        {"id": "CAB", "kind": "ABC", "uploaded_at": "BCA"},
        "id",
    ),
    "list_corrections": Table(
        listed_rows.corrections,
        lambda row: "CAB"[row["round"] - 1],
        {"by_city=true": "A", "by_city=false": "BC"},
        {"id": "CAB", "returned_at": "BCA", "correct_by": "ABC"},
        "id",
    ),
    "list_fund_programmes": Table(
        listed_rows.programmes,
        lambda row: str(row["note"]),
        {"q=z": "A", "q=%E4%B8%99": "B"},
        {"name": "BCA", "added_at": "ABC"},
        "name",
    ),
    "list_other_funds": Table(
        listed_rows.funds,
        lambda row: str(row["entity_name"])[0],
        {
            f"programme_id={key('B')}": "BC",
            "district=110106": "BC",
            "project_code=2401-110105-04-01-000001": "A",
            f"entity_uscc={OTHER_USCC}": "C",
            "funded_on_from=2024-02-02": "BC",
            "funded_on_to=2024-02-02": "AB",
            "q=c": "C",
            "q=%E9%95%BF%E5%AE%89": "B",
        },
        {"id": "CAB", "funded_on": "ABC", "amount_yuan": "BCA"},
        "-id",
    ),
}
BACKWARD = {
    ("list_resources", "planned_type"): "BCA",
    ("list_quarters", "certified_at"): "CAB",
    ("list_declarations", "due_on"): "ABC",
}
"""Descending orders of columns that are empty in a row, which comes last; all others are the reverse."""
HISTORY = {"list_materials": "history=true&"}
ELSEWHERE = {
    "list_api_keys",
    "list_acts",
    "list_agents",
    "list_people",
    "list_attachments",
    "list_figures",
    "list_figure_batches",
    "list_figure_uses",
}
"""Lists of every service, with tests of their own."""


def test_every_filter_and_sort_column_is_in_a_table() -> None:
    named = {
        (name, pair.split("=")[0]) for name, table in TABLES.items() for each in table.found for pair in each.split("&")
    }
    assert named == {pair for pair in filters_of("intake") if pair[0] not in ELSEWHERE}
    for name, table in TABLES.items():
        declared = [getattr(each.call, "sorts", {}) for each in lists_of("intake")[name].dependant.dependencies]
        assert set(table.orders) == {column for sorts in declared for column in sorts}, name


@pytest.mark.parametrize("name", TABLES)
async def test_each_filter_finds_its_rows_and_each_sort_orders_them(world: World, name: str) -> None:
    table = TABLES[name]
    path = await table.prepare(world)

    async def answered(query: str) -> str:
        history = "" if "history" in query else HISTORY.get(name, "")
        items = (await world.get("intake", f"{path}?{history}{query}", CITY))["items"]
        return "".join(map(table.name_of, items))

    found = {query: "".join(sorted(rows)) for query, rows in table.found.items()}
    assert {query: "".join(sorted(await answered(query))) for query in found} == found
    assert {sort: await answered(f"sort={sort}") for sort in table.orders} == table.orders
    backward = {sort: BACKWARD.get((name, sort), order[::-1]) for sort, order in table.orders.items()}
    assert {sort: await answered(f"sort=-{sort}") for sort in table.orders} == backward
    unsorted = await world.get("intake", f"{path}?{HISTORY.get(name, '')}", CITY)
    assert (unsorted["sort"], await answered("")) == (table.default, await answered(f"sort={table.default}"))
    if table.export:
        assert {query: await exported(world, table.export, query) for query in found} == found


async def exported(world: World, path: str, query: str) -> str:
    """Return the rows of an export in the order of their names."""
    answer = await world.call("intake", "GET", f"{path}?{query}", CITY, status=200)
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    return "".join(sorted(row["区系统记录编号"] for row in rows))
