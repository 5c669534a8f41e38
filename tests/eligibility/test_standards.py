"""A district's own criterion: published by its supervisor, dated, read from that day on. 四（一）2"""

from datetime import date
from typing import Any

from shared.contracts.facts import ProjectFacts
from tests.eligibility.cases import at, facts, forward, with_part
from tests.world import World

STANDARD = {
    "district": "110105", "parameter": "low_occupancy", "value": "0.50", "valid_from": "2024-01-01",
    "document_no": "示例区低效楼宇认定标准", "reason": "落实四（一）2",
}  # fmt: skip
PATH = "/v1/district-standards"


def barely_used() -> ProjectFacts:
    """A building whose only ground is an occupancy of 35 %: open until the district says what is low."""
    return with_part(
        facts(), wholly_vacant=False, occupancy="0.35", district_tax_per_m2_yuan="300", function_mismatch=False
    )


async def publish(world: World, who: str = "110105-supervisor-1", status: int = 201, **changed: Any) -> Any:
    return await world.post("eligibility", PATH, who, {**STANDARD, **changed}, status)


async def test_a_districts_criterion_settles_what_was_open(world: World) -> None:
    declaration_id = await forward(world, barely_used())
    case = await world.get("eligibility", at(declaration_id), "city-officer-1")
    assert (case["decision"], "p.low_occupancy") == ("undetermined", case["current"]["missing"][0]["field"])
    assert case["current"]["missing"][0]["who"] == "district"
    await publish(world)
    body = {"reason": "朝阳区已公布认定标准"}
    case = await world.post("eligibility", at(declaration_id, "reassess"), "city-officer-1", body)
    assert (case["decision"], case["current"]["occasion"]) == ("eligible", "reassessed")
    sentence = next(one["sentence"] for one in case["current"]["findings"] if one["rule"] == "building_inefficient")
    assert "示例区低效楼宇认定标准" in sentence
    replayed = await world.get("eligibility", at(declaration_id, "replay"), "city-officer-1")
    assert replayed["equal"] is True


async def test_a_criterion_binds_its_own_district_from_its_day_on(world: World) -> None:
    await publish(world, valid_from="2024-03-02")
    for district, accepted_on, expected in (
        ("110105", "2024-03-01", "undetermined"),
        ("110105", "2024-03-02", "eligible"),
        ("110106", "2024-03-02", "undetermined"),
    ):
        told = barely_used().model_copy(update={"accepted_on": date.fromisoformat(accepted_on)})
        declaration_id = await forward(world, told, district=district, accepted_on=told.accepted_on)
        case = await world.get("eligibility", at(declaration_id), "city-officer-1")
        assert case["decision"] == expected, (district, accepted_on)


async def test_an_earlier_record_stands_when_the_criterion_changes(world: World) -> None:
    await publish(world)
    declaration_id = await forward(world, barely_used())
    await publish(world, value="0.30")
    assert (await world.get("eligibility", at(declaration_id, "replay"), "city-officer-1"))["equal"] is True
    body = {"reason": "标准已调整"}
    case = await world.post("eligibility", at(declaration_id, "reassess"), "city-officer-1", body)
    assert case["decision"] == "ineligible"
    records = (await world.get("eligibility", at(declaration_id, "records"), "city-officer-1"))["items"]
    assert [one["decision"] for one in records] == ["eligible", "ineligible"]


async def test_the_same_criterion_gives_the_same_rule_set_on_any_day(world: World) -> None:
    await publish(world)
    hashes = set()
    for accepted_on in ("2024-03-01", "2024-05-01"):
        told = barely_used().model_copy(update={"accepted_on": date.fromisoformat(accepted_on)})
        declaration_id = await forward(world, told, accepted_on=told.accepted_on)
        case = await world.get("eligibility", at(declaration_id), "city-officer-1")
        hashes.add(case["current"]["ruleset"])
    assert len(hashes) == 1


async def test_every_standard_ever_set_is_listed(world: World) -> None:
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


async def test_a_district_speaks_for_itself_and_through_its_supervisor(world: World) -> None:
    assert (await publish(world, "110106-supervisor-1", 403))["errors"][0]["pointer"] == "/body/district"
    await publish(world, "110105-officer-1", 403)


async def test_a_number_the_city_sets_is_not_the_districts(world: World) -> None:
    for changed, pointer in (
        ({"parameter": "building_renovated_area_m2"}, "/body/parameter"),
        ({"value": "1.01"}, "/body/value"),
        ({"value": "-1"}, "/body/value"),
        ({"valid_from": "1999-01-01"}, "/body/valid_from"),
        ({"document_no": ""}, "/body/document_no"),
    ):
        assert (await publish(world, status=422, **changed))["errors"][0]["pointer"] == pointer
