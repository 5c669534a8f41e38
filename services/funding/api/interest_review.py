"""Endpoints by which the offices review a claim for interest subsidy, from the check to the decision. 二（四）2"""

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.interest_claims import AcceptedRemarkOut, ClaimKey, InterestClaimOut
from services.funding.interest_claims import lock_claim
from services.funding.interest_review import (
    accept_remark,
    decide_claim,
    pass_stage,
    refuse_claim,
    stage_of,
    undecide_claim,
)
from services.funding.models.applications import Application
from services.funding.models.interest_claims import InterestClaim
from shared.storage.audit import case_of, record_act
from shared.text import Paragraph
from shared.web.auth import CityDesk, CityOfficer, CitySupervisor, DistrictOfficer, Reviewer
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
DUTIES = {"filed": "check_claim", "checked": "submit_statement", "verified": "settle_statement"}
"""Duty of whoever works on a claim, by its status."""


class RemarkAcceptance(BaseModel):
    """Open remark on a claim, and the reason for which it is accepted."""

    key: str = Field(title="核对意见标识", pattern=r"^[0-9a-f]{32}$")
    reason: Paragraph = Field(title="认可理由", description="说明已核实的情况和依据")


class ClaimReason(BaseModel):
    """Reason for which a claim goes back or is refused."""

    reason: Paragraph = Field(title="理由", description="逐项写明须补正或不予贴息的内容")


@router.post(
    "/v1/interest-claims/{claim_id}/accept-remark",
    name="accept_interest_remark",
    summary="认可核对意见",
    description="当前环节的区级或市级人员核实一项核对意见后予以认可并说明理由；未认可的核对意见使申请不能转下一环节。依据：二（四）2。",
)
async def accept_interest_remark(
    session: Session, actor: Reviewer, claim_id: ClaimKey, body: RemarkAcceptance, if_match: IfMatch = None
) -> AcceptedRemarkOut:
    """Accept a remark with a reason; a remark that nobody accepts stops the claim. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    stage_of(session, claim)
    accepted = await accept_remark(session, application, claim, body.key, body.reason)
    detail = {"claim_id": str(claim.id), "key": body.key, "text": accepted.text}
    await record_act(
        session, "accept_interest_remark", case_of(application), reason=body.reason, duty=DUTIES[claim.status], **detail
    )
    await session.flush()
    return AcceptedRemarkOut.model_validate(accepted)


@router.post(
    "/v1/interest-claims/{claim_id}/check",
    name="check_interest_claim",
    summary="区级审核贴息申请",
    description="区级人员对照结息单和付息凭证审核贴息申请，转市级审核。核对意见须先逐项认可。依据：二（四）2、三（一）。",
)
async def check_interest_claim(
    session: Session, actor: DistrictOfficer, claim_id: ClaimKey, if_match: IfMatch = None
) -> InterestClaimOut:
    """Check a filed claim for the district and pass it to the city. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    claim.expect(("filed",))
    await pass_stage(session, application, claim)
    return await _recorded(session, "check_interest_claim", "check_claim", application, claim)


@router.post(
    "/v1/interest-claims/{claim_id}/verify",
    name="verify_interest_claim",
    summary="市级审核贴息申请",
    description="市级人员审核贴息申请和计算结果，转核定。区级审核人不得承担；核对意见须先逐项认可。依据：二（四）2。",
)
async def verify_interest_claim(
    session: Session, actor: CityOfficer, claim_id: ClaimKey, if_match: IfMatch = None
) -> InterestClaimOut:
    """Verify a checked claim and its calculation for the city. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    claim.expect(("checked",))
    await pass_stage(session, application, claim)
    return await _recorded(session, "verify_interest_claim", "submit_statement", application, claim)


@router.post(
    "/v1/interest-claims/{claim_id}/decide",
    name="decide_interest_claim",
    summary="核定贴息申请",
    description="另一名市级人员核定贴息申请：明细即计入，按全部明细的计算结果减去已核定数确定本次金额，凭此申请拨付；为负的在以后的申请中抵扣，"
    "超过限额或不再有申请的提请追回。审核人不得核定。依据：二（四）2。",
)
async def decide_interest_claim(
    session: Session, actor: CityDesk, claim_id: ClaimKey, if_match: IfMatch = None
) -> InterestClaimOut:
    """Decide a verified claim at what the calculation leaves due. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    claim.expect(("verified",))
    await decide_claim(session, application, claim)
    return await _recorded(session, "decide_interest_claim", "settle_statement", application, claim)


async def _recorded(
    session: AsyncSession,
    act: str,
    duty: str,
    application: Application,
    claim: InterestClaim,
    reason: str | None = None,
) -> InterestClaimOut:
    """Record a step of the review and return the claim after it."""
    detail = {"claim_id": str(claim.id), "status": claim.status}
    if claim.amount_yuan is not None:
        detail |= {"amount_yuan": str(claim.amount_yuan), "due_yuan": str(claim.due_yuan)}
    await record_act(session, act, case_of(application), reason=reason, duty=duty, **detail)
    await session.flush()
    return InterestClaimOut.model_validate(claim)


@router.post(
    "/v1/interest-claims/{claim_id}/return",
    name="return_interest_claim",
    summary="退回贴息申请",
    description="当前环节的区级或市级人员将贴息申请退回项目单位补正并说明理由。依据：二（四）2。",
)
async def return_interest_claim(
    session: Session, actor: Reviewer, claim_id: ClaimKey, body: ClaimReason, if_match: IfMatch = None
) -> InterestClaimOut:
    """Return a claim under review to its owner, with the reason. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    stage_of(session, claim)
    status = claim.status
    claim.move("returned", reason=body.reason)
    return await _recorded(session, "return_interest_claim", DUTIES[status], application, claim, body.reason)


@router.post(
    "/v1/interest-claims/{claim_id}/refuse",
    name="refuse_interest_claim",
    summary="不予贴息",
    description="市级负责人对审核中的贴息申请决定不予贴息并说明理由，所填明细不计入。审核人不得决定。依据：二（四）2。",
)
async def refuse_interest_claim(
    session: Session, actor: CitySupervisor, claim_id: ClaimKey, body: ClaimReason, if_match: IfMatch = None
) -> InterestClaimOut:
    """Refuse a claim that the city verified. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    await refuse_claim(session, claim, body.reason)
    return await _recorded(session, "refuse_interest_claim", "settle_statement", application, claim, body.reason)


@router.post(
    "/v1/interest-claims/{claim_id}/reopen",
    name="reopen_interest_claim",
    summary="退回已核定的贴息申请",
    description="市级负责人将已核定、尚未申请拨付的贴息申请退回项目单位并说明理由，所填明细不再计入。依据：二（四）2。",
)
async def reopen_interest_claim(
    session: Session, actor: CitySupervisor, claim_id: ClaimKey, body: ClaimReason, if_match: IfMatch = None
) -> InterestClaimOut:
    """Return a decided claim that no release was requested of. 二（四）2"""
    claim, application = await lock_claim(session, claim_id, if_match)
    claim.expect(("decided",))
    await undecide_claim(session, application, claim, body.reason)
    return await _recorded(session, "reopen_interest_claim", "settle_statement", application, claim, body.reason)
