"""The municipal budget of a year and the investment plans (投资计划) that draw on it. 三（二）, 政府投资条例 art. 16"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from shared.errors import SameOfficer, WrongStatus


class Appropriation(Base):
    """Money granted for a year by a document: the annual budget first, then supplements. Two people for each."""

    __tablename__ = "appropriation"
    __table_args__ = (
        CheckConstraint("status IN ('drafted', 'confirmed')", name="status"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_appropriation_year_document_no", "year", "document_no", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    year: Mapped[int]
    document_no: Mapped[str]
    amount_yuan: Mapped[Decimal]
    note: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="drafted")
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]

    def confirm(self, subject: str, at: datetime) -> None:
        """Raises SameOfficer for the one who drafted it, WrongStatus when it is done."""
        if self.status != "drafted":
            raise WrongStatus("该笔预算已确认")
        if self.drafted_by == subject:
            raise SameOfficer("预算拟办人不得自行确认")
        self.status, self.confirmed_by, self.confirmed_at = "confirmed", subject, at


class InvestmentPlan(Base):
    """A batch of a year's plan; drafted by an officer, issued by a supervisor who is someone else."""

    __tablename__ = "investment_plan"
    __table_args__ = (
        CheckConstraint("status IN ('drafted', 'issued', 'withdrawn')", name="status"),
        Index(
            "uq_investment_plan_year_batch", "year", "batch", unique=True, postgresql_where=text("status = 'issued'")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    year: Mapped[int]
    batch: Mapped[int]
    plan_no: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    status: Mapped[str] = mapped_column(default="drafted")
    total_yuan: Mapped[Decimal]
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    issued_by: Mapped[str | None]
    issued_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def issue(self, subject: str, on: date, plan_no: str) -> None:
        """Raises SameOfficer for the one who drafted it, WrongStatus when it is not a draft."""
        self.expect_draft()
        if self.drafted_by == subject:
            raise SameOfficer("投资计划编制人不得自行下达")
        self.status, self.issued_by, self.issued_on, self.plan_no = "issued", subject, on, plan_no

    def withdraw(self) -> None:
        """Give the draft up; its projects may go into another."""
        self.expect_draft()
        self.status = "withdrawn"

    def expect_draft(self) -> None:
        if self.status != "drafted":
            raise WrongStatus("投资计划已下达或已撤回", current=self.status)


class PlanItem(Base):
    """One project of a batch, with the fields of 政府投资条例 art. 16. A project stands in one plan only."""

    __tablename__ = "plan_item"
    __table_args__ = (
        CheckConstraint("status IN ('planned', 'dropped')", name="status"),
        Index(
            "uq_plan_item_application_id", "application_id", unique=True, postgresql_where=text("status = 'planned'")
        ),
        Index("ix_plan_item_plan_id", "plan_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("investment_plan.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    status: Mapped[str] = mapped_column(default="planned")
    project_name: Mapped[str]
    content_and_scale: Mapped[str]
    construction_period: Mapped[str | None]
    total_investment_yuan: Mapped[Decimal]
    year_investment_yuan: Mapped[Decimal]
    fund_source: Mapped[str]
    mode: Mapped[str]
    amount_yuan: Mapped[Decimal]
    completed_decision: Mapped[str | None]
    """Why a project that was found completed stays in the plan, or leaves it. 二（五）, I15"""
