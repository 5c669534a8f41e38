"""Endpoints for changes of an approval: asked by the owner, checked, reviewed, decided. 二（四）, 三（二）"""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.change_shapes import ChangeIn, ChangeOut, OpinionIn, ReasonIn, ReviewIn
from services.funding.api.shapes import ApplicationKey
from services.funding.api.signature_shapes import missing_of_change, signatures_of_change
from services.funding.applications import new_row_columns
from services.funding.changes import (
    CHANGEABLE,
    announced,
    assess_change,
    conclude_change,
    expect_no_other,
    locked_change,
    proposed_components,
)
from services.funding.models.applications import Application
from services.funding.models.changes import ApprovalChange
from services.funding.rules.change_codes import ChangeKind, ChangeStatus
from services.funding.signing import countersign_from
from shared.actors import Actor
from shared.attachments import decided, facts_of, papers_of, require
from shared.errors import WrongStatus
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.storage.versions import etag
from shared.text import Line
from shared.web.auth import Applicant, CityOfficer, CitySupervisor, DistrictOfficer, Person, RoleCheck
from shared.web.filters import moments, one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["批复变更"])
ChangeKey = Annotated[UUID, Path(title="变更申请编号")]
Returning = Annotated[Actor, Depends(RoleCheck("district_officer", "city_officer", "city_supervisor"))]
PAPERS = ("change_request", "change_evidence")
RETURNS = {"requested": "district_officer", "checked": "city_officer", "reviewed": "city_supervisor"}
"""Role that returns a request, by its status: that of the next step."""


async def shown_change(session: AsyncSession, change: ApprovalChange) -> ChangeOut:
    """Return a change with its papers and signatures."""
    await session.flush()
    papers = (await papers_of(session, [change.id])).get(change.id, [])
    shown = _signed(change)
    shown.attachments = [paper.id for paper in papers]
    return shown


def _signed(change: ApprovalChange) -> ChangeOut:
    """Return a change with its signatures."""
    signatures = {"signatures": signatures_of_change(change), "missing_signatures": missing_of_change(change)}
    return ChangeOut.model_validate(change).model_copy(update=signatures)


@router.post(
    "/v1/applications/{application_id}/changes",
    status_code=201,
    name="request_change",
    summary="申请变更批复",
    description="项目单位申请变更批复后的建设内容和规模、项目单位、建设地点或建设工期，写明理由并附证明材料。"
    "支持方式不得变更；变更不增加支持金额，须增加的应另行申报。依据：二（四）、政府投资条例第三十四条。",
)
async def request_change(
    session: Session, actor: Applicant, application_id: ApplicationKey, body: ChangeIn, response: Response
) -> ChangeOut:
    """Ask for a change of an approved application, with reasons and evidence. 二（四）"""
    application = await locked(session, Application, application_id)
    application.expect(*CHANGEABLE)
    change = ApprovalChange(**new_row_columns(session, application))
    change.request(body.kind, body.proposal(), body.reason, actor.subject, now(session))
    await expect_no_other(session, application)
    proposed_components(application, change)
    session.add(change)
    response.headers["location"] = f"/v1/changes/{change.id}"
    return await _stated(session, application, change, body, "request_change")


async def _stated(
    session: AsyncSession, application: Application, change: ApprovalChange, body: ChangeIn, act: str
) -> ChangeOut:
    """Tie the papers to the request, record and announce it."""
    papers = await require(session, body.attachments, application, *PAPERS, act=change)
    detail = {"change_id": str(change.id), "kind": change.kind, **facts_of(papers)}
    await record_act(session, act, case_of(application), reason=body.reason, duty="apply", **detail)
    await emit(session, announced(change, "requested", body.reason))
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/resubmit",
    name="resubmit_change",
    summary="重新提交变更申请",
    description="项目单位按退回意见修改变更申请并重新提交，重新附材料；此前的核查和审核不再有效。依据：二（四）。",
)
async def resubmit_change(
    session: Session, actor: Applicant, change_id: ChangeKey, body: ChangeIn, if_match: IfMatch = None
) -> ChangeOut:
    """State a returned request anew; it is checked from the beginning. 二（四）"""
    change, application = await locked_change(session, change_id, if_match)
    change.expect("returned")
    change.request(body.kind, body.proposal(), body.reason, actor.subject, now(session))
    proposed_components(application, change)
    return await _stated(session, application, change, body, "resubmit_change")


CHANGES = Listing(
    one_of("application_id", ApprovalChange.application_id, UUID, "资金申请编号"),
    one_of("district", ApprovalChange.district, Line, "所在区"),
    one_of("kind", ApprovalChange.kind, ChangeKind, "变更类别"),
    one_of("status", ApprovalChange.status, ChangeStatus, "状态"),
    moments("requested_at", ApprovalChange.requested_at, "申请时间"),
    sorts={"id": ApprovalChange.id, "requested_at": ApprovalChange.requested_at},
    key=ApprovalChange.id,
    default="-id",
)


@router.get(
    "/v1/changes",
    name="list_changes",
    summary="查询变更申请",
    description="列出变更申请，可按资金申请、区、类别、状态和申请时间筛选；项目单位只见本单位的申请。依据：二（四）。",
)
async def list_changes(
    session: ReadSession, actor: Person, asked: Annotated[PageRequest, Depends(CHANGES)]
) -> Page[ChangeOut]:
    """Return the changes that the caller may read, newest first."""
    page = await asked.page(session, select(ApprovalChange), _signed)
    papers = await papers_of(session, [each.id for each in page.items])
    for each in page.items:
        each.attachments = [paper.id for paper in papers.get(each.id, [])]
    return page


@router.get(
    "/v1/changes/{change_id}",
    name="read_change",
    summary="查询一项变更申请",
    description="返回一项变更申请；响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：二（四）。",
    responses=VERSIONED,
)
async def read_change(session: ReadSession, actor: Person, change_id: ChangeKey, response: Response) -> ChangeOut:
    """Return one change, with the entity tag of the application that an act on it changes."""
    change = await found(session, ApprovalChange, change_id)
    response.headers["etag"] = etag(await found(session, Application, change.application_id))
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/check",
    name="check_change",
    summary="核查变更申请",
    description="区发展改革委核查变更申请的真实性和必要性，提出意见后转市级审核。依据：三（一）。",
)
async def check_change(
    session: Session, actor: DistrictOfficer, change_id: ChangeKey, body: OpinionIn, if_match: IfMatch = None
) -> ChangeOut:
    """Check a request in the district and pass it on to the city. 三（一）"""
    change, application = await locked_change(session, change_id, if_match)
    change.check(actor.subject, now(session), body.opinion)
    await _record(session, application, change, "check_change", body.opinion, "check_change")
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/review",
    name="review_change",
    summary="审核变更申请",
    description="市级人员审核变更申请，逐项核定变更后的投资；系统重新核对条件、计算金额，金额不得高于原批复。"
    "决定之前可以重新审核。依据：二（一）、二（二）、二（四）。",
)
async def review_change(
    session: Session, actor: CityOfficer, change_id: ChangeKey, body: ReviewIn, if_match: IfMatch = None
) -> ChangeOut:
    """Recognise the investment after the change; conditions and amount are computed. 二（四）"""
    change, application = await locked_change(session, change_id, if_match)
    recognised = [each.model_dump(mode="json") for each in body.recognised]
    change.review(actor.subject, now(session), body.opinion, recognised)
    await assess_change(session, application, change, recognised)
    await _record(session, application, change, "review_change", body.opinion, "review_change")
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/approve",
    name="approve_change",
    summary="批准变更申请",
    description="市级负责人批准变更：再次核对条件和金额，核减部分退回年度预算，已拨付的超出部分须退回或追回。"
    "核查人和审核人不得决定。"
    "批复金额（变更前）达到加签起点的，须另一名市级负责人加签后生效。依据：二（四）、三（二）。",
)
async def approve_change(
    session: Session, actor: CitySupervisor, change_id: ChangeKey, if_match: IfMatch = None
) -> ChangeOut:
    """Approve a reviewed change, or sign first where the award needs two. 二（四）, 三（二）"""
    change, application = await locked_change(session, change_id, if_match)
    change.expect("reviewed")
    change.expect_unsigned()
    threshold = countersign_from(session, application.current_award_yuan)
    if threshold is not None:
        change.sign(actor.subject, now(session), threshold)
        await _record(session, application, change, "sign_change", None, "approve_change")
        return await shown_change(session, change)
    change.decide("approved", actor.subject, now(session), None)
    amounts = {"award_yuan": str(change.award_yuan), "cut_yuan": str(change.cut_yuan)}
    await _record(session, application, change, "approve_change", None, "approve_change", **amounts)
    await conclude_change(session, application, change)
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/refuse",
    name="refuse_change",
    summary="不予批准变更",
    description="市级负责人不予批准变更并说明理由，原批复不变。核查人和审核人不得决定。依据：三（二）。",
)
async def refuse_change(
    session: Session, actor: CitySupervisor, change_id: ChangeKey, body: ReasonIn, if_match: IfMatch = None
) -> ChangeOut:
    """Refuse a reviewed change with a reason; the approval stays as it is. 三（二）"""
    change, application = await locked_change(session, change_id, if_match)
    change.decide("refused", actor.subject, now(session), body.reason)
    change.award_yuan, change.cut_yuan, change.recover_yuan = None, Decimal("0.00"), Decimal("0.00")
    await _record(session, application, change, "refuse_change", body.reason, "approve_change")
    await decided(session, change)
    await emit(session, announced(change, "refused", body.reason))
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/return",
    name="return_change",
    summary="退回变更申请",
    description="办理人说明理由，将变更申请退回项目单位修改：待核查的由区发展改革委、待审核的由市级经办、待决定的由市级负责人退回。依据：三（一）、三（二）。",
)
async def return_change(
    session: Session, actor: Returning, change_id: ChangeKey, body: ReasonIn, if_match: IfMatch = None
) -> ChangeOut:
    """Return a request to its owner, by the office whose step is next. 三（一）, 三（二）"""
    change, application = await locked_change(session, change_id, if_match)
    change.expect(*RETURNS)
    if RETURNS[change.status] != actor.role:
        raise WrongStatus("该变更申请当前由其他环节办理，请由该环节的人员退回", current=change.status)
    change.send_back(body.reason)
    await _record(session, application, change, "return_change", body.reason)
    await emit(session, announced(change, "returned", body.reason))
    return await shown_change(session, change)


@router.post(
    "/v1/changes/{change_id}/withdraw",
    name="withdraw_change",
    summary="撤回变更申请",
    description="项目单位在决定之前撤回变更申请并说明理由，原批复不变。依据：二（四）。",
)
async def withdraw_change(
    session: Session, actor: Applicant, change_id: ChangeKey, body: ReasonIn, if_match: IfMatch = None
) -> ChangeOut:
    """Withdraw a request before it is decided; the approval stays as it is. 二（四）"""
    change, application = await locked_change(session, change_id, if_match)
    change.withdraw()
    await decided(session, change)
    await _record(session, application, change, "withdraw_change", body.reason, "apply")
    await emit(session, announced(change, "withdrawn", body.reason))
    return await shown_change(session, change)


async def _record(
    session: AsyncSession,
    application: Application,
    change: ApprovalChange,
    act: str,
    reason: str | None,
    duty: str | None = None,
    **detail: str,
) -> None:
    told = {"change_id": str(change.id), "kind": change.kind, **detail}
    await record_act(session, act, case_of(application), reason=reason, duty=duty, **told)
