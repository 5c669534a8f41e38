"""HTTP of decision records: what was found, by which rule set, and whether it can be found again (二)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.paging import Cursor, Limit, cursor_of, place_of
from services.eligibility.api.shapes import Decided, RecordOut, ReviewOut, ReviewRow, record_out, review_out
from services.eligibility.judging import current_assessment, settlements_of
from services.eligibility.models import Assessment, Review, StoredRuleset
from services.eligibility.rules.judgement import judge
from shared.contracts.library import DistrictCode
from shared.errors import NotFound
from shared.policy import ENGINE, Decision, replay
from shared.storage.session import etag, found
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["条件审查"])
Stage = Literal["in_review", "passed", "rejected", "in_pool", "kept_out", "returned", "closed"]
RulesetHash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
RecordNumber = Annotated[int | None, Query(ge=1, le=100_000, description="第几次记录；缺省为最近一次")]


class ReviewPage(BaseModel):
    """Cases, newest acceptance first."""

    items: list[ReviewRow]
    next_cursor: str | None


class Replay(BaseModel):
    """The recorded facts judged again by the recorded rule set."""

    assessment_id: UUID
    number: int
    ruleset: str | None
    equal: bool
    differs_in: list[str]
    engine_then: str
    engine_now: str


class RulesetOut(BaseModel):
    """A rule set as it decided: rules, numbers and readings."""

    hash: str
    edition: str
    doc_no: str
    content: dict[str, Any]


@router.get("/v1/assessments", name="list_assessments")
async def list_assessments(
    session: ReadSession,
    actor: Anyone,
    decision: Annotated[list[Decided] | None, Query()] = None,
    district: Annotated[list[DistrictCode] | None, Query()] = None,
    stage: Annotated[list[Stage] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReviewPage:
    """Cases the caller may see, filtered; an applicant sees its own, a district its district's."""
    query = select(Review).order_by(Review.accepted_on.desc(), Review.declaration_id.desc()).limit(limit + 1)
    filters = ((Review.decision, decision), (Review.district, district), (Review.stage, stage))
    query = query.where(*(column.in_(wanted) for column, wanted in filters if wanted))
    if cursor is not None:
        key = place_of(cursor, date.fromisoformat, UUID)
        query = query.where(tuple_(Review.accepted_on, Review.declaration_id) < tuple_(*key))
    rows = (await session.scalars(query)).all()
    return ReviewPage(items=[ReviewRow.model_validate(row) for row in rows[:limit]], next_cursor=_next(rows, limit))


@router.get("/v1/assessments/{declaration_id}", name="get_assessment")
async def get_assessment(session: ReadSession, actor: Anyone, declaration_id: UUID, response: Response) -> ReviewOut:
    """The current record of a case: each finding with the person's settlement beside it."""
    review = await found(session, Review, declaration_id)
    response.headers["etag"] = etag(review)
    return review_out(review, await current_assessment(session, declaration_id), await settlements_of(session, review))


@router.get("/v1/assessments/{declaration_id}/records", name="list_records")
async def list_records(session: ReadSession, actor: Anyone, declaration_id: UUID) -> list[RecordOut]:
    """Every decision record of a case, oldest first, each as it was made."""
    await found(session, Review, declaration_id)
    query = select(Assessment).where(Assessment.declaration_id == declaration_id).order_by(Assessment.number)
    return [record_out(row) for row in await session.scalars(query)]


@router.get("/v1/assessments/{declaration_id}/replay", name="replay_assessment")
async def replay_assessment(
    session: ReadSession, actor: Anyone, declaration_id: UUID, number: RecordNumber = None
) -> Replay:
    """Judge the recorded facts again by the recorded rule set and say whether the answer is the same."""
    await found(session, Review, declaration_id)
    assessment = await _numbered(session, declaration_id, number)
    then, again = Decision.from_json(assessment.record), await _judged_again(session, assessment)
    differs = [name for name, value in then.to_json().items() if again.to_json()[name] != value]
    return Replay(
        assessment_id=assessment.id,
        number=assessment.number,
        ruleset=assessment.ruleset,
        equal=not differs,
        differs_in=differs,
        engine_then=then.engine,
        engine_now=ENGINE,
    )


@router.get("/v1/rulesets/{ruleset_hash}", name="get_ruleset")
async def get_ruleset(session: ReadSession, actor: Anyone, ruleset_hash: RulesetHash) -> RulesetOut:
    """A rule set that decided something, by its hash."""
    row = await found(session, StoredRuleset, ruleset_hash)
    return RulesetOut(hash=row.hash, edition=row.edition, doc_no=row.doc_no, content=row.content)


async def _numbered(session: AsyncSession, declaration_id: UUID, number: int | None) -> Assessment:
    if number is None:
        return await current_assessment(session, declaration_id)
    query = select(Assessment).filter_by(declaration_id=declaration_id, number=number)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound(f"没有第 {number} 次记录")
    return row


async def _judged_again(session: AsyncSession, assessment: Assessment) -> Decision:
    """By the rule set of then; where no edition was in force, by looking for one again."""
    record = assessment.record
    if assessment.ruleset is None:
        return judge(record["facts"], assessment.as_of, record["interpretations"]).decision
    stored = await found(session, StoredRuleset, assessment.ruleset)
    return replay(record, lambda wanted: stored.content if wanted == stored.hash else None)


def _next(rows: Sequence[Review], limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    return cursor_of(rows[limit - 1].accepted_on, rows[limit - 1].declaration_id)
