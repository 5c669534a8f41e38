"""Site checks: the plan of a quarter, each check, what it found and how that was put right (四（一）3)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, one_of
from shared.errors import Forbidden, WrongStatus


class InspectionPlan(Base):
    """The projects drawn for checks in a quarter. Append-only: the draw can be made again from what it keeps."""

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
    """One check of one project: planned, assigned, the inspector's interests declared, completed."""

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

    def assign(self, inspector: str) -> None:
        self._expect("planned", "assigned")
        self.state, self.inspector = "assigned", inspector

    def declare_interest(self, actor: str, conflict: bool, statement: str) -> None:
        """The inspector states whether an interest stands in the way; one who has an interest steps back."""
        self._expect("assigned")
        self._expect_inspector(actor)
        self.state, self.inspector = ("planned", None) if conflict else ("cleared", actor)
        self.interest_statement = statement

    def complete(self, actor: str, on: date, summary: str, evidence: list[str]) -> None:
        self._expect("cleared")
        self._expect_inspector(actor)
        self.state, self.inspected_on, self.summary, self.evidence = "completed", on, summary, evidence

    def _expect(self, *states: str) -> None:
        if self.state not in states:
            raise WrongStatus(f"核查当前为“{LABELS[self.state]}”")

    def _expect_inspector(self, actor: str) -> None:
        if self.inspector != actor:
            raise Forbidden("该核查未指派给您")


class Finding(Base):
    """One thing an inspector found, and its rectification."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint(one_of("state", "open", "rectified", "closed"), name="state"),
        Index("ix_finding_declaration_id", "declaration_id"),
        Index("ix_finding_rectify_by", "rectify_by", postgresql_where="state = 'open'"),
    )

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

    def rectify(self, text: str, on: date) -> None:
        """The project reports what it has put right. Raises WrongStatus."""
        if self.state != "open":
            raise WrongStatus("该问题当前不在整改期")
        self.state, self.rectification, self.rectified_on = "rectified", text, on

    def judge(self, accepted: bool, reason: str, on: date, again_by: date) -> None:
        """Another inspector closes the finding or sends it back to be put right by `again_by`. Raises WrongStatus."""
        if self.state != "rectified":
            raise WrongStatus("项目单位尚未报送整改情况" if self.state == "open" else "该问题已销号")
        self.closing = reason
        if accepted:
            self.state, self.closed_on = "closed", on
        else:
            self.state, self.rectify_by, self.overdue_since = "open", again_by, None


LABELS = {"planned": "待指派", "assigned": "已指派", "cleared": "可核查", "completed": "已完成"}
