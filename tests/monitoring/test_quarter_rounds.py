"""Tests of quarterly reports beyond the first: what the previous one is, rounds, lateness, each field announced."""

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.funding import FundsReturned
from tests.monitoring import rows
from tests.monitoring.fixtures import (
    OWNER,
    announce,
    draft,
    funded_project,
    issued_evaluation,
    release,
    report,
    set_date,
    submit,
)
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")


def sums(done: str, used: str, **changes: Any) -> dict[str, Any]:
    """Return a report's cumulative amounts, with progress as stated."""
    invested = [{"kind": "building", "done_yuan": done}]
    return {"investment": invested, "subsidy_used": [{"purpose": "structure", "amount_yuan": used}], **changes}


async def act(world: World, project: UUID, quarter: str, name: str, status: int = 200) -> Any:
    path, body = f"/v1/files/{project}/quarters/{quarter}/{name}", {"reasons": ["不符"]}
    return await world.post("monitoring", path, "110105-officer-1", body if name == "return" else None, status=status)


async def all_opened(world: World) -> UUID:
    """Return a project whose first three quarters are open, on 8 October 2024."""
    project = await funded_project(world)
    set_date(world, 2024, 10, 8)
    await world.instances["monitoring"].tick()
    return project


def codes(refused: dict[str, Any]) -> set[str]:
    return {problem["code"] for problem in refused["problems"]}


async def test_the_previous_report_is_the_last_round_of_the_last_earlier_quarter_of_this_project(world: World) -> None:
    project = await all_opened(world)
    other = await funded_project(world)
    await world.instances["monitoring"].tick()
    await submit(world, other, "2024Q1", **sums("90000000.00", "9000000.00", progress="0.90"))
    await submit(world, project, "2024Q1", **sums("20000000.00", "2000000.00", progress="0.20"))
    await submit(world, project, "2024Q2", **sums("40000000.00", "4000000.00", progress="0.40"))
    # A corrected first quarter is compared with no later one, and the third with the second, submitted earlier.
    await act(world, project, "2024Q1", "return")
    await submit(world, project, "2024Q1", **sums("10000000.00", "1000000.00", progress="0.10"))
    await act(world, project, "2024Q2", "return")
    fallen = await submit(world, project, "2024Q2", 422, **sums("9999999.99", "999999.99", progress="0.09"))
    assert codes(fallen) == {"progress_falls", "investment_falls", "subsidy_used_falls"}
    again = await submit(world, project, "2024Q2", **sums("30000000.00", "3000000.00", progress="0.30"))
    assert (again["round"], again["warnings"]) == (2, [])
    fallen = await submit(world, project, "2024Q3", 422, **sums("29999999.99", "2999999.99", progress="0.29"))
    assert codes(fallen) == {"progress_falls", "investment_falls", "subsidy_used_falls"}
    sent = await submit(world, project, "2024Q3", **sums("30000000.00", "3000000.00", progress="0.30"))
    assert [warning["code"] for warning in sent["warnings"]] == ["no_progress"]


async def test_each_round_keeps_its_own_report_and_its_lateness_is_that_of_the_first(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 15)
    assert (await submit(world, project, "2024Q1", jobs=1))["late"] is False
    path = f"/v1/files/{project}/quarters/2024Q1"
    await world.call("monitoring", "PUT", path, world.owner(), report(), status=409, if_match='"3"')
    set_date(world, 2024, 4, 16)
    await act(world, project, "2024Q1", "return")
    corrected = await submit(world, project, "2024Q1", jobs=2, progress="0.51")
    assert (corrected["late"], corrected["round"], corrected["submitted_at"]) == (False, 2, "2024-04-16T02:00:00Z")
    assert corrected["return_reasons"] == ["不符"]
    confirmed = await act(world, project, "2024Q1", "confirm")
    assert (confirmed["confirmed_at"], confirmed["state"]) == ("2024-04-16T02:00:00Z", "confirmed")
    for name in ("confirm", "return"):
        await act(world, project, "2024Q1", name, 409)
    path = f"/v1/files/{project}/quarters/2024Q1"
    items = (await world.get("monitoring", f"{path}/submissions", "auditor-1"))["items"]
    shown = [
        [row["round"], row["late"], row["report"]["jobs"], [w["code"] for w in row["warnings"]], row["submitted_at"]]
        for row in items
    ]
    assert shown == [
        [1, False, 1, [], "2024-04-15T02:00:00Z"],
        [2, False, 2, ["progress_ahead_of_investment"], "2024-04-16T02:00:00Z"],
    ]
    assert {(row["quarter"], row["submitted_by"]) for row in items} == {("2024Q1", world.owner().subject)}
    tag = (await world.call("monitoring", "GET", path, world.owner())).headers["etag"]
    await world.call("monitoring", "PUT", path, world.owner(), report(), status=409, if_match=tag)


async def test_a_late_report_stays_late_and_is_one_ground_of_the_day_it_came(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 17)
    assert (await submit(world, project, "2024Q1"))["late"] is True
    set_date(world, 2024, 4, 18)
    await act(world, project, "2024Q1", "return")
    again = await submit(world, project, "2024Q1", progress="0.31")
    assert (again["late"], again["overdue_since"]) == (True, None)
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    assert [(row["code"], row["occurred_on"], row["raised_by"]) for row in credit["grounds"]] == [
        ("G6", "2024-04-17", world.owner().subject)
    ]
    items = (await world.get("monitoring", f"/v1/files/{project}/quarters/2024Q1/submissions", "auditor-1"))["items"]
    assert [row["late"] for row in items] == [True, True]


async def test_the_event_of_a_report_has_each_field_of_its_round(world: World) -> None:
    project = await all_opened(world)
    spent = [{"purpose": "other", "amount_yuan": "5000000.05"}, {"purpose": "fit_out", "amount_yuan": "1.01"}]
    await submit(world, project, "2024Q2", progress="0.25", subsidy_used=spent)
    set_date(world, 2024, 10, 9)
    await act(world, project, "2024Q2", "return")
    await submit(
        world, project, "2024Q2", progress="0.265", investment=[{"kind": "factory", "done_yuan": "70000000.5"}]
    )
    events = [event["data"] for event in await world.events("monitoring", "monitoring.project_quarter_submitted.v1")]
    same: dict[str, Any] = {"declaration_id": str(project), "district": "110105", "applicant_uscc": OWNER}
    same |= {"quarter": "2024Q2", "due_on": "2024-07-12", "late": True}
    assert events == [
        same
        | {
            "progress": "0.25",
            "investment_done_yuan": "90000000.00",
            "subsidy_used_yuan": "5000001.06",
            "warnings": ["“其他”不在本项目资金用途之内"],
        },
        same
        | {
            "progress": "0.265",
            "investment_done_yuan": "70000000.50",
            "subsidy_used_yuan": "10000000.00",
            "warnings": [],
        },
    ]


async def test_a_quarter_is_found_by_project_and_code(world: World) -> None:
    first, second = await funded_project(world), await funded_project(world)
    set_date(world, 2024, 4, 3)
    await draft(world, second, "2024Q1", report(jobs=7))
    await submit(world, first, "2024Q1", jobs=5)
    shown = [
        await world.get("monitoring", f"/v1/files/{project}/quarters/2024Q1", "auditor-1")
        for project in (first, second)
    ]
    assert [(row["declaration_id"], row["state"], row["report"]["jobs"]) for row in shown] == [
        (str(first), "submitted", 5),
        (str(second), "open", 7),
    ]
    await world.get("monitoring", f"/v1/files/{first}/quarters/2024Q2", "auditor-1", status=404)


async def test_an_evaluated_project_reports_nothing_more(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    await world.instances["monitoring"].tick()
    await issued_evaluation(world, project)
    await act(world, project, "2024Q1", "return", 409)
    await act(world, project, "2024Q1", "confirm")


@pytest.mark.clause("四（二）2")
async def test_public_money_follows_the_last_round_of_the_newest_quarter_of_this_project(world: World) -> None:
    project, other = await funded_project(world), await funded_project(world)

    async def money() -> list[Any]:
        shown = (await world.get("monitoring", f"/v1/files/{project}", "auditor-1"))["public_money"]
        names = ("municipal_yuan", "district_yuan", "investment_yuan", "share", "over", "first_set_equipment_yuan")
        assert set(shown) == set(names)
        return [shown[name] for name in names]

    assert await money() == ["30000000.00", "0.00", "300000000.00", "0.1000", False, "0.00"]
    stated = [
        (project, 1, "2024Q2", 1, "11.00"),
        (project, 1, "2024Q2", 2, "270000000.00"),
        (project, 2, "2023Q4", 3, "12.00"),
        (other, 3, "2024Q3", 1, "13.00"),
    ]
    for number, (of, key, code, round, support) in enumerate(stated, start=1):
        quarter = rows.quarter(key, of, code)
        kept = report(district_support_yuan=support, first_set_equipment_yuan=f"{number}.05")
        moment = rows.MOMENT.replace(month=12 - number)
        groups = [[rows.submission(number, quarter, round, moment, report=kept)]]
        await rows.store(world, *([[quarter], *groups] if round != 2 else groups))
    # All of the investment is public money, which is the limit itself.
    assert await money() == ["30000000.00", "270000000.00", "300000000.00", "1.0000", False, "2.05"]
    await announce(world, release(project, amount_yuan="0.01", instalment=2))
    assert await money() == ["30000000.01", "270000000.00", "300000000.00", "1.0000", True, "2.05"]


async def test_a_report_is_checked_against_the_amount_kept_and_the_investment_assessed(world: World) -> None:
    """Ten of an award of thirty million are released, half a million is returned; six million of nine are assessed."""
    parts = [
        {"kind": "building", "declared_investment_yuan": "5000000.00", "assessed_investment_yuan": "4000000.00"},
        {"kind": "factory", "declared_investment_yuan": "4000000.00", "assessed_investment_yuan": "2000000.00"},
    ]
    project = await funded_project(world, amount_yuan="10000000.00", components=parts)
    named: dict[str, Any] = {"declaration_id": project, "district": "110105", "applicant_uscc": OWNER}
    await announce(world, FundsReturned(**named, transfer_id=project, amount_yuan="500000.00", reason="结余"))
    set_date(world, 2024, 4, 3)
    stated: dict[str, Any] = {"subsidy_received_yuan": "9500000.00", "progress": "0.70"}
    over = await submit(world, project, "2024Q1", 422, **stated | sums("3000000.00", "9500000.01"))
    assert codes(over) == {"used_over_released", "used_over_received"}
    sent = await submit(world, project, "2024Q1", **stated | sums("3000000.00", "9500000.00", progress="0.71"))
    # 0.71 - 3,000,000 / 6,000,000 is above the tolerance of 0.20; 9,500,000 is above 3,000,000 and 6,000,000.
    assert {warning["code"] for warning in sent["warnings"]} == {
        "progress_ahead_of_investment",
        "used_over_investment",
        "public_money_over_base",
    }
    money = (await world.get("monitoring", f"/v1/files/{project}", "auditor-1"))["public_money"]
    assert (money["investment_yuan"], money["municipal_yuan"], money["share"]) == ("6000000.00", "9500000.00", "1.5833")
