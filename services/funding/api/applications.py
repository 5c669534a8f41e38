"""Reading the cases: a list, one in full with its timeline, its ledger entries. 三（二）"""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.banks import ReferralOut
from services.funding.api.budgets import Year
from services.funding.api.comparison import LoanOut
from services.funding.api.final_accounts import FinalAccountsOut
from services.funding.api.interest import StatementOut
from services.funding.api.plans import PlanItemOut
from services.funding.api.recovery import ClawbackOut, ReturnOut
from services.funding.api.releases import ReleaseOut
from services.funding.api.shapes import ApplicationOut, HoldOut, Key, Shape, shown, shown_one
from services.funding.api.support import PublicMoneyOut
from services.funding.ledger.case_statement import Posting, run
from services.funding.ledger.posting import entries
from services.funding.models.application import STATUSES, Application, Hold, Loan
from services.funding.models.payment import InterestStatement, ReleaseRequest
from services.funding.models.plan import PlanItem
from services.funding.models.recovery import ClawbackRequest, FinalAccounts, MoneyReturn
from services.funding.models.support import BankReferral, PublicMoney
from shared.contracts.library import DistrictCode
from shared.identifiers import Uscc
from shared.money import SignedMoney
from shared.storage.audit import acts_of
from shared.storage.session import etag, found
from shared.web.auth import Anyone
from shared.web.filters import dates, flag, one_of, search
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["资金申请"])
Mode = Literal["investment_grant", "interest_subsidy"]
Status = Literal["received", "drafted", "approved", "declined", "planned", "releasing", "released", "closed"]


_HELD = select(Hold.id).where(Hold.application_id == Application.id, Hold.lifted_at.is_(None)).exists()
APPLICATIONS = Listing(
    one_of("status", Application.status, Status, "办理状态"),
    one_of("district", Application.district, DistrictCode, "所在区"),
    one_of("mode", Application.mode, Mode, "支持方式"),
    one_of("budget_year", Application.budget_year, Year, "预算年度"),
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
        "award_yuan": Application.award_yuan,
        "released_yuan": Application.released_yuan,
        "entered_on": Application.entered_on,
        "approved_on": Application.approved_on,
    },
    key=Application.id,
    default="id",
)


@router.get("/v1/applications", name="list_applications")
async def list_applications(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(APPLICATIONS)]
) -> Page[ApplicationOut]:
    """Return the cases that the caller may see, with amounts, status and holds. 三（二）"""
    found_rows = await asked.fetch(session, select(Application))
    return found_rows.page(await shown(session, found_rows.rows))


class ApplicationDetail(ApplicationOut):
    """A case in full."""

    project: dict[str, Any]
    facts: dict[str, Any]
    components: list[dict[str, Any]]
    all_holds: list[HoldOut]
    loans: list[LoanOut]
    plan_items: list[PlanItemOut]
    release_requests: list[ReleaseOut]
    interest_statements: list[StatementOut]
    returns: list[ReturnOut]
    clawback_requests: list[ClawbackOut]
    final_accounts: list[FinalAccountsOut]
    public_money: list[PublicMoneyOut]
    bank_referrals: list[ReferralOut]
    timeline: list[dict[str, Any]]


PARTS: dict[str, tuple[type[Any], type[Shape]]] = {
    "all_holds": (Hold, HoldOut),
    "loans": (Loan, LoanOut),
    "plan_items": (PlanItem, PlanItemOut),
    "release_requests": (ReleaseRequest, ReleaseOut),
    "interest_statements": (InterestStatement, StatementOut),
    "returns": (MoneyReturn, ReturnOut),
    "clawback_requests": (ClawbackRequest, ClawbackOut),
    "final_accounts": (FinalAccounts, FinalAccountsOut),
    "public_money": (PublicMoney, PublicMoneyOut),
    "bank_referrals": (BankReferral, ReferralOut),
}


@router.get("/v1/applications/{application_id}", name="read_application")
async def read_application(
    session: ReadSession, actor: Anyone, application_id: Key, response: Response
) -> ApplicationDetail:
    """A case with everything that happened to it: who, when, why. 三（二）"""
    application = await found(session, Application, application_id)
    response.headers["etag"] = etag(application)
    summary = await shown_one(session, application)
    return ApplicationDetail(
        **dict(summary),
        project=application.project,
        facts=application.facts,
        components=application.components,
        timeline=await acts_of(session, application.id),
        **{name: await _part(session, *PARTS[name], application.id) for name in PARTS},
    )


async def _part(session: AsyncSession, model: type[Any], shape: type[Shape], application_id: UUID) -> list[Any]:
    rows = await session.scalars(select(model).filter_by(application_id=application_id).order_by(model.id))
    return [shape.model_validate(row) for row in rows]


class EntryOut(Shape):
    """A ledger entry and what stands after it: of the award, set aside, paid, due back, and returned."""

    seq: int
    transfer_id: UUID
    posted_on: date
    act: str
    purpose: str
    side: str
    amount_yuan: SignedMoney
    debit: str
    credit: str
    clause: str
    award_left_yuan: SignedMoney
    reserved_yuan: SignedMoney
    net_paid_yuan: SignedMoney
    due_back_yuan: SignedMoney
    returned_yuan: SignedMoney


class LedgerStatement(BaseModel):
    """The ledger entries of a case, oldest first."""

    application_id: UUID
    status: str
    status_label: str
    entries: list[EntryOut] = Field(default_factory=list)


@router.get("/v1/applications/{application_id}/statement", name="read_ledger_statement")
async def read_ledger_statement(session: ReadSession, actor: Anyone, application_id: Key) -> LedgerStatement:
    """The case in the ledger, with running balances. 三（二）"""
    application = await found(session, Application, application_id)
    rows = await entries(session, application.id)
    postings = [Posting(**{name: row[name] for name in Posting.__slots__}) for row in rows]
    return LedgerStatement(
        application_id=application.id,
        status=application.status,
        status_label=STATUSES[application.status],
        entries=[EntryOut.model_validate(line) for line in run(application.id, postings)],
    )
