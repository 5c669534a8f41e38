"""Releases and the bank statements that interest subsidy is paid on. 二（四）2, 三（二）"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from shared.errors import WrongStatus


class ReleaseRequest(Base):
    """A request to pay an instalment; another person pays or rejects it."""

    __tablename__ = "release_request"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'paid', 'rejected')", name="status"),
        CheckConstraint("(status = 'paid') = (transfer_id IS NOT NULL)", name="paid_has_transfer"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_release_request_open", "application_id", unique=True, postgresql_where=text("status = 'requested'")),
        Index(
            "uq_release_request_statement_id",
            "statement_id",
            unique=True,
            postgresql_where=text("status <> 'rejected'"),
        ),
        Index("ix_release_request_application_id", "application_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    instalment: Mapped[int]
    condition: Mapped[str]
    amount_yuan: Mapped[Decimal]
    clause: Mapped[str]
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("interest_statement.id"))
    evidence: Mapped[str]
    status: Mapped[str] = mapped_column(default="requested")
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    transfer_id: Mapped[UUID | None] = mapped_column(unique=True)

    def decide(self, status: str, subject: str, at: datetime, reason: str | None = None) -> None:
        """Pay or reject. Raises WrongStatus when that was decided before."""
        if self.status != "requested":
            raise WrongStatus("该拨付申请已办结", current=self.status)
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, subject, at, reason


class InterestStatement(Base):
    """Settlement lines of a bank, settled day by day; what differs from our figures waits for a person. 二（四）2"""

    __tablename__ = "interest_statement"
    __table_args__ = (
        CheckConstraint("status IN ('computed', 'flagged', 'accepted', 'rejected')", name="status"),
        Index("uq_interest_statement_application_id_number", "application_id", "number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    lines: Mapped[list[dict[str, Any]]]
    results: Mapped[list[dict[str, Any]]]
    so_far: Mapped[dict[str, Any]]
    """Subsidy and days used up once this statement counts: where the next one goes on."""
    readings: Mapped[dict[str, Any]]
    payable_yuan: Mapped[Decimal]
    status: Mapped[str]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]

    @property
    def counts(self) -> bool:
        return self.status in ("computed", "accepted")

    def last_days(self) -> dict[str, date]:
        """By loan, the last day these lines cover."""
        ends: dict[str, date] = {}
        for line in self.lines:
            end = date.fromisoformat(line["to_on"])
            ends[line["loan_id"]] = max(end, ends.get(line["loan_id"], end))
        return ends

    def decide(self, accept: bool, subject: str, at: datetime, reason: str) -> None:
        """A person settles what differs. Raises WrongStatus unless it waits for one."""
        if self.status != "flagged":
            raise WrongStatus("该结息单无须核定或已核定", current=self.status)
        self.status = "accepted" if accept else "rejected"
        self.decided_by, self.decided_at, self.decision_reason = subject, at, reason
