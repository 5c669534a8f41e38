"""One way to judge a case: whatever the occasion, a new decision record is added and announced. 二"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.cases import about, numbered
from services.eligibility.models import Assessment, DistrictStandard, Review, Settlement, StoredRuleset
from services.eligibility.rules.judgement import Judgement, judge, plain, reference_day
from shared.contracts.eligibility import DeclarationAssessed, Missing
from shared.events.outbox import emit
from shared.policy import Decision, Ruleset, interpretations
from shared.policy.parameters import DatedValue, history
from shared.storage.session import actor_of, now, settings_of, today


async def assess_case(session: AsyncSession, review: Review, occasion: str) -> Assessment:
    """Judge the case as it stands, keep the record and announce it. The case must be locked or new."""
    as_of, kind = governing_day(session, review)
    judged = judge(
        review.judged_facts | {"district": review.district, "accepted_on": review.accepted_on.isoformat()},
        as_of,
        settings_of(session).interpretations,
        await standards_on(session, review.district, as_of),
        {rule: settled.holds for rule, settled in (await settlements_of(session, review)).items()},
    )
    review.decision = judged.decision.decision
    assessment = await _keep(session, review, judged, occasion, kind)
    await emit(session, _announcement(review, assessment, judged.decision))
    return assessment


def governing_day(session: AsyncSession, review: Review) -> tuple[date, str]:
    """The day whose edition applies: district acceptance, or as a person or the setting decided (I16)."""
    chosen = interpretations(settings_of(session).interpretations)["edition_date"]
    if review.chosen_edition is None and chosen == "approval":
        return today(session), "approval"
    return reference_day(review.accepted_on, review.chosen_edition)


async def current_assessment(session: AsyncSession, declaration_id: UUID) -> Assessment:
    """The latest decision record of a case."""
    query = select(Assessment).where(Assessment.declaration_id == declaration_id).order_by(Assessment.number.desc())
    return (await session.scalars(query.limit(1))).one()


async def settlements_of(session: AsyncSession, review: Review) -> dict[str, Settlement]:
    """What people settled in this round, the latest word on each rule."""
    query = select(Settlement).where(
        Settlement.declaration_id == review.declaration_id, Settlement.round == review.round
    )
    return {row.rule: row for row in await session.scalars(query.order_by(Settlement.number))}


async def standards_on(session: AsyncSession, district: str, on: date) -> dict[str, DatedValue]:
    """What a district had set for itself by a day; of two from the same day the later one entered counts. 四（一）2"""
    return (await standards_by_district(session, on, district)).get(district, {})


async def standards_by_district(
    session: AsyncSession, on: date, district: str | None = None
) -> dict[str, dict[str, DatedValue]]:
    """The same for every district, or for one."""
    query = select(DistrictStandard).where(DistrictStandard.valid_from <= on)
    if district is not None:
        query = query.where(DistrictStandard.district == district)
    standing: dict[str, dict[str, DatedValue]] = {}
    for row in await session.scalars(query.order_by(DistrictStandard.valid_from, DistrictStandard.number)):
        standing.setdefault(row.district, {})[row.parameter] = dated(row)
    return standing


def dated(standard: DistrictStandard) -> DatedValue:
    """A district's standard as the policy reads it, with the document that set it as its source."""
    city = history()[standard.parameter][0]
    return DatedValue(
        standard.parameter,
        city.label,
        city.unit,
        standard.valid_from,
        plain(standard.value),
        source=standard.document_no,
        district=standard.district,
    )


async def _keep(session: AsyncSession, review: Review, judged: Judgement, occasion: str, as_of_kind: str) -> Assessment:
    await session.flush()
    if judged.ruleset is not None:
        await _store(session, judged.ruleset)
    decision = judged.decision
    assessment = Assessment(
        **await numbered(session, review, Assessment),
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


async def _store(session: AsyncSession, ruleset: Ruleset) -> None:
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
        **about(review),
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
