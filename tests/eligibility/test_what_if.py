"""Tests of what-if: changed parameters and readings over declarations and the library. 四（一）2, 二（四）"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import pytest

from deploy.demo.sample.generate import library, resources
from shared.contracts.intake import LibraryEntryChanged, ResourceRecorded
from shared.contracts.library import LibraryRow, ResourceRow
from tests.eligibility.fixtures import announce, facts, forward, with_component
from tests.world import World

SPACE = UUID("6f1c7a52-9d1b-4f0e-8f5f-1f2d3c4b5a69")


def entry(row: Mapping[str, Any], version: int = 1, **changed: Any) -> LibraryEntryChanged:
    kept = LibraryRow.model_validate({**row, **changed})
    key = uuid5(SPACE, kept.external_id)
    return LibraryEntryChanged(entry_id=key, version=version, change_reason=None, row=kept, district=kept.district)


def resource(row: Mapping[str, Any]) -> ResourceRecorded:
    kept = ResourceRow.model_validate(row)
    key = uuid5(SPACE, kept.external_id)
    return ResourceRecorded(resource_id=key, version=1, change_reason=None, row=kept, district=kept.district)


async def sample(world: World, *districts: str) -> Sequence[Mapping[str, Any]]:
    """Load the sample ledger and library of some districts; return the library rows."""
    await announce(world, *(resource(row) for code in districts for row in resources(7)[code]))
    rows = [row for code in districts for row in library(7)[code]]
    await announce(world, *(entry(row) for row in rows))
    return rows


async def what_if(world: World, status: int = 200, who: str = "city-officer-1", **body: Any) -> Any:
    return await world.post("eligibility", "/v1/what-if", who, body, status)


def count(found: Any, before: str, after: str) -> int:
    return next(int(cell["count"]) for cell in found["table"] if (cell["before"], cell["after"]) == (before, after))


async def test_a_lower_threshold_admits_a_small_building(world: World) -> None:
    declaration_id = await forward(world, with_component(facts(), renovated_area_m2="15000"))
    await forward(world, facts("factory"))
    found = await what_if(world, parameters={"building_renovated_area_m2": "10000"})
    assert (found["declarations"], found["library"]) == (2, 0)
    assert (count(found, "ineligible", "eligible"), count(found, "eligible", "eligible")) == (1, 1)
    (moved,) = found["gained"]["projects"]
    assert (moved["id"], moved["award_after_yuan"]) == (str(declaration_id), "30000000.00")
    assert found["lost"] == {"count": 0, "projects": []}
    assert found["before"] == {"certain_yuan": "30000000.00", "possible_yuan": "30000000.00", "unpriced": 0}
    assert found["after"] == {"certain_yuan": "60000000.00", "possible_yuan": "60000000.00", "unpriced": 0}
    assert [line["rule"] for line in found["touched"]] == ["building_renovated_area"]
    assert [line["rule"] for line in found["blocking_before"]] == ["building_renovated_area"]


async def test_undetermined_projects_widen_the_award_interval(world: World) -> None:
    await forward(world, facts())
    await forward(world, facts(drop=["surroundings_coordinated"]))
    found = await what_if(world, parameters={"building_grant_rate": "0.20"})
    assert found["after"] == {"certain_yuan": "50000000.00", "possible_yuan": "100000000.00", "unpriced": 0}
    assert found["touched"][0]["rule"] == "investment_grant"


async def test_the_library_is_assessed_with_facts_of_the_ledger(world: World) -> None:
    rows = await sample(world, "110105", "110106")
    found = await what_if(world, parameters={"building_renovated_area_m2": "5000", "factory_renovated_area_m2": "1000"})
    standing = [row for row in rows if row["left_on"] is None]
    assert found["library"] == len(standing) == sum(cell["count"] for cell in found["table"])
    assert found["gained"]["count"] == count(found, "ineligible", "eligible") + count(found, "undetermined", "eligible")
    assert found["gained"]["count"] > 0
    assert [line["district"] for line in found["by_district"]] == ["110105", "110106"]
    one = await what_if(world, parameters={"building_renovated_area_m2": "5000"}, districts=["110106"])
    assert one["library"] == sum(row["district"] == "110106" for row in standing)


@pytest.mark.clause("四（二）3")
async def test_a_district_is_assessed_by_its_own_standard(world: World) -> None:
    told = with_component(
        facts(), wholly_vacant=False, occupancy="0.35", district_tax_per_m2_yuan="300", function_mismatch=False
    )
    for code in ("110105", "110106"):
        await forward(world, told, district=code)
    standard = {
        "district": "110105", "parameter": "low_occupancy", "value": "0.50", "valid_from": "2024-01-01",
        "document_no": "示例区标准", "reason": "公布",
    }  # fmt: skip
    await world.post("eligibility", "/v1/district-standards", "110105-supervisor-1", standard, 201)
    found = await what_if(world, parameters={"low_occupancy": "0.40"})
    assert len(found["rulesets"]) == 2
    assert (count(found, "eligible", "eligible"), count(found, "undetermined", "eligible")) == (1, 1)


async def test_changed_or_removed_entries_show_at_once(world: World) -> None:
    row = next(row for row in library(7)["110105"] if row["left_on"] is None)
    await announce(world, entry(row))
    patch: dict[str, Any] = {"parameters": {"grant_cap_yuan": "1"}}
    assert (await what_if(world, **patch))["library"] == 1
    assert (await what_if(world, **patch))["library"] == 1
    await announce(world, entry(row, 2, left_on=row["entered_on"], leave_reason="项目终止"))
    assert (await what_if(world, **patch))["library"] == 0


async def test_a_declared_library_entry_is_assessed_once(world: World) -> None:
    row = next(row for row in library(7)["110105"] if row["left_on"] is None)
    event = entry(row)
    await announce(world, event)
    declaration_id = await forward(world, facts(), library_entry_id=event.entry_id)
    found = await what_if(world, parameters={"grant_cap_yuan": "1"})
    assert (found["declarations"], found["library"]) == (1, 0), declaration_id


async def test_a_reading_can_be_changed(world: World) -> None:
    await forward(world, facts("area"))
    found = await what_if(world, interpretations={"cap_scope": "category"})
    assert found["touched"][0]["rule"] == "investment_grant"


async def test_an_invalid_change_names_its_field(world: World) -> None:
    for body, pointer in (
        ({"parameters": {"no_such": "1"}}, "/body/parameters/no_such"),
        ({"parameters": {"supported_industries": "1"}}, "/body/parameters/supported_industries"),
        ({"parameters": {"grant_cap_yuan": ["a"]}}, "/body/parameters/grant_cap_yuan"),
        ({"interpretations": {"cap_scope": "none"}}, "/body/interpretations/cap_scope"),
        ({}, "/body"),
    ):
        assert (await what_if(world, 422, **body))["errors"][0]["pointer"] == pointer
    refusal = await what_if(world, 422, parameters={"grant_cap_yuan": "1"}, as_of="2023-07-15")
    assert refusal["code"] == "no_edition_in_force"
    await forward(world, facts())
    refusal = await what_if(world, 422, interpretations={"cap_scope": "component"})
    assert refusal["code"] == "not_for_tables"


async def test_only_a_city_officer_runs_what_if(world: World) -> None:
    await what_if(world, 403, "110105-officer-1", parameters={"grant_cap_yuan": "1"})
    await what_if(world, 403, "city-supervisor-1", parameters={"grant_cap_yuan": "1"})


async def test_what_if_changes_no_data(world: World) -> None:
    await forward(world, facts())
    await world.settle()
    before = await world.snapshot()
    await what_if(world, parameters={"grant_cap_yuan": "1"})
    assert await world.snapshot() == before
