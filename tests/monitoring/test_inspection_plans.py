"""Tests of inspection risks and of the plan drawn from them: what counts, of which project, and what the plan keeps."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.monitoring.models.base import Base
from tests.monitoring import rows
from tests.monitoring.fixtures import OTHER, OWNER, set_date
from tests.monitoring.rows import ONE, TWO
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")
LATE = {"overdue_since": rows.DAY}
THREE = UUID(int=3)
WEIGHTS = {
    "late_quarter": "10",
    "open_reading_finding": "6",
    "overdue_rectification": "15",
    "grave_finding": "25",
    "never_inspected": "10",
    "money_per_10m_yuan": "4",
}


def files() -> list[Base]:
    delivered = {"delivered_on": rows.DAY, "evaluation_due_on": rows.DAY}
    return [
        rows.file(1, released_yuan=Decimal(25_000_000), award_yuan=1, status="delivered", **delivered),
        rows.file(2, released_yuan=Decimal("12345678.90"), returned_yuan=Decimal(2_000_000)),
        rows.file(3, released_yuan=Decimal(90_000_000), status="evaluated", **delivered),
        rows.entity(OWNER, grade="D"),
        rows.entity(OTHER, grade="A"),
    ]


def quarters() -> list[Base]:
    """Return four reports that were late or overdue, one of them both, and two that were not."""
    states: list[dict[str, Any]] = [{"late": True}, LATE, LATE, {"late": True} | LATE, {}, {"state": "confirmed"}]
    return [rows.quarter(n, ONE, f"202{n}Q1", **state) for n, state in enumerate(states)]


def findings() -> list[Base]:
    """Return five overdue rectifications not closed, of fifteen findings, of which two are grave."""
    states = [("open", LATE)] + [("rectified", LATE)] * 4 + [("closed", LATE)] * 3 + [("open", {})] * 7
    made = [rows.finding(n, ONE, UUID(int=1), state=state, **late) for n, (state, late) in enumerate(states, start=1)]
    for grave in (made[5], made[8]):
        grave.grave = True
    return list(made)


async def populate(world: World) -> None:
    meter = rows.meter(1, ONE, "1", "gas_m3")
    breaches = [rows.breach(n, meter, date(2024, 4, n), "closed" if n == 4 else "open") for n in range(1, 5)]
    done = {"state": "completed", "inspector": "inspector-1"}
    inspections = [
        rows.inspection(1, ONE, **done),
        rows.inspection(2, TWO, **done | {"state": "assigned"}),
        rows.inspection(3, TWO, **done | {"state": "cleared"}),
    ]
    await rows.store(world, files(), [*quarters(), meter, *inspections], [*findings(), *breaches])


def reason(factor: str, label: str, amount: str, points: str, weight: str | None = None) -> Mapping[str, Any]:
    stated = {"factor": factor, "label": label, "amount": amount, "points": points}
    return stated | {"weight": weight or WEIGHTS[factor]}


RISKY: dict[str, Any] = {
    "declaration_id": str(ONE),
    "score": "223.00",
    "reasons": [
        reason("late_quarter", "季报逾期", "4", "40.00"),
        reason("open_reading_finding", "监测异常未处理", "3", "18.00"),
        reason("overdue_rectification", "整改逾期", "5", "75.00"),
        reason("grave_finding", "曾有严重问题", "2", "50.00"),
        reason("money_per_10m_yuan", "已拨付资金（千万元）", "2.50", "10.00"),
        reason("credit_grade", "信用等级 D", "1", "30.00", "30"),
    ],
}
CALM: dict[str, Any] = {
    "declaration_id": str(TWO),
    "score": "4.94",  # 10 + 4.94 (four times 1.23456789, half up) - 10
    "reasons": [
        reason("never_inspected", "从未核查", "1", "10.00"),
        reason("money_per_10m_yuan", "已拨付资金（千万元）", "1.23456789", "4.94"),
        reason("credit_grade", "信用等级 A", "1", "-10.00", "-10"),
    ],
}


async def test_each_factor_counts_its_own_rows_of_projects_not_yet_evaluated(world: World) -> None:
    await populate(world)
    path = "/v1/inspection-risks"
    assert (await world.get("monitoring", path, "auditor-1"))["items"] == [RISKY, CALM]
    # A district does not see credit, which belongs to the city.
    without_credit = CALM | {"score": "14.94", "reasons": CALM["reasons"][:2]}
    assert (await world.get("monitoring", path, "110106-officer-1"))["items"] == [without_credit]
    for sort, first in (("score", CALM), ("declaration_id", RISKY), ("-declaration_id", CALM)):
        assert (await world.get("monitoring", f"{path}?sort={sort}", "auditor-1"))["items"][0] == first


async def test_a_plan_keeps_what_it_was_drawn_from_and_plans_each_inspection_with_its_own_reasons(world: World) -> None:
    await populate(world)
    set_date(world, 2024, 4, 1)
    body = {"quarter": "2024Q2", "size": 500}
    answer = await world.call("monitoring", "POST", "/v1/inspection-plans", "city-officer-3", body, status=201)
    plan = answer.json()
    assert answer.headers["location"] == f"/v1/inspection-plans/{plan['id']}"
    assert plan["weights"] == {
        "inspection_risk_weights": WEIGHTS,
        "inspection_risk_credit": {"A": "-10", "B": "0", "C": "15", "D": "30"},
    }
    stated = ("quarter", "size", "drawn", "drawn_by", "drawn_at")
    assert [plan[name] for name in stated] == ["2024Q2", 500, [RISKY, CALM], "city-officer-3", "2024-04-01T02:00:00Z"]
    assert await world.get("monitoring", f"/v1/inspection-plans/{plan['id']}", "city-officer-1") == plan
    listed = (await world.get("monitoring", f"/v1/inspections?plan_id={plan['id']}", "auditor-1"))["items"]
    shown = sorted(
        (row["declaration_id"], row["district"], row["risk_score"], row["reasons"], row["state"]) for row in listed
    )
    assert shown == [
        (str(ONE), "110105", "223.00", RISKY["reasons"], "planned"),
        (str(TWO), "110106", "4.94", CALM["reasons"], "planned"),
    ]


async def test_a_quarter_has_one_plan_and_each_other_quarter_its_own(world: World) -> None:
    await populate(world)
    for quarter, status in (("2024Q2", 201), ("2024Q1", 201), ("2024Q3", 201), ("2024Q2", 409)):
        body = {"quarter": quarter, "size": 1}
        plan = await world.post("monitoring", "/v1/inspection-plans", "city-officer-1", body, status=status)
        if status == 201:
            assert [row["declaration_id"] for row in plan["drawn"]] == [str(ONE)]
