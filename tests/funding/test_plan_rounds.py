"""Approvals, plans and budgets of later rounds and years: numbers, batches, supplements, other years. 三（二）"""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.funding.case import (
    announce,
    appropriate,
    approved,
    code,
    construction,
    draft,
    enter_pool,
    plan_item,
    planned,
    pooled,
    read,
    requested,
    sound,
    yuan,
)
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


def batch(*cases: UUID, year: int = 2024, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"year": year, "batch": number, "items": [plan_item(case, **more) for case in cases]}


async def drafted(world: World, *cases: UUID, status: int = 201, **about: Any) -> Any:
    return await world.post("funding", "/v1/plans", "city-officer-2", batch(*cases, **about), status)


async def issued(world: World, plan: Any, status: int = 200, *decisions: Any) -> Any:
    body = {"completed_decisions": list(decisions)}
    return await world.post("funding", f"/v1/plans/{plan['id']}/issue", "city-supervisor-2", body, status)


async def test_numbers_and_budgets_of_approvals_follow_the_year_in_beijing(world: World) -> None:
    for year in (2024, 2025):
        await appropriate(world, year=year)
    first, second = await approved(world), await approved(world)
    at(world, "2024-12-31 23:59")
    third = await approved(world)
    at(world, "2025-01-01 00:30")
    fourth, fifth = await approved(world), await approved(world)
    shown = [await read(world, case) for case in (first, second, third, fourth, fifth)]
    assert [(each["approval_no"], each["approved_on"], each["budget_year"]) for each in shown] == [
        ("京发改（批）〔2024〕1号", "2024-03-01", 2024),
        ("京发改（批）〔2024〕2号", "2024-03-01", 2024),
        ("京发改（批）〔2024〕3号", "2024-12-31", 2024),
        ("京发改（批）〔2025〕1号", "2025-01-01", 2025),
        ("京发改（批）〔2025〕2号", "2025-01-01", 2025),
    ]
    budgets = [await world.get("funding", f"/v1/budgets/{year}", "finance-1") for year in (2024, 2025)]
    assert [yuan(budget, "reserved") for budget in budgets] == ["30000000.00", "20000000.00"]
    assert [len(budget["appropriations"]) for budget in budgets] == [1, 1]
    await sound(world)


async def test_an_approval_takes_the_drafted_year_which_may_be_another_than_that_of_the_approval(world: World) -> None:
    await appropriate(world, year=2025)
    case = await enter_pool(world)
    body = {"mode": "investment_grant", "justification": "建议", "budget_year": 2025}
    await world.post("funding", f"/v1/applications/{case}/draft-approval", "city-officer-1", body)
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    shown = await world.get("funding", "/v1/budgets/2025", "finance-1")
    assert yuan(shown, "reserved") == "10000000.00"
    assert (await world.get("funding", "/v1/budgets/2024", "finance-1", 404))["code"] == "not_found"
    await sound(world)


LOAN = {
    "bank": "示例银行",
    "contract_no": "借1",
    "principal_yuan": "3000000000.00",
    "rate_type": "fixed",
    "annual_rate": "0.0300",
    "term_months": 60,
    "drawdowns": [{"on": "2024-03-01", "amount_yuan": "3000000000.00"}],
}
EARLIER = {
    "principal_yuan": "100000000.00",
    "term_months": 26,
    "drawdowns": [{"on": "2023-01-01", "amount_yuan": "100000000.00"}],
}
FACTS = {
    # A second loan raises the base of an award that stands at its cap; a later start of construction lowers the award.
    "the base alone": ("loans", LOAN | {"contract_no": "借2"}),
    "the amount alone": (
        "construction-status",
        {"status": "under_construction", "started_on": "2024-02-01", "evidence": "开工报告"},
    ),
}


@pytest.mark.clause("二（四）2")
@pytest.mark.parametrize("name", FACTS)
async def test_a_draft_is_outdated_by_its_base_and_by_its_amount(world: World, name: str) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    path = f"/v1/applications/{case}"
    loan = LOAN if name == "the base alone" else LOAN | EARLIER
    await world.post("funding", f"{path}/loans", "city-officer-2", loan, 201)
    before = await draft(world, case, "interest_subsidy")
    end, body = FACTS[name]
    await world.call("funding", "POST", f"{path}/{end}", "city-officer-2", body)
    assert await code(world, f"{path}/approve", "city-supervisor-1") == "draft_outdated"
    again = await draft(world, case, "interest_subsidy")
    changed = [key for key in ("base", "award") if yuan(before, key) != yuan(again, key)]
    assert changed == ["base" if name == "the base alone" else "award"]
    await world.post("funding", f"{path}/approve", "city-supervisor-1")


@pytest.mark.clause("二")
@pytest.mark.parametrize(("as_of", "status"), [("2022-03-01", 409), ("2023-08-31", 200)])
async def test_the_figures_of_the_day_of_acceptance_count_not_those_of_today(
    world: World, as_of: str, status: int
) -> None:
    event = pooled().model_copy(update={"as_of": date.fromisoformat(as_of)})
    await announce(world, "eligibility", event)
    answer = await draft(world, event.declaration_id, status=status)
    assert answer.get("code") == ("amount_undetermined" if status == 409 else None)


async def test_a_second_batch_of_the_year_and_the_same_batch_of_another_year_are_free(world: World) -> None:
    for year in (2024, 2025):
        await appropriate(world, year=year)
    cases = [await approved(world) for _ in range(4)]
    await planned(world, cases[0])
    refused = await drafted(world, cases[1], status=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("duplicate", "/body/batch")
    second = await drafted(world, cases[1], number=2)
    withdrawn = await drafted(world, cases[2], number=3)
    await world.post("funding", f"/v1/plans/{withdrawn['id']}/withdraw", "city-officer-4", {"reason": "并入"})
    other_year = await drafted(world, cases[3], year=2025)
    again = await drafted(world, cases[2], number=3)  # its withdrawn number and project are free again
    numbers = [(await issued(world, plan))["plan_no"] for plan in (second, other_year, again)]
    assert numbers == [
        "京发改（投资）〔2024〕第2批", "京发改（投资）〔2025〕第1批", "京发改（投资）〔2024〕第3批",
    ]  # fmt: skip
    kept = await world.get("funding", f"/v1/plans/{second['id']}", "auditor-1")
    assert [item["status"] for item in kept["items"]] == ["planned"]
    assert [(await read(world, case))["budget_year"] for case in cases] == [2024, 2024, 2024, 2025]
    reserved = [await world.get("funding", f"/v1/budgets/{year}", "auditor-1") for year in (2024, 2025)]
    assert [yuan(budget, "committed") for budget in reserved] == ["30000000.00", "10000000.00"]
    await sound(world)


async def test_a_plan_names_each_project_once_and_only_approved_ones(world: World) -> None:
    await appropriate(world)
    cases = [await approved(world) for _ in range(2)]
    for items, place in (((cases[0], cases[1], cases[0]), 2), ((cases[0], cases[0]), 1), ((cases[1], uuid4()), 1)):
        refused = await drafted(world, *items, status=422)
        assert refused["errors"][0]["pointer"] == f"/body/items/{place}/application_id"
    await drafted(world, cases[1])
    refused = await drafted(world, *cases, status=409, number=2)
    assert refused["errors"][0]["pointer"] == "/body/items/1/application_id"


async def test_a_dropped_project_enters_a_later_batch_and_an_empty_plan_is_not_issued(world: World) -> None:
    await appropriate(world)
    case, other = await approved(world), await approved(world)
    await construction(world, case)
    alone = await drafted(world, case)
    drop = {"application_id": str(case), "include": False, "reason": "收件前已完工"}
    refused = await issued(world, alone, 422, drop)
    assert refused["errors"][0]["pointer"] == "/body/completed_decisions"
    assert (await world.get("funding", f"/v1/plans/{alone['id']}", "auditor-1"))["status"] == "drafted"
    await world.post("funding", f"/v1/plans/{alone['id']}/withdraw", "city-officer-4", {"reason": "并入"})
    both = await drafted(world, case, other)
    assert (await issued(world, both, 200, drop))["total_yuan"] == "10000000.00"
    await construction(world, case, "under_construction", None)  # corrected: it was not completed
    later = await drafted(world, case, number=2)
    assert [item["status"] for item in (await issued(world, later))["items"]] == ["planned"]
    assert (await read(world, case))["completed_on"] is None
    await requested(world, case)
    await sound(world)


@pytest.fixture
def readings(world: World) -> Iterator[dict[str, str]]:
    chosen = world.instances["funding"].settings.interpretations
    yield chosen
    chosen.clear()


@pytest.mark.clause("二（五）")
@pytest.mark.parametrize(
    ("chosen", "status", "asked"),
    [
        ("all_three", "completed", True),
        ("plan_issue", "completed", True),
        ("declaration", "completed", False),
        ("city_receipt", "completed", False),
        ("all_three", "under_construction", False),
        ("all_three", "ready_to_start", False),
    ],
)
async def test_the_plan_asks_about_completed_projects_where_the_reading_says(
    world: World, readings: dict[str, str], chosen: str, status: str, asked: bool
) -> None:
    await appropriate(world)
    case = await approved(world, status=status)  # as eligibility announced it
    readings["completed_check"] = chosen
    plan = await drafted(world, case)
    answer = await issued(world, plan, 409 if asked else 200)
    assert answer.get("code") == ("completed_undecided" if asked else None)


async def test_a_plan_needs_the_budget_of_its_year_to_the_fen(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    plan = await drafted(world, case, year=2025)
    assert (await issued(world, plan, 409))["code"] == "no_budget"
    await appropriate(world, "9999999.99", 2025)
    assert (await issued(world, plan, 409))["code"] == "over_budget"
    shown = await read(world, case)
    assert (shown["status"], shown["budget_year"]) == ("approved", 2024)
    await appropriate(world, "0.01", 2025, "追加1号")
    await issued(world, plan)
    budgets = [await world.get("funding", f"/v1/budgets/{year}", "finance-1") for year in (2024, 2025)]
    assert [(yuan(b, "reserved"), yuan(b, "committed"), yuan(b, "available")) for b in budgets] == [
        ("0.00", "0.00", "500000000.00"),
        ("0.00", "10000000.00", "0.00"),
    ]
    await sound(world)


async def test_a_budget_document_is_unique_within_its_year_and_counts_once_confirmed(world: World) -> None:
    body = {"year": 2024, "amount_yuan": "1.01", "document_no": "财1号"}
    first = await world.post("funding", "/v1/budgets", "city-supervisor-1", body, 201)
    await world.post("funding", "/v1/budgets", "city-supervisor-1", body | {"year": 2025}, 201)
    assert await code(world, "/v1/budgets", "city-supervisor-1", body | {"amount_yuan": "9.00"}) == "duplicate"
    more = body | {"document_no": "财2号", "amount_yuan": "2.02"}
    second = await world.post("funding", "/v1/budgets", "city-supervisor-2", more, 201)
    for drafted_first, who in ((first, "city-supervisor-2"), (second, "city-supervisor-3")):
        await world.post("funding", f"/v1/budgets/{drafted_first['id']}/confirm", who)
    shown = await world.get("funding", "/v1/budgets/2024", "finance-1")
    assert (yuan(shown, "appropriated"), [row["document_no"] for row in shown["appropriations"]]) == (
        "3.03", ["财1号", "财2号"],
    )  # fmt: skip
    assert (await world.get("funding", "/v1/budgets/2025", "finance-1", 404))["code"] == "not_found"


async def test_a_state_of_construction_keeps_the_start_and_replaces_the_completion(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}/construction-status"
    steps: list[tuple[dict[str, str], tuple[str | None, str | None]]] = [
        ({"status": "under_construction", "started_on": "2023-05-05"}, ("2023-05-05", None)),
        ({"status": "completed", "completed_on": "2024-02-28"}, ("2023-05-05", "2024-02-28")),
        ({"status": "under_construction"}, ("2023-05-05", None)),
        ({"status": "under_construction", "started_on": "2023-06-06"}, ("2023-06-06", None)),
    ]
    for body, expected in steps:
        shown = await world.post("funding", path, "city-officer-1", body | {"evidence": "证"})
        assert (shown["construction_started_on"], shown["completed_on"]) == expected
    refused = await world.post("funding", path, "city-officer-1", {"status": "completed", "evidence": "证"}, 422)
    assert refused["errors"][0]["pointer"] == "/body/completed_on"
