"""HTTP of assessments: cases, decision records, replay, rule sets (二)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.parameters import DeclarationId
from services.eligibility.models import Assessment, Review, StoredRuleset
from services.eligibility.reviews import current_assessment, settlements_of
from services.eligibility.rules.code_lists import Answer, Stage
from services.eligibility.rules.reviews import judge
from services.eligibility.schemas.assessments import (
    DecisionRecordOut,
    ReplayOut,
    ReviewDetailOut,
    ReviewOut,
    RulesetOut,
    record_out,
    review_out,
)
from shared.contracts.library import DistrictCode
from shared.errors import NotFound
from shared.identifiers import Uscc
from shared.policy import ENGINE, Decision, replay
from shared.storage.session import found
from shared.storage.versions import etag
from shared.web.auth import Anyone
from shared.web.filters import dates, one_of, search
from shared.web.headers import VERSIONED
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["条件审查"])
RulesetHash = Annotated[
    str, Path(pattern=r"^[0-9a-f]{64}$", title="规则集摘要", description=("SHA-256，64 位十六进制小写"))
]
RecordNumber = Annotated[int | None, Query(ge=1, le=100_000, description="第几次记录；缺省为最近一次")]


REVIEWS = Listing(
    one_of("decision", Review.decision, Answer, "审查结论"),
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


@router.get(
    "/v1/assessments",
    name="list_assessments",
    summary="审查事项列表",
    description=(
        "列出调用者可见的审查事项，可按结论、区、阶段和日期筛选；项目单位只见本单位，区级人员只见本区。依据：二。"
    ),
)
async def list_assessments(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(REVIEWS)]
) -> Page[ReviewOut]:
    """Return the cases that the caller may see. 二"""
    return await asked.page(session, select(Review), ReviewOut.model_validate)


@router.get(
    "/v1/assessments/{declaration_id}",
    name="read_assessment",
    summary="审查事项",
    description=(
        "读取一个审查事项和现行判定记录：逐项判定、人工认定、尚缺信息和支持金额。响应头 ETag 为版本。依据：二。"
    ),
    responses=VERSIONED,
)
async def read_assessment(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, response: Response
) -> ReviewDetailOut:
    """Return a case with its current decision record and settlements. 二"""
    review = await found(session, Review, declaration_id)
    response.headers["etag"] = etag(review)
    return review_out(review, await current_assessment(session, declaration_id), await settlements_of(session, review))


RECORDS = Listing(
    one_of("decision", Assessment.decision, Answer, "审查结论"),
    sorts={"number": Assessment.number, "made_at": Assessment.made_at},
    key=Assessment.id,
    default="number",
)


@router.get(
    "/v1/assessments/{declaration_id}/records",
    name="list_records",
    summary="判定记录列表",
    description="列出一个审查事项的历次判定记录，每次判定都留存原貌。",
)
async def list_records(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, asked: Annotated[PageRequest, Depends(RECORDS)]
) -> Page[DecisionRecordOut]:
    """Return the decision records of a case, oldest first."""
    await found(session, Review, declaration_id)
    return await asked.page(session, select(Assessment).filter_by(declaration_id=declaration_id), record_out)


@router.get(
    "/v1/assessments/{declaration_id}/replay",
    name="replay_assessment",
    summary="重算判定",
    description="用留存的规则集对留存的事实重新判定，说明结果是否一致；不改变任何记录。",
)
async def replay_assessment(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, number: RecordNumber = None
) -> ReplayOut:
    """Assess the recorded facts again by the recorded rule set and compare the answers."""
    await found(session, Review, declaration_id)
    assessment = await numbered_assessment(session, declaration_id, number)
    recorded, repeated = Decision.from_json(assessment.record), await _assess_again(session, assessment)
    differs = [name for name, value in recorded.to_json().items() if repeated.to_json()[name] != value]
    return ReplayOut(
        assessment_id=assessment.id,
        number=assessment.number,
        ruleset=assessment.ruleset,
        equal=not differs,
        differs_in=differs,
        engine_then=recorded.engine,
        engine_now=ENGINE,
    )


@router.get(
    "/v1/rulesets/{ruleset_hash}",
    name="read_ruleset",
    summary="规则集",
    description="按摘要读取判定所用的规则集：规则、参数和口径。",
)
async def read_ruleset(session: ReadSession, actor: Anyone, ruleset_hash: RulesetHash) -> RulesetOut:
    """Return a rule set by its hash."""
    row = await found(session, StoredRuleset, ruleset_hash)
    return RulesetOut(hash=row.hash, edition=row.edition, doc_no=row.doc_no, content=row.content)


async def numbered_assessment(session: AsyncSession, declaration_id: UUID, number: int | None) -> Assessment:
    """Return a decision record of a case by its number, or the latest. Raises NotFound."""
    if number is None:
        return await current_assessment(session, declaration_id)
    query = select(Assessment).filter_by(declaration_id=declaration_id, number=number)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound(f"没有第 {number} 次记录，已有记录见判定记录列表")
    return row


async def _assess_again(session: AsyncSession, assessment: Assessment) -> Decision:
    """Assess the record by its rule set; without a rule set, by the edition in force now for its date."""
    record = assessment.record
    if assessment.ruleset is None:
        return judge(record["facts"], assessment.as_of, record["interpretations"]).decision
    stored = await found(session, StoredRuleset, assessment.ruleset)
    return replay(record, lambda wanted_hash: stored.content if wanted_hash == stored.hash else None)
