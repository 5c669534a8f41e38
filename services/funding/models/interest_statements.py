"""Interest statements (结息单) with their settled results. 二（四）2"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import STATEMENT_STATUSES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class InterestStatement(Base, Part):
    """Settlement lines of a bank and their settlement by day; an officer decides on `flagged` ones. 二（四）2"""

    __tablename__ = "interest_statement"
    __table_args__ = (
        CheckConstraint("status IN ('computed', 'flagged', 'accepted', 'rejected')", name="status"),
        Index("uq_interest_statement_application_id_number", "application_id", "number", unique=True),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    lines: Mapped[list[dict[str, Any]]]
    results: Mapped[list[dict[str, Any]]]
    so_far: Mapped[dict[str, Any]]
    """Running totals after this statement: subsidy and subsidised days, from which the next statement continues."""
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
        """True when the amount may be paid: computed without difference, or accepted by an officer."""
        return self.status in ("computed", "accepted")

    def last_days(self) -> dict[str, date]:
        """Return the last day that the lines cover, by loan id."""
        ends: dict[str, date] = {}
        for line in self.lines:
            end = date.fromisoformat(line["to_on"])
            ends[line["loan_id"]] = max(end, ends.get(line["loan_id"], end))
        return ends

    def decide(self, accept: bool, subject: str, at: datetime, reason: str) -> None:
        """Accept or reject a flagged statement. Raises WrongStatus for any other status."""
        if self.status != "flagged":
            raise WrongStatus(
                f"该结息单状态为“{STATEMENT_STATUSES[self.status]}”，只有与银行利息不符的结息单须人工核定",
                current=self.status,
            )
        self.status = "accepted" if accept else "rejected"
        self.decided_by, self.decided_at, self.decision_reason = subject, at, reason
