"""One duty per person and case: each act that takes a duty refuses a person who holds any other. 三（二）"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from services.funding.main import service
from shared.storage.audit import DUTIES
from tests.funding import rows
from tests.funding.case import appropriate, draft, enter_pool
from tests.funding.rows import RECORD
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

CLAWBACK = {"ground": "other", "clause": "四（一）1", "amount_yuan": "1.00", "reason": "追", "evidence": "证"}
RELEASE, DEMAND = f"release-requests/{RECORD}", f"clawback-requests/{RECORD}"
REASON = {"reason": "理由"}
PLANNED, RELEASED = {"status": "planned", "reservation": "instalment-1"}, {"status": "released", "released_yuan": 9}


def requested(case: UUID) -> tuple[str, ...]:
    plan = rows.row("investment_plan", case, "issued"), rows.item(case)
    return *plan, rows.row("release_request", case, "requested")


def claimed(case: UUID) -> tuple[str, ...]:
    return (rows.row("clawback_request", case, "requested"),)


def planned(case: UUID) -> tuple[str, ...]:
    return rows.row("investment_plan", case, "issued"), rows.item(case)


# Duty, who, path, body, columns of the application and records that the act needs.
ACTS: dict[str, tuple[str, str, str, Any, dict[str, Any], Callable[[UUID], tuple[str, ...]]]] = {
    "draft_approval": (
        "draft_approval", "city-officer-1", "applications/{case}/draft-approval",
        {"mode": "investment_grant", "justification": "建议"}, {}, lambda case: (),
    ),
    "approve_application": (
        "approve", "city-supervisor-1", "applications/{case}/approve", None, {"status": "drafted"}, lambda case: (),
    ),
    "decline_application": (
        "approve", "city-supervisor-1", "applications/{case}/decline", {"clauses": ["二（五）"], **REASON}, {},
        lambda case: (),
    ),
    "request_release": (
        "request_release", "finance-1", "applications/{case}/release-requests", {"evidence": "依据"}, PLANNED, planned,
    ),
    "release_funds": ("release", "finance-1", f"{RELEASE}/approve", None, PLANNED, requested),
    "reject_release": ("release", "finance-1", f"{RELEASE}/reject", REASON, PLANNED, requested),
    "request_clawback": (
        "request_clawback", "city-officer-1", "applications/{case}/clawback-requests", CLAWBACK, RELEASED,
        lambda case: (),
    ),
    "demand_clawback": ("clawback", "city-supervisor-1", f"{DEMAND}/approve", None, RELEASED, claimed),
    "reject_clawback": ("clawback", "city-supervisor-1", f"{DEMAND}/reject", REASON, RELEASED, claimed),
}  # fmt: skip


@pytest.mark.parametrize("operation", ACTS)
async def test_an_act_refuses_who_holds_another_duty_on_the_case_and_admits_who_holds_its_own(
    world: World, operation: str
) -> None:
    duty, who, path, body, columns, given = ACTS[operation]
    admin = world.database.admin
    await appropriate(world)
    case, other = await enter_pool(world), await enter_pool(world)
    await draft(world, case)
    for name, value in ({"status": "received", "reserved_yuan": 10_000_000} | columns).items():
        await admin.execute(f"UPDATE funding.application SET {name} = $1 WHERE id = $2", value, case)
    for statement in given(case):
        await admin.execute(statement)
    held = "INSERT INTO funding.duty VALUES ($1, $2, $3, now())"
    await admin.execute(held, other, who, next(iter(DUTIES)))  # on another case it does not count
    for name, label in DUTIES.items():
        if name != duty:
            await admin.execute("DELETE FROM funding.duty WHERE case_id = $1", case)
            await admin.execute(held, case, who, name)
            answer = await world.call("funding", "POST", f"/v1/{path.format(case=case)}", who, body)
            assert (answer.status_code, answer.json()["code"]) == (403, "same_officer"), name
            assert label in answer.json()["detail"]
    await admin.execute("DELETE FROM funding.duty WHERE case_id = $1", case)
    await admin.execute(held, case, who, duty)
    answer = await world.call("funding", "POST", f"/v1/{path.format(case=case)}", who, body)
    assert answer.json().get("code") != "same_officer"


def test_every_duty_has_its_act() -> None:
    assert service.duties == {operation: [duty] for operation, (duty, *_) in ACTS.items()}


PAIRS = {
    "appropriation": ("confirm_budget", f"budgets/{RECORD}/confirm", "city-supervisor-1", None, "drafted_by"),
    "investment_plan": ("issue_plan", f"plans/{RECORD}/issue", "city-supervisor-1", None, "drafted_by"),
    "confirm money_return": ("confirm_return", f"returns/{RECORD}/confirm", "finance-1", None, "recorded_by"),
    "reject money_return": ("reject_return", f"returns/{RECORD}/reject", "finance-1", REASON, "recorded_by"),
}


@pytest.mark.parametrize("name", PAIRS)
async def test_who_drafted_or_recorded_does_not_decide(world: World, name: str) -> None:
    _, path, who, body, column = PAIRS[name]
    table = name.split()[-1]
    await appropriate(world)
    case = await enter_pool(world)
    await world.database.admin.execute(
        "UPDATE funding.application SET status = 'approved', mode = 'investment_grant', released_yuan = 9"
    )
    await rows.add(world, table, case, {"money_return": "recorded"}.get(table, "drafted"))
    await world.database.admin.execute(rows.item(case) if table == "investment_plan" else "SELECT 1")
    await world.database.admin.execute(f"UPDATE funding.{table} SET {column} = $1 WHERE id = $2", who, RECORD)
    refused = await world.post("funding", f"/v1/{path}", who, body, 403)
    assert refused["code"] == "same_officer"
