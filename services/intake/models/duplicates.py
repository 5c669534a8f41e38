"""Search for duplicates: earlier declarations, awards and other municipal payments of a project (二（五）)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Index, false, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration
from services.intake.models.municipal_funds import MunicipalFundingRecord
from services.intake.rules.duplicates import Basis, Identity, Match, build_match, entity_place, match_basis
from shared.contracts.intake import Project
from shared.normal_forms import normal_name
from shared.policy import interpretations
from shared.storage.session import settings_of


class ProjectIdentity(Base):
    """Identifying features of a submitted or funded project.

    Row-level security does not filter this table by applicant: a duplicate filed by another applicant must be found.
    """

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
    name_form: Mapped[str | None]
    approval_no: Mapped[str | None]
    approved_on: Mapped[date | None]


async def lock_identity(session: AsyncSession, declaration: Declaration) -> None:
    """Take advisory locks so that two submissions of one project, by any applicants, run one after the other."""
    keys = [
        declaration.project_code,
        entity_place(declaration.applicant_uscc, declaration.address, declaration.district),
    ]
    for key in sorted(filter(None, keys)):
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 11))"), {"key": key})


async def matches_of(session: AsyncSession, declaration: Declaration) -> list[Match]:
    """Return every other record that matches this project and that the caller may see.

    I27: the search covers the project, without a time limit; by setting, every paid project of the entity too.
    """
    search = ProjectSearch.of(session, declaration)
    cases = await session.scalars(
        select(ProjectIdentity)
        .where(search.condition(ProjectIdentity))
        .where(ProjectIdentity.declaration_id != declaration.id)
        .where(or_(ProjectIdentity.live, ProjectIdentity.approved_on.is_not(None)))
    )
    payments = await session.scalars(
        select(MunicipalFundingRecord)
        .where(search.condition(MunicipalFundingRecord))
        .where(MunicipalFundingRecord.withdrawn_at.is_(None))
    )
    own = declaration.applicant_uscc
    found = [_case_match(row, search.basis(row), of_another=row.entity_uscc != own) for row in cases]
    found += [
        build_match(
            "municipal_record",
            search.basis(row),
            f"{row.programme_name}，{row.funded_on}",
            of_another=row.entity_uscc != own,
        )
        for row in payments
    ]
    return [each for each in found if each.basis != "entity" or (search.whole_entity and each.source != "declaration")]


@dataclass(frozen=True)
class ProjectSearch:
    """Identity of the project to search for. An unknown code or address matches nothing."""

    identity: Identity
    entity: str
    whole_entity: bool

    @classmethod
    def of(cls, session: AsyncSession, declaration: Declaration) -> "ProjectSearch":
        scope = interpretations(settings_of(session).interpretations)["other_funds_scope"]
        uscc = declaration.applicant_uscc
        place = entity_place(uscc, declaration.address, declaration.district)
        identity = Identity(declaration.project_code, place, normal_name(declaration.project_name))
        return cls(identity, uscc, scope == "entity")

    def condition(self, table: type[ProjectIdentity] | type[MunicipalFundingRecord]) -> ColumnElement[bool]:
        """Return the condition for rows to compare: those of the entity, whose places `basis` reads anew."""
        by_entity = self.whole_entity or self.identity.place is not None
        return or_(
            false() if self.identity.code is None else table.project_code == self.identity.code,
            table.entity_uscc == self.entity if by_entity else false(),
        )

    def basis(self, row: ProjectIdentity | MunicipalFundingRecord) -> Basis:
        name = row.name_form if isinstance(row, ProjectIdentity) else None
        return match_basis(self.identity, Identity(row.project_code, row.entity_place, name))


def _case_match(row: ProjectIdentity, basis: Basis, *, of_another: bool) -> Match:
    if row.approved_on:
        return build_match("funded", basis, row.approval_no or row.declaration_no, of_another=of_another)
    return build_match("declaration", basis, row.declaration_no, of_another=of_another)


async def save_identity(
    session: AsyncSession, project: Project, *, live: bool, approval: tuple[str, date] | None = None
) -> None:
    """Insert or update the identity of a project; an approval recorded earlier is kept."""
    approval_no, approved_on = approval or (None, None)
    filed = {
        "declaration_id": project.declaration_id,
        "declaration_no": project.declaration_no,
        "district": project.district,
        "entity_uscc": project.applicant_uscc,
    }
    values = {
        "project_code": project.project_code,
        "entity_place": entity_place(project.applicant_uscc, project.address, project.district),
        "name_form": normal_name(project.project_name),
        "live": live,
        **({"approval_no": approval_no, "approved_on": approved_on} if approval else {}),
    }
    await session.execute(
        insert(ProjectIdentity)
        .values(**filed, **values)
        .on_conflict_do_update(index_elements=["declaration_id"], set_=values)
    )


async def end_identity(session: AsyncSession, declaration_id: UUID) -> None:
    """Mark the identity as ended: the declaration got no award, so the project may be filed again."""
    await session.execute(
        update(ProjectIdentity).where(ProjectIdentity.declaration_id == declaration_id).values(live=False)
    )
