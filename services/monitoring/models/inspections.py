"""Tables of site inspections: quarterly plans, inspections, findings and their rectification (四（一）3)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, one_of
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.code_lists import INSPECTION_STATES
from shared.errors import Forbidden, WrongStatus
from shared.storage.versions import Part


class InspectionPlan(Base):
    """Projects selected for inspection in a quarter. Append-only; it keeps the data to repeat the selection."""

    __tablename__ = "inspection_plan"
    __table_args__ = (UniqueConstraint("quarter"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    quarter: Mapped[str]
    size: Mapped[int]
    drawn: Mapped[list[dict[str, Any]]]
    weights: Mapped[dict[str, Any]]
    drawn_by: Mapped[str]
    drawn_at: Mapped[datetime]


class Inspection(Base):
    """One inspection of one project: planned, assigned, cleared by a declaration of interests, completed."""

    __tablename__ = "inspection"
    __table_args__ = (
        CheckConstraint(one_of("state", "planned", "assigned", "cleared", "completed"), name="state"),
        CheckConstraint("(state = 'planned') = (inspector IS NULL)", name="assigned_has_an_inspector"),
        Index("ix_inspection_declaration_id", "declaration_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection_plan.id"))
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    risk_score: Mapped[Decimal]
    reasons: Mapped[list[dict[str, Any]]]
    state: Mapped[str]
    inspector: Mapped[str | None]
    interest_statement: Mapped[str | None]
    inspected_on: Mapped[date | None]
    summary: Mapped[str | None]
    evidence: Mapped[list[str]]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def assign(self, inspector: str) -> None:
        """Assign or reassign the inspector. Raises WrongStatus once interests are declared."""
        self._expect("planned", "assigned")
        self.state, self.inspector = "assigned", inspector

    def declare_interest(self, actor: str, conflict: bool, statement: str) -> None:
        """Record the inspector's declaration; a conflict returns it to planning. Raises Forbidden."""
        self._expect("assigned")
        self._expect_inspector(actor)
        self.state, self.inspector = ("planned", None) if conflict else ("cleared", actor)
        self.interest_statement = statement

    def complete(self, actor: str, on: date, summary: str, evidence: list[str]) -> None:
        """Record the completed inspection. Raises WrongStatus before clearance, Forbidden for another inspector."""
        self._expect("cleared")
        self._expect_inspector(actor)
        self.state, self.inspected_on, self.summary, self.evidence = "completed", on, summary, evidence

    def _expect(self, *states: str) -> None:
        if self.state not in states:
            expected = "或".join(f"“{INSPECTION_STATES[state]}”" for state in states)
            raise WrongStatus(f"核查当前为“{INSPECTION_STATES[self.state]}”，须为{expected}")

    def _expect_inspector(self, actor: str) -> None:
        if self.inspector != actor:
            raise Forbidden("该核查未指派给您，只能由被指派的核查人员办理")


class Finding(Base, Part):
    """A problem found by an inspector, and its rectification."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint(one_of("state", "open", "rectified", "closed"), name="state"),
        Index("ix_finding_declaration_id", "declaration_id"),
        Index("ix_finding_rectify_by", "rectify_by", postgresql_where="state = 'open'"),
    )
    shown_in = {ProjectFile: "declaration_id", Inspection: "inspection_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    ordinal: Mapped[int]
    declaration_id: Mapped[UUID]
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    kind: Mapped[str]
    clause: Mapped[str]
    grave: Mapped[bool]
    amount_yuan: Mapped[Decimal | None]
    description: Mapped[str]
    evidence: Mapped[list[str]]
    found_on: Mapped[date]
    state: Mapped[str]
    rectify_by: Mapped[date]
    overdue_since: Mapped[date | None]
    rectification: Mapped[str | None]
    rectified_on: Mapped[date | None]
    closing: Mapped[str | None]
    closed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def rectify(self, text: str, on: date) -> None:
        """Record the owner's rectification. Raises WrongStatus unless open."""
        if self.state != "open":
            raise WrongStatus("该问题已报送整改情况或已销号，当前无须报送整改")
        self.state, self.rectification, self.rectified_on = "rectified", text, on

    def judge(self, accepted: bool, reason: str, on: date, again_by: date) -> None:
        """Close the finding, or reopen it with the new due date `again_by`. Raises WrongStatus unless rectified."""
        if self.state != "rectified":
            waiting = "项目单位尚未报送整改情况，报送后方可复核"
            raise WrongStatus(waiting if self.state == "open" else "该问题已销号，无须再复核")
        self.closing = reason
        if accepted:
            self.state, self.closed_on = "closed", on
        else:
            self.state, self.rectify_by, self.overdue_since = "open", again_by, None
