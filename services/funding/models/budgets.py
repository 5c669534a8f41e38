"""Appropriations of the municipal budget of a year. 三（二）"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from shared.errors import WrongStatus


class Appropriation(Base):
    """Annual budget or supplement granted by a document; one person drafts it, another confirms it."""

    __tablename__ = "appropriation"
    __table_args__ = (
        CheckConstraint("status IN ('drafted', 'confirmed')", name="status"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        CheckConstraint(
            "(status = 'confirmed') = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)", name="confirmed"
        ),
        CheckConstraint("confirmed_by <> drafted_by", name="two_people"),
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
    announced: Mapped[bool] = mapped_column(server_default=text("true"))
    """False for an appropriation confirmed before confirmations were announced as events."""

    @property
    def version(self) -> int:
        """Version for the entity tag: a draft never changes but by its confirmation, which the database sees to."""
        return 1 if self.status == "drafted" else 2

    def confirm(self, subject: str, at: datetime) -> None:
        """Confirm the appropriation. Raises WrongStatus when it is confirmed already."""
        if self.status != "drafted":
            raise WrongStatus("该笔预算已确认，不能重复确认；如需追加请另行登记", current=self.status)
        self.status, self.confirmed_by, self.confirmed_at = "confirmed", subject, at
