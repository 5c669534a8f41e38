"""Events that reach funding again, late or twice, of closed cases, with several findings. 四（一）1, 四（一）3"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.funding.handlers import HANDLERS
from services.funding.rules.code_lists import APPLICATION_STATUSES
from shared.contracts.base import Event
from shared.contracts.monitoring import (
    CreditRated,
    EvaluationIssued,
    InspectionCompleted,
    InspectionFinding,
    ProjectDelivered,
    ProjectQuarterSubmitted,
    TargetResult,
)
from tests.funding.case import DISTRICT, OWNER, announce, enter_pool, read
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("四（一）1", "四（一）3")

OTHER = "91110108551385082Q"


def about(case: UUID) -> dict[str, Any]:
    return {"declaration_id": case, "district": DISTRICT, "applicant_uscc": OWNER}


def finding(kind: str, grave: bool, description: str) -> InspectionFinding:
    return InspectionFinding(
        finding_id=uuid4(), kind=kind, clause="四（一）2", grave=grave, amount_yuan=None, description=description
    )


def inspected(case: UUID, on: date, *findings: InspectionFinding) -> InspectionCompleted:
    return InspectionCompleted(**about(case), inspection_id=uuid4(), inspected_on=on, findings=findings)


def rated(grade: str, on: str, *grounds: str, uscc: str = OWNER) -> CreditRated:
    return CreditRated.model_validate(
        {
            "entity_id": UUID(int=5), "district": "110000", "applicant_uscc": uscc, "uscc": uscc, "name": "单位",
            "grade": grade, "points": 60, "grounds": grounds, "decided_on": on,
        }
    )  # fmt: skip


def evaluated(case: UUID, on: str, *met: bool | None) -> EvaluationIssued:
    targets = tuple(
        TargetResult(clause=f"二（三）{n}", label=f"指标{n}", target="80%", actual=f"{n}%", met=each, gap="")
        for n, each in enumerate(met, 1)
    )
    judged = {"evaluation_id": uuid4(), "score": Decimal(61), "grade": "poor", "targets": targets, "late": False}
    return EvaluationIssued.model_validate(
        {**about(case), **judged, "issued_on": on, "targets_met": False not in met and None not in met}
    )


def quarter(case: UUID, name: str, progress: str) -> ProjectQuarterSubmitted:
    figures = {"investment_done_yuan": "1.00", "subsidy_used_yuan": "2.00", "warnings": (), "late": False}
    return ProjectQuarterSubmitted.model_validate(
        {**about(case), "quarter": name, "due_on": "2024-04-15", "progress": progress, **figures}
    )


async def holds(world: World, case: UUID) -> list[Any]:
    shown: list[Any] = (await read(world, case))["all_holds"]
    return shown


async def test_each_grave_finding_holds_once_also_when_a_later_inspection_reports_it_again(world: World) -> None:
    case = await enter_pool(world)
    diverted = finding("funds_diverted", True, "挪用")
    stopped = finding("works_stopped", True, "停工")
    light = finding("funds_diverted", False, "凭证不全")
    await announce(world, "monitoring", inspected(case, date(2024, 3, 1), diverted, light, stopped))
    await announce(world, "monitoring", inspected(case, date(2024, 3, 2), stopped, finding("other", True, "新问题")))
    kept = [(hold["ground"], hold["clause"], hold["severity"], hold["reason"]) for hold in await holds(world, case)]
    assert kept == [
        ("funds_diverted", "四（一）1", "stop", "2024-03-01 现场核查：挪用"),
        ("grave_finding", "四（一）3", "review", "2024-03-01 现场核查：停工"),
        ("grave_finding", "四（一）3", "review", "2024-03-02 现场核查：新问题"),
    ]
    assert len(await world.events("funding", "funding.funds_held.v1")) == 3


async def test_a_grade_holds_each_open_case_of_its_entity_and_no_other(world: World) -> None:
    cases = {status: await enter_pool(world) for status in APPLICATION_STATUSES}
    for status, case in cases.items():
        await world.database.admin.execute("UPDATE funding.application SET status = $1 WHERE id = $2", status, case)
    stranger = await enter_pool(world, uscc=OTHER)
    await announce(world, "monitoring", rated("C", "2024-03-01", "G4"))
    held = {status for status, case in cases.items() if await holds(world, case)}
    assert held == {"received", "drafted", "approved", "planned", "releasing", "released"}
    assert await holds(world, stranger) == []


GRADES = [
    # Grade, day and grounds, then the ground, severity and reason of the hold that it places, if any.
    ("B", "2024-03-01", (), None),
    ("C", "2024-03-02", (), ("credit_c", "review", "2024-03-02 信用等级 C：未列事由")),
    ("C", "2024-03-02", (), None),  # the same decision again
    ("D", "2024-03-02", ("G1", "G2"), ("credit_d", "stop", "2024-03-02 信用等级 D：G1、G2")),
    ("C", "2024-03-03", ("G4",), ("credit_c", "review", "2024-03-03 信用等级 C：G4")),
    ("A", "2024-03-04", (), None),
]


async def test_each_decision_on_a_grade_holds_once_and_later_cases_are_held_by_the_last(world: World) -> None:
    case = await enter_pool(world)
    expected: list[tuple[str, str, str]] = []
    for grade, on, grounds, hold in GRADES:
        await announce(world, "monitoring", rated(grade, on, *grounds))
        expected += [hold] if hold else []
        kept = [(each["ground"], each["severity"], each["reason"]) for each in await holds(world, case)]
        assert kept == expected, (grade, on)
        newcomer = await enter_pool(world)
        reasons = [each["reason"] for each in await holds(world, newcomer)]
        assert len(reasons) == (1 if grade in ("C", "D") else 0)
        assert all(reason.startswith(f"{on} 信用等级 {grade}") for reason in reasons)
        await world.database.admin.execute("UPDATE funding.application SET status = 'closed' WHERE id = $1", newcomer)
    noted = [act for act in (await read(world, case))["timeline"] if act["act"] == "note_credit_grade"]
    assert [act["detail"] for act in noted] == [
        {"grade": "B", "decided_on": "2024-03-01"},
        {"grade": "A", "decided_on": "2024-03-04"},
    ]


async def test_later_reports_and_evaluations_replace_earlier_ones_and_may_fall(world: World) -> None:
    case, other = await enter_pool(world), await enter_pool(world)
    at(world, "2024-07-01 00:30")
    for name, progress in (("2024Q1", "0.72"), ("2024Q2", "0.65")):
        await announce(world, "monitoring", quarter(case, name, progress))
    await announce(world, "monitoring", evaluated(case, "2024-06-01", True, False, None))
    first = await read(world, case)
    assert (first["progress"], first["evaluated_on"], first["targets_met"]) == ("0.650000", "2024-06-01", False)
    await announce(world, "monitoring", evaluated(case, "2024-06-20", True, True))
    delivered = {"evaluation_due_on": date(2025, 5, 30)}
    await announce(world, "monitoring", ProjectDelivered(**about(case), delivered_on=date(2024, 5, 30), **delivered))
    shown = await read(world, case)
    names = ("evaluated_on", "targets_met", "completed_on", "construction_status")
    assert [shown[name] for name in names] == ["2024-06-20", True, "2024-05-30", "completed"]
    notes = [act for act in shown["timeline"] if act["act"] == "note_evaluation"]
    assert [(act["reason"] is not None, act["detail"]["missed"]) for act in notes] == [
        (True, ["指标2（二（三）2）：目标 80%，实际 2%"]),
        (False, []),
    ]
    beside = await read(world, other)
    assert [beside[name] for name in names] == [None, None, None, "under_construction"]


async def test_an_event_of_an_unknown_case_changes_nothing_and_is_not_parked(world: World) -> None:
    case, unknown = await enter_pool(world), uuid4()
    await world.settle()
    before = (await world.snapshot())["funding"]
    late: list[Event] = [
        inspected(unknown, date(2024, 3, 1), finding("works_stopped", True, "停工")),
        quarter(unknown, "2024Q1", "0.5"),
        evaluated(unknown, "2024-03-01", True),
        ProjectDelivered(**about(unknown), delivered_on=date(2024, 3, 1), evaluation_due_on=date(2025, 3, 3)),
    ]
    await announce(world, "monitoring", *late)
    after = (await world.snapshot())["funding"]
    assert {name for name in before if before[name] != after[name]} == set()
    assert await world.parked() == {}
    assert (await read(world, case))["held"] is False
    assert {type(event) for event in late} | {CreditRated} == {
        handled for handled in HANDLERS if handled.type.startswith("monitoring.")
    }
