"""What tells whether a project was declared or paid for before: cases, awards, other city money (二（五）)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, false, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration
from services.intake.rules.matching import Basis, Match, basis_of, entity_place, match
from shared.contracts.intake import Project
from shared.policy import interpretations
from shared.storage.session import settings_of


class ProjectIdentity(Base):
    """A submitted or funded project by what identifies it. Not fenced by applicant: a double must be found."""

    __tablename__ = "project_identity"
    __table_args__ = (
        Index("ix_project_identity_project_code", "project_code"),
        Index("ix_project_identity_entity_place", "entity_place"),
        Index("ix_project_identity_entity_uscc", "entity_uscc"),
    )

    declaration_id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_no: Mapped[str]
    district: Mapped[str]
    entity_uscc: Mapped[str]
    project_code: Mapped[str | None]
    entity_place: Mapped[str | None]
    live: Mapped[bool]
    approval_no: Mapped[str | None]
    approved_on: Mapped[date | None]


class EntityCredit(Base):
    """The credit grade of an entity as monitoring last announced it. 四（一）3"""

    __tablename__ = "entity_credit"

    applicant_uscc: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str]
    decided_on: Mapped[date]


class MunicipalFundProgramme(Base):
    """Another programme by which the city pays for such works. 二（五）"""

    __tablename__ = "municipal_fund_programme"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    authority: Mapped[str]
    note: Mapped[str | None]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class MunicipalFundingRecord(Base):
    """Money that a project is known to have had from another programme. 二（五）"""

    __tablename__ = "municipal_funding_record"
    __table_args__ = (
        Index("ix_municipal_funding_record_project_code", "project_code"),
        Index("ix_municipal_funding_record_entity_place", "entity_place"),
        Index("ix_municipal_funding_record_entity_uscc", "entity_uscc"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[UUID] = mapped_column(
        ForeignKey("municipal_fund_programme.id", name="fk_municipal_funding_record_programme")
    )
    programme_name: Mapped[str]
    district: Mapped[str]
    project_code: Mapped[str | None]
    entity_uscc: Mapped[str]
    entity_name: Mapped[str]
    address: Mapped[str | None]
    entity_place: Mapped[str | None]
    amount_yuan: Mapped[Decimal]
    funded_on: Mapped[date]
    source: Mapped[str]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]


async def lock_identity(session: AsyncSession, declaration: Declaration) -> None:
    """Let two submissions of one project wait for each other, whoever files them."""
    keys = [declaration.project_code, entity_place(declaration.applicant_uscc, declaration.address)]
    for key in sorted(filter(None, keys)):
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 11))"), {"key": key})


async def matches_of(session: AsyncSession, declaration: Declaration) -> list[Match]:
    """Every other record that seems to be this project, as far as the caller may see.

    I27: the project counts, without limit of time; by setting the entity, once it was paid.
    """
    sought = Sought.of(session, declaration)
    cases = await session.scalars(
        select(ProjectIdentity)
        .where(sought.among(ProjectIdentity))
        .where(ProjectIdentity.declaration_id != declaration.id)
        .where(or_(ProjectIdentity.live, ProjectIdentity.approved_on.is_not(None)))
    )
    paid = await session.scalars(select(MunicipalFundingRecord).where(sought.among(MunicipalFundingRecord)))
    found = [_case_match(row, sought.basis(row)) for row in cases]
    found += [match("municipal_record", sought.basis(row), f"{row.programme_name}，{row.funded_on}") for row in paid]
    return [each for each in found if (each.source, each.basis) != ("declaration", "entity")]


@dataclass(frozen=True)
class Sought:
    """What identifies the project that is looked for; an unknown code or address is nobody's and finds nothing."""

    code: str | None
    place: str | None
    entity: str | None

    @classmethod
    def of(cls, session: AsyncSession, declaration: Declaration) -> "Sought":
        scope = interpretations(settings_of(session).interpretations)["other_funds_scope"]
        uscc = declaration.applicant_uscc
        place = entity_place(uscc, declaration.address)
        return cls(declaration.project_code, place, uscc if scope == "entity" else None)

    def among(self, table: type[ProjectIdentity] | type[MunicipalFundingRecord]) -> ColumnElement[bool]:
        return or_(
            false() if self.code is None else table.project_code == self.code,
            false() if self.place is None else table.entity_place == self.place,
            false() if self.entity is None else table.entity_uscc == self.entity,
        )

    def basis(self, row: ProjectIdentity | MunicipalFundingRecord) -> Basis:
        return basis_of(self.code, self.place, row.project_code, row.entity_place)


def _case_match(row: ProjectIdentity, basis: Basis) -> Match:
    if row.approved_on:
        return match("funded", basis, row.approval_no or row.declaration_no)
    return match("declaration", basis, row.declaration_no)


async def keep_identity(
    session: AsyncSession, project: Project, *, live: bool, approval: tuple[str, date] | None = None
) -> None:
    """Write down what identifies a project; an approval once kept stays."""
    approval_no, approved_on = approval or (None, None)
    values = {
        "declaration_no": project.declaration_no,
        "district": project.district,
        "entity_uscc": project.applicant_uscc,
        "project_code": project.project_code,
        "entity_place": entity_place(project.applicant_uscc, project.address),
        "live": live,
        **({"approval_no": approval_no, "approved_on": approved_on} if approval else {}),
    }
    await session.execute(
        insert(ProjectIdentity)
        .values(declaration_id=project.declaration_id, **values)
        .on_conflict_do_update(index_elements=["declaration_id"], set_=values)
    )


async def end_identity(session: AsyncSession, declaration_id: UUID) -> None:
    """The declaration ended without an award: the project may be filed anew."""
    await session.execute(
        update(ProjectIdentity).where(ProjectIdentity.declaration_id == declaration_id).values(live=False)
    )


async def grade_of(session: AsyncSession, uscc: str) -> EntityCredit | None:
    """The entity's last announced grade; None when it was never rated."""
    return await session.get(EntityCredit, uscc)
