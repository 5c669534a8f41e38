"""Credit of project owners: grounds raised, the proposed grade, the decided grade (四（一）3)."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.credit import CreditDecision, CreditGround, CreditRating, CreditRepair, Entity
from services.monitoring.rules.code_lists import CreditGrade, GroundCode
from services.monitoring.rules.credit import (
    Proposal,
    StandingGround,
    counts,
    entity_id,
    is_grave,
    propose,
)
from shared.clock import uuid7
from shared.contracts.base import Hand
from shared.contracts.monitoring import CreditRated
from shared.districts import CITY
from shared.errors import Duplicate, Invalid
from shared.events.outbox import emit
from shared.policy import parameter
from shared.storage.session import actor_of, locked, now, today
from shared.storage.versions import Tag, expect_tag

_GROUNDS = UUID("6f1c54f2-6a4a-5c0b-9e0e-3a7b4c8f2d10")


async def raise_ground(
    session: AsyncSession,
    code: GroundCode,
    source: str,
    uscc: str,
    district: str,
    occurred_on: date,
    detail: str,
    *,
    declaration_id: UUID | None = None,
    evidence: tuple[str, ...] = (),
) -> bool:
    """Record a ground once per `source`; return whether it is new. It takes effect only by a decision."""
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


async def ensure_entity(session: AsyncSession, uscc: str, name: str) -> None:
    """Insert the entity's row, which holds its grade and serves as its lock, unless it exists."""
    await session.execute(
        insert(Entity)
        .values(
            id=entity_id(uscc), district=CITY, applicant_uscc=uscc, name=name, grade=None, points=None, rated_on=None
        )
        .on_conflict_do_nothing()
    )


async def proposal_for(session: AsyncSession, uscc: str, on: date) -> Proposal:
    """Return the grade implied by the grounds in force."""
    rows = await session.scalars(
        select(CreditGround)
        .where(CreditGround.applicant_uscc == uscc, CreditGround.state == "standing")
        .order_by(CreditGround.occurred_on, CreditGround.id)
    )
    return propose([_standing_ground(row) for row in rows if counts(row.occurred_on, on)], on)


def _standing_ground(row: CreditGround) -> StandingGround:
    return StandingGround(
        str(row.id), row.code, row.occurred_on, row.detail, str(row.declaration_id) if row.declaration_id else None
    )


async def lock_entity(session: AsyncSession, uscc: str) -> Entity:
    """Return the entity, locked for a change of its credit. Raises NotFound."""
    return await locked(session, Entity, entity_id(uscc))


async def lock_entity_as_read(session: AsyncSession, uscc: str, if_match: str | None) -> Entity:
    """Lock the entity for a decision on its credit. Raises NotFound, PreconditionRequired or Stale."""
    entity = await lock_entity(session, uscc)
    expect_tag(session, await credit_tag(session, entity), if_match)
    return entity


async def credit_tag(session: AsyncSession, entity: Entity) -> Tag:
    """Return the entity tag of an entity's credit: its version, and the number of its grounds.

    Grounds are raised without a lock of the entity, and end only with a decision.
    """
    grounds = select(func.count()).where(CreditGround.applicant_uscc == entity.applicant_uscc)
    known = await session.scalar(grounds)
    return lambda: f'"{entity.version}.{known}"'


async def open_rating(session: AsyncSession, uscc: str) -> CreditRating | None:
    """Return the undecided rating, if any."""
    rating: CreditRating | None = await session.scalar(
        select(CreditRating).where(CreditRating.applicant_uscc == uscc, CreditRating.state != "decided")
    )
    return rating


async def hands_of_grounds(session: AsyncSession, uscc: str) -> list[Hand]:
    """Return the duties of those who raised the grounds in force, for the case that decides on them."""
    raised = select(CreditGround.raised_by).where(CreditGround.applicant_uscc == uscc, CreditGround.state == "standing")
    return [Hand(actor=each, duty="raise_ground") for each in await session.scalars(raised.distinct())]


async def create_rating(session: AsyncSession, entity: Entity, reason: str) -> CreditRating:
    """Create the rating that notifies an entity of its proposed grade. Raises Duplicate while another is open."""
    if await open_rating(session, entity.applicant_uscc):
        raise Duplicate("该单位已有进行中的信用评价，请先作出决定")
    on = today(session)
    proposal = await proposal_for(session, entity.applicant_uscc, on)
    rating = CreditRating(
        id=uuid7(now(session)),
        entity_id=entity.id,
        district=CITY,
        applicant_uscc=entity.applicant_uscc,
        state="noticed",
        proposal={
            "grade": proposal.grade,
            "points": proposal.points,
            "grounds": list(proposal.grounds),
            "explanation": list(proposal.explanation),
        },
        reason=reason,
        noticed_on=on,
        objection_due_on=on + timedelta(days=int(parameter("credit_objection_days", on))),
    )
    session.add(rating)
    return rating


async def create_repair(
    session: AsyncSession, entity: Entity, ground_ids: Sequence[UUID], text: str, evidence: Sequence[str]
) -> CreditRepair:
    """Create an entity's request for repair. Raises Invalid for a ground that is not in force."""
    standing = await session.scalars(
        select(CreditGround.id).where(
            CreditGround.applicant_uscc == entity.applicant_uscc, CreditGround.state == "standing"
        )
    )
    if set(ground_ids) - set(standing.all()):
        raise Invalid("只能申请修复本单位状态为有效（standing）的事由，见信用档案", field="/body/ground_ids")
    repair = CreditRepair(
        id=uuid7(now(session)),
        entity_id=entity.id,
        district=CITY,
        applicant_uscc=entity.applicant_uscc,
        ground_ids=list(ground_ids),
        text=text,
        evidence=list(evidence),
        state="requested",
        requested_on=today(session),
    )
    session.add(repair)
    return repair


async def apply_repair(session: AsyncSession, entity: Entity, repair: CreditRepair, reason: str) -> None:
    """End the repaired grounds and decide the grade from the remaining ones."""
    await end_grounds(session, entity.applicant_uscc, repair.ground_ids, "repaired")
    grade = (await proposal_for(session, entity.applicant_uscc, today(session))).grade
    await announce_decision(session, entity, await record_decision(session, entity, grade, reason, repaired=True))


async def withdraw_grounds(session: AsyncSession, uscc: str, ground_ids: Sequence[UUID], rating: CreditRating) -> None:
    """Withdraw grounds of the proposal after an objection. Raises Invalid for a ground outside the proposal."""
    proposed = {UUID(row["ground_id"]) for row in rating.proposal["grounds"]}
    if set(ground_ids) - proposed:
        raise Invalid("只能撤销本次评价 proposal 所列事由的标识", field="/body/withdrawn_grounds")
    await end_grounds(session, uscc, ground_ids, "withdrawn")


async def end_grounds(session: AsyncSession, uscc: str, ground_ids: Sequence[UUID], state: str) -> None:
    """Mark grounds in force as withdrawn or repaired."""
    await session.execute(
        update(CreditGround)
        .where(CreditGround.applicant_uscc == uscc, CreditGround.state == "standing", CreditGround.id.in_(ground_ids))
        .values(state=state, ended_on=today(session))
    )


async def record_decision(
    session: AsyncSession, entity: Entity, grade: CreditGrade, reason: str, *, repaired: bool
) -> CreditDecision:
    """Store the decision beside the computed grade and set the entity's grade."""
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


async def announce_decision(session: AsyncSession, entity: Entity, decision: CreditDecision) -> None:
    """Emit CreditRated with the grade and its grounds."""
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
