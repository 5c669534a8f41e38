"""Budget documents (预算文件) of a year and the commitments that a carry-over takes along. 三（二）"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.budgets import BUDGET_KINDS
from services.funding.rules.code_lists import APPROPRIATION_STATUSES
from shared.errors import WrongStatus
from shared.normal_forms import normal_identifier
from shared.storage.normal_columns import Normalised
from shared.storage.versions import Part

_STANDING = "status IN ('drafted', 'confirmed')"


class Appropriation(Base, Normalised):
    """Document that changes the budget of a year; one person drafts it, another confirms it.

    A confirmed document never changes: a wrong one is reversed by another document, which moves the money back.
    """

    __tablename__ = "appropriation"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(APPROPRIATION_STATUSES)}", name="status"),
        CheckConstraint(f"kind IN {tuple(BUDGET_KINDS)}", name="kind"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        CheckConstraint(
            "(status IN ('confirmed', 'reversed')) = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)",
            name="confirmed",
        ),
        CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_by IS NOT NULL AND withdrawn_at IS NOT NULL"
            " AND withdraw_reason IS NOT NULL)",
            name="withdrawn",
        ),
        CheckConstraint("confirmed_by <> drafted_by", name="two_people"),
        CheckConstraint("(kind IN ('transfer', 'carry_over')) = (to_year IS NOT NULL)", name="to_year"),
        CheckConstraint("to_year <> year", name="two_years"),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reverses"),
        Index(
            "uq_appropriation_document",
            "year",
            "kind",
            "document_no",
            "to_year",
            "reverses",
            unique=True,
            postgresql_where=text(_STANDING),
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_appropriation_document_key",
            "year",
            "kind",
            "document_key",
            "to_year",
            "reverses",
            unique=True,
            postgresql_where=text(f"{_STANDING} AND document_key IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("uq_appropriation_reverses", "reverses", unique=True, postgresql_where=text(_STANDING)),
        Index("ix_appropriation_to_year", "to_year", postgresql_where=text("to_year IS NOT NULL")),
    )

    normal_columns = {"document_key": lambda row: normal_identifier(row.document_no)}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    year: Mapped[int]
    document_no: Mapped[str]
    document_key: Mapped[str | None]
    amount_yuan: Mapped[Decimal]
    note: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="drafted")
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    announced: Mapped[bool] = mapped_column(server_default=text("true"))
    """False for an appropriation confirmed before confirmations were announced as events."""
    kind: Mapped[str] = mapped_column(server_default="appropriation")
    document_on: Mapped[date | None]
    to_year: Mapped[int | None]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("appropriation.id"))
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]

    @property
    def version(self) -> int:
        """Version for the entity tag: a document changes by a step of its life alone, which the database sees to."""
        return {"drafted": 1, "reversed": 3}.get(self.status, 2)

    def confirm(self, subject: str, at: datetime) -> None:
        """Confirm the document. Raises WrongStatus unless it is a draft."""
        self._expect_draft()
        self.status, self.confirmed_by, self.confirmed_at = "confirmed", subject, at

    def withdraw(self, subject: str, at: datetime, reason: str) -> None:
        """Withdraw the draft; its document may be entered again. Raises WrongStatus unless it is a draft."""
        self._expect_draft()
        self.status, self.withdrawn_by, self.withdrawn_at, self.withdraw_reason = "withdrawn", subject, at, reason

    def expect_reversible(self) -> None:
        """Raise WrongStatus for a document that no reversal can undo."""
        if self.status != "confirmed":
            label = APPROPRIATION_STATUSES[self.status]
            raise WrongStatus(f"该预算登记{label}，只有已确认的可以冲正；未确认的请撤回", current=self.status)
        if self.kind in ("reversal", "carry_over"):
            raise WrongStatus(
                f"{BUDGET_KINDS[self.kind]}不能冲正：冲正有误请重新登记原事项，结转有误请登记反方向的结转",
                current=self.status,
            )

    def _expect_draft(self) -> None:
        if self.status != "drafted":
            raise WrongStatus(
                f"该预算登记{APPROPRIATION_STATUSES[self.status]}，不能再确认或撤回；已确认有误的请登记冲正文件",
                current=self.status,
            )


class CarriedItem(Base, Part):
    """Open commitment that a carry-over moves into the budget of another year."""

    __tablename__ = "carried_item"
    __table_args__ = (
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_carried_item_application_id", "appropriation_id", "application_id", unique=True),
        Index("ix_carried_item_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    appropriation_id: Mapped[UUID] = mapped_column(ForeignKey("appropriation.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    carried_as: Mapped[str | None]
    """Reference of the reservation in the new year; empty until the carry-over is confirmed."""
