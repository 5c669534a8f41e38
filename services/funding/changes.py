"""Steps of a change of an approval: statement, review of conditions and amounts, effect. 二（四）, 三（二）"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import ruleset_of
from services.funding.ledger.case_acts import cut_award
from services.funding.ledger.posting import post
from services.funding.models.applications import Application
from services.funding.models.changes import ApprovalChange
from services.funding.models.interest_claims import InterestClaim
from services.funding.models.releases import ReleaseRequest
from services.funding.money_bars import compare_application, take_turn
from services.funding.rules.change_codes import OPEN_CHANGES
from services.funding.rules.changes import Reduction, changed_components, check_conditions, facts_with, reduced
from services.funding.rules.offers import GRANT, grant_offer
from shared.attachments import decided
from shared.contracts.funding import ApprovalChanged
from shared.errors import DomainError, Duplicate, Invalid, WrongStatus
from shared.events.outbox import emit
from shared.storage.session import found, locked
from shared.storage.versions import locked_as_read


class BelowClaims(DomainError):
    """The change would leave a smaller award than claims for interest subsidy were decided at. 二（四）2"""

    status, code, title = 409, "below_claims", "变更后批复金额低于已核定贴息"


DECLARED, ASSESSED = "declared_investment_yuan", "assessed_investment_yuan"
CHANGEABLE = ("approved", "planned", "releasing", "released")


async def expect_no_other(session: AsyncSession, application: Application, change_id: UUID | None = None) -> None:
    """Raise Duplicate while another change of the application is under way."""
    under_way = select(ApprovalChange.id).where(
        ApprovalChange.application_id == application.id, ApprovalChange.status.in_(OPEN_CHANGES)
    )
    other = await session.scalar(under_way.where(ApprovalChange.id != change_id) if change_id else under_way)
    if other is not None:
        raise Duplicate("该项目已有变更申请在办，请先办结或撤回后再申请", change_id=str(other))


async def locked_change(
    session: AsyncSession, change_id: UUID, if_match: str | None
) -> tuple[ApprovalChange, Application]:
    """Return the change and its application, locked, the application first."""
    row = await found(session, ApprovalChange, change_id)
    if row.kind == "site":
        await take_turn(session)
    application = await locked_as_read(session, Application, row.application_id, if_match)
    return await locked(session, ApprovalChange, change_id), application


def proposed_components(application: Application, change: ApprovalChange) -> list[dict[str, Any]]:
    """Return the components as the owner asks for them; unchanged ones for a change of another kind."""
    changed = change.proposal.get("components", [])
    return changed_components(application.components, changed, DECLARED, "/body/components")


def recognised_components(
    application: Application, change: ApprovalChange, recognised: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the components with the investment that the city recognises. Raises Invalid for other components."""
    field = "/body/recognised"
    asked = {each["position"] for each in change.proposal.get("components", [])}
    if {each["position"] for each in recognised} != asked:
        told = "、".join(map(str, sorted(asked))) or "无"
        raise Invalid(f"须逐项核定申请变更的组成部分，序号：{told}", field=field)
    return changed_components(proposed_components(application, change), recognised, ASSESSED, field)


async def assess_change(
    session: AsyncSession, application: Application, change: ApprovalChange, recognised: Sequence[dict[str, Any]]
) -> tuple[Reduction, list[str]]:
    """Return what the change does to the award, with its derivation; store both on the change.

    Raises ConditionLost when a met condition becomes unmet, BelowClaims. The award of a loan follows its
    interest, not the content.
    """
    ruleset = ruleset_of(session, application)
    components = recognised_components(application, change, recognised)
    recomputed, lines = None, ["支持金额不受本次变更影响"]
    if change.kind == "content":
        check_conditions(application.facts, facts_with(application.facts, change.proposal["components"]), ruleset)
        if application.mode == GRANT:
            offer = grant_offer(components, application.facts.get("project_type"), ruleset)
            recomputed, lines = offer.award_yuan or Decimal(0), offer.lines
    result = reduced(application.current_award_yuan, recomputed, application.reserved_yuan)
    await refuse_below_claims(session, application, result.award_yuan)
    change.award_yuan, change.cut_yuan, change.recover_yuan = result.award_yuan, result.cut_yuan, result.recover_yuan
    change.derivation = [*lines, _told(application.current_award_yuan, result)]
    return result, change.derivation


def _told(before: Decimal, after: Reduction) -> str:
    if not after.cut_yuan and not after.recover_yuan:
        return f"批复金额 {before:,.2f} 元不变；变更后核算高于批复金额的，不予增加（二（四））"
    paid = f"，已拨付超出部分 {after.recover_yuan:,.2f} 元须退回或追回" if after.recover_yuan else ""
    return f"批复金额由 {before:,.2f} 元减为 {after.award_yuan:,.2f} 元：核减未拨付 {after.cut_yuan:,.2f} 元{paid}"


async def refuse_below_claims(session: AsyncSession, application: Application, award_yuan: Decimal) -> None:
    """Raise BelowClaims for an award below what decided claims for interest subsidy add up to. 二（四）2"""
    decided_claims = select(func.coalesce(func.sum(InterestClaim.amount_yuan), 0)).filter_by(
        application_id=application.id, status="decided"
    )
    claimed = Decimal(await session.scalar(decided_claims) or 0)
    if award_yuan < claimed:
        raise BelowClaims(
            f"变更后批复金额 {award_yuan:,.2f} 元，低于已核定贴息合计 {claimed:,.2f} 元，"
            f"相差 {claimed - award_yuan:,.2f} 元；请先退回未拨付的贴息申请重新核定，已拨付的先办理退回或追回"
        )


async def conclude_change(session: AsyncSession, application: Application, change: ApprovalChange) -> None:
    """Close the papers, announce the approved change, and let it take effect. 二（四）, 三（二）"""
    await decided(session, change)
    await emit(session, announced(change, "approved", change.reason))
    await apply_change(session, application, change)


async def apply_change(session: AsyncSession, application: Application, change: ApprovalChange) -> None:
    """Check conditions and amount once more, then let the change take effect in the case and in the ledger, last.

    Raises WrongStatus where the amount differs from the reviewed one, or a release waits for its decision.
    """
    application.expect(*CHANGEABLE)
    reviewed = (change.award_yuan, change.cut_yuan, change.recover_yuan)
    result, _ = await assess_change(session, application, change, change.recognised)
    if (result.award_yuan, result.cut_yuan, result.recover_yuan) != reviewed:
        raise WrongStatus("审核之后已有拨付或其他变更，核减金额已不同，请退回市级经办重新审核", current=change.status)
    waiting = select(ReleaseRequest.id).filter_by(application_id=application.id, status="requested")
    if result.cut_yuan and (identity := await session.scalar(waiting)):
        raise WrongStatus("有拨付申请待审批，请先批准或驳回该申请", release_request_id=str(identity))
    _alter(application, change)
    transfers = cut_award(application, result.cut_yuan, f"change:{change.id}") if result.cut_yuan else []
    application.reduce(result.cut_yuan, result.recover_yuan)
    await session.flush()
    if change.kind == "site":
        await compare_application(session, application, "建设地点变更后比对")
    if transfers:
        await post(session, transfers)


def _alter(application: Application, change: ApprovalChange) -> None:
    """Write what changes of content, entity and site alter; the period of a schedule stands in the change itself."""
    if change.kind == "content":
        components = recognised_components(application, change, change.recognised)
        application.facts = facts_with(application.facts, change.proposal["components"])
        application.components = components
    elif change.kind == "entity":
        application.applicant_name = change.proposal["applicant_name"]
        application.project = {**application.project, "applicant_name": application.applicant_name}
    elif change.kind == "site":
        application.project = {**application.project, "address": change.proposal["address"]}


Stage = Literal["requested", "returned", "withdrawn", "refused", "approved"]


def announced(change: ApprovalChange, stage: Stage, reason: str) -> ApprovalChanged:
    """Return the event that announces a step of a change; amounts only of an approved one."""
    amounts: dict[str, Any] = (
        {"award_yuan": change.award_yuan, "cut_yuan": change.cut_yuan, "recover_yuan": change.recover_yuan}
        if stage == "approved"
        else {}
    )
    return ApprovalChanged(
        declaration_id=change.application_id,
        district=change.district,
        applicant_uscc=change.applicant_uscc,
        change_id=change.id,
        kind=change.kind,
        stage=stage,
        reason=reason,
        **amounts,
    )
