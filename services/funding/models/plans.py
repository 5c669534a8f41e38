"""Investment plans (投资计划) and their projects. 三（二）, 政府投资条例 art. 16"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import PLAN_ITEM_STATUSES, PLAN_STATUSES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class InvestmentPlan(Base):
    """Batch of a year's investment plan, drafted by an officer and issued by a supervisor other than the drafter."""

    __tablename__ = "investment_plan"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(PLAN_STATUSES)}", name="status"),
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
        """Issue the plan. Raises WrongStatus unless it is a draft."""
        self.expect_draft()
        self.status, self.issued_by, self.issued_on, self.plan_no = "issued", subject, on, plan_no

    def withdraw(self) -> None:
        """Withdraw the draft; its projects may enter another plan."""
        self.expect_draft()
        self.status = "withdrawn"

    def expect_issued(self) -> None:
        """Raise WrongStatus unless the plan is issued."""
        if self.status != "issued":
            raise WrongStatus(
                f"该投资计划{PLAN_STATUSES[self.status]}，只有已下达的计划可以调整或撤销；未下达的请撤回后重新编制",
                current=self.status,
            )

    def expect_draft(self) -> None:
        """Raise WrongStatus unless the plan is a draft."""
        if self.status != "drafted":
            raise WrongStatus(
                f"该投资计划{PLAN_STATUSES[self.status]}，不能再下达或撤回；已下达的请编制计划调整", current=self.status
            )


class PlanItem(Base, Part):
    """Version of a project in a batch with the fields of 政府投资条例 art. 16; planned in one batch only."""

    __tablename__ = "plan_item"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(PLAN_ITEM_STATUSES)}", name="status"),
        Index(
            "uq_plan_item_application_id", "application_id", unique=True, postgresql_where=text("status = 'planned'")
        ),
        Index("ix_plan_item_plan_id", "plan_id"),
    )
    shown_in = {Application: "application_id", InvestmentPlan: "plan_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("investment_plan.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    status: Mapped[str] = mapped_column(default="planned")
    project_name: Mapped[str]
    content_and_scale: Mapped[str]
    construction_period: Mapped[str | None]
    """Null in plans issued before it was asked for."""
    total_investment_yuan: Mapped[Decimal]
    year_investment_yuan: Mapped[Decimal]
    fund_source: Mapped[str]
    mode: Mapped[str]
    amount_yuan: Mapped[Decimal]
    completed_decision: Mapped[str | None]
    """Reason for which a completed project stays in the plan or is dropped. 二（五）, I15"""
    number: Mapped[int] = mapped_column(server_default="1")
    """Version of the item within its plan; the last one is in force."""
    change_id: Mapped[UUID | None]
    """Document that made this version; empty for the first, which the plan made."""
    year: Mapped[int]
    """Year of the plan, which is out of a district's sight."""
