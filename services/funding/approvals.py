"""Approval of a drafted application: checks, document, event and ledger transfers. 二（四）, 三（二）"""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import next_number, project_of
from services.funding.ledger.budget_state import require_budget
from services.funding.ledger.case_acts import award_and_reserve, ledger_mode
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import case_accounts
from services.funding.models.applications import ZERO, Application
from services.funding.models.approvals import Approval
from services.funding.money_bars import refuse_other_municipal_money
from services.funding.offers import support_offers
from services.funding.rules.offers import Offer
from services.funding.signing import countersign_from
from shared.contracts.funding import FundsApproved
from shared.errors import DomainError
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now, settings_of, today


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


async def approve(session: AsyncSession, application: Application) -> Approval | None:
    """Approve what was drafted, or sign first and return None where the amount needs two. 二（四）, 三（二）"""
    application.expect("drafted")
    application.expect_unsigned()
    offer = await _checked_offer(session, application)
    threshold = countersign_from(session, application.award_yuan or ZERO)
    if threshold is not None:
        await _sign(session, application, threshold)
        return None
    approval = await _document(session, application, offer)
    number = approval.approval_no
    await record_act(session, "approve_application", case_of(application), duty="approve", approval_no=number)
    return await _take_effect(session, application, approval, offer)


async def countersign(session: AsyncSession, application: Application) -> Approval:
    """Sign second, by which the approval takes effect; everything is checked once more. 二（四）, 三（二）"""
    application.expect("drafted")
    application.expect_signed()
    offer = await _checked_offer(session, application)
    approval = await _document(session, application, offer)
    number = approval.approval_no
    await record_act(session, "approve_application", case_of(application), duty="countersign", approval_no=number)
    return await _take_effect(session, application, approval, offer)


async def _checked_offer(session: AsyncSession, application: Application) -> Offer:
    """Return the offer as it was drafted. Raises what refuses an approval today. 二（四）, 二（五）"""
    await refuse_other_municipal_money(session, application)
    await require_budget(session, application.budget_year or today(session).year)
    offer = await payable_offer(session, application, str(application.mode))
    if (offer.award_yuan, offer.base_yuan) != (application.award_yuan, application.base_yuan):
        raise DraftOutdated(f"现应为 {offer.award_yuan} 元，拟办为 {application.award_yuan} 元，请按现行金额重新拟办")
    return offer


async def _sign(session: AsyncSession, application: Application, threshold: Decimal) -> None:
    application.sign(actor_of(session).subject, now(session), threshold)
    detail = {"award_yuan": str(application.award_yuan), "countersign_from_yuan": str(threshold)}
    await record_act(session, "sign_approval", case_of(application), duty="approve", **detail)


async def _take_effect(session: AsyncSession, application: Application, approval: Approval, offer: Offer) -> Approval:
    """Announce the approval and reserve its money, last."""
    application.approve(approval.approved_on)
    await emit(session, _announced(application, approval))
    cap = offer.cap_yuan or approval.award_yuan
    await open_accounts(session, case_accounts(application.id, ledger_mode(application), cap))
    year = application.budget_year or today(session).year
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
        first_signed_by=application.signed_by,
        first_signed_on=application.signed_on,
        countersign_from_yuan=application.countersign_from_yuan,
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
