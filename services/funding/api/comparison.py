"""Both support modes side by side, and what they rest on: loan contracts, the state of construction. 二（四）"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import ApplicationOut, Exact, Key, Shape, Yuan, shown_one
from services.funding.cases import offers, ruleset_of
from services.funding.models.application import Application, Loan
from services.funding.rules.support import LoanPlan, Offer
from shared.clock import uuid7
from shared.contracts.library import LABELS, ConstructionStatus, SupportMode
from shared.errors import Invalid
from shared.money import Money, Ratio
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.text import Line
from shared.web.auth import CityOfficer, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["批复"])


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


class OfferOut(Shape):
    """What one support mode would give, with its derivation and the settings it rests on."""

    mode: str
    mode_label: str = ""
    clause: str
    base_yuan: Money | None
    uncapped_yuan: Money | None
    award_yuan: Money | None
    cap_yuan: Money | None
    lines: list[str]
    missing: list[str]
    readings: list[dict[str, str]]


class Comparison(BaseModel):
    """Both modes side by side; exactly one can be approved. 二（四）"""

    application_id: UUID
    clause: str = "二（四）"
    ruleset: str
    as_of: date
    same_rules_as_assessed: bool
    investment_grant: OfferOut
    interest_subsidy: OfferOut
    higher: SupportMode | None


@router.get("/v1/applications/{application_id}/comparison", name="compare_modes")
async def compare_modes(
    session: ReadSession,
    actor: Official,
    application_id: Key,
    principal_yuan: Annotated[Money | None, Query(gt=0)] = None,
    annual_rate: Annotated[Ratio | None, Query()] = None,
    term_months: Annotated[int, Query(ge=1, le=600)] = 60,
    tenor: Annotated[Literal["1Y", "5Y"] | None, Query()] = None,
    drawn_on: Annotated[date | None, Query()] = None,
) -> Comparison:
    """Grant and interest subsidy as they stand; a loan plan counts while no contract is registered. 二（四）"""
    application = await found(session, Application, application_id)
    plan = None
    if principal_yuan is not None and annual_rate is not None:
        start = drawn_on or today(session)
        plan = LoanPlan("贷款计划", principal_yuan, annual_rate, term_months, tenor, _in_series(start))
    return _compared(session, application, await offers(session, application, plan))


def _in_series(drawn_on: date) -> date:
    if not 2019 <= drawn_on.year <= 2100:
        raise Invalid("放款日期不在可计算的范围内", field="/query/drawn_on")
    return drawn_on


def _compared(session: AsyncSession, application: Application, both: dict[str, Offer]) -> Comparison:
    known = {mode: offer.award_yuan for mode, offer in both.items() if offer.award_yuan is not None}
    ruleset = ruleset_of(session, application)
    shapes: dict[str, Any] = {
        mode: OfferOut.model_validate(offer).model_copy(update={"mode_label": LABELS[mode]})
        for mode, offer in both.items()
    }
    return Comparison(
        application_id=application.id,
        ruleset=ruleset.hash,
        as_of=application.as_of,
        same_rules_as_assessed=application.ruleset in (ruleset.hash, ruleset.hash[:12]),
        higher=max(known, key=lambda mode: known[mode]) if len(known) == 2 else None,
        **shapes,
    )


class NewLoan(BaseModel):
    """A loan contract with a bank. `annual_rate` as a ratio: 0.0390."""

    bank: Line = Field(title="贷款银行")
    contract_no: Line = Field(title="合同编号")
    principal_yuan: Annotated[Yuan, Field(title="贷款本金（元）")]
    rate_type: Literal["fixed", "floating"] = Field(title="利率类型")
    annual_rate: Ratio = Field(title="年利率")
    term_months: int = Field(title="原期限（月）", ge=1, le=600)
    tenor: Literal["1Y", "5Y"] | None = Field(None, title="合同载明的LPR期限")
    drawn_on: date = Field(title="放款日期", ge=date(2019, 8, 20), le=date(2100, 12, 31))


class LoanOut(Shape):
    """A registered loan contract."""

    id: UUID
    application_id: UUID
    bank: str
    contract_no: str
    principal_yuan: Money
    rate_type: str
    annual_rate: Exact
    term_months: int
    tenor: str | None
    drawn_on: date
    registered_by: str
    registered_at: datetime


@router.post("/v1/applications/{application_id}/loans", status_code=201, name="register_loan")
async def register_loan(
    session: Session, actor: CityOfficer, application_id: Key, wanted: NewLoan, response: Response
) -> LoanOut:
    """Register a loan contract of the project. 二（四）2"""
    application = await locked(session, Application, application_id)
    if application.mode == "investment_grant" and application.approved_on:
        raise Invalid("已批复为投资补助，不再登记贴息贷款", field="/body/contract_no")
    loan = Loan(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        registered_by=actor.subject,
        registered_at=now(session),
        **dict(wanted),
    )
    session.add(loan)
    await record_act(
        session, "register_loan", case_of(application), loan_id=str(loan.id), contract_no=wanted.contract_no
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return LoanOut.model_validate(loan)


class ConstructionState(BaseModel):
    """How far construction is, with the proof."""

    status: ConstructionStatus = Field(title="建设状态")
    started_on: Day | None = Field(None, title="开工日期")
    completed_on: Day | None = Field(None, title="完工日期")
    evidence: Line = Field(title="依据")


@router.post("/v1/applications/{application_id}/construction-status", name="record_construction")
async def record_construction(
    session: Session, actor: CityOfficer, application_id: Key, state: ConstructionState
) -> ApplicationOut:
    """Record the state of construction as checked: plan issue and the days that earn interest rest on it. 二（五）"""
    if state.status == "completed" and state.completed_on is None:
        raise Invalid("已完工须填写完工日期", field="/body/completed_on")
    application = await locked(session, Application, application_id)
    application.construction_status = state.status
    application.construction_started_on = state.started_on or application.construction_started_on
    application.completed_on = state.completed_on
    await record_act(session, "record_construction", case_of(application), **state.model_dump(mode="json"))
    return await shown_one(session, application)
