"""Reactions of funding to events of monitoring, and to events delivered twice. 四（一）1, 四（一）3"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.monitoring import CreditRated, InspectionCompleted, InspectionFinding, ProjectDelivered
from tests.funding.case import (
    DISTRICT,
    OWNER,
    announce,
    appropriate,
    approved,
    code,
    enter_pool,
    planned,
    pooled,
    read,
    released,
    requested,
    sound,
    yuan,
)
from tests.world import World


def inspected(case: UUID, kind: str = "funds_diverted", grave: bool = True) -> InspectionCompleted:
    finding = InspectionFinding(
        finding_id=uuid4(), kind=kind, clause="四（一）1", grave=grave, amount_yuan=None, description="资金转作他用"
    )
    return InspectionCompleted(
        declaration_id=case,
        district=DISTRICT,
        applicant_uscc=OWNER,
        inspection_id=uuid4(),
        inspected_on=date(2024, 3, 1),
        findings=(finding,),
    )


def rated(grade: str, entity: UUID, **more: Any) -> CreditRated:
    return CreditRated.model_validate(
        {
            "entity_id": entity,
            "district": "110000",
            "applicant_uscc": OWNER,
            "uscc": OWNER,
            "name": "示例置业有限公司",
            "grade": grade,
            "points": 60,
            "grounds": ("report_late_or_missing",),
            "decided_on": date(2024, 3, 1),
            **more,
        }
    )


async def test_a_grave_finding_of_diversion_stops_payments_but_recovers_nothing(world: World) -> None:
    case = await released(world)
    await announce(world, "monitoring", inspected(case))
    shown = await read(world, case)
    hold = shown["holds"][0]
    assert (hold["ground"], hold["clause"], hold["severity"]) == ("funds_diverted", "四（一）1", "stop")
    assert (yuan(shown, "demanded"), yuan(shown, "net_paid")) == ("0.00", "10000000.00")
    held = (await world.events("funding", "funding.funds_held.v1"))[0]["data"]
    assert (held["held"], held["clause"]) == (True, "四（一）1")


async def test_other_grave_findings_hold_for_review_and_light_ones_do_not(world: World) -> None:
    case, calm = await enter_pool(world), await enter_pool(world)
    await announce(world, "monitoring", inspected(case, "works_stopped"), inspected(calm, "sign_missing", grave=False))
    hold = (await read(world, case))["holds"][0]
    assert (hold["ground"], hold["clause"], hold["severity"]) == ("grave_finding", "四（一）3", "review")
    assert (await read(world, calm))["held"] is False


async def test_grade_c_holds_for_review_and_grade_d_stops(world: World) -> None:
    await appropriate(world)
    case, entity = await approved(world), uuid4()
    await planned(world, case)
    await announce(world, "monitoring", rated("C", entity))
    request = await requested(world, case)
    path = f"/v1/release-requests/{request['id']}"
    assert await code(world, f"{path}/approve", "finance-2") == "funds_held"
    await world.post("funding", f"{path}/reject", "finance-2", {"reason": "待复核"})
    await announce(world, "monitoring", rated("D", entity, decided_on=date(2024, 3, 2)))
    assert (await requested(world, case, status=409))["code"] == "funds_held"
    assert [hold["severity"] for hold in (await read(world, case))["holds"]] == ["review", "stop"]


async def test_a_better_grade_lifts_no_hold(world: World) -> None:
    case, entity = await enter_pool(world), uuid4()
    await announce(world, "monitoring", rated("C", entity))
    await announce(world, "monitoring", rated("B", entity, decided_on=date(2024, 3, 2), repaired=True))
    shown = await read(world, case)
    assert (shown["held"], shown["timeline"][-1]["act"]) == (True, "note_credit_grade")


async def test_an_entity_graded_earlier_is_held_when_its_project_arrives(world: World) -> None:
    await announce(world, "monitoring", rated("D", uuid4()))
    case = await enter_pool(world)
    other = await enter_pool(world, uscc="91110108551385082Q")
    assert (await read(world, case))["holds"][0]["ground"] == "credit_d"
    assert (await read(world, other))["held"] is False


async def test_an_event_of_a_project_unknown_to_funding_is_ignored(world: World) -> None:
    await announce(world, "monitoring", inspected(uuid4()))
    assert await world.parked() == {}


async def test_a_delivered_project_is_completed(world: World) -> None:
    case = await released(world)
    delivered = ProjectDelivered(
        declaration_id=case,
        district=DISTRICT,
        applicant_uscc=OWNER,
        delivered_on=date(2024, 3, 1),
        evaluation_due_on=date(2025, 3, 3),
    )
    await announce(world, "monitoring", delivered)
    shown = await read(world, case)
    assert (shown["construction_status"], shown["completed_on"]) == ("completed", "2024-03-01")


async def test_everything_delivered_again_changes_nothing(world: World) -> None:
    case = await released(world)
    await announce(world, "eligibility", pooled())
    await announce(world, "monitoring", inspected(case), rated("C", uuid4()))
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
    await sound(world)
