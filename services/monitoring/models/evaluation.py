"""Tables of evaluation (三（三）)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, one_of
from services.monitoring.models.files import ProjectFile
from shared.errors import WrongStatus
from shared.storage.versions import Part


class Evaluation(Base, Part):
    """The district's evaluation in its current state; `issued_evaluation` keeps the issued report."""

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("declaration_id"),
        CheckConstraint(one_of("state", "computed", "issued", "acknowledged"), name="state"),
    )
    shown_in = {ProjectFile: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    state: Mapped[str]
    reference_on: Mapped[date]
    actuals: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    score: Mapped[Decimal]
    grade: Mapped[str]
    targets_met: Mapped[bool | None]
    evaluated_by: Mapped[str]
    issued_on: Mapped[date | None]
    late: Mapped[bool | None]
    acknowledged_on: Mapped[date | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy types it as an instance variable

    def compute(self, reference_on: date, actuals: dict[str, Any], result: dict[str, Any], by: str) -> None:
        """Replace the calculation. Raises WrongStatus once issued."""
        self._expect("computed", "评价已签发，不得重新计算")
        self.reference_on, self.actuals, self.result, self.evaluated_by = reference_on, actuals, result, by
        self.score, self.grade = Decimal(result["score"]), result["grade"]
        self.targets_met = result["targets_met"]

    def issue(self, on: date, due_on: date) -> None:
        """Issue the evaluation, late after `due_on`. Raises WrongStatus once issued."""
        self._expect("computed", "评价已签发，不得重复签发")
        self.state, self.issued_on, self.late = "issued", on, on > due_on

    def acknowledge(self, on: date) -> None:
        """Record the city's acknowledgement. Raises WrongStatus unless issued."""
        self._expect("issued", "评价尚未签发，或市级已签收；只有已签发的评价可以签收")
        self.state, self.acknowledged_on = "acknowledged", on

    def _expect(self, state: str, otherwise: str) -> None:
        if self.state != state:
            raise WrongStatus(otherwise)


class IssuedEvaluation(Base):
    """An issued evaluation with its report. Append-only."""

    __tablename__ = "issued_evaluation"
    __table_args__ = (UniqueConstraint("declaration_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    report: Mapped[dict[str, Any]]
    issued_by: Mapped[str]
    issued_at: Mapped[datetime]
