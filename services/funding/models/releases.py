"""Requests to release funds (拨付). 三（二）"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import RELEASE_STATUSES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class ReleaseRequest(Base, Part):
    """Request to release an instalment; a second finance officer pays or rejects it."""

    __tablename__ = "release_request"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'paid', 'returned', 'rejected')", name="status"),
        CheckConstraint("(status IN ('paid', 'returned')) = (transfer_id IS NOT NULL)", name="paid_has_transfer"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_release_request_open", "application_id", unique=True, postgresql_where=text("status = 'requested'")),
        Index(
            "uq_release_request_statement_id",
            "statement_id",
            unique=True,
            postgresql_where=text("status NOT IN ('returned', 'rejected')"),
        ),
        Index(
            "uq_release_request_replaces_id", "replaces_id", unique=True, postgresql_where=text("status <> 'rejected'")
        ),
        Index(
            "uq_release_request_claim_id",
            "claim_id",
            unique=True,
            postgresql_where=text("status NOT IN ('returned', 'rejected')"),
        ),
        Index("ix_release_request_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    instalment: Mapped[int]
    condition: Mapped[str]
    amount_yuan: Mapped[Decimal]
    clause: Mapped[str]
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("interest_statement.id"))
    """Statement of an earlier version, of which `claim_id` names the claim."""
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("release_request.id"))
    """The payment that the bank sent back and that this one pays again."""
    evidence: Mapped[str]
    status: Mapped[str] = mapped_column(default="requested")
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    transfer_id: Mapped[UUID | None] = mapped_column(unique=True)
    paid_outside: Mapped[bool] = mapped_column(default=False)
    """True for releases from before payment orders: they were paid without one."""
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("interest_claim.id"))

    def decide(self, status: str, subject: str, at: datetime, reason: str | None = None) -> None:
        """Record payment or rejection. Raises WrongStatus for a request decided before."""
        if self.status != "requested":
            raise WrongStatus(
                f"该拨付申请{RELEASE_STATUSES[self.status]}，不能重复办理；如需再次拨付请另行申请", current=self.status
            )
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, subject, at, reason

    def send_back(self) -> None:
        """Note that the bank sent the payment back (退票). Raises WrongStatus for one that is not paid."""
        self._expect("paid")
        self.status = "returned"

    def restore(self) -> None:
        """Note that a payment entered as sent back was made after all. Raises WrongStatus."""
        self._expect("returned")
        self.status = "paid"

    def _expect(self, status: str) -> None:
        if self.status != status:
            raise WrongStatus(
                f"该笔拨付当前为“{RELEASE_STATUSES[self.status]}”，此操作须在“{RELEASE_STATUSES[status]}”时进行",
                current=self.status,
            )
