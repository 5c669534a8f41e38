"""Monthly closings of the payments (月结). 三（二）"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from services.funding.rules.code_lists import MONTH_STATUSES
from shared.errors import WrongStatus


class MonthClosing(Base):
    """Closing of a month and those before it, with the items that stay open and why; two people close and reopen."""

    __tablename__ = "month_closing"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(MONTH_STATUSES)}", name="status"),
        CheckConstraint("closed_by <> prepared_by", name="two_people_close"),
        CheckConstraint("reopened_by <> reopening_by", name="two_people_reopen"),
        Index(
            "uq_month_closing_month",
            "month",
            unique=True,
            postgresql_where=text("status IN ('prepared', 'closed', 'reopening')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    month: Mapped[str]
    status: Mapped[str] = mapped_column(default="prepared")
    days: Mapped[list[dict[str, Any]]]
    """Ordered, paid and returned money of each day, in yuan."""
    open_items: Mapped[list[dict[str, Any]]]
    """Lines without an answer and receipts without a line, each with the reason for which it is carried on."""
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    reopening_by: Mapped[str | None]
    reopening_at: Mapped[datetime | None]
    reopening_reason: Mapped[str | None]
    reopened_by: Mapped[str | None]
    reopened_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def close(self, subject: str, at: datetime) -> None:
        """Close the month. Raises WrongStatus unless the closing is prepared."""
        self._expect("prepared")
        self.status, self.closed_by, self.closed_at = "closed", subject, at

    def withdraw(self) -> None:
        """Withdraw a prepared closing. Raises WrongStatus."""
        self._expect("prepared")
        self.status = "withdrawn"

    def ask_reopening(self, subject: str, at: datetime, reason: str) -> None:
        """Ask that the month be reopened. Raises WrongStatus unless it is closed."""
        self._expect("closed")
        self.status, self.reopening_by, self.reopening_at, self.reopening_reason = "reopening", subject, at, reason

    def keep_closed(self) -> None:
        """Refuse the reopening. Raises WrongStatus."""
        self._expect("reopening")
        self.status = "closed"

    def reopen(self, subject: str, at: datetime) -> None:
        """Reopen the month. Raises WrongStatus unless another person has asked for it."""
        self._expect("reopening")
        self.status, self.reopened_by, self.reopened_at = "reopened", subject, at

    def _expect(self, status: str) -> None:
        if self.status != status:
            raise WrongStatus(
                f"该月结账当前为“{MONTH_STATUSES[self.status]}”，此操作须在“{MONTH_STATUSES[status]}”时进行",
                current=self.status,
            )
