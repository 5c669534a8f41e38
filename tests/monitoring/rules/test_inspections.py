"""Risk scores: each factor and grade by its weight, rounding, ties and the size of the selection. 四（一）3"""

from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from services.monitoring.rules.inspections import Risk, RiskInputs, score_risk, select_riskiest
from tests.shared.policy.periods import add_period

pytestmark = pytest.mark.clause("四（一）3")

ON = date(2025, 6, 30)
NEXT = ON + timedelta(days=1)
PROJECT = UUID(int=7)


def inputs(**changes: Any) -> RiskInputs:
    """Return the input of an inspected project without money or grade, which scores nothing."""
    usual: dict[str, Any] = {
        "late_quarter": 0,
        "open_reading_finding": 0,
        "overdue_rectification": 0,
        "grave_finding": 0,
        "inspected": 1,
        "released_yuan": Decimal(0),
        "credit_grade": None,
    }
    return RiskInputs(PROJECT, **usual | changes)


@pytest.mark.parametrize(
    ("changes", "score"),
    [
        ({}, "0"),
        ({"late_quarter": 2}, "20"),
        ({"open_reading_finding": 3}, "18"),
        ({"overdue_rectification": 1}, "15"),
        ({"grave_finding": 1}, "25"),
        ({"inspected": 0}, "10"),
        ({"inspected": 2}, "0"),
        ({"released_yuan": Decimal("30000000.00")}, "12"),
        ({"released_yuan": Decimal("12487.50")}, "0"),
        ({"released_yuan": Decimal("12500.00")}, "0.01"),
        ({"credit_grade": "A"}, "-10"),
        ({"credit_grade": "B"}, "0"),
        ({"credit_grade": "C"}, "15"),
        ({"credit_grade": "D"}, "30"),
        ({"late_quarter": 1, "grave_finding": 2, "inspected": 0, "credit_grade": "A"}, "60"),
    ],
)
def test_each_factor_scores_by_its_weight(changes: dict[str, Any], score: str) -> None:
    risk = score_risk(inputs(**changes), ON)
    assert (risk.declaration_id, risk.score) == (PROJECT, Decimal(score))


def test_only_factors_that_apply_are_reasons() -> None:
    changes = {"late_quarter": 2, "released_yuan": Decimal("30000000.00"), "credit_grade": "B"}
    assert score_risk(inputs(**changes), ON).reasons == (
        {"factor": "late_quarter", "label": "季报逾期", "amount": "2", "weight": "10", "points": "20.00"},
        {
            "factor": "money_per_10m_yuan",
            "label": "已拨付资金（千万元）",
            "amount": "3.00",
            "weight": "4",
            "points": "12.00",
        },
        {"factor": "credit_grade", "label": "信用等级 B", "amount": "1", "weight": "0", "points": "0.00"},
    )
    labels = {
        "open_reading_finding": "监测异常未处理",
        "overdue_rectification": "整改逾期",
        "grave_finding": "曾有严重问题",
    }
    reasons = score_risk(inputs(**dict.fromkeys(labels, 1), inspected=0), ON).reasons
    assert {each["factor"]: each["label"] for each in reasons} == labels | {"never_inspected": "从未核查"}


def test_weights_are_those_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = dict.fromkeys(
        ("late_quarter", "open_reading_finding", "overdue_rectification", "grave_finding", "never_inspected"), 1
    )
    add_period(monkeypatch, "inspection_risk_weights", NEXT, weights | {"money_per_10m_yuan": 1})
    add_period(monkeypatch, "inspection_risk_credit", NEXT, {"A": 1, "B": 2, "C": 3, "D": 4})
    risky = inputs(late_quarter=1, credit_grade="D")
    assert [score_risk(risky, day).score for day in (ON, NEXT)] == [Decimal(40), Decimal(5)]


def test_the_riskiest_are_chosen_and_ties_follow_a_hash_of_quarter_and_project() -> None:
    tied = [Risk(UUID(int=number), Decimal(20), ()) for number in range(1, 9)]
    high, low = Risk(UUID(int=90), Decimal("20.01"), ()), Risk(UUID(int=91), Decimal(-10), ())
    for quarter in ("2025Q1", "2025Q2"):
        by_hash = sorted(tied, key=lambda risk: sha256(f"{quarter}/{risk.declaration_id}".encode()).hexdigest())
        assert select_riskiest([low, *tied, high], 4, quarter) == [high, *by_hash[:3]]
        assert select_riskiest([low, *tied, high], 99, quarter) == [high, *by_hash, low]
    assert select_riskiest(tied, 3, "2025Q1") != select_riskiest(tied, 3, "2025Q2")
    assert select_riskiest(tied, 0, "2025Q1") == []
