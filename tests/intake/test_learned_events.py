"""Tests of events of other services on a declaration: stage, reason, details (三（二）, 三（三）, 四（一）)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.handlers import HANDLERS
from shared.contracts.base import Event
from shared.contracts.eligibility import (
    DeclarationAssessed,
    PolicyFiguresConfirmed,
    PoolEntered,
    ReviewPassed,
    ReviewRejected,
)
from shared.contracts.facts import ProjectFacts
from shared.contracts.funding import (
    FundsApproved,
    FundsClawedBack,
    FundsDeclined,
    FundsHeld,
    FundsReleased,
    FundsSentBack,
    MunicipalMoneyCompared,
)
from shared.contracts.intake import Project
from shared.contracts.monitoring import CreditRated, EvaluationIssued, ProjectDelivered
from tests.intake import sample_declarations
from tests.intake.test_handlers import announce
from tests.world import World

OWNER = "91110000600037341L"
PROJECT: dict[str, Any] = {
    "declaration_no": "SB-110105-2024-0001",
    "project_name": "示例大厦改造项目",
    "project_code": "2401-110105-04-01-000077",
    "address": "北京市朝阳区示例路77号",
    "applicant_name": "示例置业有限公司",
    "applicant_uscc": OWNER,
    "district": "110105",
}
RULED = {"ruleset": "r" * 64, "as_of": date(2024, 3, 2)}
MONEY: dict[str, Any] = {"mode": "interest_subsidy", "award_yuan": Decimal("1000.07")}
NOT_HERE: dict[str, Any] = {"facts": ProjectFacts(), "components": ()}

EVENTS: dict[str, tuple[type[Event], dict[str, Any], str, str, str | None, dict[str, Any]]] = {
    "assessed": (
        DeclarationAssessed,
        {
            **RULED,
            "assessment_id": uuid4(),
            "decision": "ineligible",
            "edition": "2023",
            "summary": "两条未满足",
            "unmet": ("二（一）1", "二（五）"),
            "open": ("二（二）",),
            "needs_reason": ("四（一）2",),
            "missing": (),
        },
        "assessed",
        "learn_assessment",
        "两条未满足",
        {"clause": "二（一）1、二（五）", "outcome": "ineligible", "edition": "2023"},
    ),
    "assessed without fault": (
        DeclarationAssessed,
        {
            **RULED,
            "assessment_id": uuid4(),
            "decision": "eligible",
            "edition": "2021",
            "summary": "均满足",
            **dict.fromkeys(("unmet", "open", "needs_reason", "missing"), ()),
        },
        "assessed",
        "learn_assessment",
        "均满足",
        {"clause": "二", "outcome": "eligible", "edition": "2021"},
    ),
    "passed": (ReviewPassed, RULED, "review_passed", "learn_review", None, {"clause": "三（二）", "outcome": "passed"}),
    "rejected": (
        ReviewRejected,
        {"clauses": ("二（二）", "二（三）"), "reason": "定位不符"},
        "rejected",
        "learn_review",
        "定位不符",
        {"clause": "二（二）、二（三）", "outcome": "rejected"},
    ),
    "pooled": (
        PoolEntered,
        {**RULED, **NOT_HERE, "score": Decimal("88.5"), "rank": 3, "entered_on": date(2024, 3, 3)},
        "pooled",
        "learn_pool_entry",
        None,
        {"clause": "三（二）", "rank": 3},
    ),
    "approved": (
        FundsApproved,
        {
            **MONEY,
            "approval_no": "批〔2024〕8号",
            "base_yuan": Decimal("9000.09"),
            "derivation": "9000.09 × 10%",
            "clause": "二（四）2",
            "approved_on": date(2024, 3, 4),
        },
        "approved",
        "learn_approval",
        "9000.09 × 10%",
        {"clause": "二（四）2", "approval_no": "批〔2024〕8号", "award_yuan": "1000.07"},
    ),
    "declined": (
        FundsDeclined,
        {"clauses": ("二（四）1", "二（五）"), "reason": "额度不足"},
        "declined",
        "learn_refusal_of_funds",
        "额度不足",
        {"clause": "二（四）1、二（五）"},
    ),
    "released": (
        FundsReleased,
        {
            **MONEY,
            **RULED,
            **NOT_HERE,
            "release_id": uuid4(),
            "transfer_id": uuid4(),
            "instalment": 2,
            "amount_yuan": Decimal("300.33"),
            "released_total_yuan": Decimal("600.66"),
            "released_on": date(2024, 3, 5),
        },
        "released",
        "learn_release",
        None,
        {"clause": "三（二）", "instalment": 2, "amount_yuan": "300.33"},
    ),
    "sent back by the bank": (
        FundsSentBack,
        {
            "release_id": uuid4(),
            "transfer_id": uuid4(),
            "stage": "sent_back",
            "amount_yuan": Decimal("300.33"),
            "sent_back_on": date(2024, 3, 7),
            "reason": "账号不符",
        },
        "received",
        "learn_sent_back",
        "账号不符",
        {"clause": "三（二）", "stage": "sent_back", "amount_yuan": "300.33"},
    ),
    "held": (
        FundsHeld,
        {"held": True, "ground": "credit", "clause": "四（一）3", "reason": "核查中"},
        "received",
        "learn_hold",
        "核查中",
        {"clause": "四（一）3", "held": True, "ground": "credit"},
    ),
    "compared": (
        MunicipalMoneyCompared,
        {"bar_id": uuid4(), "outcome": "barred", "basis": "building", "reason": "楼宇相同"},
        "received",
        "learn_money_bar",
        "楼宇相同",
        {"clause": "二（五）", "outcome": "barred", "basis": "building"},
    ),
    "delivered": (
        ProjectDelivered,
        {"delivered_on": date(2024, 3, 6), "evaluation_due_on": date(2025, 3, 7)},
        "delivered",
        "learn_delivery",
        None,
        {"clause": "三（三）", "delivered_on": "2024-03-06", "evaluation_due_on": "2025-03-07"},
    ),
    "evaluated": (
        EvaluationIssued,
        {
            "evaluation_id": uuid4(),
            "score": Decimal("71.5"),
            "grade": "良",
            "targets": (),
            "targets_met": False,
            "issued_on": date(2024, 3, 8),
            "late": True,
        },
        "evaluated",
        "learn_evaluation",
        None,
        {"clause": "三（三）", "grade": "良", "score": "71.5", "targets_met": False},
    ),
    "demanded": (
        FundsClawedBack,
        {
            "transfer_id": uuid4(),
            "stage": "demanded",
            "amount_yuan": Decimal("200.22"),
            "ground": "diversion",
            "clause": "四（一）1",
            "reason": "挪用",
        },
        "clawback_demanded",
        "learn_clawback",
        "挪用",
        {"clause": "四（一）1", "amount_yuan": "200.22", "ground": "diversion"},
    ),
    "recovered": (
        FundsClawedBack,
        {
            "transfer_id": uuid4(),
            "stage": "recovered",
            "amount_yuan": Decimal("100.11"),
            "ground": "fraud",
            "clause": "四（一）2",
            "reason": "已退回",
        },
        "clawback_recovered",
        "learn_clawback",
        "已退回",
        {"clause": "四（一）2", "amount_yuan": "100.11", "ground": "fraud"},
    ),
}
"""Event, its own data, and the stage, act, reason and detail that follow from it on a received declaration."""


def test_every_handled_event_is_in_the_table() -> None:
    assert {row[0] for row in EVENTS.values()} | {CreditRated, PolicyFiguresConfirmed} == set(HANDLERS)


@pytest.mark.parametrize("name", EVENTS)
async def test_an_event_records_its_stage_and_details(world: World, name: str) -> None:
    kind, own, stage, act, reason, detail = EVENTS[name]
    declaration = await sample_declarations.draft(world)
    case, admin = declaration["id"], world.database.admin
    await admin.execute("UPDATE intake.declaration SET stage = 'received', round = 2, due_on = '2024-03-20'")
    world.clock.set(datetime(2024, 3, 12, 1, 0, tzinfo=UTC))
    about: dict[str, Any] = {"district": "110105", "applicant_uscc": OWNER, "declaration_id": UUID(case)}
    if "project" in kind.model_fields:
        about["project"] = Project(declaration_id=UUID(case), **PROJECT)
    await announce(world, "funding", kind(**about, **own))
    assert "intake" not in await world.parked()
    said = await world.get("intake", f"/v1/declarations/{case}", "auditor-1")
    held = name == "held"
    assert said == declaration | {
        "stage": stage,
        "stage_label": said["stage_label"],
        "version": 2,
        "round": 2,
        "due_on": "2024-03-20" if name in ("held", "compared", "sent back by the bank") else None,
        "funds_held": held,
        "updated_at": "2024-03-12T01:00:00Z",
    }
    (last,) = (await world.get("intake", f"/v1/acts/{case}?role=system", "auditor-1"))["items"]
    assert {field: value for field, value in last.items() if field not in ("id", "actor", "actor_name")} == {
        "case_id": case,
        "act": act,
        "role": "system",
        "district": "110105",
        "applicant_uscc": OWNER,
        "at": "2024-03-12T01:00:00Z",
        "reason": reason,
        "detail": {"round": 2} | detail,
    }
    identity = await admin.fetchrow("SELECT * FROM intake.project_identity")
    assert (dict(identity) if identity else None) == (awarded(case) if name == "approved" else None)


def awarded(case: str) -> Mapping[str, Any]:
    return {
        "declaration_id": UUID(case),
        "declaration_no": "SB-110105-2024-0001",
        "district": "110105",
        "entity_uscc": OWNER,
        "project_code": "2401-110105-04-01-000077",
        "entity_place": f"{OWNER}|朝阳区示例路77号",
        "name_form": "示例大厦改造项目",
        "live": True,
        "approval_no": "批〔2024〕8号",
        "approved_on": date(2024, 3, 4),
    }


@pytest.mark.parametrize(("name", "kept"), [("rejected", None), ("declined", "批〔2024〕8号")])
async def test_an_ended_project_keeps_its_award_and_leaves_others_live(world: World, name: str, kept: Any) -> None:
    first, second = [(await sample_declarations.draft(world))["id"] for _ in range(2)]
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'received', round = 1")
    for case in (first, second):
        project = Project(declaration_id=UUID(case), **PROJECT)
        about = {"district": "110105", "applicant_uscc": OWNER, "declaration_id": UUID(case), "project": project}
        await announce(world, "funding", FundsApproved(**about, **EVENTS["approved"][1]))
    if kept is None:
        await world.database.admin.execute("UPDATE intake.project_identity SET approval_no = NULL, approved_on = NULL")
    kind, own = EVENTS[name][:2]
    await announce(world, "funding", kind(district="110105", declaration_id=UUID(first), **own))
    rows = await world.database.admin.fetch("SELECT declaration_id, live, approval_no FROM intake.project_identity")
    assert {str(row["declaration_id"]): (row["live"], row["approval_no"]) for row in rows} == {
        first: (False, kept),
        second: (True, kept),
    }


@pytest.mark.clause("四（一）3")
async def test_a_later_grade_replaces_every_field_of_the_earlier_one(world: World) -> None:
    def rated(uscc: str, name: str, grade: str, day: int) -> CreditRated:
        about: dict[str, Any] = {"district": "110000", "entity_id": uuid4(), "uscc": uscc, "name": name}
        said = {"grade": grade, "points": 3, "grounds": ("G2",), "decided_on": date(2024, 2, day), "repaired": False}
        return CreditRated(**about, **said)

    other = "91110105MA0000007L"
    await announce(world, "monitoring", rated(OWNER, "旧名", "D", 1), rated(other, "另一家", "A", 2))
    await announce(world, "monitoring", rated(OWNER, "新名", "B", 3))
    rows = await world.database.admin.fetch("SELECT * FROM intake.entity_credit ORDER BY name")
    assert [tuple(row.values()) for row in rows] == [
        (other, "110000", "另一家", "A", date(2024, 2, 2)),
        (OWNER, "110000", "新名", "B", date(2024, 2, 3)),
    ]
