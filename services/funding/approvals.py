"""Approval of a drafted application: checks, document, event and ledger transfers. 二（四）, 三（二）"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import next_number, project_of
from services.funding.ledger.budget_state import require_budget
from services.funding.ledger.case_acts import award_and_reserve, ledger_mode
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import case_accounts
from services.funding.models.applications import Application
from services.funding.models.approvals import Approval
from services.funding.money_bars import refuse_other_municipal_money
from services.funding.offers import support_offers
from services.funding.rules.offers import Offer
from shared.contracts.funding import FundsApproved
from shared.errors import DomainError
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, settings_of, today


class AmountUndetermined(DomainError):
    """The amount cannot be computed yet; officers never enter it. 二（四）"""

    status, code, title = 409, "amount_undetermined", "支持金额尚不能确定"


class DraftOutdated(DomainError):
    """Facts of the draft changed, so the computed amount differs. 三（二）"""

    status, code, title = 409, "draft_outdated", "拟办依据已变化，请重新拟办"


async def payable_offer(session: AsyncSession, application: Application, mode: str) -> Offer:
    """Return the offer of a mode. Raises AmountUndetermined when it has no amount above zero."""
    offer = (await support_offers(session, application))[mode]
    if not offer.award_yuan:
        missing = "、".join(offer.missing or ["可支持的金额"])
        raise AmountUndetermined(f"缺少：{missing}；请补齐后再办理，或改用另一种支持方式", field="/body/mode")
    return offer


async def approve(session: AsyncSession, application: Application) -> Approval:
    """Approve the drafted mode and amount, announce it, and reserve the money. 二（四）, 三（二）"""
    application.expect("drafted")
    await refuse_other_municipal_money(session, application)
    year = application.budget_year or today(session).year
    await require_budget(session, year)
    offer = await payable_offer(session, application, str(application.mode))
    if (offer.award_yuan, offer.base_yuan) != (application.award_yuan, application.base_yuan):
        raise DraftOutdated(f"现应为 {offer.award_yuan} 元，拟办为 {application.award_yuan} 元，请按现行金额重新拟办")
    application.approve(today(session))
    approval = await _document(session, application, offer)
    await record_act(
        session, "approve_application", case_of(application), duty="approve", approval_no=approval.approval_no
    )
    await emit(session, _announced(application, approval))
    cap = offer.cap_yuan or approval.award_yuan
    await open_accounts(session, case_accounts(application.id, ledger_mode(application), cap))
    await post(session, award_and_reserve(application, approval.award_yuan, year))
    return approval


async def _document(session: AsyncSession, application: Application, offer: Offer) -> Approval:
    on = today(session)
    number = await next_number(session, "approval", on)
    approval = Approval(
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
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
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
