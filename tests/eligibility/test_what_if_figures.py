"""Every figure of a what-if answer, the projects that it counts, and inputs that change between two runs. 四（一）2"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.eligibility.rules.code_lists import STAGES
from tests.eligibility.stored_rows import in_ledger, in_library, key, review, standard, store, told
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2", "二（四）1")
CAP = {"parameters": {"grant_cap_yuan": "1"}}
GROUND_OPEN: dict[str, Any] = {"wholly_vacant": False, "district_tax_per_m2_yuan": "300", "function_mismatch": False}


async def what_if(world: World, **body: Any) -> Any:
    return await world.post("eligibility", "/v1/what-if", "city-officer-1", body)


def building(area: str, investment: str, planned: str = "0.85", drop: tuple[str, ...] = ()) -> dict[str, Any]:
    return told(drop, renovated_area_m2=area, fixed_investment_yuan=investment, planned_occupancy=planned)


def awards(eligible: int, undetermined: int, certain: str, possible: str) -> dict[str, Any]:
    return {
        "eligible": eligible, "undetermined": undetermined, "certain_yuan": f"{certain}.00",
        "possible_yuan": f"{possible}.00", "unpriced": 0,
    }  # fmt: skip


async def test_every_figure_of_the_answer(world: World) -> None:
    await store(
        world,
        review(1, "110105", facts=building("26000", "300000000.00")),
        review(2, "110106", facts=building("15000", "100000000.00")),
        review(3, "110106", facts=building("26000", "50000000.00", drop=("surroundings_coordinated",))),
        in_library(4, building("26000", "70000000.00", "0.81"), "110106"),
        in_library(5, building("9000", "40000000.00"), "110105"),
    )
    changed = {"building_renovated_area_m2": "10000", "building_occupancy": "0.82", "building_grant_rate": "0.20"}
    found = await what_if(world, parameters=changed)
    (ruleset,) = found.pop("rulesets")
    assert len(ruleset) == 64
    cells = {(cell.pop("before"), cell.pop("after")): cell for cell in found.pop("table")}
    answers = ("eligible", "ineligible", "undetermined")
    assert list(cells) == [(old, new) for old in answers for new in answers]
    counted = {
        ("eligible", "eligible"): (1, "30000000.00", "50000000.00"),
        ("eligible", "ineligible"): (1, "7000000.00", "14000000.00"),
        ("ineligible", "eligible"): (1, "10000000.00", "20000000.00"),
        ("ineligible", "ineligible"): (1, "4000000.00", "8000000.00"),
        ("undetermined", "undetermined"): (1, "5000000.00", "10000000.00"),
    }
    for pair, cell in cells.items():
        assert tuple(cell.values()) == counted.get(pair, (0, "0.00", "0.00")), pair
    area = {"rule": "building_renovated_area", "clause": "二（一）1", "label": "楼宇改造面积超过下限"}
    occupancy = {"rule": "building_occupancy", "clause": "二（三）1", "label": "楼宇入驻率承诺达到目标"}
    assert found == {
        "as_of": "2024-03-01", "edition": "2023", "declarations": 3, "library": 2,
        "touched": [
            area, occupancy,
            {"rule": "building_occupancy_result", "clause": "二（三）1", "label": "楼宇入驻率达到目标"},
            {"rule": "investment_grant", "clause": "二（四）1", "label": "投资补助"},
        ],
        "gained": {"count": 1, "projects": [{
            "id": str(key(2)), "origin": "declaration", "project_name": "申报2", "district": "110106",
            "before": "ineligible", "after": "eligible", "award_before_yuan": "10000000.00",
            "award_after_yuan": "20000000.00",
        }]},
        "lost": {"count": 1, "projects": [{
            "id": str(key(4)), "origin": "library", "project_name": "储备4", "district": "110106",
            "before": "eligible", "after": "ineligible", "award_before_yuan": "7000000.00",
            "award_after_yuan": "14000000.00",
        }]},
        "before": {"certain_yuan": "37000000.00", "possible_yuan": "42000000.00", "unpriced": 0},
        "after": {"certain_yuan": "70000000.00", "possible_yuan": "80000000.00", "unpriced": 0},
        "by_district": [
            {"district": "110105", "before": awards(1, 0, "30000000", "30000000"),
             "after": awards(1, 0, "50000000", "50000000")},
            {"district": "110106", "before": awards(1, 1, "7000000", "12000000"),
             "after": awards(1, 1, "20000000", "30000000")},
        ],
        "blocking_before": [{**area, "refused": 2, "alone": 2}],
        "blocking_after": [{**area, "refused": 1, "alone": 1}, {**occupancy, "refused": 1, "alone": 1}],
    }  # fmt: skip


async def test_reviews_under_way_and_entries_that_have_not_left_are_counted_once(world: World) -> None:
    await store(
        world,
        *(review(number, stage=stage) for number, stage in enumerate(STAGES, 1)),
        in_library(20, told()),
        in_library(21, told(), left_on=date(2024, 2, 1)),
        in_library(22, told()),
        in_library(23, told()),
        review(30, project={"library_entry_id": str(key(22))}),
        review(31, stage="closed", project={"library_entry_id": str(key(23))}),
    )
    found = await what_if(world, **CAP, districts=["110105"])
    assert (found["declarations"], found["library"]) == (4, 2)
    stages = {"in_review", "passed", "in_pool"}
    counted = [number for number, stage in enumerate(STAGES, 1) if stage in stages]
    lost = (await what_if(world, parameters={"building_occupancy": "0.81"}))["lost"]["projects"]
    assert [project["id"] for project in lost] == [str(key(number)) for number in (*counted, 30, 20, 23)]


async def test_the_construction_status_confirmed_on_receipt_counts(world: World) -> None:
    await store(world, review(1, construction_status="completed"), review(2, construction_status="under_construction"))
    found = await what_if(world, **CAP)
    assert [line["refused"] for line in found["blocking_before"] if line["rule"] == "not_completed"] == [1]


async def test_a_library_entry_reads_the_ledger_of_its_own_district(world: World) -> None:
    part = {"resource_id": "R-1", "renovated_area_m2": "26000", "fixed_investment_yuan": "1.00", "kind": "building",
            "stock_use": "office_building", "planned_occupancy": "0.85", "completed_on": "2010-01-01"}  # fmt: skip
    entry = {**told(), "components": [part]}
    taxed = {**GROUND_OPEN, "district_says_low_occupancy": False, "annual_district_tax_yuan": "300000"}
    await store(
        world,
        in_ledger(1, {"wholly_vacant": True}, "110105"),
        in_ledger(2, taxed, "110106"),
        in_ledger(3, {"wholly_vacant": True}, "110106", "R-2"),
        in_library(4, entry, "110105"),
        in_library(5, entry, "110106"),
    )  # fmt: skip
    found = await what_if(world, **CAP)
    assert [(line["district"], line["before"]["eligible"]) for line in found["by_district"]] == [
        ("110105", 1), ("110106", 0),
    ]  # fmt: skip
    assert [line["rule"] for line in found["blocking_before"]] == ["building_inefficient"]


async def eligible(world: World, **body: Any) -> int:
    """Return the number of eligible projects before the change, which itself changes no answer."""
    found = await what_if(world, **{**CAP, **body})
    return sum(cell["count"] for cell in found["table"] if cell["before"] == "eligible")


async def test_each_changed_input_shows_in_the_next_run(world: World) -> None:
    part = {**told()["components"][0], "resource_id": "R-1", "wholly_vacant": None}
    linked = {**told(), "components": [{name: value for name, value in part.items() if value is not None}]}
    await store(world, review(1), in_library(2, told()), in_library(3, linked), in_ledger(4, {}, "110105"))
    assert await eligible(world) == 2
    await store(world, in_ledger(4, {"wholly_vacant": True}, "110105", version=2))
    assert await eligible(world) == 3
    await store(world, in_library(2, told(renovated_area_m2="1"), version=2))
    assert await eligible(world) == 2
    await store(world, review(1, stage="rejected"))
    assert await eligible(world) == 1
    await store(world, in_library(5, told()))
    assert await eligible(world) == 2
    await store(world, review(6))
    assert await eligible(world) == 3


async def test_a_reading_of_the_register_that_changes_shows_in_the_next_run(world: World) -> None:
    part = {name: value for name, value in told()["components"][0].items() if name != "completed_on"}
    entry = {**told(), "components": [{**part, "resource_id": "R-1"}]}
    await store(world, in_library(1, entry), in_ledger(2, {"completed_on": "2010-01-01"}, "110105"))
    assert await eligible(world) == 1
    world.settings.interpretations = {"completion_evidence": "title"}
    assert await eligible(world) == 0


async def test_a_standard_published_between_two_runs_shows_in_the_second(world: World) -> None:
    open_ground = review(1, facts=told(**GROUND_OPEN, occupancy="0.35"))
    await store(world, open_ground, review(2, "110106", facts=told(**GROUND_OPEN, occupancy="0.35")))
    assert await eligible(world) == 0
    await store(world, standard(1, "0.5", "2024-03-01"))
    assert await eligible(world) == 1
    assert await eligible(world, as_of="2024-02-29") == 0
    await store(world, standard(2, "0.3", "2024-03-01"))
    assert await eligible(world) == 0
    await store(world, standard(3, "0.6", "2024-03-02"))
    assert (await eligible(world), await eligible(world, as_of="2024-03-02")) == (0, 1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 1, 15, 59, 59, tzinfo=UTC), "2024-03-01"),
        (datetime(2024, 3, 1, 16, 0, tzinfo=UTC), "2024-03-02"),
    ],
    ids=["before midnight in Beijing", "midnight in Beijing"],
)
async def test_the_day_defaults_to_today_in_beijing(world: World, moment: datetime, day: str) -> None:
    world.clock.set(moment)
    assert (await what_if(world, **CAP))["as_of"] == day
    assert (await what_if(world, **CAP, as_of="2023-08-31"))["as_of"] == "2023-08-31"


async def test_districts_beside_those_asked_for_are_left_out(world: World) -> None:
    await store(world, review(1), review(2, "110106"), review(3, "BDA"), in_library(4, told(), "110106"))
    found = await what_if(world, **CAP, districts=["110106", "BDA"])
    assert (found["declarations"], found["library"]) == (2, 1)
    assert [line["district"] for line in found["by_district"]] == ["110106", "BDA"]


async def test_the_list_of_moved_projects_is_cut_and_their_number_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(world, *(review(number, facts=building("15000", "1.00")) for number in (1, 2, 3)))
    monkeypatch.setattr("services.eligibility.api.what_if.MAX_LISTED", 2)
    gained = (await what_if(world, parameters={"building_renovated_area_m2": "10000"}))["gained"]
    assert (gained["count"], [project["project_name"] for project in gained["projects"]]) == (3, ["申报1", "申报2"])


async def test_a_run_for_other_districts_or_another_day_reads_its_own_projects(world: World) -> None:
    facts = {name: value for name, value in told(completed_on="2014-03-02").items() if name != "accepted_on"}
    await store(world, in_library(1, facts), in_library(2, facts, "110106"), in_library(3, facts, "110106"))
    asked: list[tuple[dict[str, Any], int, int]] = [
        ({"as_of": "2024-03-01"}, 3, 0),  # a day short of ten years
        ({"as_of": "2024-03-02"}, 3, 3),
        ({"as_of": "2024-03-02", "districts": ["110106"]}, 2, 2),
        ({"as_of": "2024-03-02", "districts": ["110105"]}, 1, 1),
        ({"as_of": "2024-03-01"}, 3, 0),
    ]
    for body, number, met in asked:
        found = await what_if(world, **CAP, **body)
        counted = sum(line["before"]["eligible"] for line in found["by_district"])
        assert (found["library"], counted) == (number, met), body
