"""Tables of the quarterly submissions and of what was certified in them (四（一）2)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from shared.errors import DomainError, WrongStatus

_CERTIFIED = "本季度已审定报送，不能再提请或审定；如需更正，请联系市发展改革委负责人重新开启"


class NotPrepared(DomainError):
    """Refusal of a certification before an officer prepared the quarter."""

    status, code, title = 409, "not_prepared", "须先由经办人员提请审定"


class ChangedSincePrepared(DomainError):
    """Refusal of a certification of rows that differ from the prepared ones."""

    status, code, title = 409, "changed_since_prepared", "数据在提请审定后有变动，请重新核对并提请"


class QuarterSubmission(Base):
    """A district's report of one quarter: open, prepared by an officer, then certified (closed) by a supervisor.

    The city may reopen a certified quarter: a submission with the next number then begins. 四（一）2
    """

    __tablename__ = "quarter_submission"
    __table_args__ = (
        UniqueConstraint("district", "quarter", "submission_no"),
        Index(
            "uq_quarter_submission_under_way", "district", "quarter", unique=True,
            postgresql_where=text("status <> 'certified'"),
        ),
        CheckConstraint("status IN ('open', 'prepared', 'certified')", name="status"),
        CheckConstraint("(status = 'certified') = (certified_at IS NOT NULL)", name="certified"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    quarter: Mapped[str]
    submission_no: Mapped[int]
    status: Mapped[str]
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    reopen_reason: Mapped[str | None]
    prepared_at: Mapped[datetime | None]
    prepared_by: Mapped[str | None]
    prepared_sha256: Mapped[str | None]
    certified_at: Mapped[datetime | None]
    certified_by: Mapped[str | None]
    late: Mapped[bool | None]
    resource_count: Mapped[int | None]
    library_count: Mapped[int | None]
    snapshot_sha256: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def prepare(self, by: str, at: datetime, sha256: str) -> None:
        """Record that an officer found the rows complete. Raises WrongStatus once certified."""
        if self.status == "certified":
            raise WrongStatus(_CERTIFIED)
        self.status, self.prepared_by, self.prepared_at, self.prepared_sha256 = "prepared", by, at, sha256

    def certify(self, by: str, at: datetime, on: date, sha256: str) -> None:
        """Certify the rows exactly as prepared. Raises WrongStatus, NotPrepared or ChangedSincePrepared."""
        if self.status == "certified":
            raise WrongStatus(_CERTIFIED)
        if self.status != "prepared":
            raise NotPrepared("本季度尚未提请审定，请先由区发展改革委经办人员核对数据并提请")
        if self.prepared_sha256 != sha256:
            raise ChangedSincePrepared("提请审定后数据有变动，请经办人员重新核对并提请，再由负责人审定")
        self.status, self.certified_by, self.certified_at = "certified", by, at
        self.late, self.snapshot_sha256 = on > self.due_on, sha256


class QuarterSnapshot(Base):
    """Versions of all rows in a certified quarter; the submission holds its SHA-256. Append-only."""

    __tablename__ = "quarter_snapshot"

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("quarter_submission.id"), primary_key=True)
    district: Mapped[str]
    content: Mapped[dict[str, Any]]
