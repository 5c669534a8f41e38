"""Acts on money refuse a person who holds an excluding duty on the case, and admit one with all others. 三（二）"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.demo.personas import PEOPLE
from services.funding.main import service
from shared.contracts.intake import MunicipalMoneyRegistered
from shared.segregation import DUTIES, SEGREGATION
from tests.funding import rows
from tests.funding.case import DISTRICT, OWNER, announce, appropriate, approved, code, draft, enter_pool, plan_item
from tests.funding.rows import RECORD
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

CLAWBACK = {"ground": "other", "clause": "四（一）1", "amount_yuan": "1.00", "reason": "追", "evidence": "证"}
RELEASE, DEMAND = f"release-requests/{RECORD}", f"clawback-requests/{RECORD}"
REASON = {"reason": "理由"}
CODE = "2402-110105-04-01-123456"
PLANNED, RELEASED = {"status": "planned", "reservation": "instalment-1"}, {"status": "released", "released_yuan": 9}


def requested(case: UUID) -> tuple[str, ...]:
    return *planned(case), rows.row("release_request", case, "requested")


def claimed(case: UUID) -> tuple[str, ...]:
    return (rows.row("clawback_request", case, "requested"),)


def planned(case: UUID) -> tuple[str, ...]:
    payee = rows.row("payee_account", case, "confirmed")
    return payee, rows.row("investment_plan", case, "issued"), rows.item(case)


# Duty, who, path, body, columns of the application and records that the act needs.
ACTS: dict[str, tuple[str, str, str, Any, dict[str, Any], Callable[[UUID], tuple[str, ...]]]] = {
    "draft_approval": (
        "draft_approval", "city-officer-1", "applications/{case}/draft-approval",
        {"mode": "investment_grant", "justification": "建议"}, {}, lambda case: (),
    ),
    "approve_application": (
        "approve", "city-supervisor-1", "applications/{case}/approve", None, {"status": "drafted"}, lambda case: (),
    ),
    "countersign_approval": (
        "countersign", "city-supervisor-1", "applications/{case}/countersign", None, {"status": "drafted"},
        lambda case: ("UPDATE funding.application SET signed_by = 'z', signed_at = now(), countersign_from_yuan = 1",),
    ),
    "decline_application": (
        "approve", "city-supervisor-1", "applications/{case}/decline", {"clauses": ["二（五）"], **REASON}, {},
        lambda case: (),
    ),
    "request_release": (
        "request_release", "finance-1", "applications/{case}/release-requests", {"evidence": "依据"}, PLANNED, planned,
    ),
    "request_plan_release": (
        "request_release", "finance-1", f"plans/{RECORD}/release-requests", {"evidence": "依据"}, PLANNED, planned,
    ),
    "release_plan": ("release", "finance-1", f"plans/{RECORD}/release", None, PLANNED, requested),
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
@pytest.mark.planted
async def test_an_act_refuses_who_holds_an_excluding_duty_and_admits_who_holds_every_other(
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
    await admin.execute("DELETE FROM funding.duty")
    excluding = SEGREGATION.excluding(duty, world.clock.today())
    await admin.execute(held, other, who, next(iter(excluding)))  # on another case it does not count
    for name in excluding:
        await admin.execute("DELETE FROM funding.duty WHERE case_id = $1", case)
        await admin.execute(held, case, who, name)
        answer = await world.call("funding", "POST", f"/v1/{path.format(case=case)}", who, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "same_officer"), name
        assert f"“{DUTIES[name]}”，不得再承担“{DUTIES[duty]}”：{excluding[name].reason}" in answer.json()["detail"]
    await admin.execute("DELETE FROM funding.duty WHERE case_id = $1", case)
    for name in DUTIES.keys() - excluding:
        await admin.execute(held, case, who, name)
    answer = await world.call("funding", "POST", f"/v1/{path.format(case=case)}", who, body)
    assert answer.json().get("code") != "same_officer"


def test_every_act_on_money_is_in_the_table() -> None:
    money = {"draft_approval", "approve", "countersign", "request_release", "release", "request_clawback", "clawback"}
    taking = {name for name, duties in service.duties.items() if money & set(duties)}
    assert taking == ACTS.keys()


@pytest.mark.clause("二（五）")
async def test_a_bar_is_not_lifted_by_who_brought_any_barred_project_towards_the_money(world: World) -> None:
    """Bar one project by its code; under the other reading, all projects of its owner (I27)."""
    await appropriate(world)
    barred, same_owner = await approved(world, project_code=CODE), await approved(world)
    for batch, (case, drafter) in enumerate(((barred, "city-officer-5"), (same_owner, "city-officer-6")), 1):
        plan = {"year": 2024, "batch": batch, "items": [plan_item(case)]}
        await world.post("funding", "/v1/plans", drafter, plan, 201)
    money = {
        "project_code": CODE, "applicant_uscc": OWNER, "district": DISTRICT, "programme": "另一渠道",
        "granted_on": "2023-06-01",
    }  # fmt: skip
    readings = world.instances["funding"].settings.interpretations
    paths = []
    for yuan, reading in (("3000000.00", {}), ("7.00", {"other_funds_scope": "entity"})):
        readings |= reading
        kept = await world.post("funding", "/v1/municipal-money", "city-officer-7", money | {"amount_yuan": yuan}, 201)
        paths.append(f"/v1/municipal-money/{kept['id']}/withdraw")
    readings.clear()
    assert await code(world, paths[0], "city-officer-5", REASON, 403) == "same_officer"
    await world.post("funding", paths[0], "city-officer-6", REASON)
    assert await code(world, paths[1], "city-officer-6", REASON, 403) == "same_officer"
    await world.post("funding", paths[1], "city-officer-8", REASON)


async def test_a_bar_registered_at_intake_is_not_lifted_by_who_registered_it(world: World) -> None:
    case, identity = await enter_pool(world, project_code=CODE), uuid4()
    registered = MunicipalMoneyRegistered(
        record_id=identity,
        district=DISTRICT,
        applicant_uscc=OWNER,
        programme="另一渠道",
        project_code=CODE,
        entity_uscc=OWNER,
        entity_name="示例置业有限公司",
        amount_yuan="77.07",
        funded_on=date(2023, 5, 5),
        source="公示",
        registered_by="city-officer-7",
    )
    await announce(world, "intake", registered)
    assert await code(world, f"/v1/municipal-money/{identity}/withdraw", "city-officer-8", REASON) == "wrong_status"
    path = f"/v1/applications/{case}"
    (bar,) = (await world.get("funding", path, "auditor-1"))["money_bars"]
    proposal = {"bar_id": bar["id"], "evidence": "复函", "document_no": "函1号"}
    await world.post("funding", f"{path}/propose-money-bar-lifting", "city-officer-6", proposal)
    decision = {"bar_id": bar["id"], "lift": True, **REASON}
    lift = f"{path}/decide-money-bar-lifting"
    assert await code(world, lift, "city-officer-7", decision, 403) == "same_officer"
    await world.post("funding", lift, "city-officer-8", decision)


async def test_who_drafted_the_plan_lifts_no_hold_on_its_projects(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    both = replace(PEOPLE["city-officer-3"], roles=("city_officer", "city_supervisor"))
    plan = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
    await world.post("funding", "/v1/plans", both, plan, 201)
    await world.post("funding", f"/v1/applications/{case}/hold", "city-officer-4", REASON, 201)
    lift = f"/v1/applications/{case}/lift-hold"
    assert await code(world, lift, both, REASON, 403) == "same_officer"
    assert await code(world, lift, "city-supervisor-1", REASON, 403) == "same_officer"  # approved
    await world.post("funding", lift, "city-supervisor-2", REASON)
