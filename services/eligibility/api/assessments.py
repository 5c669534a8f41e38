"""HTTP of decision records: what was found, by which rule set, and whether it can be found again (二)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.shapes import Decided, RecordOut, ReviewOut, ReviewRow, record_out, review_out
from services.eligibility.models import Assessment, Review, StoredRuleset
from services.eligibility.reviews import current_assessment, settlements_of
from services.eligibility.rules.reviews import judge
from shared.contracts.library import DistrictCode
from shared.errors import NotFound
from shared.identifiers import Uscc
from shared.policy import ENGINE, Decision, replay
from shared.storage.session import etag, found
from shared.web.auth import Anyone
from shared.web.filters import dates, one_of, search
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["条件审查"])
Stage = Literal["in_review", "passed", "rejected", "in_pool", "kept_out", "returned", "closed"]
RulesetHash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
RecordNumber = Annotated[int | None, Query(ge=1, le=100_000, description="第几次记录；缺省为最近一次")]


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


REVIEWS = Listing(
    one_of("decision", Review.decision, Decided, "审查结论"),
    one_of("district", Review.district, DistrictCode, "所在区"),
    one_of("stage", Review.stage, Stage, "办理阶段"),
    one_of("applicant_uscc", Review.applicant_uscc, Uscc, "申报单位统一社会信用代码"),
    dates("accepted_on", Review.accepted_on, "受理日期"),
    dates("concluded_on", Review.concluded_on, "作出结论日期"),
    search("项目名称、申报编号或申报单位", Review.project_name, Review.declaration_no, Review.applicant_name),
    sorts={
        "accepted_on": Review.accepted_on,
        "concluded_on": Review.concluded_on,
        "declaration_no": Review.declaration_no,
        "project_name": Review.project_name,
        "district": Review.district,
    },
    key=Review.declaration_id,
    default="-accepted_on",
)


@router.get("/v1/assessments", name="list_assessments")
async def list_assessments(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(REVIEWS)]
) -> Page[ReviewRow]:
    """Return the cases that the caller may see; an applicant sees its own, a district its district's."""
    return await asked.page(session, select(Review), ReviewRow.model_validate)


@router.get("/v1/assessments/{declaration_id}", name="get_assessment")
async def get_assessment(session: ReadSession, actor: Anyone, declaration_id: UUID, response: Response) -> ReviewOut:
    """The current record of a case: each finding with the person's settlement beside it."""
    review = await found(session, Review, declaration_id)
    response.headers["etag"] = etag(review)
    return review_out(review, await current_assessment(session, declaration_id), await settlements_of(session, review))


RECORDS = Listing(
    one_of("decision", Assessment.decision, Decided, "审查结论"),
    sorts={"number": Assessment.number, "made_at": Assessment.made_at},
    key=Assessment.id,
    default="number",
)


@router.get("/v1/assessments/{declaration_id}/records", name="list_records")
async def list_records(
    session: ReadSession, actor: Anyone, declaration_id: UUID, asked: Annotated[PageRequest, Depends(RECORDS)]
) -> Page[RecordOut]:
    """Return every decision record of a case, oldest first, each as it was made."""
    await found(session, Review, declaration_id)
    return await asked.page(session, select(Assessment).filter_by(declaration_id=declaration_id), record_out)


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
