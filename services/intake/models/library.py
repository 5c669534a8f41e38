"""Tables of the resource ledger, the reserve library and the quarterly submissions (四（一）2).

`content` is the whole row as the district sent it (`shared.contracts.library`), validated; the columns beside it that
are computed from it cannot disagree with it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from shared.errors import DomainError, WrongStatus

SIMULATED = "jsonb_array_length(content -> 'simulated'::text) > 0"


def _of(field: str) -> Computed:
    return Computed(f"content ->> '{field}'::text", persisted=True)


class Resource(Base):
    """One building or plant of a district's resource ledger, as it stands."""

    __tablename__ = "resource"
    __table_args__ = (
        UniqueConstraint("district", "external_id"),
        Index("ix_resource_changed_at", "changed_at"),
        Index("ix_resource_district_id", "district", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    external_id: Mapped[str]
    quarter: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[bytes]
    version: Mapped[int]
    change_reason: Mapped[str | None]
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    gross_floor_area_m2: Mapped[Decimal] = mapped_column(Numeric(11, 2))
    name: Mapped[str] = mapped_column(_of("name"))
    kind: Mapped[str] = mapped_column(_of("kind"))
    status: Mapped[str] = mapped_column(_of("status"))
    planned_type: Mapped[str | None] = mapped_column(_of("planned_type"))
    simulated: Mapped[bool] = mapped_column(Computed(SIMULATED, persisted=True))


class ResourceVersion(Base):
    """What a row of the ledger said, from when, on whose word and why it changed. Append-only."""

    __tablename__ = "resource_version"
    __table_args__ = (Index("ix_resource_version_district", "district"),)

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    district: Mapped[str]
    external_id: Mapped[str]
    quarter: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[bytes]
    change_reason: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    recorder_name: Mapped[str]
    role: Mapped[str]


class LibraryEntry(Base):
    """One project of a district's reserve library, as it stands. `status` is `in_library` or `left`."""

    __tablename__ = "library_entry"
    __table_args__ = (
        UniqueConstraint("district", "external_id"),
        Index("ix_library_entry_changed_at", "changed_at"),
        Index("ix_library_entry_district_id", "district", "id"),
        Index("ix_library_entry_project_code", "project_code"),
        Index("ix_library_entry_entity_uscc", "entity_uscc"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    external_id: Mapped[str]
    quarter: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[bytes]
    version: Mapped[int]
    change_reason: Mapped[str | None]
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    fixed_investment_yuan: Mapped[Decimal]
    renovated_area_m2: Mapped[Decimal]
    name: Mapped[str] = mapped_column(_of("project_name"))
    project_type: Mapped[str] = mapped_column(_of("project_type"))
    project_code: Mapped[str | None] = mapped_column(_of("project_code"))
    entity_uscc: Mapped[str] = mapped_column(_of("entity_uscc"))
    support_mode: Mapped[str | None] = mapped_column(_of("support_mode"))
    maturity: Mapped[str] = mapped_column(_of("maturity"))
    status: Mapped[str] = mapped_column(
        Computed(
            "CASE WHEN (content ->> 'left_on'::text) IS NULL THEN 'in_library'::text ELSE 'left'::text END",
            persisted=True,
        )
    )
    simulated: Mapped[bool] = mapped_column(Computed(SIMULATED, persisted=True))


class LibraryEntryVersion(Base):
    """What a row of the library said, from when, on whose word and why it changed. Append-only."""

    __tablename__ = "library_entry_version"
    __table_args__ = (Index("ix_library_entry_version_district", "district"),)

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("library_entry.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    district: Mapped[str]
    external_id: Mapped[str]
    quarter: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[bytes]
    change_reason: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    recorder_name: Mapped[str]
    role: Mapped[str]


class LibraryResource(Base):
    """A project renovates a resource. By the district's own ids: a project may be sent before its resources."""

    __tablename__ = "library_resource"
    __table_args__ = (Index("ix_library_resource_district_resource_external_id", "district", "resource_external_id"),)

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("library_entry.id"), primary_key=True)
    resource_external_id: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str]


class NotPrepared(DomainError):
    status, code, title = 409, "not_prepared", "须先由经办人员提请审定"


class ChangedSincePrepared(DomainError):
    status, code, title = 409, "changed_since_prepared", "数据在提请审定后有变动，请重新核对并提请"


class QuarterSubmission(Base):
    """A district's report of one quarter: open, prepared by an officer, certified by a supervisor, and so closed.

    The city may reopen a certified quarter; that begins the submission with the next number. 四（一）2
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
        """An officer vouches that the rows are complete. Raises WrongStatus once certified."""
        if self.status == "certified":
            raise WrongStatus("本季度已审定报送")
        self.status, self.prepared_by, self.prepared_at, self.prepared_sha256 = "prepared", by, at, sha256

    def certify(self, by: str, at: datetime, on: date, sha256: str) -> None:
        """A supervisor certifies exactly what was prepared. Raises WrongStatus, NotPrepared or ChangedSincePrepared."""
        if self.status == "certified":
            raise WrongStatus("本季度已审定报送")
        if self.status != "prepared":
            raise NotPrepared()
        if self.prepared_sha256 != sha256:
            raise ChangedSincePrepared()
        self.status, self.certified_by, self.certified_at = "certified", by, at
        self.late, self.snapshot_sha256 = on > self.due_on, sha256


class QuarterSnapshot(Base):
    """Which version of every row a certified quarter consists of; its SHA-256 is in the submission. Append-only."""

    __tablename__ = "quarter_snapshot"

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("quarter_submission.id"), primary_key=True)
    district: Mapped[str]
    content: Mapped[dict[str, Any]]
