"""Table of the materials of a declaration; the file store holds the content by its SHA-256 (三（一）¶2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration
from services.intake.rules.checklist import Line, checklist, conditions_of
from shared.storage.versions import Part


class Material(Base, Part):
    """One uploaded file. The row of a replaced or removed file is kept."""

    __tablename__ = "material"
    __table_args__ = (
        Index(
            "uq_material_present",
            "declaration_id",
            "kind",
            "sha256",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_material_applicant_uscc", "applicant_uscc"),
    )
    shown_in = {Declaration: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    kind: Mapped[str]
    filename: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    round: Mapped[int]
    uploaded_by: Mapped[str]
    uploaded_role: Mapped[str]
    uploaded_at: Mapped[datetime]
    replaces: Mapped[UUID | None]
    removed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]

    def remove(self, by: str, at: datetime) -> None:
        """Mark the material as removed from the declaration; the row is kept."""
        self.removed_by, self.removed_at = by, at

    def as_round_entry(self) -> dict[str, Any]:
        """Return the material as a round stores it."""
        names = ("kind", "filename", "media_type", "sha256", "size_bytes")
        return {"id": str(self.id), **{name: getattr(self, name) for name in names}}


async def materials_of(session: AsyncSession, declaration_id: UUID) -> Sequence[Material]:
    """Return the materials of a declaration in order of upload, without the replaced and removed ones."""
    query = select(Material).where(Material.declaration_id == declaration_id, Material.removed_at.is_(None))
    return (await session.scalars(query.order_by(Material.id))).all()


async def checklist_of(session: AsyncSession, declaration: Declaration, *, opinion_given: bool) -> list[Line]:
    """Return the checklist with current states, from the files, the undertaking and the opinion."""
    present = {material.kind for material in await materials_of(session, declaration.id)}
    if declaration.undertaken_at:
        present.add("undertaking")
    else:
        present.discard("undertaking")
    if opinion_given:
        present.add("government_opinion")
    conditions = conditions_of(declaration.facts, declaration.operation_mode)
    return checklist(conditions, present)
