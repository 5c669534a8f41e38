"""Endpoints for approvals (批复): drafted at the computed amount, approved by a second person. 二（四）, 三（二）"""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.funding.api.shapes import DATE, YUAN, ApplicationKey, ApplicationOut, ReadingUsed, Shape, shown_one
from services.funding.api.signature_shapes import SignatureOut, missing_of, signatures_of
from services.funding.approvals import approve, payable_offer
from services.funding.models.applications import Application
from services.funding.models.approvals import Approval
from shared.contracts.funding import FundsDeclined
from shared.contracts.library import LABELS, SupportMode
from shared.events.outbox import emit
from shared.money import Money
from shared.policy.remedies import remedy
from shared.storage.audit import case_of, record_act
from shared.storage.session import today
from shared.storage.versions import locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["批复"])


class ApprovalDraft(BaseModel):
    """Proposed mode with its justification; the amount is computed, never entered."""

    mode: SupportMode = Field(
        title="支持方式", description="investment_grant 投资补助，interest_subsidy 贷款贴息，只能择一"
    )
    justification: Paragraph = Field(title="拟办意见")
    budget_year: int | None = Field(
        None, title="预算年度", description="公历年份，例如 2024；不填即本年度", ge=2021, le=2100
    )


DRAFT_FIELDS = ("mode", "base_yuan", "award_yuan", "derivation", "clause", "justification", "approved_on")
"""Fields of an approval that its draft has already."""


class ApprovalOut(Shape):
    """Content of the approval document; its number is simulated."""

    application_id: UUID = Field(title="资金申请编号")
    approval_no: str | None = Field(title="批复文号", description="签署齐备、批复生效后编号；尚缺加签的为空")
    approval_no_simulated: bool = Field(True, title="文号是否为模拟")
    mode: SupportMode = Field(title="支持方式")
    mode_label: str = Field("", title="支持方式名称")
    base_yuan: Money = Field(title="投资（贷款）基数", description=YUAN)
    award_yuan: Money = Field(title="批复金额", description=YUAN)
    derivation: list[str] = Field(title="金额计算过程")
    clause: str = Field(title="依据条款")
    justification: str = Field(title="拟办意见")
    readings: dict[str, ReadingUsed] = Field(
        title="所用口径", description="政策未明确处所采用的口径，以口径为键；尚缺加签的为空"
    )
    approved_by: str | None = Field(title="批复人", description="最后签署、使批复生效的人；尚缺加签的为空")
    approved_on: date | None = Field(title="批复日期", description=f"{DATE}；尚缺加签的为空")
    signatures: list[SignatureOut] = Field(default_factory=list, title="已有的签署", description="按先后排列")
    missing_signatures: list[str] = Field(default_factory=list, title="尚缺的签署", description="为空即批复已经生效")


@router.post(
    "/v1/applications/{application_id}/draft-approval",
    name="draft_approval",
    summary="拟办批复",
    description="市级人员选择一种支持方式拟办批复，金额由系统计算，不得填写。项目须为待批复或已拟办，"
    "拟办人不得参与过该项目的评分。依据：二（四）、三（二）。",
)
async def draft_approval(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: ApprovalDraft, if_match: IfMatch = None
) -> ApplicationOut:
    """Draft the approval in one mode at the computed amount. 二（四）, 三（二）"""
    application = await locked_as_read(session, Application, application_id, if_match)
    application.expect("received", "drafted")
    offer = await payable_offer(session, application, body.mode)
    application.draft(offer, body.justification, body.budget_year or today(session).year)
    detail = {"mode": offer.mode, "award_yuan": str(offer.award_yuan), "readings": offer.readings}
    await record_act(
        session, "draft_approval", case_of(application), reason=body.justification, duty="draft_approval", **detail
    )
    return await shown_one(session, application)


@router.post(
    "/v1/applications/{application_id}/approve",
    name="approve_application",
    summary="批复资金申请",
    description="市级负责人批复已拟办的支持方式和金额，并在年度预算中安排资金；批复后不得更改。拟办人不得批复，"
    "项目不得另有市级财政性资金，预算余额须足够。"
    "金额达到加签起点（参数 countersign_from_yuan）的，须另一名市级负责人加签后生效。依据：二（四）、三（二）。",
)
async def approve_application(
    session: Session, actor: CitySupervisor, application_id: ApplicationKey, if_match: IfMatch = None
) -> ApprovalOut:
    """Approve the drafted mode and amount for good and reserve the money. 二（四）, 三（二）"""
    application = await locked_as_read(session, Application, application_id, if_match)
    return approval_shown(await approve(session, application), application)


def approval_shown(approval: Approval | None, application: Application) -> ApprovalOut:
    """Return the approval, or the draft that was signed once and waits for its second signature."""
    extra = {
        "mode_label": LABELS[str(application.mode)],
        "signatures": signatures_of(approval, application),
        "missing_signatures": missing_of(application),
    }
    if approval is not None:
        return ApprovalOut.model_validate(approval).model_copy(update=extra)
    unsigned: dict[str, Any] = {
        "application_id": application.id,
        "approved_by": None,
        "approval_no": None,
        "readings": {},
    }
    drafted = {name: getattr(application, name) for name in DRAFT_FIELDS}
    return ApprovalOut.model_validate(drafted | unsigned | extra)


class Declination(BaseModel):
    """Clauses that are not met, with the reason."""

    clauses: list[Line] = Field(
        title="依据条款", description="未满足的条款，例如 二（五）", min_length=1, max_length=20
    )
    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/applications/{application_id}/decline",
    name="decline_application",
    summary="不予批复",
    description="市级负责人对资金申请报告不予批复，并说明所依据的条款和理由。项目须尚未批复。依据：三（二）。",
)
async def decline_application(
    session: Session, actor: CitySupervisor, application_id: ApplicationKey, body: Declination, if_match: IfMatch = None
) -> ApplicationOut:
    """Decline the fund application report, naming the clauses. 三（二）"""
    application = await locked_as_read(session, Application, application_id, if_match)
    application.decline()
    await record_act(
        session, "decline_application", case_of(application), reason=body.reason, duty="approve", clauses=body.clauses
    )
    await emit(session, _declined_event(application, body))
    shown = await shown_one(session, application)
    return shown.model_copy(update={"remedy": remedy("city", today(session))})


def _declined_event(application: Application, body: Declination) -> FundsDeclined:
    return FundsDeclined(
        declaration_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        clauses=tuple(body.clauses),
        reason=body.reason,
    )
