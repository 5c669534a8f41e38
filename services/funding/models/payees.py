"""Payee accounts (收款账户) of projects, every version kept. 三（二）"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import PAYEE_STATUSES
from shared.errors import Forbidden, WrongStatus
from shared.storage.versions import Part

OPEN = ("entered", "checked")
"""Statuses of an account on which the district has not decided yet."""


class PayeeAccount(Base, Part):
    """Account to which a project is paid: entered by the owner, confirmed by the district, never changed.

    Another account is another version; one person checks it and another confirms it.
    """

    __tablename__ = "payee_account"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(PAYEE_STATUSES)}", name="status"),
        CheckConstraint("(status = 'confirmed') = (from_on IS NOT NULL)", name="confirmed_has_a_day"),
        CheckConstraint("checked_by <> confirmed_by", name="two_people"),
        CheckConstraint("NOT changes OR status <> 'confirmed' OR checked_by IS NOT NULL", name="change_is_checked"),
        Index("uq_payee_account_application_id_number", "application_id", "number", unique=True),
        Index(
            "uq_payee_account_open",
            "application_id",
            unique=True,
            postgresql_where=text("status IN ('entered', 'checked')"),
        ),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    changes: Mapped[bool]
    """True if another account was confirmed before."""
    account_name: Mapped[str]
    bank: Mapped[str]
    bank_code: Mapped[str | None]
    account_no: Mapped[str]
    reason: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="entered")
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
    checked_by: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    from_on: Mapped[date | None]
    """First day on which payments go to the account."""
    decision_reason: Mapped[str | None]

    def check(self, subject: str, at: datetime) -> None:
        """Note that one person has checked a change. Raises WrongStatus."""
        self.expect("entered")
        self.status, self.checked_by, self.checked_at = "checked", subject, at

    def confirm(self, subject: str, at: datetime, from_on: date) -> None:
        """Confirm the account from a day on: the first one once entered, a change once checked. Raises WrongStatus."""
        self.expect("checked" if self.changes else "entered")
        self.status, self.confirmed_by, self.confirmed_at, self.from_on = "confirmed", subject, at, from_on

    def expect_change(self) -> None:
        """Raise WrongStatus for a first account, which needs no check."""
        if not self.changes:
            raise WrongStatus("首次填报的收款账户无须核对，请直接确认", current=self.status)

    def expect_confirmer(self, role: str) -> None:
        """Raise Forbidden for a change that someone else than a supervisor confirms."""
        if self.changes and role != "district_supervisor":
            raise Forbidden("变更的收款账户须由区级负责人确认")

    def end(self, status: str, reason: str) -> None:
        """Return the account to the owner, or withdraw it. Raises WrongStatus once it is decided."""
        self.expect(*OPEN)
        self.status, self.decision_reason = status, reason

    def expect(self, *statuses: str) -> None:
        """Raise WrongStatus unless the account has one of these statuses."""
        if self.status not in statuses:
            expected = "、".join(PAYEE_STATUSES[status] for status in statuses)
            raise WrongStatus(
                f"该收款账户当前为“{PAYEE_STATUSES[self.status]}”，此操作须在“{expected}”时进行", current=self.status
            )
