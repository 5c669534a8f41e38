"""Grounds of credit, what they cost and the grade that follows; nothing takes effect by itself (四（一）3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.policy import parameter

Code = Literal["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10"]
Grade = Literal["A", "B", "C", "D"]
FULL_MARKS = 100

NAMES: dict[str, str] = {
    "G1": "false_material",
    "G2": "funds_diverted",
    "G3": "municipal_funds_hidden",
    "G4": "not_started_or_stopped",
    "G5": "unapproved_change",
    "G6": "report_late_or_missing",
    "G7": "inspection_obstructed",
    "G8": "targets_missed",
    "G9": "safety_or_quality_penalty",
    "G10": "listed_dishonest",
}
LABELS = {
    "G1": "提供虚假材料",
    "G2": "挪用补助资金",
    "G3": "隐瞒已获其他市级资金",
    "G4": "无正当理由未开工或停工",
    "G5": "擅自变更建设内容或实施主体",
    "G6": "季度台账迟报或漏报",
    "G7": "阻碍监督检查",
    "G8": "评价未达改造目标",
    "G9": "安全或质量处罚",
    "G10": "列入失信被执行人或严重失信名单",
}
FINDING_GROUNDS: dict[str, Code] = {
    "funds_diverted": "G2",
    "scale_changed": "G5",
    "not_started": "G4",
    "stopped": "G4",
    "safety": "G9",
    "obstructed": "G7",
    "false_material": "G1",
    "other_municipal_funds": "G3",
}
"""What kind of inspection finding is a ground of credit; the other kinds are put right without one."""


@dataclass(frozen=True)
class Standing:
    """A ground that counts: its id, code, day, and what happened."""

    id: str
    code: str
    occurred_on: date
    detail: str
    declaration_id: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A computed grade with every step to it."""

    grade: Grade
    points: int
    grounds: tuple[dict[str, Any], ...]
    explanation: tuple[str, ...]


def entity_id(uscc: str) -> UUID:
    """The id under which an entity's credit events stay in order."""
    return uuid5(NAMESPACE_URL, f"urn:uscc:{uscc}")


def is_grave(code: str, on: date) -> bool:
    """Whether a ground alone means grade D."""
    return NAMES[code] in parameter("credit_severe_grounds", on)


def effects(on: date) -> dict[Grade, tuple[str, ...]]:
    """What each grade means for supervision and payment; every measure is taken by a person."""
    table: dict[Grade, tuple[str, ...]] = dict(parameter("credit_effects", on))
    return table


def counts_since(on: date) -> date:
    """Grounds of this day or before have lapsed by `on`."""
    years = int(parameter("credit_ground_years", on))
    return date(on.year - years, on.month, min(on.day, 28))


def ground_of(name: str) -> Code | None:
    """The ground a word stands for, be it a code, our name or a kind of finding; None for any other word."""
    by_name = {own: code for code, own in NAMES.items()}
    code = name if name in NAMES else by_name.get(name, FINDING_GROUNDS.get(name))
    return code  # type: ignore[return-value]


def propose(grounds: Iterable[Standing], on: date) -> Proposal:
    """The grade by points and bounds of the day; any grave ground means D whatever the points."""
    costs = parameter("credit_points", on)
    rows, left = [], FULL_MARKS
    for ground in grounds:
        cost = int(costs[NAMES[ground.code]])
        left -= cost
        rows.append(_row(ground, cost, on))
    points = max(left, 0)
    grave = any(row["grave"] for row in rows)
    grade = grade_for(points, grave, on)
    told = [f"起评 {FULL_MARKS} 分"]
    told += [f"{row['code']} {row['label']}（{row['occurred_on']}）：减 {row['points']} 分" for row in rows]
    told.append(f"得分 {points}，" + ("存在严重失信事由，定为 D 级" if grave else f"对应 {grade} 级"))
    return Proposal(grade, points, tuple(rows), tuple(told))


def grade_for(points: int, grave: bool, on: date) -> Grade:
    """D for a grave ground whatever the points; else the best grade whose bound the points reach."""
    if grave:
        return "D"
    bounds: dict[Grade, Decimal] = parameter("credit_grades", on)
    return next(grade for grade, bound in sorted(bounds.items(), key=lambda item: -item[1]) if points >= bound)


def _row(ground: Standing, cost: int, on: date) -> dict[str, Any]:
    return {
        "ground_id": ground.id,
        "code": ground.code,
        "label": LABELS[ground.code],
        "points": cost,
        "grave": is_grave(ground.code, on),
        "occurred_on": ground.occurred_on.isoformat(),
        "detail": ground.detail,
        "declaration_id": ground.declaration_id,
    }
