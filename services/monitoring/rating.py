"""From standing grounds to a decided grade: locked on the entity, kept for ever, announced (四（一）3)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import proposal_for
from services.monitoring.models.credit import CreditDecision, CreditGround, CreditRating, Entity
from services.monitoring.rules.credit import Grade, entity_id
from shared.clock import uuid7
from shared.contracts.monitoring import CreditRated
from shared.districts import CITY
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.storage.session import actor_of, locked, now, today


async def entity_of(session: AsyncSession, uscc: str) -> Entity:
    """The entity, locked: its credit changes one act at a time. Raises NotFound."""
    return await locked(session, Entity, entity_id(uscc))


async def open_rating(session: AsyncSession, uscc: str) -> CreditRating | None:
    """The rating under way, if any."""
    rating: CreditRating | None = await session.scalar(
        select(CreditRating).where(CreditRating.applicant_uscc == uscc, CreditRating.state != "decided")
    )
    return rating


async def withdraw_grounds(session: AsyncSession, uscc: str, ground_ids: Sequence[UUID], rating: CreditRating) -> None:
    """Let grounds of the proposal no longer stand, as the objection showed. Raises Invalid for any other ground."""
    proposed = {UUID(row["ground_id"]) for row in rating.proposal["grounds"]}
    if set(ground_ids) - proposed:
        raise Invalid("只能撤销本次评价所列的事由", field="/body/withdrawn_grounds")
    await end_grounds(session, uscc, ground_ids, "withdrawn")


async def end_grounds(session: AsyncSession, uscc: str, ground_ids: Sequence[UUID], state: str) -> None:
    """Mark standing grounds as withdrawn or repaired."""
    await session.execute(
        update(CreditGround)
        .where(CreditGround.applicant_uscc == uscc, CreditGround.state == "standing", CreditGround.id.in_(ground_ids))
        .values(state=state, ended_on=today(session))
    )


async def keep_decision(
    session: AsyncSession, entity: Entity, grade: Grade, reason: str, *, repaired: bool
) -> CreditDecision:
    """Write the decision down beside what was computed, and let the entity carry the grade."""
    on = today(session)
    computed = await proposal_for(session, entity.applicant_uscc, on)
    before = select(func.count()).where(CreditDecision.applicant_uscc == entity.applicant_uscc)
    decision = CreditDecision(
        id=uuid7(now(session)),
        entity_id=entity.id,
        district=CITY,
        applicant_uscc=entity.applicant_uscc,
        number=1 + (await session.scalar(before) or 0),
        grade=grade,
        points=computed.points,
        computed_grade=computed.grade,
        grounds=list(computed.grounds),
        reason=reason,
        repaired=repaired,
        decided_by=actor_of(session).subject,
        decided_at=now(session),
    )
    session.add(decision)
    entity.grade, entity.points, entity.rated_on = grade, computed.points, on
    return decision


async def announce(session: AsyncSession, entity: Entity, decision: CreditDecision) -> None:
    """Tell the other services of the grade and its grounds."""
    await emit(
        session,
        CreditRated(
            entity_id=entity.id,
            district=CITY,
            applicant_uscc=entity.applicant_uscc,
            uscc=entity.applicant_uscc,
            name=entity.name,
            grade=decision.grade,
            points=decision.points,
            grounds=tuple(f"{row['code']} {row['label']}：{row['detail']}" for row in decision.grounds),
            decided_on=today(session),
            repaired=decision.repaired,
        ),
    )
