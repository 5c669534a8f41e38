"""Endpoints for the second signature on approvals and changes whose amount needs two. 二（四）, 三（二）"""

from fastapi import APIRouter

from services.funding.api.approvals import ApprovalOut, approval_shown
from services.funding.api.change_shapes import ChangeOut
from services.funding.api.changes import ChangeKey, shown_change
from services.funding.api.shapes import ApplicationKey
from services.funding.approvals import countersign
from services.funding.changes import conclude_change, locked_change
from services.funding.models.applications import Application
from shared.storage.audit import case_of, record_act
from shared.storage.session import now
from shared.storage.versions import locked_as_read
from shared.web.auth import CitySupervisor
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute)


@router.post(
    "/v1/applications/{application_id}/countersign",
    tags=["批复"],
    name="countersign_approval",
    summary="加签批复",
    description="另一名市级负责人对已签发、金额达到加签起点的批复加签，批复即生效并安排资金；各项条件再次核对。"
    "不同意的，不予批复，或由市级人员重新拟办，原签发即失效。依据：二（四）、三（二）。",
)
async def countersign_approval(
    session: Session, actor: CitySupervisor, application_id: ApplicationKey, if_match: IfMatch = None
) -> ApprovalOut:
    """Sign second, by which the approval takes effect and its money is reserved. 二（四）, 三（二）"""
    application = await locked_as_read(session, Application, application_id, if_match)
    return approval_shown(await countersign(session, application), application)


@router.post(
    "/v1/changes/{change_id}/countersign",
    tags=["批复变更"],
    name="countersign_change",
    summary="加签变更",
    description="批复金额（变更前）达到加签起点的项目，其变更由另一名市级负责人加签后生效；条件和金额再次核对。"
    "不同意的可以不予批准或退回，原签发即失效。依据：二（四）、三（二）。",
)
async def countersign_change(
    session: Session, actor: CitySupervisor, change_id: ChangeKey, if_match: IfMatch = None
) -> ChangeOut:
    """Sign a change second, by which it takes effect. 二（四）, 三（二）"""
    change, application = await locked_change(session, change_id, if_match)
    change.expect("reviewed")
    change.expect_signed()
    change.decide("approved", actor.subject, now(session), None)
    detail = {"change_id": str(change.id), "kind": change.kind, "award_yuan": str(change.award_yuan)}
    detail["cut_yuan"] = str(change.cut_yuan)
    await record_act(session, "approve_change", case_of(application), duty="countersign_change", **detail)
    await conclude_change(session, application, change)
    return await shown_change(session, change)
