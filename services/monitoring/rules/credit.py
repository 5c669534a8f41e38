"""Credit grounds, their points and the proposed grade, which takes effect only by a decision (四（一）3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services.monitoring.rules.code_lists import GROUNDS, CreditGrade, GroundCode
from shared.dates import window
from shared.policy import parameter

FULL_MARKS = 100
_SHOWN_CHARACTERS = 100

GROUND_NAMES: dict[str, str] = {
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
FINDING_GROUNDS: dict[str, GroundCode] = {
    "funds_diverted": "G2",
    "scale_changed": "G5",
    "not_started": "G4",
    "stopped": "G4",
    "safety": "G9",
    "obstructed": "G7",
    "false_material": "G1",
    "other_municipal_funds": "G3",
}
"""Credit ground of each inspection finding kind; kinds not listed raise none."""


@dataclass(frozen=True)
class StandingGround:
    """A ground in force: id, code, date and facts."""

    id: str
    code: str
    occurred_on: date
    detail: str
    declaration_id: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A computed grade with its steps."""

    grade: CreditGrade
    points: int
    grounds: tuple[dict[str, Any], ...]
    explanation: tuple[str, ...]


def entity_id(uscc: str) -> UUID:
    """Return the id of an entity, which orders its credit events."""
    return uuid5(NAMESPACE_URL, f"urn:uscc:{uscc}")


def ground_source(occurred_on: date, declaration_id: UUID | None, detail: str) -> str:
    """Return what tells an officer's grounds of one code apart: day, project and facts, long facts by their digest."""
    of_project = [] if declaration_id is None else [str(declaration_id)]
    digest = [sha256(detail.encode()).hexdigest()] if len(detail) > _SHOWN_CHARACTERS else []
    return ":".join(["officer", occurred_on.isoformat(), *of_project, detail[:_SHOWN_CHARACTERS], *digest])


def is_grave(code: str, on: date) -> bool:
    """Return whether a ground alone means grade D."""
    return GROUND_NAMES[code] in parameter("credit_severe_grounds", on)


def grade_effects(on: date) -> dict[CreditGrade, tuple[str, ...]]:
    """Return the measures of each grade for supervision and payment; a person takes each measure."""
    table: dict[CreditGrade, tuple[str, ...]] = dict(parameter("credit_effects", on))
    return table


def counts(occurred_on: date, on: date) -> bool:
    """Return whether a ground still counts on a date: for its years, the day it occurred on being the first."""
    return on <= window(occurred_on, years=int(parameter("credit_ground_years", on)))


def ground_code(name: str) -> GroundCode | None:
    """Return the ground code of a code, a ground name or a finding kind; None for any other word."""
    by_name = {own: code for code, own in GROUND_NAMES.items()}
    code = name if name in GROUND_NAMES else by_name.get(name, FINDING_GROUNDS.get(name))
    return code  # type: ignore[return-value]


def propose(grounds: Iterable[StandingGround], on: date) -> Proposal:
    """Return the grade by the points and bounds in force on a date; a grave ground means D whatever the points."""
    costs = parameter("credit_points", on)
    rows, points_left = [], FULL_MARKS
    for ground in grounds:
        cost = int(costs[GROUND_NAMES[ground.code]])
        points_left -= cost
        rows.append(_row(ground, cost, on))
    points = max(points_left, 0)
    grave = any(row["grave"] for row in rows)
    grade = grade_for(points, grave, on)
    steps = [f"起评 {FULL_MARKS} 分"]
    steps += [f"{row['code']} {row['label']}（{row['occurred_on']}）：减 {row['points']} 分" for row in rows]
    steps.append(f"得分 {points}，" + ("存在严重失信事由，定为 D 级" if grave else f"对应 {grade} 级"))
    return Proposal(grade, points, tuple(rows), tuple(steps))


def grade_for(points: int, grave: bool, on: date) -> CreditGrade:
    """Return D for a grave ground, else the best grade whose bound the points reach."""
    if grave:
        return "D"
    bounds: dict[CreditGrade, Decimal] = parameter("credit_grades", on)
    return next(grade for grade, bound in sorted(bounds.items(), key=lambda item: -item[1]) if points >= bound)


def _row(ground: StandingGround, cost: int, on: date) -> dict[str, Any]:
    return {
        "ground_id": ground.id,
        "code": ground.code,
        "label": GROUNDS[ground.code],
        "points": cost,
        "grave": is_grave(ground.code, on),
        "occurred_on": ground.occurred_on.isoformat(),
        "detail": ground.detail,
        "declaration_id": ground.declaration_id,
    }
