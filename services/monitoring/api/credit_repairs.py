"""HTTP of credit repair: request and decision (四（一）3)."""

from fastapi import APIRouter, Response

from services.monitoring.api.parameters import EntityUscc, RepairId
from services.monitoring.credit import (
    apply_repair,
    create_repair,
    credit_tag,
    hands_of_grounds,
    lock_entity,
    lock_entity_as_read,
)
from services.monitoring.models.credit import CreditRepair, Entity
from services.monitoring.schemas.credit import CreditRepairDecisionIn, CreditRepairIn, CreditRepairOut
from shared.districts import CITY
from shared.storage.audit import Case, record_act, store_hands
from shared.storage.session import found, locked
from shared.web.auth import Applicant, CityOrApplicant, CitySupervisor
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["信用修复"])


@router.post(
    "/v1/entities/{uscc}/credit/repair",
    status_code=201,
    response_model=CreditRepairOut,
    name="request_repair",
    summary="申请信用修复",
    description="项目单位就已整改的有效事由申请信用修复，须附佐证材料。依据：四（一）3。",
)
async def request_repair(
    session: Session, actor: Applicant, uscc: EntityUscc, request: CreditRepairIn, response: Response
) -> CreditRepair:
    """Request that rectified grounds no longer count. 四（一）3"""
    entity = await lock_entity(session, uscc)
    repair = await create_repair(session, entity, request.ground_ids, request.text, request.evidence)
    await store_hands(session, repair.id, await hands_of_grounds(session, uscc))
    await record_act(session, "request_repair", Case(repair.id, CITY, uscc), reason=request.text, duty="report")
    response.headers["location"] = f"/v1/credit-repairs/{repair.id}"
    return repair


@router.get(
    "/v1/credit-repairs/{repair_id}",
    response_model=CreditRepairOut,
    name="read_repair",
    summary="读取修复申请",
    description="读取一项信用修复申请；响应头 ETag 为单位信用档案的版本。",
    responses=VERSIONED,
)
async def read_repair(
    session: ReadSession, actor: CityOrApplicant, repair_id: RepairId, response: Response
) -> CreditRepair:
    """Return one repair request, with the entity tag of the credit that its decision changes."""
    repair = await found(session, CreditRepair, repair_id)
    entity = await found(session, Entity, repair.entity_id)
    response.headers["etag"] = (await credit_tag(session, entity))()
    return repair


@router.post(
    "/v1/credit-repairs/{repair_id}/decide",
    response_model=CreditRepairOut,
    name="decide_repair",
    summary="决定信用修复",
    description="市发展改革委负责人决定是否同意修复；同意后按其余有效事由重新确定等级。依据：四（一）3。",
)
async def decide_repair(
    session: Session,
    actor: CitySupervisor,
    repair_id: RepairId,
    ruling: CreditRepairDecisionIn,
    if_match: IfMatch = None,
) -> CreditRepair:
    """Decide the repair; acceptance sets the grade from the remaining grounds. 四（一）3"""
    uscc = (await found(session, CreditRepair, repair_id)).applicant_uscc
    entity = await lock_entity_as_read(session, uscc, if_match)
    repair = await locked(session, CreditRepair, repair_id)
    repair.decide(ruling.accepted, ruling.reason)
    case, detail = Case(repair_id, CITY, uscc), {"accepted": ruling.accepted}
    await record_act(session, "decide_repair", case, reason=ruling.reason, duty="decide_repair", **detail)
    if ruling.accepted:
        await apply_repair(session, entity, repair, ruling.reason)
    return repair
