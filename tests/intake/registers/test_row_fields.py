"""Every field of a row alone makes a new version; other spellings of the same values do not (四（一）2)."""

from typing import Any

import pytest

from shared.contracts.library import LibraryComponent, LibraryRow, ResourceRow
from tests.intake.registers.full_rows import OTHER_PART, OTHER_PROJECT, OTHER_RESOURCE, PART, PROJECT, RESOURCE, ROADS
from tests.intake.sample_rows import OFFICER, push, push_projects
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

KEY = {"external_id", "district"}
Row = dict[str, Any]


def test_the_tables_name_every_field() -> None:
    assert set(OTHER_RESOURCE) == set(ResourceRow.model_fields) - KEY - {"quarter", "change_reason"}
    assert set(OTHER_PROJECT) == set(LibraryRow.model_fields) - KEY - {"quarter"}
    assert set(OTHER_PART) == set(LibraryComponent.model_fields)
    for row, model in ((RESOURCE, ResourceRow), (PROJECT, LibraryRow)):
        assert set(row) == set(model.model_fields)
    for row, other in ((RESOURCE, OTHER_RESOURCE), (PROJECT, OTHER_PROJECT), (PART, OTHER_PART)):
        assert [name for name, value in other.items() if row[name] == value] == []


def numbered(rows: list[Row]) -> list[Row]:
    return [row | {"external_id": f"N-{number}"} for number, row in enumerate(rows)]


def statuses(answer: Any) -> dict[str, int]:
    return {name: answer[name] for name in ("created", "updated", "unchanged", "refused")}


async def announced(world: World, kind: str) -> list[Any]:
    """Return the announced rows, in order of their key."""
    events = await world.events("intake", kind)
    rows = [(event["data"]["row"]["external_id"], event["data"]["version"], event["data"]["row"]) for event in events]
    return sorted(rows, key=lambda row: (int(row[0].removeprefix("N-")), row[1]))


async def test_each_field_of_a_resource_alone_makes_a_new_version(world: World) -> None:
    changed = [RESOURCE | {name: value, "change_reason": "更正"} for name, value in OTHER_RESOURCE.items()]
    many = len(changed)
    first = await push(world, numbered([RESOURCE] * many))
    assert statuses(first) == {"created": many, "updated": 0, "unchanged": 0, "refused": 0}
    again = await push(world, numbered(changed))
    assert statuses(again) == {"created": 0, "updated": many, "unchanged": 0, "refused": 0}
    said = await announced(world, "intake.resource_recorded.v1")
    wanted = zip(numbered([RESOURCE] * many), numbered(changed), strict=True)
    assert said == [(row["external_id"], version, row) for pair in wanted for version, row in enumerate(pair, 1)]
    listed = (await world.get("intake", "/v1/resources?limit=200", OFFICER))["items"]
    assert [item["row"] for item in listed] == numbered(changed)


PARTS = [PROJECT | {"components": [PART | {name: value}, ROADS]} for name, value in OTHER_PART.items()]


async def test_each_field_of_a_project_and_of_its_parts_alone_makes_a_new_version(world: World) -> None:
    changed = [PROJECT | {name: value} for name, value in OTHER_PROJECT.items()] + PARTS
    changed += [PROJECT | {"components": [PART]}]
    many = len(changed)
    first = await push_projects(world, numbered([PROJECT] * many))
    assert statuses(first) == {"created": many, "updated": 0, "unchanged": 0, "refused": 0}
    again = await push_projects(world, numbered(changed), reason="更正")
    assert statuses(again) == {"created": 0, "updated": many, "unchanged": 0, "refused": 0}
    said = await announced(world, "intake.library_entry_changed.v1")
    wanted = zip(numbered([PROJECT] * many), numbered(changed), strict=True)
    assert said == [(row["external_id"], version, row) for pair in wanted for version, row in enumerate(pair, 1)]
    listed = (await world.get("intake", "/v1/library-entries?limit=200", OFFICER))["items"]
    assert [item["row"] for item in listed] == numbered(changed)


SPELLINGS: dict[str, Row] = {
    "the same": {},
    "a reason alone": {"change_reason": "无变动"},
    "more zeros": {
        "land_area_m2": "9000.10",
        "gross_floor_area_m2": "26000.750000",
        "occupancy": "0.580000",
        "annual_district_tax_yuan": "3500000.2",
        "annual_energy_use_tce": "1234.5670",
    },
    "leading zeros": {"vacant_area_m2": "08000.5"},
    "spaces around texts": {
        "name": " 示例大厦 ",
        "street": "示例街道\u3000",
        "source_urls": [" https://example.org/1"],
    },
    "an older quarter": {"quarter": "2023Q4"},
}
SPELLINGS_OF_PROJECT: dict[str, Row] = {
    "the same": {},
    "more zeros": {
        "own_funds_yuan": "100000000.1",
        "pv_roof_share": "0.310",
        "components": [
            PART | {"renovated_area_m2": "21000.40", "planned_occupancy": "0.8500"},
            {"kind": "infrastructure", "fixed_investment_yuan": "4000000.7"},
        ],
    },
    "spaces around texts": {"project_name": "示例大厦改造 "},
    "an older quarter": {"quarter": "2023Q4"},
}


async def test_another_spelling_of_the_same_values_changes_nothing(world: World) -> None:
    for spellings, row, send in ((SPELLINGS, RESOURCE, push), (SPELLINGS_OF_PROJECT, PROJECT, push_projects)):
        await send(world, numbered([row] * len(spellings)))
        again = await send(world, numbered([row | spelled for spelled in spellings.values()]))
        assert {name: each["status"] for name, each in zip(spellings, again["rows"], strict=True)} == dict.fromkeys(
            spellings, "unchanged"
        )
    assert {version for _, version, _ in await announced(world, "intake.resource_recorded.v1")} == {1}


async def test_an_absent_field_is_an_unknown_one(world: World) -> None:
    known = {name: value for name, value in RESOURCE.items() if value is not None}
    nulls = [name for name, field in ResourceRow.model_fields.items() if field.default is None]
    unknown = {name: value for name, value in known.items() if name not in nulls}
    await push(world, [unknown])
    assert statuses(await push(world, [unknown | dict.fromkeys(nulls)]))["unchanged"] == 1
