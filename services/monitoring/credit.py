"""Grounds raised from facts, and the proposal that follows from those that stand (四（一）3)."""

from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.credit import CreditGround, Entity
from services.monitoring.rules.credit import Code, Proposal, Standing, counts_since, entity_id, is_grave, propose
from shared.districts import CITY
from shared.storage.session import actor_of, today

_GROUNDS = UUID("6f1c54f2-6a4a-5c0b-9e0e-3a7b4c8f2d10")


async def raise_ground(
    session: AsyncSession,
    code: Code,
    source: str,
    uscc: str,
    district: str,
    occurred_on: date,
    detail: str,
    *,
    declaration_id: UUID | None = None,
    evidence: tuple[str, ...] = (),
) -> bool:
    """Put a ground on record, once for one `source`; whether it was new. It has no effect without a decision."""
    made = await session.execute(
        insert(CreditGround)
        .values(
            id=uuid5(_GROUNDS, f"{uscc}/{code}/{source}"),
            district=district,
            applicant_uscc=uscc,
            declaration_id=declaration_id,
            code=code,
            source=source,
            grave=is_grave(code, today(session)),
            detail=detail,
            evidence=list(evidence),
            occurred_on=occurred_on,
            raised_by=actor_of(session).subject,
            state="standing",
            ended_on=None,
        )
        .on_conflict_do_nothing()
        .returning(CreditGround.id)
    )
    return made.first() is not None


async def know_entity(session: AsyncSession, uscc: str, name: str) -> None:
    """Make sure the entity has its row, by which its credit is locked and its grade remembered."""
    await session.execute(
        insert(Entity)
        .values(
            id=entity_id(uscc), district=CITY, applicant_uscc=uscc, name=name, grade=None, points=None, rated_on=None
        )
        .on_conflict_do_nothing()
    )


async def proposal_for(session: AsyncSession, uscc: str, on: date) -> Proposal:
    """The grade that the grounds lead to that stand and have not lapsed."""
    rows = await session.scalars(
        select(CreditGround)
        .where(
            CreditGround.applicant_uscc == uscc,
            CreditGround.state == "standing",
            CreditGround.occurred_on > counts_since(on),
        )
        .order_by(CreditGround.occurred_on, CreditGround.id)
    )
    return propose([standing(row) for row in rows], on)


def standing(row: CreditGround) -> Standing:
    return Standing(
        str(row.id), row.code, row.occurred_on, row.detail, str(row.declaration_id) if row.declaration_id else None
    )
