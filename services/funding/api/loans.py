"""Endpoints for loan contracts: registered, corrected by new versions, withdrawn, read. 二（四）2"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, model_validator

from services.funding.api.shapes import DATE, TIME, YUAN, ApplicationKey, Exact, Shape, Yuan
from services.funding.interest_calculations import recalculate_if_begun
from services.funding.loans import correct, expect_unused, lock_loan, register, versions_of
from services.funding.models.applications import Application
from services.funding.models.loans import Loan
from services.funding.rules.code_lists import LoanRateType, LprTenor
from shared.audiences import Handler
from shared.days import LoanDay
from shared.errors import Invalid
from shared.money import Money, Ratio
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, found, locked, now
from shared.storage.versions import etag
from shared.text import AsStored, Line, Paragraph
from shared.web.auth import Anyone, CityOfficer
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
LoanKey = Annotated[UUID, Path(title="贷款编号")]
RATE = "小数，0.0390 即 3.90%"
REPRICING = f"{DATE}；固定利率或合同未约定的留空。口径 lpr_date 选用 repricing 时，自各重定价日起适用当日的 LPR"
TENOR = "1Y 一年期，5Y 五年期以上；合同未载明时为空"
SPREAD = "单位：基点，浮动利率在 LPR 上的加点，减点为负"


class PrincipalMove(BaseModel):
    """Principal drawn or repaid on a day."""

    on: LoanDay = Field(title="日期", description=DATE)
    amount_yuan: Yuan
    voucher_no: Line | None = Field(None, title="凭证号")


class LoanExtension(BaseModel):
    """Registered extension of the loan, both days included."""

    from_on: LoanDay = Field(title="展期起始日", description=DATE)
    to_on: LoanDay = Field(title="展期截止日", description=DATE)
    recognised: bool = Field(False, title="是否认可", description="市级认可的展期，其利息方可贴息")


class NewLoan(BaseModel):
    """Loan contract with a bank: rates, drawdowns, repayments and extensions. Rates are ratios (0.0390)."""

    bank: Line = Field(title="贷款银行")
    contract_no: Line = Field(
        title="合同编号", description="同一银行内不得重复；全角半角、空格、连接号写法不同视为同一编号"
    )
    principal_yuan: Annotated[Yuan, Field(title="贷款本金", description="单位：元，合同载明的贷款额度")]
    rate_type: LoanRateType = Field(title="利率类型", description="fixed 固定利率，floating 浮动利率")
    annual_rate: Ratio | None = Field(
        None, title="年利率", description=f"{RATE}；固定利率必填，浮动利率可填签约时的利率"
    )
    spread_bp: Annotated[Decimal, Field(ge=-10_000, le=10_000, decimal_places=4)] | None = Field(
        None, title="加点", description=SPREAD
    )
    term_months: int = Field(title="原贷款期限", description="单位：月", ge=1, le=600)
    tenor: LprTenor | None = Field(None, title="合同载明的 LPR 期限", description=TENOR)
    repriced_on: Annotated[list[LoanDay], Field(max_length=200)] = Field(
        default_factory=list, title="合同约定的重定价日", description=REPRICING
    )
    day_count_basis: Literal[360, 365] | None = Field(
        None, title="计息基准天数", description="合同载明的一年天数，360 或 365；未载明的留空，按政策口径"
    )
    settlement_day: int | None = Field(
        20, title="结息日", description="每月（季）结息的日，合同未约定的为空", ge=1, le=31
    )
    share: Annotated[Ratio, Field(gt=0)] = Field(
        Decimal(1), title="用于本项目的比例", description="小数，1 即全部用于本项目"
    )
    drawdowns: Annotated[list[PrincipalMove], Field(min_length=1, max_length=200)] = Field(
        title="提款", description="每次提款一项；可以早于 2019-08-20"
    )
    repayments: Annotated[list[PrincipalMove], Field(max_length=400)] = Field(
        default_factory=list, title="还本", description="每次归还本金一项"
    )
    extensions: Annotated[list[LoanExtension], Field(max_length=20)] = Field(default_factory=list, title="展期")

    @model_validator(mode="after")
    def _stated_rate(self) -> Self:
        if self.rate_type == "fixed" and self.annual_rate is None:
            raise ValueError("固定利率须填写年利率 annual_rate，例如 0.0390")
        if any(each.from_on > each.to_on for each in self.extensions):
            raise ValueError("展期起始日不得晚于截止日，请核对 extensions")
        return self


class LoanCorrection(NewLoan):
    """The whole contract as it should have been, or as it is after a new drawdown or repayment, with the reason."""

    reason: Paragraph = Field(title="更正或补充的理由")


class LoanVersionOut(Shape):
    """Facts of a contract as one version stated them."""

    number: int = Field(title="版本")
    facts: dict[str, Any] = Field(title="该版本的内容")
    reason: str = Field(title="理由")
    recorded_by: Handler = Field(title="登记人")
    recorded_at: datetime = Field(title="登记时间", description=TIME)


class LoanOut(Shape):
    """Loan contract as its newest version states it."""

    id: UUID = Field(title="贷款编号")
    application_id: UUID = Field(title="资金申请编号")
    bank: str = Field(title="贷款银行")
    contract_no: str = Field(title="合同编号")
    principal_yuan: Money = Field(title="贷款本金", description=YUAN)
    rate_type: LoanRateType = Field(title="利率类型")
    annual_rate: Exact | None = Field(title="年利率", description=RATE)
    spread_bp: Exact | None = Field(title="加点", description=SPREAD)
    term_months: int = Field(title="原贷款期限", description="单位：月")
    tenor: LprTenor | None = Field(title="合同载明的 LPR 期限", description=TENOR)
    drawn_on: date = Field(title="首次提款日期", description=DATE)
    repriced_on: list[date] = Field(title="合同约定的重定价日", description=REPRICING)
    day_count_basis: int | None = Field(title="计息基准天数")
    settlement_day: int | None = Field(title="结息日")
    share: Exact = Field(title="用于本项目的比例")
    drawdowns: list[Annotated[PrincipalMove, AsStored()]] = Field(title="提款")
    repayments: list[Annotated[PrincipalMove, AsStored()]] = Field(title="还本")
    extensions: list[LoanExtension] = Field(title="展期")
    registered_by: Handler = Field(title="登记人")
    registered_at: datetime = Field(title="登记时间", description=TIME)
    withdrawn_by: Handler = Field(title="撤销人")
    withdrawn_at: datetime | None = Field(title="撤销时间", description=f"{TIME}；为空即有效")
    withdraw_reason: str | None = Field(title="撤销理由")


class LoanDetail(LoanOut):
    """Loan contract with all its versions."""

    versions: list[LoanVersionOut] = Field(default_factory=list, title="历次版本", description="先登记的在前")


@router.post(
    "/v1/applications/{application_id}/loans",
    status_code=201,
    name="register_loan",
    summary="登记贷款合同",
    description="市级人员登记项目的银行贷款合同、提款和还本，作为贷款贴息的依据。项目不得已批复为投资补助；同一银行的合同编号不得重复。依据：二（四）2。",
)
async def register_loan(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: NewLoan, response: Response
) -> LoanOut:
    """Register a loan contract of the project. 二（四）2"""
    application = await locked(session, Application, application_id)
    if application.mode == "investment_grant" and application.approved_on:
        raise Invalid("本项目已批复为投资补助，不得再贴息（二（四）），无须登记贷款", field="/body/contract_no")
    loan = await register(session, application, body.model_dump(mode="json"))
    detail = {"loan_id": str(loan.id), "contract_no": body.contract_no}
    await record_act(session, "register_loan", case_of(application), duty="record_facts", **detail)
    await session.flush()
    response.headers["location"] = f"/v1/loans/{loan.id}"
    return LoanOut.model_validate(loan)


@router.get(
    "/v1/loans/{loan_id}",
    name="read_loan",
    summary="查询贷款合同",
    description="工作人员查询职权范围内、项目单位查询本单位的一份贷款合同及历次版本；"
    "响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：二（四）2。",
    responses=VERSIONED,
)
async def read_loan(session: ReadSession, actor: Anyone, loan_id: LoanKey, response: Response) -> LoanDetail:
    """Return a contract with its versions, and the entity tag of its application. 二（四）2"""
    loan = await found(session, Loan, loan_id)
    response.headers["etag"] = etag(await found(session, Application, loan.application_id))
    versions = [LoanVersionOut.model_validate(version) for version in await versions_of(session, loan)]
    return LoanDetail(**dict(LoanOut.model_validate(loan)), versions=versions)


@router.post(
    "/v1/loans/{loan_id}/correct",
    name="correct_loan",
    summary="更正或补充贷款合同",
    description="市级人员以新版本更正贷款合同，或补充提款、还本和展期，并说明理由；原版本保留。已计入的结息明细即按新版本重新计算。依据：二（四）2。",
)
async def correct_loan(
    session: Session, actor: CityOfficer, loan_id: LoanKey, body: LoanCorrection, if_match: IfMatch = None
) -> LoanOut:
    """Store a new version of a contract, and recompute what rests on it. 二（四）2"""
    loan, application = await lock_loan(session, loan_id, if_match)
    await correct(session, loan, body.model_dump(mode="json", exclude={"reason"}), body.reason)
    detail = {"loan_id": str(loan.id)}
    await record_act(session, "correct_loan", case_of(application), reason=body.reason, duty="record_facts", **detail)
    await recalculate_if_begun(session, application, "loan_corrected")
    await session.flush()
    return LoanOut.model_validate(loan)


class LoanWithdrawal(BaseModel):
    """Reason for which a contract no longer counts."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/loans/{loan_id}/withdraw",
    name="withdraw_loan",
    summary="撤销贷款合同",
    description="市级人员撤销登记有误的贷款合同并说明理由，记录保留，同一合同可以重新登记。该合同的结息明细须先撤销。依据：二（四）2。",
)
async def withdraw_loan(
    session: Session, actor: CityOfficer, loan_id: LoanKey, body: LoanWithdrawal, if_match: IfMatch = None
) -> LoanOut:
    """Withdraw a wrongly registered contract on which no line rests. 二（四）2"""
    loan, application = await lock_loan(session, loan_id, if_match)
    await expect_unused(session, loan)
    loan.withdraw(actor_of(session).subject, now(session), body.reason)
    detail = {"loan_id": str(loan.id)}
    await record_act(session, "withdraw_loan", case_of(application), reason=body.reason, duty="record_facts", **detail)
    await recalculate_if_begun(session, application, "loan_withdrawn")
    await session.flush()
    return LoanOut.model_validate(loan)
