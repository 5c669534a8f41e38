"""Endpoints that read applications: list, full record with timeline, ledger statement. 三（二）"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.bank_referrals import ReferralOut
from services.funding.api.budgets import Year
from services.funding.api.clawbacks import ClawbackOut
from services.funding.api.final_accounts import FinalAccountsOut
from services.funding.api.interest_claims import InterestClaimOut
from services.funding.api.loans import LoanOut
from services.funding.api.money_bars import MoneyBarOut
from services.funding.api.payees import PayeeOut
from services.funding.api.payment_orders import LineOut
from services.funding.api.plan_shapes import PlanItemOut
from services.funding.api.public_money import PublicMoneyOut
from services.funding.api.releases import ReleaseOut
from services.funding.api.returns import ReturnOut
from services.funding.api.shapes import (
    DATE,
    YUAN,
    ApplicationKey,
    ApplicationOut,
    AssessedComponentOut,
    FundedProject,
    HoldOut,
    Shape,
    shown,
    shown_one,
)
from services.funding.ledger.case_statement import Posting, statement_entries
from services.funding.ledger.posting import entries
from services.funding.models.applications import Application
from services.funding.models.bank_referrals import BankReferral
from services.funding.models.clawbacks import ClawbackRequest
from services.funding.models.final_accounts import FinalAccounts
from services.funding.models.holds import Hold
from services.funding.models.interest_claims import InterestClaim
from services.funding.models.loans import Loan
from services.funding.models.money_bars import MoneyBar
from services.funding.models.payees import PayeeAccount
from services.funding.models.payment_orders import PaymentLine
from services.funding.models.plans import InvestmentPlan, PlanItem
from services.funding.models.public_money import PublicMoney
from services.funding.models.releases import ReleaseRequest
from services.funding.models.returns import MoneyReturn
from services.funding.rules.code_lists import APPLICATION_STATUSES, ApplicationStatus
from shared.audiences import CITY_ACTS, for_city, for_officials
from shared.contracts.facts import ProjectFacts
from shared.contracts.library import DistrictCode, SupportMode
from shared.identifiers import Uscc
from shared.money import SignedMoney
from shared.policy.remedies import Remedy, remedy_at
from shared.storage.audit import acts_of
from shared.storage.session import found
from shared.storage.versions import etag, etag_of_view
from shared.text import STORED, AsStored
from shared.web.admin import ActOut
from shared.web.auth import Anyone
from shared.web.filters import Projected, dates, flag, one_of, search
from shared.web.headers import VERSIONED
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["资金申请"])
_HELD = select(Hold.id).where(Hold.application_id == Application.id, Hold.lifted_at.is_(None)).exists()
_STATUS = Projected(
    Application.status, case((Application.status == "drafted", "received"), else_=Application.status), for_city
)


def _once_approved(column: Any) -> Projected:
    return Projected(column, case((Application.approved_on.is_not(None), column)), for_city)


APPLICATIONS = Listing(
    one_of("status", _STATUS, ApplicationStatus, "办理状态"),
    one_of("district", Application.district, DistrictCode, "所在区"),
    one_of("mode", _once_approved(Application.mode), SupportMode, "支持方式"),
    one_of("budget_year", _once_approved(Application.budget_year), Year, "预算年度"),
    one_of("applicant_uscc", Application.applicant_uscc, Uscc, "申报单位统一社会信用代码"),
    flag("held", _HELD, "是否暂停拨付"),
    dates("entered_on", Application.entered_on, "入库日期"),
    dates("approved_on", Application.approved_on, "批复日期"),
    search(
        "项目名称、申报编号或申报单位", Application.project_name, Application.declaration_no, Application.applicant_name
    ),
    sorts={
        "id": Application.id,
        "declaration_no": Application.declaration_no,
        "project_name": Application.project_name,
        "district": Application.district,
        "rank": Application.rank,
        "award_yuan": _once_approved(Application.award_yuan),
        "released_yuan": Application.released_yuan,
        "entered_on": Application.entered_on,
        "approved_on": Application.approved_on,
    },
    key=Application.id,
    default="id",
)


@router.get(
    "/v1/applications",
    name="list_applications",
    summary="查询资金申请列表",
    description="工作人员查询职权范围内的资金申请，项目单位查询本单位的资金申请，含金额、状态和生效中的暂停。依据：三（二）。",
)
async def list_applications(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(APPLICATIONS)]
) -> Page[ApplicationOut]:
    """Return the cases that the caller may see, with amounts, status and holds. 三（二）"""
    found_rows = await asked.fetch(session, select(Application))
    return found_rows.page(await shown(session, found_rows.rows))


class ApplicationDetail(ApplicationOut):
    """Full record of a case."""

    project: FundedProject = Field(title="项目", description="评审部门移交的项目信息")
    facts: Annotated[ProjectFacts, AsStored()] = Field(title="项目事实", description="评审部门移交的项目事实")
    components: list[AssessedComponentOut] = Field(title="项目组成")
    all_holds: list[HoldOut] = Field(title="全部暂停记录")
    loans: list[LoanOut] = Field(title="贷款合同")
    plan_items: list[PlanItemOut] = Field(title="计划项目")
    payee_accounts: list[PayeeOut] = Field(title="收款账户", description="按填报顺序排列")
    release_requests: list[ReleaseOut] = Field(title="拨付申请")
    payment_lines: list[LineOut] = Field(title="支付明细", description="列入支付申请的拨付和国库支付结果")
    interest_claims: list[InterestClaimOut] = Field(title="贴息申请")
    returns: list[ReturnOut] = Field(title="退款")
    clawback_requests: list[ClawbackOut] = Field(title="追回事项")
    final_accounts: list[FinalAccountsOut] = Field(title="竣工决算")
    public_money: list[PublicMoneyOut] = Field(title="财政资金记录")
    money_bars: list[MoneyBarOut] = Field(title="因其他市级财政性资金不予支持的事项")
    bank_referrals: list[ReferralOut] = Field(title="银行推介")
    timeline: list[ActOut] = Field(title="办理记录", description="何人何时因何办理了何事，先发生的在前")


_PLANNED = PlanItem.plan_id.in_(select(InvestmentPlan.id).where(InvestmentPlan.status == "issued"))
PARTS: dict[str, tuple[type[Any], type[Shape]]] = {
    "all_holds": (Hold, HoldOut),
    "loans": (Loan, LoanOut),
    "plan_items": (PlanItem, PlanItemOut),
    "payee_accounts": (PayeeAccount, PayeeOut),
    "release_requests": (ReleaseRequest, ReleaseOut),
    "payment_lines": (PaymentLine, LineOut),
    "interest_claims": (InterestClaim, InterestClaimOut),
    "returns": (MoneyReturn, ReturnOut),
    "clawback_requests": (ClawbackRequest, ClawbackOut),
    "final_accounts": (FinalAccounts, FinalAccountsOut),
    "public_money": (PublicMoney, PublicMoneyOut),
    "money_bars": (MoneyBar, MoneyBarOut),
    "bank_referrals": (BankReferral, ReferralOut),
}
DECIDED = {
    "plan_items": _PLANNED,
    "release_requests": ReleaseRequest.status.in_(("paid", "returned")),
    "clawback_requests": ClawbackRequest.status.in_(("demanded", "recovered")),
}
"""Parts that begin as proposals, and when the owner sees them."""
TOLD_ACTS = (
    "receive_application", "approve_application", "decline_application", "enter_plan", "release_funds", "hold_funds",
    "lift_hold", "demand_clawback", "record_recovery", "confirm_return", "close_application",
    "file_interest_claim", "return_interest_claim", "withdraw_interest_claim", "decide_interest_claim",
    "refuse_interest_claim", "reopen_interest_claim", "withdraw_interest_line", "record_construction",
    "record_final_accounts", "register_loan", "correct_loan", "withdraw_loan", "refer_to_bank",
    "record_referral_outcome", "enter_payee", "check_payee", "confirm_payee", "return_payee", "withdraw_payee",
    "note_sent_back", "undo_sent_back",
)  # fmt: skip
"""Acts that the owner finds in the timeline: what it did itself, and decisions; no drafts and no proposals."""


@router.get(
    "/v1/applications/{application_id}",
    name="read_application",
    summary="查询资金申请",
    description="工作人员查询职权范围内、项目单位查询本单位的一项资金申请，含全部办理记录。依据：三（二）。",
    responses=VERSIONED,
)
async def read_application(
    session: ReadSession, actor: Anyone, application_id: ApplicationKey, response: Response
) -> ApplicationDetail:
    """Return the full record of a case with its timeline; the city gets the version that its acts demand. 三（二）"""
    application = await found(session, Application, application_id)
    summary = await shown_one(session, application)
    acts = await acts_of(session, application.id)
    detail = ApplicationDetail(
        **dict(summary) | {"remedy": _remedy(application, acts)},
        project=FundedProject.model_validate(application.project),
        facts=ProjectFacts.model_validate(application.facts, context=STORED),
        components=[AssessedComponentOut.model_validate(part) for part in application.components],
        timeline=_timeline(acts),
        **{name: await _part(session, name, application.id) for name in PARTS},
    )
    response.headers["etag"] = etag(application) if for_city() else etag_of_view(detail)
    return detail


async def _part(session: AsyncSession, name: str, application_id: UUID) -> list[Any]:
    model, shape = PARTS[name]
    query = select(model).filter_by(application_id=application_id).order_by(model.id)
    if name in DECIDED and not for_officials():
        query = query.where(DECIDED[name])
    return [shape.model_validate(row) for row in await session.scalars(query)]


def _remedy(application: Application, acts: Sequence[Mapping[str, Any]]) -> Remedy | None:
    """Return the remedies that counted on the day on which the report was declined; None if it was not."""
    if application.status != "declined":
        return None
    declined = (act["at"] for act in reversed(acts) if act["act"] == "decline_application")
    return remedy_at("city", next(declined, None))


def _timeline(acts: Sequence[Mapping[str, Any]]) -> list[ActOut]:
    told = [each for each in acts if _is_told(each["act"])]
    return [ActOut.model_validate(each) for each in told]


def _is_told(act: str) -> bool:
    if act in CITY_ACTS:
        return for_city()
    return for_officials() or act in TOLD_ACTS


class LedgerEntryOut(Shape):
    """Ledger transfer in words, with the balances after it."""

    seq: int = Field(title="记账序号")
    transfer_id: UUID = Field(title="转账编号")
    posted_on: date = Field(title="记账日期", description=DATE)
    act: str = Field(title="事项")
    purpose: str = Field(title="用途代码")
    side: str = Field(title="类别", description="资金为预算资金的转账，额度为批复额度的转账")
    amount_yuan: SignedMoney = Field(title="金额", description=f"{YUAN}；撤销安排为负数（红字冲销）")
    debit: str = Field(title="借方账户")
    credit: str = Field(title="贷方账户")
    clause: str = Field(title="依据条款")
    reserved_change_yuan: SignedMoney = Field(title="已安排未拨付的增减", description=f"{YUAN}；减少为负数")
    net_paid_change_yuan: SignedMoney = Field(title="拨付净额的增减", description=f"{YUAN}；减少为负数")
    award_left_yuan: SignedMoney = Field(title="批复额度余额", description=YUAN)
    reserved_yuan: SignedMoney = Field(title="已安排未拨付", description=YUAN)
    net_paid_yuan: SignedMoney = Field(title="拨付净额", description=YUAN)
    due_back_yuan: SignedMoney = Field(title="应退未退", description=YUAN)
    returned_yuan: SignedMoney = Field(title="已退回", description=YUAN)


class LedgerStatement(BaseModel):
    """Ledger entries of a case, oldest first."""

    application_id: UUID = Field(title="资金申请编号")
    status: ApplicationStatus = Field(title="状态")
    status_label: str = Field(title="状态名称")
    entries: list[LedgerEntryOut] = Field(default_factory=list, title="记账明细", description="先记账的在前")


@router.get(
    "/v1/applications/{application_id}/statement",
    name="read_ledger_statement",
    summary="查询资金台账明细",
    description="工作人员查询职权范围内、项目单位查询本单位项目的台账明细，每笔列明事项、金额和记账后余额。依据：三（二）。",
)
async def read_ledger_statement(session: ReadSession, actor: Anyone, application_id: ApplicationKey) -> LedgerStatement:
    """Return the ledger entries of a case with running balances. 三（二）"""
    application = await found(session, Application, application_id)
    rows = await entries(session, application.id)
    postings = [Posting(**{name: row[name] for name in Posting.__slots__}) for row in rows]
    return LedgerStatement(
        application_id=application.id,
        status=application.status,
        status_label=APPLICATION_STATUSES[application.status],
        entries=[LedgerEntryOut.model_validate(line) for line in statement_entries(application.id, postings)],
    )
