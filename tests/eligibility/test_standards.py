"""Tests of district standards: publication, date of effect, visibility. 四（一）2"""

from datetime import date
from typing import Any

import pytest

from shared.contracts.facts import ProjectFacts
from tests.eligibility.fixtures import case_path, facts, forward, with_component
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2", "四（二）3")

STANDARD = {
    "district": "110105", "parameter": "low_occupancy", "value": "0.50", "valid_from": "2024-01-01",
    "document_no": "示例区低效楼宇认定标准", "reason": "落实四（一）2",
}  # fmt: skip
PATH = "/v1/district-standards"


def building_with_low_occupancy() -> ProjectFacts:
    """Return a building whose only ground is 35 % occupancy, which needs the district's threshold."""
    return with_component(
        facts(), wholly_vacant=False, occupancy="0.35", district_tax_per_m2_yuan="300", function_mismatch=False
    )


async def publish(world: World, who: str = "110105-supervisor-1", status: int = 201, **changed: Any) -> Any:
    return await world.post("eligibility", PATH, who, {**STANDARD, **changed}, status)


async def test_a_district_standard_decides_an_open_rule(world: World) -> None:
    declaration_id = await forward(world, building_with_low_occupancy())
    case = await world.get("eligibility", case_path(declaration_id), "city-officer-1")
    assert (case["decision"], "p.low_occupancy") == ("undetermined", case["current"]["missing"][0]["field"])
    assert case["current"]["missing"][0]["who"] == "district"
    await publish(world)
    body = {"reason": "朝阳区已公布认定标准"}
    case = await world.post("eligibility", case_path(declaration_id, "reassess"), "city-officer-1", body)
    assert (case["decision"], case["current"]["occasion"]) == ("eligible", "reassessed")
    sentence = next(one["sentence"] for one in case["current"]["findings"] if one["rule"] == "building_inefficient")
    assert "示例区低效楼宇认定标准" in sentence
    replayed = await world.get("eligibility", case_path(declaration_id, "replay"), "city-officer-1")
    assert replayed["equal"] is True


async def test_a_standard_applies_to_its_district_from_its_date(world: World) -> None:
    await publish(world, valid_from="2024-03-02")
    for district, accepted_on, expected in (
        ("110105", "2024-03-01", "undetermined"),
        ("110105", "2024-03-02", "eligible"),
        ("110106", "2024-03-02", "undetermined"),
    ):
        told = building_with_low_occupancy().model_copy(update={"accepted_on": date.fromisoformat(accepted_on)})
        declaration_id = await forward(world, told, district=district, accepted_on=told.accepted_on)
        case = await world.get("eligibility", case_path(declaration_id), "city-officer-1")
        assert case["decision"] == expected, (district, accepted_on)


async def test_an_earlier_record_is_unchanged_by_a_new_standard(world: World) -> None:
    await publish(world)
    declaration_id = await forward(world, building_with_low_occupancy())
    await publish(world, value="0.30")
    assert (await world.get("eligibility", case_path(declaration_id, "replay"), "city-officer-1"))["equal"] is True
    body = {"reason": "标准已调整"}
    case = await world.post("eligibility", case_path(declaration_id, "reassess"), "city-officer-1", body)
    assert case["decision"] == "ineligible"
    records = (await world.get("eligibility", case_path(declaration_id, "records"), "city-officer-1"))["items"]
    assert [one["decision"] for one in records] == ["eligible", "ineligible"]


async def test_the_same_standard_gives_the_same_rule_set_on_any_date(world: World) -> None:
    await publish(world)
    hashes = set()
    for accepted_on in ("2024-03-01", "2024-05-01"):
        told = building_with_low_occupancy().model_copy(update={"accepted_on": date.fromisoformat(accepted_on)})
        declaration_id = await forward(world, told, accepted_on=told.accepted_on)
        case = await world.get("eligibility", case_path(declaration_id), "city-officer-1")
        hashes.add(case["current"]["ruleset"])
    assert len(hashes) == 1


async def test_all_standards_are_listed(world: World) -> None:
    await publish(world)
    await publish(world, value="0.30", valid_from="2024-06-01")
    await publish(world, parameter="low_tax_yuan_per_m2", value="200")
    page = await world.get("eligibility", f"{PATH}?limit=2", "110105-officer-1")
    assert [(row["number"], row["value"]) for row in page["items"]] == [(1, "0.5"), (2, "0.3")]
    rest = await world.get("eligibility", f"{PATH}?limit=2&cursor={page['next_cursor']}", "city-officer-1")
    assert [(row["value"], row["unit"], row["set_by"]) for row in rest["items"]] == [
        ("200", "元/㎡", "110105-supervisor-1")
    ]
    assert (await world.get("eligibility", PATH, "110106-officer-1"))["items"] == []
    filtered = await world.get("eligibility", f"{PATH}?parameter=low_tax_yuan_per_m2&district=110105", "city-officer-1")
    assert len(filtered["items"]) == 1


async def test_only_the_own_district_supervisor_sets_a_standard(world: World) -> None:
    assert (await publish(world, "110106-supervisor-1", 403))["errors"][0]["pointer"] == "/body/district"
    await publish(world, "110105-officer-1", 403)


async def test_a_city_parameter_cannot_be_set_by_a_district(world: World) -> None:
    for changed, pointer in (
        ({"parameter": "building_renovated_area_m2"}, "/body/parameter"),
        ({"value": "1.01"}, "/body/value"),
        ({"value": "-1"}, "/body/value"),
        ({"valid_from": "1999-01-01"}, "/body/valid_from"),
        ({"document_no": ""}, "/body/document_no"),
    ):
        assert (await publish(world, status=422, **changed))["errors"][0]["pointer"] == pointer
