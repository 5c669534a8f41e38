"""Each dated figure that monitoring reads is that of its own day: a later value, in force from a day, on both sides."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from shared.policy import parameters
from tests.monitoring import rows
from tests.monitoring.fixtures import (
    OWNER,
    actuals,
    computed_evaluation,
    deliver,
    energy,
    funded_project,
    set_date,
    submit,
)
from tests.monitoring.test_credit_rounds import decide, notify, raise_ground, shown
from tests.world import World

pytestmark = pytest.mark.clause("三（三）", "四（一）3")
BEFORE, CHANGE = (2024, 3, 31), date(2024, 4, 1)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives parameters other values from a day on."""

    def change(valid_from: date = CHANGE, **values: Any) -> None:
        known = dict(parameters.history())
        for key, value in values.items():
            changed = replace(known[key][-1], valid_from=valid_from, value=parameters.normalized(value))
            known[key] = (*known[key], changed)
        monkeypatch.setattr(parameters, "history", lambda: MappingProxyType(known))

    return change


def day(on: date) -> tuple[int, int, int]:
    return on.year, on.month, on.day


async def test_the_objection_period_is_that_of_the_day_of_the_notice(world: World, later: Any) -> None:
    later(credit_objection_days=20)
    await funded_project(world)
    set_date(world, *BEFORE)
    assert (await notify(world))["objection_due_on"] == "2024-04-15"
    set_date(world, 2024, 4, 16)
    await decide(world, "A")
    assert (await notify(world))["objection_due_on"] == "2024-05-06"


async def test_points_bounds_and_years_are_those_of_the_day_of_proposal_and_decision(world: World, later: Any) -> None:
    costs = dict(parameters.history()["credit_points"][-1].value)
    later(credit_points=costs | {"not_started_or_stopped": Decimal(30)}, credit_ground_years=2)
    await funded_project(world)
    await raise_ground(world)
    await raise_ground(world, code="G6", detail="迟报", occurred_on="2022-03-20")
    set_date(world, *BEFORE)
    rating = await notify(world)
    assert (rating["proposal"]["points"], (await shown(world))["proposal"]["points"]) == (75, 75)
    set_date(world, *day(CHANGE))
    assert (await shown(world))["proposal"]["points"] == 70
    set_date(world, 2024, 4, 16)
    decision = await decide(world, "B")
    assert (decision["points"], decision["computed_grade"]) == (70, "C")


async def test_a_ground_is_grave_by_the_list_of_the_day_on_which_it_is_recorded(world: World, later: Any) -> None:
    later(credit_severe_grounds=["not_started_or_stopped"], credit_effects={grade: ["新措施"] for grade in "ABCD"})
    await funded_project(world)
    effects = "/v1/credit-effects"
    set_date(world, *BEFORE)
    await raise_ground(world)
    assert (await world.get("monitoring", effects, "auditor-1"))["items"][0]["measures"] == ["减少现场核查频次"]
    set_date(world, *day(CHANGE))
    await raise_ground(world, detail="又停工", occurred_on="2024-03-01")
    assert (await world.get("monitoring", effects, "auditor-1"))["items"][0]["measures"] == ["新措施"]
    assert [row["grave"] for row in (await shown(world))["grounds"]] == [False, True]


async def test_the_reminder_is_that_of_the_day_of_the_scheduled_work(world: World, later: Any) -> None:
    """Due on 2 September 2025: 63 days before, the later figure of 64 days already counts, on the day it begins."""
    later(date(2025, 7, 1), evaluation_reminder_days=64)
    project = await funded_project(world)
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    seen = []
    for on in ((2025, 6, 30), (2025, 7, 1)):
        set_date(world, *on)
        await world.instances["monitoring"].tick()
        seen.append((await world.get("monitoring", f"/v1/files/{project}", "auditor-1"))["evaluation_state"])
    assert seen == ["running", "upcoming"]


async def test_shares_of_a_report_are_those_of_the_day_of_its_submission(world: World, later: Any) -> None:
    later(date(2024, 4, 5), public_money_warning_share=Decimal("0.05"), quarter_progress_tolerance=Decimal("0.01"))
    for on, codes, over in (
        ((2024, 4, 4), [], False),
        ((2024, 4, 5), ["progress_ahead_of_investment", "public_money_over_base"], True),
    ):
        set_date(world, *on)
        project = await funded_project(world)
        sent = await submit(world, project, "2024Q1", progress="0.35")
        assert [warning["code"] for warning in sent["warnings"]] == codes
        money = (await world.get("monitoring", f"/v1/files/{project}", "auditor-1"))["public_money"]
        assert money["over"] is over


async def test_risk_weights_and_factor_sets_are_those_of_today(world: World, later: Any) -> None:
    weights = dict(parameters.history()["inspection_risk_weights"][-1].value) | {"never_inspected": Decimal(11)}
    grades = dict.fromkeys("ABCD", 1)
    sets = {"greenness": ["BJ_LOCAL_STANDARD"], "accounting_report": ["MEE_PROVINCIAL"]}
    later(inspection_risk_weights=weights, inspection_risk_credit=grades, carbon_factor_sets=sets)
    await rows.store(world, [rows.file(1), rows.file(2), rows.entity(OWNER, grade="D")])
    seen = []
    for project, on in ((rows.ONE, BEFORE), (rows.TWO, day(CHANGE))):
        set_date(world, *on)
        risks = (await world.get("monitoring", "/v1/inspection-risks", "auditor-1"))["items"]
        body = {"quarter": f"2024Q{on[1] - 2}", "size": 1}
        plan = await world.post("monitoring", "/v1/inspection-plans", "city-officer-1", body, status=201)
        path = f"/v1/files/{project}/green-record"
        green = await world.post("monitoring", path, "city-officer-1", {"energy": energy()}, status=201)
        kept = plan["weights"]
        seen.append(
            [
                risks[0]["score"],
                plan["drawn"][0]["score"],
                kept["inspection_risk_weights"]["never_inspected"],
                kept["inspection_risk_credit"]["D"],
                green["factor_set"],
            ]
        )
    assert seen == [
        ["40.00", "40.00", "10", "30", "MEE_PROVINCIAL"],
        ["12.00", "12.00", "11", "1", "BJ_LOCAL_STANDARD"],
    ]


def result_on(results: Mapping[str, Any]) -> dict[str, Any]:
    return {name: results[name] for name in ("score", "grade", "heads", "energy", "targets")}


async def test_an_evaluation_uses_the_figures_of_its_reference_day_not_of_today(world: World, later: Any) -> None:
    """Computed on 1 July 2025, from which day other figures are in force, as of 30 June and as of 1 July."""
    project = await funded_project(world)
    before = result_on((await computed_evaluation(world, project))["result"])
    later(
        date(2025, 7, 1),
        evaluation_weights=dict.fromkeys(parameters.history()["evaluation_weights"][-1].value, 10),
        evaluation_grades={"excellent": 99, "good": 98, "passed": 97, "failed": 0},
        evaluation_fund_deductions=dict.fromkeys(parameters.history()["evaluation_fund_deductions"][-1].value, 1),
        standard_coal_electricity=Decimal("0.5"),
    )
    seen = {}
    for on in ("2025-06-30", "2025-07-01"):
        path, body = f"/v1/files/{project}/evaluation", actuals(reference_on=on)
        answer = await world.post("monitoring", path, "110105-officer-2", body)
        seen[on] = result_on(answer["result"])
    assert seen["2025-06-30"] == before
    assert (before["score"], before["grade"]) == ("97.00", "excellent")  # all but a fifth of fifteen points
    after = seen["2025-07-01"]
    assert (after["score"], after["grade"]) == ("40.00", "failed")  # four of five tens; all of the fifth is lost
    assert (before["energy"]["baseline_tce"], after["energy"]["baseline_tce"]) == ("122.9000", "500.0000")


@pytest.mark.parametrize(("as_of", "due_on"), [("2023-11-06", "2025-09-02"), ("2024-01-02", "2026-09-02")])
async def test_years_and_targets_are_those_of_the_day_of_acceptance(
    world: World, later: Any, as_of: str, due_on: str
) -> None:
    later(date(2024, 1, 2), occupancy_deadline_years=2, factory_occupancy=Decimal("0.77"))
    project: UUID = await funded_project(world, as_of=as_of)
    set_date(world, 2024, 9, 5)
    assert (await deliver(world, project))["evaluation_due_on"] == due_on
    targets = (await world.get("monitoring", f"/v1/files/{project}", "auditor-1"))["targets"]
    assert targets[1]["target"] == ("0.70" if as_of == "2023-11-06" else "0.77")


async def test_tax_is_compared_with_the_bound_of_the_projects_own_district(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the works 250 yuan a square metre: of 400 in one district, above the city's 200 in another."""
    city = parameters.history()["low_tax_yuan_per_m2"][-1]
    own = replace(city, value=Decimal(400), district="110105")
    monkeypatch.setattr(parameters, "district_standards", lambda: ((own, None),))
    monkeypatch.setattr(parameters, "no_looser", lambda *_: True)  # as if the city had confirmed it
    project = await funded_project(world)
    result = (await computed_evaluation(world, project))["result"]
    assert {head["head"]: head["score"] for head in result["heads"]}["tax_contribution"] == "12.50"
