"""Tables of the resource ledger and the reserve library, with their histories (四（一）2).

`content` is the validated row as the district sent it (`shared.contracts.library`). The database computes the columns
`name`, `kind`, `status` and the like from it, so that they cannot disagree with it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base

SIMULATED = "jsonb_array_length(content -> 'simulated'::text) > 0"


def _computed_from(field: str) -> Computed:
    return Computed(f"content ->> '{field}'::text", persisted=True)


class Resource(Base):
    """Current version of one building or plant in a district's resource ledger."""

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
    name: Mapped[str] = mapped_column(_computed_from("name"))
    kind: Mapped[str] = mapped_column(_computed_from("kind"))
    status: Mapped[str] = mapped_column(_computed_from("status"))
    planned_type: Mapped[str | None] = mapped_column(_computed_from("planned_type"))
    simulated: Mapped[bool] = mapped_column(Computed(SIMULATED, persisted=True))


class ResourceVersion(Base):
    """One version of a resource: content, reason of the change, who recorded it and when. Append-only."""

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
    """Current version of one project in a district's reserve library. `status` is `in_library` or `left`."""

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
    name: Mapped[str] = mapped_column(_computed_from("project_name"))
    project_type: Mapped[str] = mapped_column(_computed_from("project_type"))
    project_code: Mapped[str | None] = mapped_column(_computed_from("project_code"))
    entity_uscc: Mapped[str] = mapped_column(_computed_from("entity_uscc"))
    support_mode: Mapped[str | None] = mapped_column(_computed_from("support_mode"))
    maturity: Mapped[str] = mapped_column(_computed_from("maturity"))
    status: Mapped[str] = mapped_column(
        Computed(
            "CASE WHEN (content ->> 'left_on'::text) IS NULL THEN 'in_library'::text ELSE 'left'::text END",
            persisted=True,
        )
    )
    simulated: Mapped[bool] = mapped_column(Computed(SIMULATED, persisted=True))


class LibraryEntryVersion(Base):
    """One version of a library project: content, reason of the change, who recorded it and when. Append-only."""

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
    """Link from a library project to a resource that it renovates.

    The link holds the district's own id, because a project may be sent before its resources.
    """

    __tablename__ = "library_resource"
    __table_args__ = (Index("ix_library_resource_district_resource_external_id", "district", "resource_external_id"),)

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("library_entry.id"), primary_key=True)
    resource_external_id: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str]
