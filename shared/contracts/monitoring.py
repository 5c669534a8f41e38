"""Events of monitoring: progress, inspection, delivery and evaluation of funded projects; credit of their owners."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event
from shared.contracts.series import ConfirmedFigures
from shared.money import Money


class ProjectQuarterSubmitted(
    Event, type="monitoring.project_quarter_submitted.v1", about="project_file", key="declaration_id"
):
    """A funded project submitted its report of a quarter. 四（一）2"""

    declaration_id: UUID
    quarter: str
    due_on: date
    late: bool
    progress: Decimal
    investment_done_yuan: Money
    subsidy_used_yuan: Money
    warnings: tuple[str, ...]


class ReadingOutOfRange(Event, type="monitoring.reading_out_of_range.v1", about="project_file", key="declaration_id"):
    """A meter reading is outside its bounds, and a finding was opened. 四（一）3"""

    declaration_id: UUID
    meter_id: str
    quantity: str
    value: Decimal
    threshold: str
    measured_on: date


class InspectionFinding(BaseModel):
    """A finding of an inspection."""

    model_config = ConfigDict(frozen=True)

    finding_id: UUID
    kind: str
    clause: str
    grave: bool
    amount_yuan: Money | None
    description: str


class InspectionCompleted(Event, type="monitoring.inspection_completed.v1", about="project_file", key="declaration_id"):
    """An inspection was carried out and recorded. 四（一）3"""

    declaration_id: UUID
    inspection_id: UUID
    inspected_on: date
    findings: tuple[InspectionFinding, ...]


class ProjectDelivered(Event, type="monitoring.project_delivered.v1", about="project_file", key="declaration_id"):
    """The project was delivered, which starts the year of evaluation. 二（三）1, 三（三）"""

    declaration_id: UUID
    delivered_on: date
    evaluation_due_on: date


class TargetResult(BaseModel):
    """A target and the value reached."""

    model_config = ConfigDict(frozen=True)

    clause: str
    label: str
    target: str
    actual: str
    met: bool | None
    gap: str


class EvaluationIssued(Event, type="monitoring.evaluation_issued.v1", about="project_file", key="declaration_id"):
    """The district's evaluation within a year of delivery was issued and reported to the city. 三（三）

    `undetermined` names the targets without data: the targets as a whole are then neither met nor missed.
    """

    declaration_id: UUID
    evaluation_id: UUID
    score: Decimal
    grade: str
    targets: tuple[TargetResult, ...]
    targets_met: bool
    issued_on: date
    late: bool
    undetermined: tuple[str, ...] = ()

    @property
    def outcome(self) -> bool | None:
        """Return whether the targets are met; None where one has no data and none is missed."""
        missed = any(target.met is False for target in self.targets)
        return None if self.undetermined and not missed else self.targets_met


class CreditRated(Event, type="monitoring.credit_rated.v1", about="entity", key="entity_id"):
    """A person decided an entity's credit grade, after notice and objection or on repair. 四（一）3"""

    entity_id: UUID
    uscc: str
    name: str
    grade: Literal["A", "B", "C", "D"]
    points: int
    grounds: tuple[str, ...]
    decided_on: date
    repaired: bool = False


class GreenRegistered(Event, type="monitoring.green_registered.v1", about="project_file", key="declaration_id"):
    """The state of a project's record for the green exchange changed. 四（二）1"""

    declaration_id: UUID
    state: Literal["pending", "sent", "registered", "returned"]
    emissions_before_tco2: Decimal
    emissions_after_tco2: Decimal
    reduction_tco2: Decimal
    factor_set: str


class FactorFiguresConfirmed(
    ConfirmedFigures, Event, type="monitoring.figures_confirmed.v1", about="series", key="series_id"
):
    """Factors of energy and carbon were confirmed by a second person. 二（三）2, 四（二）1"""
