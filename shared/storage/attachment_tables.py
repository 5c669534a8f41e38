"""Tables of the papers that records carry; the file store of the service holds the content by its SHA-256."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.storage.seal_tables import metadata as common
from shared.storage.session import TYPES


class Base(DeclarativeBase):
    """Mapped classes that every service has."""

    metadata = common
    type_annotation_map = TYPES


class Attachment(Base):
    """One uploaded paper of a record. The row of a replaced or withdrawn paper is kept."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(
            "(removed_at IS NULL) = (removed_by IS NULL) AND (removed_at IS NULL) = (removed_reason IS NULL)",
            name="removed",
        ),
        Index(
            "uq_attachment_present",
            "record_id",
            "kind",
            "sha256",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_attachment_applicant_uscc", "applicant_uscc"),
        Index("ix_attachment_sha256", "sha256"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    record: Mapped[str]
    record_id: Mapped[UUID]
    case_id: Mapped[UUID]
    district: Mapped[str]
    applicant_uscc: Mapped[str | None]
    kind: Mapped[str]
    filename: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    uploaded_by: Mapped[str]
    uploaded_role: Mapped[str]
    uploaded_at: Mapped[datetime]
    replaces: Mapped[UUID | None]
    removed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    removed_reason: Mapped[str | None]


class AttachmentUse(Base):
    """The act that rests on a paper. Once the act is decided, the paper is neither replaced nor withdrawn."""

    __tablename__ = "attachment_use"
    __table_args__ = (Index("ix_attachment_use_act_id", "act_id"),)

    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachment.id"), primary_key=True)
    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    act_table: Mapped[str]
    district: Mapped[str]
    applicant_uscc: Mapped[str | None]
    used_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
