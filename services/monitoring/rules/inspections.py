"""Inspection risk of projects: points with reasons, and selection of the riskiest (四（一）3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from shared.policy import parameter

_TEN_MILLION = Decimal(10_000_000)
FACTORS = {
    "late_quarter": "季报逾期",
    "open_reading_finding": "监测异常未处理",
    "overdue_rectification": "整改逾期",
    "grave_finding": "曾有严重问题",
    "never_inspected": "从未核查",
    "money_per_10m_yuan": "已拨付资金（千万元）",
}


@dataclass(frozen=True)
class RiskInputs:
    """Input of one project's risk score: counts, the amount released in yuan, the credit grade."""

    declaration_id: UUID
    late_quarter: int
    open_reading_finding: int
    overdue_rectification: int
    grave_finding: int
    inspected: int
    released_yuan: Decimal
    credit_grade: str | None


@dataclass(frozen=True)
class Risk:
    """Risk score of a project with its reasons."""

    declaration_id: UUID
    score: Decimal
    reasons: tuple[dict[str, Any], ...]


def score_risk(inputs: RiskInputs, on: date) -> Risk:
    """Return the points by the weights in force on a date, with a reason for each factor."""
    weights, grades = parameter("inspection_risk_weights", on), parameter("inspection_risk_credit", on)
    amounts = {
        "late_quarter": Decimal(inputs.late_quarter),
        "open_reading_finding": Decimal(inputs.open_reading_finding),
        "overdue_rectification": Decimal(inputs.overdue_rectification),
        "grave_finding": Decimal(inputs.grave_finding),
        "never_inspected": Decimal(inputs.inspected == 0),
        "money_per_10m_yuan": inputs.released_yuan / _TEN_MILLION,
    }
    reasons = [_reason(key, FACTORS[key], amount, weights[key]) for key, amount in amounts.items() if amount]
    if inputs.credit_grade is not None:
        label = f"信用等级 {inputs.credit_grade}"
        reasons.append(_reason("credit_grade", label, Decimal(1), grades[inputs.credit_grade]))
    score = sum((Decimal(reason["points"]) for reason in reasons), Decimal(0))
    return Risk(inputs.declaration_id, score, tuple(reasons))


def select_riskiest(risks: Sequence[Risk], size: int, quarter: str) -> list[Risk]:
    """Return the `size` riskiest projects; ties are ordered by a hash of quarter and project, so runs agree."""
    return sorted(risks, key=lambda risk: (-risk.score, _tie_break(risk.declaration_id, quarter)))[:size]


def _reason(key: str, label: str, amount: Decimal, weight: Decimal) -> dict[str, Any]:
    points = (amount * weight).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {"factor": key, "label": label, "amount": f"{amount:f}", "weight": f"{weight:f}", "points": f"{points:f}"}


def _tie_break(declaration_id: UUID, quarter: str) -> str:
    return sha256(f"{quarter}/{declaration_id}".encode()).hexdigest()
