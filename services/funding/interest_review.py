"""Review of a claim for interest subsidy: remarks accepted with a reason, stages, decision. 二（四）2"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns
from services.funding.interest.results import Calculation, Remark
from services.funding.interest_calculations import InterestUndetermined, balance_of, calculated, loans_of, recalculate
from services.funding.interest_claims import expect_no_open_claim, scans_of
from services.funding.interest_facts import stored_line
from services.funding.interest_lines import counted_lines, lines_with
from services.funding.models.applications import Application
from services.funding.models.interest_claims import AcceptedRemark, InterestClaim
from services.funding.models.releases import ReleaseRequest
from services.funding.rules.claims import STAGES, Balance, Stage, remark_key
from services.funding.rules.code_lists import CLAIM_IN_REVIEW
from shared.attachments import decided
from shared.errors import DomainError, Forbidden, Invalid, WrongStatus
from shared.storage.session import actor_of, now


class RemarksOpen(DomainError):
    """A remark on the claim is neither accepted with a reason, nor the claim returned. 二（四）2"""

    status, code, title = 409, "remarks_open", "贴息申请有尚未处理的核对意见"


class ScansMissing(DomainError):
    """The owner withdrew the bank's settlements that the claim rested on. 二（四）2"""

    status, code, title = 409, "scans_missing", "贴息申请缺少结息单扫描件"


class CalculationChanged(DomainError):
    """The facts or rates changed after the city verified the claim. 二（四）2"""

    status, code, title = 409, "calculation_changed", "贴息计算依据已有变化"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A claim as it would be decided now; `due` is None while a fact is missing."""

    calculation: Calculation
    remarks: Mapping[str, Remark]
    """Remarks by their key that nobody has accepted."""
    due: Balance | None


async def reviewed(session: AsyncSession, application: Application, claim: InterestClaim) -> Reviewed:
    """Return the claim as it would be decided now, with the lines that count beside it."""
    await session.flush()
    lines = [stored_line(line) for line in await lines_with(session, application.id)]
    calculation = await calculated(session, application, lines)
    known = {remark.key for remark in await accepted_remarks(session, claim)}
    raised = {remark_key(each.line_id or each.loan_id, each.code, each.sentence): each for each in calculation.remarks}
    due = await balance_of(session, application, calculation)
    return Reviewed(calculation, {key: each for key, each in raised.items() if key not in known}, due)


async def accepted_remarks(session: AsyncSession, claim: InterestClaim) -> Sequence[AcceptedRemark]:
    """Return the remarks accepted in this claim and in decided ones of the project, oldest first."""
    decided = select(InterestClaim.id).filter_by(application_id=claim.application_id, status="decided")
    rows = await session.scalars(
        select(AcceptedRemark)
        .where(or_(AcceptedRemark.claim_id == claim.id, AcceptedRemark.claim_id.in_(decided)))
        .order_by(AcceptedRemark.accepted_at, AcceptedRemark.id)
    )
    return rows.all()


def stage_of(session: AsyncSession, claim: InterestClaim) -> Stage:
    """Return the stage of a claim under review, if the actor's office works on it. Raises WrongStatus, Forbidden."""
    claim.expect(CLAIM_IN_REVIEW)
    stage = STAGES[claim.status]
    if actor_of(session).role not in stage.roles:
        raise Forbidden("该贴息申请不在您所在环节，请由当前环节的人员办理")
    return stage


async def accept_remark(
    session: AsyncSession, application: Application, claim: InterestClaim, key: str, reason: str
) -> AcceptedRemark:
    """Accept an open remark with a reason. Raises Invalid for a key that is no open remark."""
    remark = (await reviewed(session, application, claim)).remarks.get(key)
    if remark is None:
        raise Invalid("没有这项待处理的核对意见：可能已认可，或所依据的数已更正，请重新读取申请", field="/body/key")
    accepted = AcceptedRemark(
        claim_id=claim.id,
        key=key,
        code=remark.code,
        text=remark.sentence,
        reason=reason,
        accepted_by=actor_of(session).subject,
        accepted_at=now(session),
        **new_row_columns(session, application),
    )
    session.add(accepted)
    return accepted


def ready(found: Reviewed) -> Balance:
    """Return what is due. Raises RemarksOpen or InterestUndetermined while the claim cannot go on."""
    if found.remarks:
        sentences = "；".join(remark.sentence for remark in found.remarks.values())
        raise RemarksOpen(f"{sentences}。请逐项说明理由予以认可，或退回项目单位补正", keys=list(found.remarks))
    if found.due is None:
        bounds = f"贴息合计在 {found.calculation.low_yuan:,.2f} 至 {found.calculation.high_yuan:,.2f} 元之间"
        missing = "、".join(found.calculation.missing)
        raise InterestUndetermined(f"缺少：{missing}；{bounds}。请补齐，或退回项目单位补正")
    return found.due


async def pass_stage(session: AsyncSession, application: Application, claim: InterestClaim) -> None:
    """Pass a claim on to the next stage, and remember what it rests on."""
    stage = stage_of(session, claim)
    if not await scans_of(session, claim):
        raise ScansMissing("项目单位已撤回本次申请的结息单扫描件，请退回项目单位补正")
    found = await reviewed(session, application, claim)
    ready(found)
    claim.move(stage.passed)
    claim.inputs_hash = found.calculation.inputs_hash


async def decide_claim(session: AsyncSession, application: Application, claim: InterestClaim) -> None:
    """Decide a verified claim at what is due, and store the calculation. Raises CalculationChanged."""
    stage_of(session, claim)
    found = await reviewed(session, application, claim)
    due = ready(found)
    if claim.inputs_hash != found.calculation.inputs_hash:
        raise CalculationChanged("市级审核之后利率、口径或其他事实已有变化，请退回后重新审核")
    claim.decide(due.due_yuan, due.payable_yuan, actor_of(session).subject, now(session))
    await decided(session, claim)
    claim.calculation_id = (await recalculate(session, application, "claim_decided")).id


async def refuse_claim(session: AsyncSession, claim: InterestClaim, reason: str) -> None:
    """Refuse a verified claim: none of its lines counts."""
    claim.expect(("verified",))
    claim.move("refused", reason=reason)
    await decided(session, claim)


async def undecide_claim(session: AsyncSession, application: Application, claim: InterestClaim, reason: str) -> None:
    """Return a decided claim that nothing was paid on. Raises WrongStatus, ClaimOpen."""
    await expect_unrequested(session, claim)
    await expect_no_open_claim(session, application.id)
    claim.undecide(reason)
    await _expect_standing_loans(session, application)
    await recalculate(session, application, "claim_returned")


async def _expect_standing_loans(session: AsyncSession, application: Application) -> None:
    """Raise WrongStatus where a line that counts again, as its correction does not, rests on a withdrawn contract."""
    await session.flush()
    standing = {loan.id for loan in await loans_of(session, application)}
    if any(line.loan_id not in standing for line in await counted_lines(session, application.id)):
        raise WrongStatus(
            "本次申请更正过的明细将恢复计入，而其贷款合同已撤销，不能退回；请由项目单位在下一次贴息申请中更正"
        )


async def expect_unrequested(session: AsyncSession, claim: InterestClaim) -> None:
    """Raise WrongStatus for a claim of which the release was requested or paid."""
    asked = select(ReleaseRequest.id).where(ReleaseRequest.claim_id == claim.id, ReleaseRequest.status != "rejected")
    if await session.scalar(asked):
        raise WrongStatus("该贴息申请已申请拨付；请先驳回拨付申请，已拨付的请在下一次贴息申请中更正")
