"""Endpoint that registers loan contracts. 二（四）2"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.funding.api.shapes import DATE, TIME, YUAN, ApplicationKey, Exact, Shape, Yuan
from services.funding.applications import new_row_columns
from services.funding.loans import check_unregistered
from services.funding.models.applications import Application
from services.funding.models.loans import Loan
from services.funding.rules.code_lists import LoanRateType, LprTenor
from shared.audiences import Handler
from shared.errors import Invalid
from shared.money import Money, Ratio
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked, now
from shared.text import Line
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
RATE = "小数，0.0390 即 3.90%"
REPRICING = f"{DATE}；固定利率或合同未约定的留空。口径 lpr_date 选用 repricing 时，自各重定价日起适用当日的 LPR"
TENOR = "1Y 一年期，5Y 五年期以上；合同未载明时为空"


class NewLoan(BaseModel):
    """Loan contract with a bank; the annual rate is a ratio (0.0390)."""

    bank: Line = Field(title="贷款银行")
    contract_no: Line = Field(
        title="合同编号", description="同一银行内不得重复；全角半角、空格、连接号写法不同视为同一编号"
    )
    principal_yuan: Annotated[Yuan, Field(title="贷款本金", description=YUAN)]
    rate_type: LoanRateType = Field(title="利率类型", description="fixed 固定利率，floating 浮动利率")
    annual_rate: Ratio = Field(title="年利率", description=RATE)
    term_months: int = Field(title="原贷款期限", description="单位：月", ge=1, le=600)
    tenor: LprTenor | None = Field(None, title="合同载明的 LPR 期限", description=TENOR)
    drawn_on: date = Field(
        title="放款日期", description=f"{DATE}；不早于 2019-08-20", ge=date(2019, 8, 20), le=date(2100, 12, 31)
    )
    repriced_on: Annotated[list[date], Field(max_length=200)] = Field(
        default_factory=list, title="合同约定的重定价日", description=REPRICING
    )


class LoanOut(Shape):
    """Registered loan contract."""

    id: UUID = Field(title="贷款编号")
    application_id: UUID = Field(title="资金申请编号")
    bank: str = Field(title="贷款银行")
    contract_no: str = Field(title="合同编号")
    principal_yuan: Money = Field(title="贷款本金", description=YUAN)
    rate_type: LoanRateType = Field(title="利率类型")
    annual_rate: Exact = Field(title="年利率", description=RATE)
    term_months: int = Field(title="原贷款期限", description="单位：月")
    tenor: LprTenor | None = Field(title="合同载明的 LPR 期限", description=TENOR)
    drawn_on: date = Field(title="放款日期", description=DATE)
    repriced_on: list[date] = Field(title="合同约定的重定价日", description=REPRICING)
    registered_by: Handler = Field(title="登记人")
    registered_at: datetime = Field(title="登记时间", description=TIME)


@router.post(
    "/v1/applications/{application_id}/loans",
    status_code=201,
    name="register_loan",
    summary="登记贷款合同",
    description="市级人员登记项目的银行贷款合同，作为贷款贴息的依据。项目不得已批复为投资补助；同一银行的合同编号不得重复。依据：二（四）2。",
)
async def register_loan(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: NewLoan, response: Response
) -> LoanOut:
    """Register a loan contract of the project. 二（四）2"""
    application = await locked(session, Application, application_id)
    if application.mode == "investment_grant" and application.approved_on:
        raise Invalid("本项目已批复为投资补助，不得再贴息（二（四）），无须登记贷款", field="/body/contract_no")
    await check_unregistered(session, body.bank, body.contract_no)
    loan = Loan(
        registered_by=actor.subject, registered_at=now(session), **new_row_columns(session, application), **dict(body)
    )
    session.add(loan)
    detail = {"loan_id": str(loan.id), "contract_no": body.contract_no}
    await record_act(session, "register_loan", case_of(application), duty="record_facts", **detail)
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return LoanOut.model_validate(loan)
