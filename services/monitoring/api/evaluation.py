"""HTTP of evaluation: compute, issue, report, acknowledge (三（三）)."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.evaluation import compute_evaluation, issue, report_for
from services.monitoring.models.evaluation import Evaluation, IssuedEvaluation
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.evaluation.report import markdown_report
from shared.clock import uuid7
from shared.errors import NotFound
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.web.auth import Anyone, CityOfficer, DistrictOfficer, DistrictSupervisor
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["项目评价"])
MARKDOWN = "text/markdown; charset=utf-8"


class EvaluationOut(BaseModel):
    """An evaluation; `result` holds targets, heads, energy, funds, problems and the readings chosen."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    declaration_id: UUID
    district: str
    state: Literal["computed", "issued", "acknowledged"]
    reference_on: date
    score: Decimal
    grade: Literal["excellent", "good", "passed", "failed"]
    targets_met: bool | None
    result: dict[str, Any]
    actuals: dict[str, Any]
    evaluated_by: str
    issued_on: date | None
    late: bool | None
    acknowledged_on: date | None


@router.post("/v1/files/{declaration_id}/evaluation", response_model=EvaluationOut, name="evaluate_project")
async def evaluate_project(
    session: Session, actor: DistrictOfficer, declaration_id: UUID, actuals: Actuals
) -> Evaluation:
    """Work the evaluation out from the actuals; until it is issued it may be worked out again. 三（三）"""
    file = await locked(session, ProjectFile, declaration_id)
    result = await compute_evaluation(session, file, actuals)
    evaluation = await _of(session, declaration_id) or _new(session, file)
    evaluation.compute(actuals.reference_on, actuals.model_dump(mode="json"), result, actor.subject)
    session.add(evaluation)
    await _record(session, "evaluate_project", evaluation, "evaluate", score=result["score"], grade=result["grade"])
    await session.flush()
    return evaluation


@router.get("/v1/files/{declaration_id}/evaluation", response_model=EvaluationOut, name="read_evaluation")
async def read_evaluation(session: ReadSession, actor: Anyone, declaration_id: UUID) -> Evaluation:
    """The project's evaluation as it stands."""
    return await _existing(session, declaration_id)


@router.post("/v1/files/{declaration_id}/evaluation/issue", response_model=EvaluationOut, name="issue_evaluation")
async def issue_evaluation(session: Session, actor: DistrictSupervisor, declaration_id: UUID) -> Evaluation:
    """Issue the evaluation and report it to the city; by another person than worked it out. 三（三）"""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_delivered()
    evaluation = await _existing(session, declaration_id)
    await _record(session, "issue_evaluation", evaluation, "issue_evaluation", grade=evaluation.grade)
    await issue(session, file, evaluation)
    return evaluation


@router.post(
    "/v1/files/{declaration_id}/evaluation/acknowledge", response_model=EvaluationOut, name="acknowledge_evaluation"
)
async def acknowledge_evaluation(session: Session, actor: CityOfficer, declaration_id: UUID) -> Evaluation:
    """The city has taken the evaluation in. 三（三）"""
    await locked(session, ProjectFile, declaration_id)
    evaluation = await _existing(session, declaration_id)
    evaluation.acknowledge(today(session))
    await _record(session, "acknowledge_evaluation", evaluation, None)
    return evaluation


@router.get(
    "/v1/files/{declaration_id}/evaluation/report",
    name="read_evaluation_report",
    response_class=Response,
    responses={200: {"content": {"application/json": {}, "text/markdown": {}}}},
)
async def read_evaluation_report(
    session: ReadSession,
    actor: Anyone,
    declaration_id: UUID,
    form: Annotated[Literal["json", "md"] | None, Query(alias="format", description="md 为文书")] = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """The report as data, or as a Chinese document (`format=md` or Accept: text/markdown)."""
    report = await _report(session, declaration_id)
    if form == "md" or (form is None and "text/markdown" in accept):
        return PlainTextResponse(markdown_report(report), media_type=MARKDOWN)
    return JSONResponse(report)


async def _report(session: AsyncSession, declaration_id: UUID) -> dict[str, Any]:
    """The report as it was issued; before that, as it would be issued now."""
    file = await found(session, ProjectFile, declaration_id)
    issued = await session.scalar(
        select(IssuedEvaluation.report).where(IssuedEvaluation.declaration_id == declaration_id)
    )
    return issued or report_for(file, await _existing(session, declaration_id))


async def _of(session: AsyncSession, declaration_id: UUID) -> Evaluation | None:
    evaluation: Evaluation | None = await session.scalar(
        select(Evaluation).where(Evaluation.declaration_id == declaration_id)
    )
    return evaluation


async def _existing(session: AsyncSession, declaration_id: UUID) -> Evaluation:
    evaluation = await _of(session, declaration_id)
    if evaluation is None:
        raise NotFound("该项目尚未评价")
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
