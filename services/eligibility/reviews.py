"""Reviews: assessment with a new decision record on every occasion, settlements, audit records (二)."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import Assessment, Base, Review, Settlement, StoredRuleset
from services.eligibility.rules.reviews import Judgement, decided_on, judge, reference_day
from services.eligibility.standards import standards_on
from shared.clock import uuid7
from shared.contracts.eligibility import DeclarationAssessed, Missing
from shared.events.outbox import emit
from shared.policy import Decision, Ruleset, interpretations
from shared.storage.audit import case_of
from shared.storage.series import attribute_use
from shared.storage.session import actor_of, now, settings_of, today


async def assess_case(session: AsyncSession, review: Review, occasion: str) -> Assessment:
    """Assess the case, store the decision record and emit DeclarationAssessed. The case must be locked or new."""
    judged, kind = await judged_case(session, review)
    attribute_use(session, "assess_declaration", case_of(review))
    review.decision = judged.decision.decision
    assessment = await _add_assessment(session, review, judged, occasion, kind)
    await emit(session, _announcement(review, assessment, judged.decision))
    return assessment


async def judged_case(session: AsyncSession, review: Review) -> tuple[Judgement, str]:
    """Return the judgement of the case by the figures that the work under way reads, and the basis of its date."""
    as_of, kind = governing_day(session, review)
    judged = judge(
        review.judged_facts | {"district": review.district, "accepted_on": review.accepted_on.isoformat()},
        as_of,
        settings_of(session).interpretations,
        await standards_on(session, review.district, as_of),
        {rule: bool(settlement.holds) for rule, settlement in (await settlements_of(session, review)).items()},
    )
    return judged, kind


def governing_day(session: AsyncSession, review: Review) -> tuple[date, str]:
    """Return the date whose edition applies and its basis: acceptance, chosen edition or approval (I16)."""
    chosen = interpretations(settings_of(session).interpretations)["edition_date"]
    return reference_day(review.accepted_on, review.chosen_edition, decided_on(today(session), chosen))


async def current_assessment(session: AsyncSession, declaration_id: UUID) -> Assessment:
    """Return the latest decision record of a case."""
    query = select(Assessment).where(Assessment.declaration_id == declaration_id).order_by(Assessment.number.desc())
    return (await session.scalars(query.limit(1))).one()


async def settlements_of(session: AsyncSession, review: Review) -> dict[str, Settlement]:
    """Return the latest settlement of each rule in this round, without those that were withdrawn."""
    query = select(Settlement).where(
        Settlement.declaration_id == review.declaration_id, Settlement.round == review.round
    )
    latest = {row.rule: row for row in await session.scalars(query.order_by(Settlement.number))}
    return {rule: row for rule, row in latest.items() if row.holds is not None}


async def _add_assessment(
    session: AsyncSession, review: Review, judged: Judgement, occasion: str, as_of_kind: str
) -> Assessment:
    await session.flush()
    if judged.ruleset is not None:
        await _store_ruleset(session, judged.ruleset)
    decision = judged.decision
    assessment = Assessment(
        **await numbered_fields(session, review, Assessment),
        applicant_uscc=review.applicant_uscc,
        occasion=occasion,
        as_of=date.fromisoformat(decision.as_of),
        as_of_kind=as_of_kind,
        edition=decision.edition,
        ruleset=decision.ruleset or None,
        engine=decision.engine,
        decision=decision.decision,
        summary=judged.summary,
        record=judged.record,
        made_by=actor_of(session).subject,
        made_at=now(session),
    )
    session.add(assessment)
    return assessment


async def _store_ruleset(session: AsyncSession, ruleset: Ruleset) -> None:
    values: Mapping[str, Any] = {
        "hash": ruleset.hash,
        "edition": ruleset.edition,
        "doc_no": ruleset.doc_no,
        "content": dict(ruleset.content),
        "first_used_at": now(session),
    }
    await session.execute(insert(StoredRuleset).values(values).on_conflict_do_nothing())


def _announcement(review: Review, assessment: Assessment, decision: Decision) -> DeclarationAssessed:
    return DeclarationAssessed(
        **case_fields(review),
        assessment_id=assessment.id,
        decision=decision.decision,
        as_of=assessment.as_of,
        edition=decision.edition,
        ruleset=decision.ruleset,
        unmet=decision.unmet,
        open=decision.open,
        needs_reason=decision.needs_reason,
        missing=tuple(
            Missing(field=item.field, label=item.label, who=item.who, clause=item.clause) for item in decision.missing
        ),
        summary=assessment.summary,
    )


def case_fields(review: Review) -> dict[str, Any]:
    """Return the event fields that identify a case."""
    return {
        "declaration_id": review.declaration_id,
        "district": review.district,
        "applicant_uscc": review.applicant_uscc,
    }


async def numbered_fields(session: AsyncSession, review: Review, table: type[Base]) -> dict[str, Any]:
    """Return the common fields of a row numbered within its case. The case must be locked."""
    columns: Any = table.__table__.c
    last = await session.scalar(select(func.max(columns.number)).where(columns.declaration_id == review.declaration_id))
    return {**round_fields(session, review), "number": (last or 0) + 1}


def round_fields(session: AsyncSession, review: Review) -> dict[str, Any]:
    """Return the common fields of a row that belongs to a round of a case."""
    return {
        "id": uuid7(now(session)),
        "declaration_id": review.declaration_id,
        "district": review.district,
        "round": review.round,
    }
