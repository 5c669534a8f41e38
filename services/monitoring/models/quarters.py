"""Tables of quarterly reports (四（一）2)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, Share, one_of
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.code_lists import QUARTER_STATES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class ProjectQuarter(Base):
    """One quarter of one project: drafted, submitted, then confirmed or returned by the district."""

    __tablename__ = "project_quarter"
    __table_args__ = (
        UniqueConstraint("declaration_id", "quarter"),
        CheckConstraint(one_of("state", "open", "submitted", "returned", "confirmed"), name="state"),
        Index("ix_project_quarter_due_on", "due_on", postgresql_where="state IN ('open', 'returned')"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    quarter: Mapped[str]
    due_on: Mapped[date]
    calendar_known: Mapped[bool]
    state: Mapped[str]
    round: Mapped[int]
    late: Mapped[bool]
    overdue_since: Mapped[date | None]
    report: Mapped[dict[str, Any] | None]
    warnings: Mapped[list[dict[str, Any]]]
    submitted_at: Mapped[datetime | None]
    return_reasons: Mapped[list[str]]
    correct_by: Mapped[date | None]
    confirmed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy types it as an instance variable

    def draft(self, report: dict[str, Any]) -> None:
        """Store the draft report. Raises WrongStatus once submitted."""
        self._expect("open", "returned")
        self.report = report

    def submit(self, warnings: list[dict[str, Any]], at: datetime, on: date) -> None:
        """Submit the report; the first submission decides `late`. Raises WrongStatus once submitted."""
        self._expect("open", "returned")
        self.late = self.late or (self.round == 0 and on > self.due_on)
        self.state, self.round, self.submitted_at, self.warnings = "submitted", self.round + 1, at, warnings
        self.correct_by = None

    def confirm(self, at: datetime) -> None:
        """Confirm the report. Raises WrongStatus unless submitted."""
        self._expect("submitted")
        self.state, self.confirmed_at = "confirmed", at

    def send_back(self, reasons: list[str], correct_by: date) -> None:
        """Return the report for correction. Raises WrongStatus unless submitted."""
        self._expect("submitted")
        self.state, self.return_reasons, self.correct_by = "returned", reasons, correct_by
        self.overdue_since = None

    def _expect(self, *states: str) -> None:
        if self.state not in states:
            expected = "或".join(f"“{QUARTER_STATES[state]}”" for state in states)
            raise WrongStatus(f"{self.quarter} 季报当前为“{QUARTER_STATES[self.state]}”，须为{expected}")


class QuarterSubmission(Base, Part):
    """A submitted report, one row per round. Append-only."""

    __tablename__ = "quarter_submission"
    __table_args__ = (UniqueConstraint("quarter_id", "round"), Index("ix_quarter_submission_file", "declaration_id"))
    shown_in = {ProjectFile: "declaration_id", ProjectQuarter: "quarter_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    quarter_id: Mapped[UUID] = mapped_column(ForeignKey("project_quarter.id"))
    declaration_id: Mapped[UUID]
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    quarter: Mapped[str]
    round: Mapped[int]
    progress: Mapped[Share]
    investment_done_yuan: Mapped[Decimal]
    subsidy_used_yuan: Mapped[Decimal]
    report: Mapped[dict[str, Any]]
    warnings: Mapped[list[dict[str, Any]]]
    late: Mapped[bool]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime]
