"""Two acts for the same money, number or project, and events that meet an act: the second waits, the limit holds."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.base import Event
from shared.contracts.monitoring import (
    CreditRated,
    EvaluationIssued,
    InspectionCompleted,
    InspectionFinding,
    ProjectDelivered,
    ProjectQuarterSubmitted,
)
from tests.funding import rows
from tests.funding.case import (
    DISTRICT,
    OWNER,
    announce,
    appropriate,
    approved,
    draft,
    enter_pool,
    plan_item,
    planned,
    read,
)
from tests.funding.case import requested as request_release
from tests.interleaving import after
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


@pytest.mark.parametrize(("left", "answer"), [("1000000000", 200), ("999999999", "over_budget")])
@pytest.mark.planted
async def test_an_approval_waits_for_the_budget_and_takes_its_last_fen_and_no_more(
    world: World, left: str, answer: int | str
) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    spent = f"UPDATE funding_ledger.account SET debits_pending = credits_posted - {left} WHERE code = 2"
    call = world.call("funding", "POST", f"/v1/applications/{case}/approve", "city-supervisor-1")
    got = await after(world, spent, "", call)
    assert (got.status_code if got.is_success else got.json()["code"]) == answer


@pytest.mark.planted
async def test_a_plan_waits_for_the_budget_of_its_year(world: World) -> None:
    await appropriate(world)
    await appropriate(world, "10000000.00", 2025)
    case = await approved(world)
    items = {"items": [plan_item(case)]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", {"year": 2025, "batch": 1, **items}, 201)
    spent = "UPDATE funding_ledger.account SET debits_pending = 1 WHERE fiscal_year = 2025 AND code = 2"
    call = world.call("funding", "POST", f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    answer = await after(world, spent, "", call)
    assert answer.json()["code"] == "over_budget"
    assert (await read(world, case))["status"] == "approved"


@pytest.mark.planted
async def test_a_release_waits_for_the_reservation_and_is_refused_when_it_is_resolved(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    request = await request_release(world, case)
    resolved = (
        "INSERT INTO funding_ledger.resolution SELECT t.id, gen_random_uuid() FROM funding_ledger.transfer t"
        " WHERE t.purpose = 'reservation:instalment-1:budget'"
    )
    call = world.call("funding", "POST", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    lock = "SELECT FROM funding_ledger.account WHERE code = 2 FOR NO KEY UPDATE"
    answer = await after(world, lock, resolved, call)
    assert answer.json()["code"] == "already_resolved"


async def test_a_budget_that_another_act_confirms_counts_once(world: World) -> None:
    body = {"year": 2024, "amount_yuan": "7.00", "document_no": "财1号"}
    drafted = await world.post("funding", "/v1/budgets", "city-supervisor-1", body, 201)
    call = world.call("funding", "POST", f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-2")
    answer = await after(world, "SELECT FROM funding.appropriation FOR NO KEY UPDATE", "", call)
    assert answer.status_code == 200
    shown = await world.get("funding", "/v1/budgets/2024", "finance-1")
    assert shown["amounts"][0]["yuan"] == "7.00"


async def test_an_approval_waits_for_its_number(world: World) -> None:
    await appropriate(world)
    await approved(world)
    case = await enter_pool(world)
    await draft(world, case)
    call = world.call("funding", "POST", f"/v1/applications/{case}/approve", "city-supervisor-1")
    answer = await after(world, "UPDATE funding.number_series SET last = last + 1", "", call)
    assert answer.json()["approval_no"] == "京发改（批）〔2024〕3号"


async def test_a_project_waits_for_the_plan_that_takes_it_first(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await rows.add(world, "investment_plan", case, "drafted")
    items = {"items": [plan_item(case)]}
    call = world.call("funding", "POST", "/v1/plans", "city-officer-2", {"year": 2024, "batch": 1, **items})
    answer = await after(world, rows.item(case), "", call)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


@pytest.mark.planted
async def test_of_two_batches_with_one_number_the_second_waits_and_is_refused(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    items = {"items": [plan_item(case)]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", {"year": 2024, "batch": 9, **items}, 201)
    call = world.call("funding", "POST", f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    answer = await after(world, rows.row("investment_plan", case, "issued"), "", call)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


@pytest.mark.clause("四（一）1")
@pytest.mark.parametrize("table", ["money_return", "recovery"])
@pytest.mark.planted
async def test_a_bank_receipt_waits_for_its_number_and_counts_once(world: World, table: str) -> None:
    case = await enter_pool(world)
    await world.database.admin.execute("UPDATE funding.application SET released_yuan = 10, status = 'released'")
    await rows.add(world, "clawback_request", case, "demanded")
    if table == "money_return":
        lock = rows.row(table, case, "recorded")
        path, body = f"/v1/applications/{case}/returns", {"amount_yuan": "1.00", "reason": "退"}
    else:
        lock = (
            f"INSERT INTO funding.recovery VALUES ('{UUID(int=8)}', '{rows.RECORD}', '{case}', '{DISTRICT}', '{OWNER}',"
            " 1, '回', 'x', now(), gen_random_uuid(), '回')"
        )
        path, body = f"/v1/clawback-requests/{rows.RECORD}/recovered", {"amount_yuan": "1.00"}
    call = world.call("funding", "POST", path, "finance-1", body | {"bank_receipt_no": "回"})
    answer = await after(world, lock, "", call)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


def announced(case: UUID) -> dict[str, Event]:
    """Return one event of each kind that changes a case."""
    about: dict[str, Any] = {"declaration_id": case, "district": DISTRICT, "applicant_uscc": OWNER}
    finding = InspectionFinding(
        finding_id=uuid4(), kind="works_stopped", clause="四（一）3", grave=True, amount_yuan=None, description="停工"
    )
    quarter = {"quarter": "2024Q1", "due_on": date(2024, 4, 15), "late": False, "progress": "0.5", "warnings": ()}
    figures = {"investment_done_yuan": "1.00", "subsidy_used_yuan": "1.00"}
    judged = {"evaluation_id": uuid4(), "score": "80", "grade": "good", "targets": (), "targets_met": True}
    rated = {"entity_id": uuid4(), "uscc": OWNER, "name": "单位", "grade": "D", "points": 9, "grounds": ("G1",)}
    return {
        "inspection": InspectionCompleted(
            **about, inspection_id=uuid4(), inspected_on=date(2024, 3, 1), findings=(finding,)
        ),
        "quarter": ProjectQuarterSubmitted.model_validate({**about, **quarter, **figures}),
        "delivery": ProjectDelivered(**about, delivered_on=date(2024, 3, 1), evaluation_due_on=date(2025, 3, 3)),
        "evaluation": EvaluationIssued.model_validate(
            {**about, **judged, "issued_on": date(2024, 3, 1), "late": False}
        ),
        "credit": CreditRated.model_validate({**about, **rated, "decided_on": date(2024, 3, 1)}),
    }


@pytest.mark.clause("四（一）3")
@pytest.mark.parametrize("kind", ["inspection", "quarter", "delivery", "evaluation", "credit"])
async def test_an_event_waits_for_an_act_on_the_case(world: World, kind: str) -> None:
    case = await enter_pool(world)
    await after(world, "SELECT FROM funding.application FOR NO KEY UPDATE", "", _told(world, announced(case)[kind]))
    shown = await read(world, case)
    seen = {
        "inspection": shown["held"],
        "quarter": shown["progress"] == "0.500000",
        "delivery": shown["completed_on"] == "2024-03-01",
        "evaluation": shown["targets_met"] is True,
        "credit": shown["held"],
    }
    assert [name for name, happened in seen.items() if happened] == (
        ["inspection", "credit"] if kind in ("inspection", "credit") else [kind]
    )
    assert await world.parked() == {}


async def test_a_grade_holds_no_case_that_another_act_closes_first(world: World) -> None:
    case, other = await enter_pool(world), await enter_pool(world)
    closing = f"UPDATE funding.application SET status = 'closed' WHERE id = '{case}'"
    await after(world, closing, "", _told(world, announced(case)["credit"]))
    assert [(await read(world, each))["held"] for each in (case, other)] == [False, True]


async def _told(world: World, event: Event) -> None:
    await announce(world, "monitoring", event)
