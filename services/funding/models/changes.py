"""Changes of an approved application: content, entity, site, schedule. 三（二）, 政府投资条例 art. 34"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.models.signing import Signed
from services.funding.rules.change_codes import CHANGE_STATUSES, CHANGEABLE_KINDS, OPEN_CHANGES
from shared.dates import BEIJING
from shared.errors import WrongStatus
from shared.storage.versions import Part


class ApprovalChange(Base, Part, Signed):
    """Request to change an approval: of the owner, checked by the district and the city, decided by a supervisor."""

    __tablename__ = "approval_change"
    __table_args__ = (
        CheckConstraint(f"kind IN {CHANGEABLE_KINDS}", name="kind"),
        CheckConstraint(f"status IN {tuple(CHANGE_STATUSES)}", name="status"),
        CheckConstraint("cut_yuan >= 0 AND recover_yuan >= 0", name="amounts"),
        CheckConstraint("(status IN ('approved', 'refused')) = (decided_by IS NOT NULL)", name="decided"),
        CheckConstraint("status <> 'approved' OR decided_by <> signed_by", name="two_signatures"),
        CheckConstraint("decided_by <> checked_by AND decided_by <> reviewed_by", name="two_people"),
        Index(
            "uq_approval_change_open",
            "application_id",
            unique=True,
            postgresql_where=text(f"status IN {OPEN_CHANGES}"),
        ),
        Index("ix_approval_change_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    kind: Mapped[str]
    proposal: Mapped[dict[str, Any]]
    """Change that the owner asks for, as in the request body."""
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="requested")
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    checked_by: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    check_opinion: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    review_opinion: Mapped[str | None]
    recognised: Mapped[list[dict[str, Any]]]
    """Components with the investment that the city officer recognises; empty for a change that leaves them."""
    award_yuan: Mapped[Decimal | None]
    """Award after the change: at most the award before."""
    cut_yuan: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    """Part of the award, not released, that the change takes away."""
    recover_yuan: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    """Part of the award that the change takes away and that was paid already: to be returned or recovered."""
    derivation: Mapped[list[str]]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    return_reason: Mapped[str | None]

    @property
    def awaits_countersign(self) -> bool:
        """Return whether the change has its first signature and lacks the second."""
        return self.status == "reviewed" and self.signed_by is not None

    @property
    def decided_on(self) -> date | None:
        """Day of the decision in Beijing."""
        return self.decided_at and self.decided_at.astimezone(BEIJING).date()

    def expect(self, *statuses: str) -> None:
        """Raise WrongStatus unless the request has one of these statuses."""
        if self.status not in statuses:
            wanted = "、".join(CHANGE_STATUSES[status] for status in statuses)
            raise WrongStatus(
                f"变更申请当前为“{CHANGE_STATUSES[self.status]}”，此操作须在“{wanted}”时进行", current=self.status
            )

    def request(self, kind: str, proposal: dict[str, Any], reason: str, subject: str, at: datetime) -> None:
        """State the request, or state it anew after it was returned; earlier checks no longer count."""
        self.kind, self.proposal, self.reason, self.status = kind, proposal, reason, "requested"
        self.requested_by, self.requested_at = subject, at
        self.checked_by = self.checked_at = self.check_opinion = None
        self.reviewed_by = self.reviewed_at = self.review_opinion = None
        self.recognised, self.award_yuan, self.derivation = [], None, []
        self.unsign()

    def check(self, subject: str, at: datetime, opinion: str) -> None:
        """Record the district's check."""
        self.expect("requested")
        self.status, self.checked_by, self.checked_at, self.check_opinion = "checked", subject, at, opinion

    def review(self, subject: str, at: datetime, opinion: str, recognised: list[dict[str, Any]]) -> None:
        """Record the city officer's review with the components that it recognises."""
        self.expect("checked", "reviewed")
        self.status, self.reviewed_by, self.reviewed_at, self.review_opinion = "reviewed", subject, at, opinion
        self.recognised = recognised
        self.unsign()

    def send_back(self, reason: str) -> None:
        """Return the request to the owner, who states it anew or withdraws it."""
        self.status, self.return_reason = "returned", reason

    def withdraw(self) -> None:
        """Withdraw the request before it is decided."""
        self.expect(*OPEN_CHANGES)
        self.status = "withdrawn"

    def decide(self, status: str, subject: str, at: datetime, reason: str | None) -> None:
        """Record the decision on a reviewed request."""
        self.expect("reviewed")
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, subject, at, reason
