"""Tests of quarterly reports: opening, checks, submission, confirmation, lateness."""

from typing import Any

import pytest

from tests.monitoring.fixtures import OTHER, OWNER, computed_evaluation, draft, funded_project, report, set_date, submit
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")


async def test_a_report_is_drafted_submitted_and_confirmed(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    sent = await submit(world, project, "2024Q1")
    assert (sent["state"], sent["late"], sent["warnings"]) == ("submitted", False, [])
    path = f"/v1/files/{project}/quarters/2024Q1"
    confirmed = await world.post("monitoring", f"{path}/confirm", "110105-officer-1")
    assert confirmed["state"] == "confirmed"
    again = await world.post("monitoring", f"{path}/submit", world.owner(), status=409)
    assert again["code"] == "wrong_status"
    event = (await world.events("monitoring"))[0]["data"]
    assert (event["progress"], event["subsidy_used_yuan"], event["late"]) == ("0.30", "10000000.00", False)


async def test_a_returned_report_comes_back_as_a_second_round(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    path = f"/v1/files/{project}/quarters/2024Q1"
    body = {"reasons": ["投资额与发票不符"]}
    returned = await world.post("monitoring", f"{path}/return", "110105-officer-1", body)
    assert (returned["state"], returned["correct_by"]) == ("returned", "2024-04-18")
    await world.post("monitoring", f"{path}/confirm", "110105-officer-1", status=409)
    assert (await submit(world, project, "2024Q1", progress="0.31"))["round"] == 2
    rounds = (await world.get("monitoring", f"{path}/submissions", "110105-officer-1"))["items"]
    assert [row["report"]["progress"] for row in rounds] == ["0.30", "0.31"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subsidy_used": [{"purpose": "fit_out", "amount_yuan": "30000000.01"}]}, "used_over_released"),
        ({"subsidy_received_yuan": "9000000.00"}, "used_over_received"),
        ({"subsidy_received_yuan": "30000000.01"}, "received_over_released"),
        ({"investment": [{"kind": "infrastructure", "done_yuan": "1.00"}]}, "kind_not_in_project"),
        (
            {"occupancy": [{"index": 7, "leasable_area_m2": "1", "moved_in_area_m2": "1", "signed_area_m2": "1"}]},
            "no_such_component",
        ),
        (
            {"occupancy": [{"index": 0, "leasable_area_m2": "1", "moved_in_area_m2": "1.01", "signed_area_m2": "1"}]},
            "occupancy_over_one",
        ),
    ],
)
async def test_a_report_that_contradicts_the_award_is_refused(world: World, changes: dict[str, Any], code: str) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    refused = await submit(world, project, "2024Q1", status=422, **changes)
    assert code in [problem["code"] for problem in refused["problems"]]
    assert refused["errors"][0]["pointer"].startswith("/report/")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subsidy_used": [{"purpose": "other", "amount_yuan": "1.00"}]}, "purpose_outside_award"),
        ({"subsidy_used": [{"purpose": "interest", "amount_yuan": "1.00"}]}, "purpose_outside_award"),
        ({"progress": "0.51"}, "progress_ahead_of_investment"),
        ({"subsidy_received_yuan": "20000000.00"}, "received_below_released"),
        ({"district_support_yuan": "270000000.01"}, "public_money_over_base"),
    ],
)
async def test_an_unusual_report_is_accepted_with_a_warning(world: World, changes: dict[str, Any], code: str) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    sent = await submit(world, project, "2024Q1", **changes)
    assert [warning["code"] for warning in sent["warnings"]] == [code]


async def test_progress_equal_to_investment_gives_no_warning(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    assert (await submit(world, project, "2024Q1", progress="0.50"))["warnings"] == []


async def test_falling_progress_or_totals_are_refused(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    set_date(world, 2024, 7, 3)
    await world.instances["monitoring"].tick()
    less = {"progress": "0.29", "investment": [], "subsidy_used": []}
    refused = await submit(world, project, "2024Q2", status=422, **less)
    codes = {problem["code"] for problem in refused["problems"]}
    assert codes == {"progress_falls", "investment_falls", "subsidy_used_falls"}
    assert (await submit(world, project, "2024Q2", progress="0.40"))["state"] == "submitted"


async def test_a_quarter_is_not_submitted_before_it_ends_nor_empty(world: World) -> None:
    project = await funded_project(world)
    await world.post("monitoring", f"/v1/files/{project}/quarters/2024Q1/submit", world.owner(), status=409)
    set_date(world, 2024, 3, 31)
    await submit(world, project, "2024Q1", status=409)
    set_date(world, 2024, 4, 1)
    await submit(world, project, "2024Q1")


async def test_a_draft_with_a_stale_or_missing_version_is_refused(world: World) -> None:
    project = await funded_project(world)
    path = f"/v1/files/{project}/quarters/2024Q1"
    await world.call("monitoring", "PUT", path, world.owner(), report(), status=428, if_match="")
    await draft(world, project, "2024Q1", report())
    await world.call("monitoring", "PUT", path, world.owner(), report(), status=412, if_match='"1"')
    wrong = await world.call("monitoring", "PUT", path, world.owner(), report(progress="1.1"), status=422, if_match="*")
    assert wrong.json()["errors"][0]["pointer"] == "/body/progress"


async def test_only_the_owner_submits_and_only_its_district_confirms(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    path = f"/v1/files/{project}/quarters/2024Q1"
    await world.post("monitoring", f"{path}/submit", "110105-officer-1", status=403)
    await world.post("monitoring", f"{path}/submit", world.owner(OTHER, "另一单位"), status=404)
    await submit(world, project, "2024Q1")
    await world.post("monitoring", f"{path}/confirm", world.owner(), status=403)
    await world.post("monitoring", f"{path}/confirm", "110106-officer-1", status=404)
    keyless = await world.clients["monitoring"].post(
        f"{path}/confirm", headers={"authorization": f"Bearer {world.token('110105-officer-1')}"}
    )
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency_key_missing")


async def test_scheduled_work_opens_each_quarter_once(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 10, 8)
    monitoring = world.instances["monitoring"]
    await monitoring.tick()
    rows = (await world.get("monitoring", f"/v1/files/{project}/quarters", world.owner()))["items"]
    assert [(row["quarter"], row["due_on"]) for row in rows] == [
        ("2024Q1", "2024-04-15"),
        ("2024Q2", "2024-07-12"),
        ("2024Q3", "2024-10-18"),
    ]
    await monitoring.tick()  # notes who signed in
    before = await world.snapshot()
    await monitoring.tick()
    assert await world.snapshot() == before


async def test_a_late_quarter_raises_one_ground(world: World) -> None:
    project = await funded_project(world)
    monitoring = world.instances["monitoring"]
    set_date(world, 2024, 4, 15)
    await monitoring.tick()
    assert (await world.get("monitoring", "/v1/quarters?overdue=true", "110105-officer-1"))["items"] == []
    set_date(world, 2024, 4, 16)
    await monitoring.tick()
    overdue = (await world.get("monitoring", "/v1/quarters?overdue=true", "110105-officer-1"))["items"]
    assert [(row["quarter"], row["overdue_since"]) for row in overdue] == [("2024Q1", "2024-04-16")]
    set_date(world, 2024, 4, 30)
    await monitoring.tick()
    assert (await submit(world, project, "2024Q1"))["late"] is True
    await monitoring.tick()
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "city-officer-1")
    assert [(ground["code"], ground["occurred_on"]) for ground in credit["grounds"]] == [("G6", "2024-04-16")]
    assert (credit["proposal"]["points"], credit["grade"]) == (95, None)


async def test_a_report_on_the_due_date_is_in_time(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 15)
    assert (await submit(world, project, "2024Q1"))["late"] is False


async def test_the_evaluation_is_upcoming_and_then_overdue(world: World) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project)
    monitoring, states = world.instances["monitoring"], []
    for month, day in ((7, 3), (7, 4), (9, 2), (9, 3)):
        set_date(world, 2025, month, day)
        await monitoring.tick()
        states.append((await world.get("monitoring", f"/v1/files/{project}", "city-officer-1"))["evaluation_state"])
    assert states == ["running", "upcoming", "upcoming", "overdue"]
