"""HTTP of evaluation: compute, issue, report, acknowledge (三（三）)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.api.parameters import DeclarationId
from services.monitoring.evaluation import compute_evaluation, issue, report_for
from services.monitoring.models.evaluation import Evaluation, IssuedEvaluation
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.code_lists import ReportFormat
from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.evaluation.report import markdown_report
from services.monitoring.schemas.evaluation import EvaluationOut
from shared.audiences import for_officials
from shared.clock import uuid7
from shared.errors import NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.storage.versions import etag, expect_version, locked_as_read
from shared.web.auth import Anyone, CityOfficer, DistrictOfficer, DistrictSupervisor
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["项目评价"])
MARKDOWN = "text/markdown; charset=utf-8"
_NOT_ISSUED = "评价尚未签发，签发后可在此读取"


@router.post(
    "/v1/files/{declaration_id}/evaluation",
    response_model=EvaluationOut,
    name="evaluate_project",
    summary="计算评价",
    description=(
        "区发展改革委经办填报交付后的实际情况，系统计算目标对照、五项得分和等级；"
        "签发前可重新计算。项目须已交付，评价基准日在交付后一年内。依据：三（三）。"
    ),
)
async def evaluate_project(
    session: Session, actor: DistrictOfficer, declaration_id: DeclarationId, actuals: Actuals, if_match: IfMatch = None
) -> Evaluation:
    """Compute the evaluation from the stated results; repeatable until issued. 三（三）"""
    file = await locked_as_read(session, ProjectFile, declaration_id, if_match)
    result = await compute_evaluation(session, file, actuals)
    evaluation = await _of(session, declaration_id) or _new(session, file)
    evaluation.compute(actuals.reference_on, actuals.model_dump(mode="json"), result, actor.subject)
    session.add(evaluation)
    await _record(session, "evaluate_project", evaluation, "evaluate", score=result["score"], grade=result["grade"])
    await session.flush()
    return evaluation


@router.get(
    "/v1/files/{declaration_id}/evaluation",
    response_model=EvaluationOut,
    name="read_evaluation",
    summary="读取评价",
    description="读取一个项目的评价；项目单位在签发后读取。",
    responses=VERSIONED,
)
async def read_evaluation(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, response: Response
) -> Evaluation:
    """Return the evaluation of a project; an owner reads it once it is issued."""
    evaluation = await _existing(session, declaration_id)
    if evaluation.state == "computed" and not for_officials():
        raise NotFound(_NOT_ISSUED)
    response.headers["etag"] = etag(await found(session, ProjectFile, declaration_id))
    return evaluation


@router.post(
    "/v1/files/{declaration_id}/evaluation/issue",
    response_model=EvaluationOut,
    name="issue_evaluation",
    summary="签发评价",
    description=(
        "区发展改革委负责人签发评价并报市级；不得由计算评价的人员签发。"
        "签发后跟踪监测结束，未达目标记为信用事由 G8。依据：三（三）。"
    ),
)
async def issue_evaluation(
    session: Session, actor: DistrictSupervisor, declaration_id: DeclarationId, if_match: IfMatch = None
) -> Evaluation:
    """Issue the evaluation and report it to the city; another person than its author issues it. 三（三）"""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_delivered()
    evaluation = await _existing(session, declaration_id)
    expect_version(file, if_match)
    await _record(session, "issue_evaluation", evaluation, "issue_evaluation", grade=evaluation.grade)
    await issue(session, file, evaluation)
    return evaluation


@router.post(
    "/v1/files/{declaration_id}/evaluation/acknowledge",
    response_model=EvaluationOut,
    name="acknowledge_evaluation",
    summary="签收评价",
    description="市发展改革委经办签收已签发的评价。依据：三（三）。",
)
async def acknowledge_evaluation(
    session: Session, actor: CityOfficer, declaration_id: DeclarationId, if_match: IfMatch = None
) -> Evaluation:
    """Record the city's acknowledgement of the evaluation. 三（三）"""
    file = await locked(session, ProjectFile, declaration_id)
    evaluation = await _existing(session, declaration_id)
    expect_version(file, if_match)
    evaluation.acknowledge(today(session))
    await _record(session, "acknowledge_evaluation", evaluation, None)
    return evaluation


_REPORT = {
    "type": "object",
    "description": "评价报告：项目概况、依据、目标对照、五项得分、能耗、资金、问题、结论和建议",
}
_TEXT = {"type": "string", "description": "评价报告的中文文书，Markdown 格式"}


@router.get(
    "/v1/files/{declaration_id}/evaluation/report",
    name="read_evaluation_report",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": _REPORT}, "text/markdown": {"schema": _TEXT}}}},
    summary="评价报告",
    description=(
        "读取评价报告；format=md 或 Accept 为 text/markdown 时返回中文文书，否则返回数据。签发后为签发时的原文。"
    ),
)
async def read_evaluation_report(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    form: Annotated[
        ReportFormat | None,
        Query(alias="format", description=("json 为数据，md 为中文文书；留空按 Accept 请求头")),
    ] = None,
    accept: Annotated[str, Header(description="可为 application/json 或 text/markdown")] = "",
) -> Response:
    """Return the report as data, or as a Chinese document with `format=md` or Accept: text/markdown."""
    report = await _report(session, declaration_id)
    if form == "md" or (form is None and "text/markdown" in accept):
        return PlainTextResponse(markdown_report(report), media_type=MARKDOWN)
    return JSONResponse(report)


async def _report(session: AsyncSession, declaration_id: UUID) -> dict[str, Any]:
    """Return the issued report; before issue, officials get that of the current evaluation."""
    file = await found(session, ProjectFile, declaration_id)
    issued: dict[str, Any] | None = await session.scalar(
        select(IssuedEvaluation.report).where(IssuedEvaluation.declaration_id == declaration_id)
    )
    if for_officials():
        return issued or report_for(file, await _existing(session, declaration_id))
    if issued is None:
        raise NotFound(_NOT_ISSUED)
    return {**issued, "basis": {**issued["basis"], "evaluated_by": None}}


async def _of(session: AsyncSession, declaration_id: UUID) -> Evaluation | None:
    evaluation: Evaluation | None = await session.scalar(
        select(Evaluation).where(Evaluation.declaration_id == declaration_id)
    )
    return evaluation


async def _existing(session: AsyncSession, declaration_id: UUID) -> Evaluation:
    evaluation = await _of(session, declaration_id)
    if evaluation is None:
        raise NotFound("该项目尚未评价，请由区发展改革委经办先计算评价")
    return evaluation


def _new(session: AsyncSession, file: ProjectFile) -> Evaluation:
    scope = {"district": file.district, "applicant_uscc": file.applicant_uscc}
    return Evaluation(id=uuid7(now(session)), declaration_id=file.declaration_id, state="computed", **scope)


async def _record(session: AsyncSession, act: str, evaluation: Evaluation, duty: str | None, **detail: Any) -> None:
    await record_act(
        session,
        act,
        case_of(evaluation),
        duty=duty,
        evaluation=str(evaluation.id),
        **detail,
    )
