"""The materials of a declaration; their content lies in the file store under its hash (三（一）¶2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration
from services.intake.rules import checklist as lists


class Material(Base):
    """One uploaded file. A file that was replaced or removed stays in the record."""

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
    )

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
        """Take it out of the declaration; the record stays."""
        self.removed_by, self.removed_at = by, at

    def as_listed(self) -> dict[str, Any]:
        """How a round keeps it."""
        names = ("kind", "filename", "media_type", "sha256", "size_bytes")
        return {"id": str(self.id), **{name: getattr(self, name) for name in names}}


async def materials_of(session: AsyncSession, declaration_id: UUID, *, history: bool = False) -> Sequence[Material]:
    """The materials of a declaration in order of upload; with `history` those replaced or removed too."""
    query = select(Material).where(Material.declaration_id == declaration_id).order_by(Material.id)
    if not history:
        query = query.where(Material.removed_at.is_(None))
    return (await session.scalars(query)).all()


async def checklist_of(session: AsyncSession, declaration: Declaration, *, opinion_given: bool) -> list[lists.Line]:
    """The checklist as it stands: files, and what is done online (undertaking, opinion)."""
    present = {material.kind for material in await materials_of(session, declaration.id)}
    if declaration.undertaken_at:
        present.add("undertaking")
    else:
        present.discard("undertaking")
    if opinion_given:
        present.add("government_opinion")
    conditions = lists.conditions_of(declaration.facts, declaration.operation_mode)
    return lists.checklist(conditions, present)
