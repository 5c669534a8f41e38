"""Endpoints for bank interest statements: submission, settlement by day, decision on differences. 二（四）2"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.funding.api.shapes import ApplicationKey, ReadingUsed, Shape, StatementKey
from services.funding.interest.lines import BalanceSegment, RateSegment, StatementLine
from services.funding.interest.lines import Loan as BankLoan
from services.funding.interest_statements import earlier_statements, expect_interest_subsidy, settle_statement
from services.funding.models.applications import Application
from services.funding.models.interest_statements import InterestStatement
from services.funding.models.loans import Loan
from services.funding.offers import loans_of
from services.funding.rules.code_lists import StatementStatus
from shared.audiences import Handler
from shared.errors import Invalid
from shared.money import Money, Ratio, SignedMoney
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.storage.versions import etag, locked_as_read
from shared.text import Paragraph
from shared.web.auth import CityOfficer, Finance, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["贷款贴息"])
LONGEST_PERIOD = timedelta(days=400)
Day = Annotated[date, Field(ge=date(2019, 8, 20), le=date(2100, 12, 31))]
DAY = "日期，格式 2024-06-30，起止两日均计算在内"
PENAL = "单位：元，已包含在已付利息中，不予贴息"


class InterestBalance(BaseModel):
    """Outstanding principal on each day of a period, both ends included."""

    from_on: Day = Field(title="起始日", description=DAY)
    to_on: Day = Field(title="截止日", description=DAY)
    balance_yuan: Money = Field(title="日余额", description="单位：元，该期间每日的贷款余额")


class InterestRate(BaseModel):
    """Annual rate on each day of a period as a ratio, both ends included."""

    from_on: Day = Field(title="起始日", description=DAY)
    to_on: Day = Field(title="截止日", description=DAY)
    annual_rate: Ratio = Field(title="年利率", description="实际执行利率，小数，0.0390 即 3.90%")


class NewInterestLine(BaseModel):
    """Settlement line (结息单) of a registered loan; penal parts contained in the interest are named separately."""

    loan_id: UUID = Field(title="贷款编号", description="本项目已登记的贷款合同的编号")
    from_on: Day = Field(title="结息期起始日", description=DAY)
    to_on: Day = Field(title="结息期截止日", description=f"{DAY}；不得晚于今日（北京时间），一个结息期不超过 400 天")
    balances: list[InterestBalance] = Field(
        title="日余额", description="各段不得重叠，须覆盖整个结息期", min_length=1, max_length=400
    )
    rates: list[InterestRate] = Field(
        title="利率", description="各段不得重叠，须覆盖整个结息期", min_length=1, max_length=400
    )
    interest_paid_yuan: Money = Field(title="已付利息", description="单位：元，银行结息单载明的实际支付利息合计")
    penalty_yuan: Money = Field(Decimal("0.00"), title="其中罚息", description=PENAL)
    overdue_yuan: Money = Field(Decimal("0.00"), title="其中逾期利息", description=PENAL)
    compound_yuan: Money = Field(Decimal("0.00"), title="其中复利", description=PENAL)


class NewInterestStatement(BaseModel):
    """Settlement lines of the project's loans."""

    lines: list[NewInterestLine] = Field(
        title="结息明细", description="每笔贷款的每个结息期一行", min_length=1, max_length=60
    )


class InterestResult(BaseModel):
    """Settled line with the recomputation of the bank's interest."""

    loan_id: str = Field(title="贷款编号")
    from_on: date = Field(title="结息期起始日", description=DAY)
    to_on: date = Field(title="结息期截止日", description=DAY)
    eligible_yuan: Money | None = Field(title="按利率可贴息额", description="单位：元")
    payable_yuan: Money | None = Field(title="本笔核定贴息", description="单位：元")
    limited_by: str | None = Field(
        title="限额原因",
        description="interest_paid 以实付利息为限，cap 以上限余额为限，award 以批复余额为限；空为未受限",
    )
    bank_interest_yuan: SignedMoney | None = Field(
        title="银行正常利息", description="单位：元，已扣除罚息、逾期利息和复利"
    )
    recomputed_interest_yuan: SignedMoney | None = Field(title="复算利息", description="单位：元")
    difference_yuan: SignedMoney | None = Field(title="差额", description="单位：元，银行利息减复算利息")
    within_tolerance: bool | None = Field(title="是否在容差之内")
    explanation: list[str] = Field(title="计算过程", description="逐段说明天数、余额、利率及核定结果")
    clause: str = Field(title="依据条款")


class InterestStatementOut(Shape):
    """Settled statement; while `flagged`, its interest differs from the bank's and an officer has to decide."""

    id: UUID = Field(title="结息单编号")
    application_id: UUID = Field(title="资金申请编号")
    number: int = Field(title="序号", description="本项目第几份结息单")
    status: StatementStatus = Field(title="状态")
    payable_yuan: Money = Field(title="核定贴息合计", description="单位：元")
    clause: str = Field("二（四）2", title="依据条款")
    results: list[InterestResult] = Field(title="核定结果", description="每行结息明细一项")
    readings: dict[str, ReadingUsed] = Field(title="所用口径", description="政策未明确处所采用的口径，以口径为键")
    submitted_by: Handler = Field(title="提交人")
    submitted_at: datetime = Field(title="提交时间")
    decided_by: Handler = Field(title="核定人")
    decided_at: datetime | None = Field(title="核定时间")
    decision_reason: str | None = Field(title="核定理由")


@router.post(
    "/v1/applications/{application_id}/interest-statements",
    status_code=201,
    name="submit_interest",
    summary="提交结息单",
    description="财务人员登记银行结息单，系统逐日按 LPR 与实际利率孰低核定贴息，不超过二年、不超过批复金额。"
    "项目须已批复为贷款贴息，且上一份结息单已核定。依据：二（四）2。",
)
async def submit_interest(
    session: Session, actor: Finance, application_id: ApplicationKey, body: NewInterestStatement, response: Response
) -> InterestStatementOut:
    """Settle the banks' lines by day at the lower of LPR and actual rate, within two years and the award. 二（四）2"""
    application = await locked(session, Application, application_id)
    expect_interest_subsidy(application)
    earlier = await earlier_statements(session, application)
    loans = {loan.id: loan for loan in await loans_of(session, application)}
    lines = [_line(body, place, loans, today(session)) for place in range(len(body.lines))]
    sent: list[dict[str, Any]] = body.model_dump(mode="json")["lines"]
    statement = await settle_statement(session, application, lines, sent, list(loans.values()), earlier)
    response.headers["location"] = f"/v1/applications/{application.id}"
    return InterestStatementOut.model_validate(statement)


def _line(body: NewInterestStatement, place: int, loans: dict[UUID, Loan], on: date) -> StatementLine:
    """Return the line as the settlement takes it. Raises Invalid, naming the field."""
    line, pointer = body.lines[place], f"/body/lines/{place}"
    loan = loans.get(line.loan_id)
    if loan is None:
        raise Invalid("本项目没有登记这笔贷款，请先登记贷款合同或更正贷款编号", field=f"{pointer}/loan_id")
    if line.to_on > on:
        raise Invalid(f"结息期截止日不得晚于今日（{on}），请在利息支付后提交", field=f"{pointer}/to_on")
    if line.to_on - line.from_on >= LONGEST_PERIOD:  # both days are included
        raise Invalid("一个结息期不得超过 400 天，请分行填写", field=f"{pointer}/to_on")
    try:
        return StatementLine(
            BankLoan(str(loan.id), loan.drawn_on, loan.term_months, loan.tenor, tuple(loan.repriced_on)),
            line.from_on,
            line.to_on,
            tuple(BalanceSegment(b.from_on, b.to_on, b.balance_yuan) for b in line.balances),
            tuple(RateSegment(r.from_on, r.to_on, r.annual_rate) for r in line.rates),
            line.interest_paid_yuan,
            line.penalty_yuan,
            line.overdue_yuan,
            line.compound_yuan,
        )
    except ValueError as fault:
        way_out = "请检查起始日不晚于截止日、余额和利率各段均在结息期内且互不重叠"
        raise Invalid(f"结息期、余额或利率的起止日期有误，{way_out}", field=pointer) from fault


class InterestDecision(BaseModel):
    """Officer's decision on a flagged statement."""

    accept: bool = Field(title="是否认可", description="true 按核定数认可，false 驳回")
    reason: Paragraph = Field(title="理由")


@router.get(
    "/v1/interest-statements/{statement_id}",
    name="read_interest_statement",
    summary="查询结息单",
    description="各级工作人员查询一项结息单；响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：二（四）。",
    responses=VERSIONED,
)
async def read_interest_statement(
    session: ReadSession, actor: Official, statement_id: StatementKey, response: Response
) -> InterestStatementOut:
    """Return one row, with the entity tag of the application that an act on it changes. 二（四）"""
    row = await found(session, InterestStatement, statement_id)
    response.headers["etag"] = etag(await found(session, Application, row.application_id))
    return InterestStatementOut.model_validate(row)


@router.post(
    "/v1/interest-statements/{statement_id}/decide",
    name="decide_interest",
    summary="核定有差异的结息单",
    description="结息单利息与复算结果之差超出容差时，由市级人员认可或驳回并说明理由。仅适用于待人工核定的结息单，提交人不得核定。依据：二（四）2。",
)
async def decide_interest(
    session: Session, actor: CityOfficer, statement_id: StatementKey, body: InterestDecision, if_match: IfMatch = None
) -> InterestStatementOut:
    """Accept or reject a statement whose interest differs by more than the tolerance. 二（四）2"""
    statement = await found(session, InterestStatement, statement_id)
    application = await locked_as_read(session, Application, statement.application_id, if_match)
    statement = await locked(session, InterestStatement, statement_id)
    statement.decide(body.accept, actor.subject, now(session), body.reason)
    detail: dict[str, Any] = {"statement_id": str(statement.id), "accepted": body.accept}
    await record_act(
        session, "decide_interest", case_of(application), reason=body.reason, duty="settle_statement", **detail
    )
    await session.flush()
    return InterestStatementOut.model_validate(statement)
