"""Events of other services on a declaration, with what intake records of each. 三（二）, 三（三）, 四（一）"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from shared.contracts.base import Event
from shared.contracts.eligibility import DeclarationAssessed, PoolEntered, ReviewPassed, ReviewRejected
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
from shared.contracts.monitoring import EvaluationIssued, ProjectDelivered

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
