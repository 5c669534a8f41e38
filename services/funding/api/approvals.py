"""From the pool to the approval (批复): both modes compared, one drafted, one locked. 二（四）, 三（二）"""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import ApplicationOut, Key, Shape, shown_one
from services.funding.cases import next_number, offers, project_of, refuse_other_municipal_money
from services.funding.ledger.case_acts import award_and_reserve, ledger_mode, require_budget
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import case_accounts
from services.funding.models.application import Application, Approval
from services.funding.rules.support import Offer
from shared.contracts.funding import FundsApproved, FundsDeclined
from shared.contracts.library import LABELS, SupportMode
from shared.errors import DomainError
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, locked, settings_of, today
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["批复"])


class AmountUndetermined(DomainError):
    """The amount cannot be computed yet; it is never typed. 二（四）"""

    status, code, title = 409, "amount_undetermined", "支持金额尚不能确定"


class DraftOutdated(DomainError):
    """What the draft rests on has changed since; the amount would be another. 三（二）"""

    status, code, title = 409, "draft_outdated", "拟办依据已变化，请重新拟办"


class Draft(BaseModel):
    """The mode proposed and why; the amount is computed."""

    mode: SupportMode = Field(title="支持方式")
    justification: Paragraph = Field(title="拟办意见")
    budget_year: int | None = Field(None, title="预算年度", ge=2021, le=2100)


@router.post("/v1/applications/{application_id}/draft-approval", name="draft_approval")
async def draft_approval(session: Session, actor: CityOfficer, application_id: Key, draft: Draft) -> ApplicationOut:
    """Draft the approval in one mode at the computed amount. 二（四）, 三（二）"""
    application = await locked(session, Application, application_id)
    application.expect("received", "drafted")
    offer = await _payable_offer(session, application, draft.mode)
    application.draft(
        {
            "mode": offer.mode,
            "justification": draft.justification,
            "budget_year": draft.budget_year or today(session).year,
            "base_yuan": offer.base_yuan,
            "uncapped_yuan": offer.uncapped_yuan,
            "award_yuan": offer.award_yuan,
            "cap_yuan": offer.cap_yuan,
            "derivation": offer.lines,
            "clause": offer.clause,
        }
    )
    detail = {"mode": offer.mode, "award_yuan": str(offer.award_yuan), "readings": offer.readings}
    await record_act(
        session, "draft_approval", case_of(application), reason=draft.justification, duty="draft_approval", **detail
    )
    return await shown_one(session, application)


async def _payable_offer(session: AsyncSession, application: Application, mode: str) -> Offer:
    offer = (await offers(session, application))[mode]
    if not offer.award_yuan:
        raise AmountUndetermined("缺少：" + "、".join(offer.missing or ["可支持的金额"]), field="/body/mode")
    return offer


class ApprovalOut(Shape):
    """The approval document's content. The numbering is the demonstration's own."""

    application_id: UUID
    approval_no: str
    approval_no_simulated: bool = True
    mode: str
    mode_label: str = ""
    base_yuan: Money
    award_yuan: Money
    derivation: list[str]
    clause: str
    justification: str
    readings: dict[str, Any]
    approved_by: str
    approved_on: date


@router.post("/v1/applications/{application_id}/approve", name="approve_application")
async def approve_application(session: Session, actor: CitySupervisor, application_id: Key) -> ApprovalOut:
    """Approve the drafted mode and amount, once and for good, and set the money aside. 二（四）, 三（二）"""
    application = await locked(session, Application, application_id)
    application.expect("drafted")
    await refuse_other_municipal_money(session, application)
    year = application.budget_year or today(session).year
    await require_budget(session, year)
    offer = await _payable_offer(session, application, str(application.mode))
    if (offer.award_yuan, offer.base_yuan) != (application.award_yuan, application.base_yuan):
        raise DraftOutdated(f"现应为 {offer.award_yuan} 元，拟办为 {application.award_yuan} 元")
    application.approve(today(session))
    approval = await _approval(session, application, offer)
    await record_act(
        session, "approve_application", case_of(application), duty="approve", approval_no=approval.approval_no
    )
    await emit(session, _announced(application, approval))
    cap = offer.cap_yuan or approval.award_yuan
    await open_accounts(session, case_accounts(application.id, ledger_mode(application), cap))
    await post(session, award_and_reserve(application, approval.award_yuan, year))
    return ApprovalOut.model_validate(approval).model_copy(update={"mode_label": LABELS[approval.mode]})


async def _approval(session: AsyncSession, application: Application, offer: Offer) -> Approval:
    on = today(session)
    number = await next_number(session, "approval", on)
    approval = Approval(
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        approval_no=f"{settings_of(session).approval_no_prefix}〔{on.year}〕{number}号",
        mode=offer.mode,
        base_yuan=offer.base_yuan,
        award_yuan=offer.award_yuan,
        derivation=offer.lines,
        clause=offer.clause,
        justification=application.justification,
        readings={reading["key"]: reading for reading in offer.readings},
        approved_by=actor_of(session).subject,
        approved_on=on,
    )
    session.add(approval)
    return approval


def _announced(application: Application, approval: Approval) -> FundsApproved:
    return FundsApproved(
        declaration_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        project=project_of(application),
        approval_no=approval.approval_no,
        mode=approval.mode,
        award_yuan=approval.award_yuan,
        base_yuan=approval.base_yuan,
        derivation="\n".join(approval.derivation),
        clause=approval.clause,
        approved_on=approval.approved_on,
    )


class Refusal(BaseModel):
    """Which clauses are not met, and why."""

    clauses: list[Line] = Field(title="依据条款", min_length=1, max_length=20)
    reason: Paragraph = Field(title="理由")


@router.post("/v1/applications/{application_id}/decline", name="decline_application")
async def decline_application(
    session: Session, actor: CitySupervisor, application_id: Key, refusal: Refusal
) -> ApplicationOut:
    """Refuse the fund application report, naming the clauses. 三（二）"""
    application = await locked(session, Application, application_id)
    application.decline()
    await record_act(
        session,
        "decline_application",
        case_of(application),
        reason=refusal.reason,
        duty="approve",
        clauses=refusal.clauses,
    )
    await emit(
        session,
        FundsDeclined(
            declaration_id=application.id,
            district=application.district,
            applicant_uscc=application.applicant_uscc,
            clauses=tuple(refusal.clauses),
            reason=refusal.reason,
        ),
    )
    return await shown_one(session, application)
