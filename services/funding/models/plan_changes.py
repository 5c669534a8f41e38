"""Documents that amend or cancel an issued investment plan. 三（二）"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from services.funding.models.plans import InvestmentPlan
from services.funding.rules.plans import PLAN_CHANGE_KINDS, PLAN_CHANGE_STATUSES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class PlanChange(Base, Part):
    """Document that amends or cancels an issued plan; an officer drafts it, a supervisor issues it."""

    __tablename__ = "plan_change"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(PLAN_CHANGE_STATUSES)}", name="status"),
        CheckConstraint(f"kind IN {tuple(PLAN_CHANGE_KINDS)}", name="kind"),
        CheckConstraint("decided_by <> drafted_by OR status <> 'issued'", name="two_people"),
        CheckConstraint("(status = 'drafted') = (decided_by IS NULL AND decided_at IS NULL)", name="decided"),
        Index("uq_plan_change_open", "plan_id", unique=True, postgresql_where=text("status = 'drafted'")),
        Index("ix_plan_change_plan_id", "plan_id"),
    )
    shown_in = {InvestmentPlan: "plan_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("investment_plan.id"))
    district: Mapped[str]
    kind: Mapped[str]
    document_no: Mapped[str]
    document_on: Mapped[date | None]
    reason: Mapped[str]
    items: Mapped[list[dict[str, Any]]]
    """Change of each project: its id, the action, and the fields that change."""
    status: Mapped[str] = mapped_column(default="drafted")
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]

    @property
    def version(self) -> int:
        """Version for the entity tag: a draft never changes but by its decision."""
        return 1 if self.status == "drafted" else 2

    def decide(self, status: str, subject: str, at: datetime, reason: str | None = None) -> None:
        """Issue or withdraw the draft. Raises WrongStatus once it is decided."""
        if self.status != "drafted":
            raise WrongStatus(
                f"该计划调整{PLAN_CHANGE_STATUSES[self.status]}，不能再下达或撤回；如需再次调整请另行编制",
                current=self.status,
            )
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, subject, at, reason
