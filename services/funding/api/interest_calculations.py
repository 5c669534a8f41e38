"""Endpoints for the calculations of interest subsidy and for lines that count: read, recompute, withdraw. 二（四）2"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.funding.api.interest_claims import InterestLineOut, lines_out
from services.funding.api.interest_shapes import CalculationDetail, CalculationOut
from services.funding.api.shapes import ApplicationKey
from services.funding.interest_calculations import recalculate
from services.funding.interest_claims import expect_interest_subsidy
from services.funding.interest_lines import lines_of
from services.funding.models.applications import Application
from services.funding.models.interest_calculations import InterestCalculation
from services.funding.models.interest_claims import InterestLine
from shared.errors import WrongStatus
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, found, locked, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Paragraph
from shared.web.auth import Anyone, CityOfficer
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
CalculationKey = Annotated[UUID, Path(title="贴息计算编号")]
LineKey = Annotated[UUID, Path(title="明细版本编号")]


class InterestRecord(BaseModel):
    """Settlement lines of a project in all versions, and the versions of its calculation."""

    application_id: UUID = Field(title="资金申请编号")
    lines: list[InterestLineOut] = Field(title="结息明细", description="各项明细的全部版本")
    calculations: list[CalculationOut] = Field(title="贴息计算", description="先计算的在前")


@router.get(
    "/v1/applications/{application_id}/interest",
    name="read_interest",
    summary="查询贴息台账",
    description="工作人员查询职权范围内、项目单位查询本单位项目的全部结息明细和历次贴息计算；"
    "响应头 ETag 为资金申请的版本。依据：二（四）2。",
    responses=VERSIONED,
)
async def read_interest(
    session: ReadSession, actor: Anyone, application_id: ApplicationKey, response: Response
) -> InterestRecord:
    """Return the lines of a project in all versions, and the versions of its calculation. 二（四）2"""
    application = await found(session, Application, application_id)
    response.headers["etag"] = etag(application)
    stored = await lines_of(session, application.id)
    rows = await session.scalars(
        select(InterestCalculation).filter_by(application_id=application.id).order_by(InterestCalculation.number)
    )
    return InterestRecord(
        application_id=application.id,
        lines=lines_out(stored.versions, stored.states),
        calculations=[CalculationOut.model_validate(row) for row in rows],
    )


@router.post(
    "/v1/applications/{application_id}/interest-calculations",
    status_code=201,
    name="recalculate_interest",
    summary="重新计算贴息",
    description="市级人员在利率、口径或项目事实变化后，按全部已计入的结息明细重新计算；依据未变的返回原计算。多核定的在以后的申请中抵扣，超过限额的提请追回。依据：二（四）2。",
)
async def recalculate_interest(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, response: Response, if_match: IfMatch = None
) -> CalculationDetail:
    """Compute all lines that count by the rates, readings and facts of today. 二（四）2"""
    application = await locked_as_read(session, Application, application_id, if_match)
    expect_interest_subsidy(application)
    row = await recalculate(session, application, "recalculated")
    detail = {"calculation_id": str(row.id), "total_yuan": str(row.total_yuan)}
    await record_act(session, "recalculate_interest", case_of(application), duty="submit_statement", **detail)
    await session.flush()
    response.headers["location"] = f"/v1/interest-calculations/{row.id}"
    return CalculationDetail.model_validate(row)


@router.get(
    "/v1/interest-calculations/{calculation_id}",
    name="read_interest_calculation",
    summary="查询贴息计算",
    description="工作人员查询职权范围内、项目单位查询本单位的一次贴息计算：依据、逐段天数、余额、两种利率、当时有效的报价及公布日、限额原因，可打印核对。依据：二（四）2。",
)
async def read_interest_calculation(
    session: ReadSession, actor: Anyone, calculation_id: CalculationKey
) -> CalculationDetail:
    """Return a stored calculation with its explanation. 二（四）2"""
    return CalculationDetail.model_validate(await found(session, InterestCalculation, calculation_id))


class LineWithdrawal(BaseModel):
    """Reason for which a line that counts was wrong."""

    reason: Paragraph = Field(title="理由")


@router.get(
    "/v1/interest-lines/{version_id}",
    name="read_interest_line",
    summary="查询结息明细",
    description="工作人员查询职权范围内、项目单位查询本单位的一项结息明细；"
    "响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：二（四）2。",
    responses=VERSIONED,
)
async def read_interest_line(
    session: ReadSession, actor: Anyone, version_id: LineKey, response: Response
) -> InterestLineOut:
    """Return one version of a line, with the entity tag of the application that an act on it changes. 二（四）2"""
    line = await found(session, InterestLine, version_id)
    response.headers["etag"] = etag(await found(session, Application, line.application_id))
    stored = await lines_of(session, line.application_id)
    return lines_out([line], stored.states)[0]


@router.post(
    "/v1/interest-lines/{version_id}/withdraw",
    name="withdraw_interest_line",
    summary="撤销结息明细",
    description="市级人员撤销已计入、填报有误的结息明细并说明理由，记录保留，贴息即重新计算；撤销有误的，由项目单位在下一次贴息申请中更正该明细。依据：二（四）2。",
)
async def withdraw_interest_line(
    session: Session, actor: CityOfficer, version_id: LineKey, body: LineWithdrawal, if_match: IfMatch = None
) -> InterestLineOut:
    """Withdraw a line that counts but is wrong, and recompute. 二（四）2"""
    line = await found(session, InterestLine, version_id)
    application = await locked_as_read(session, Application, line.application_id, if_match)
    line = await locked(session, InterestLine, version_id)
    stored = await lines_of(session, application.id)
    if stored.states[line.id] not in ("counted", "withdrawn"):
        raise WrongStatus("只能撤销已计入的结息明细；办理中的请退回申请", current=stored.states[line.id])
    line.withdraw(actor_of(session).subject, now(session), body.reason)
    detail = {"line_id": str(line.line_id), "version_id": str(line.id)}
    await record_act(
        session, "withdraw_interest_line", case_of(application), reason=body.reason, duty="submit_statement", **detail
    )
    await recalculate(session, application, "line_withdrawn")
    await session.flush()
    stored = await lines_of(session, application.id)
    return lines_out([line], stored.states)[0]
