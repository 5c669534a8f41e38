"""Claims for interest subsidy (贴息申请) with their settlement lines (结息单) and accepted remarks. 二（四）2"""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.models.loans import Loan
from services.funding.rules.code_lists import CLAIM_STATUSES
from shared.errors import WrongStatus
from shared.storage.versions import Part

OPEN = ("draft", "filed", "checked", "verified", "returned")
"""Statuses of a claim that is still to be decided; a project has at most one such claim."""
EDITABLE = ("draft", "returned")
"""Statuses in which the owner may change the lines."""


class InterestClaim(Base, Part):
    """Claim for a period: filed by the owner, checked by the district, verified and decided by the city. 二（四）2

    `amount_yuan` is what the claim pays; `due_yuan` is the calculation less what was paid, negative after a correction.
    """

    __tablename__ = "interest_claim"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(CLAIM_STATUSES)}", name="status"),
        CheckConstraint("period_from <= period_to", name="period"),
        CheckConstraint("amount_yuan >= 0 AND amount_yuan <= greatest(due_yuan, 0)", name="amount"),
        CheckConstraint(
            "(status = 'decided') = (amount_yuan IS NOT NULL) AND (amount_yuan IS NULL) = (due_yuan IS NULL) "
            "AND (amount_yuan IS NULL) = (decided_at IS NULL)",
            name="decided",
        ),
        Index("uq_interest_claim_application_id_number", "application_id", "number", unique=True),
        Index("uq_interest_claim_open", "application_id", unique=True, postgresql_where=text(f"status IN {OPEN}")),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    period_from: Mapped[date]
    period_to: Mapped[date]
    status: Mapped[str] = mapped_column(default="draft")
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    draft: Mapped[list[dict[str, Any]]]
    """Lines as the owner stated them last; filing makes versions of lines of them."""
    filings: Mapped[int] = mapped_column(default=0)
    """Number of times the claim was filed; only the lines of the last filing belong to it."""
    filed_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Reason for which the claim was returned, withdrawn or refused last."""
    inputs_hash: Mapped[str | None]
    """Inputs of the calculation that the city verified; a decision on other ones is refused."""
    calculation_id: Mapped[UUID | None] = mapped_column(ForeignKey("interest_calculation.id"))
    due_yuan: Mapped[Decimal | None]
    amount_yuan: Mapped[Decimal | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    def expect(self, statuses: Collection[str]) -> None:
        """Raise WrongStatus unless the claim has one of these statuses."""
        if self.status not in statuses:
            wanted = "、".join(CLAIM_STATUSES[status] for status in statuses)
            raise WrongStatus(
                f"该贴息申请状态为“{CLAIM_STATUSES[self.status]}”，此操作须在“{wanted}”时进行", current=self.status
            )

    def move(self, to: str, *, reason: str | None = None) -> None:
        """Set the next status, with the reason of a step back."""
        self.status, self.reason = to, reason

    def decide(self, due: Decimal, amount: Decimal, subject: str, at: datetime) -> None:
        """Decide the claim: `amount` of the `due` yuan is paid."""
        self.move("decided")
        self.due_yuan, self.amount_yuan, self.decided_by, self.decided_at = due, amount, subject, at

    def undecide(self, reason: str) -> None:
        """Return a decided claim to its owner: nothing of it counts any more."""
        self.move("returned", reason=reason)
        self.due_yuan = self.amount_yuan = self.decided_at = self.decided_by = self.calculation_id = None


class InterestLine(Base, Part):
    """Version of a bank's settlement line, as a claim files it; one that corrects another has the same `line_id`.

    It counts once its claim is decided, unless a later version counts or it is withdrawn. 二（四）2
    """

    __tablename__ = "interest_line"
    __table_args__ = (
        CheckConstraint("from_on <= to_on", name="period"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdraw_reason IS NULL)",
            name="withdrawn",
        ),
        CheckConstraint("number = 1 OR reason IS NOT NULL", name="corrected_with_reason"),
        Index("uq_interest_line_claim_id_filing_line_id", "claim_id", "filing", "line_id", unique=True),
        Index("ix_interest_line_application_id", "application_id"),
        Index("ix_interest_line_loan_id", "loan_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    line_id: Mapped[UUID]
    number: Mapped[int]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("interest_claim.id"))
    filing: Mapped[int]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey(Loan.id))
    from_on: Mapped[date]
    to_on: Mapped[date]
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]

    def withdraw(self, subject: str, at: datetime, reason: str) -> None:
        """Withdraw a wrongly entered line, which stays on record. Raises WrongStatus the second time."""
        if self.withdrawn_at is not None:
            raise WrongStatus("该结息明细已撤销；如撤销有误，请在下一次贴息申请中更正该明细", current="withdrawn")
        self.withdrawn_by, self.withdrawn_at, self.withdraw_reason = subject, at, reason


class AcceptedRemark(Base, Part):
    """Remark on a line of a claim that an official accepted, with the reason; append-only."""

    __tablename__ = "accepted_remark"
    __table_args__ = (
        Index("uq_accepted_remark_claim_id_key", "claim_id", "key", unique=True),
        Index("ix_accepted_remark_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("interest_claim.id"))
    key: Mapped[str]
    """Digest of line, code and text: other figures make another remark, which has to be accepted anew."""
    code: Mapped[str]
    text: Mapped[str]
    reason: Mapped[str]
    accepted_by: Mapped[str]
    accepted_at: Mapped[datetime]
