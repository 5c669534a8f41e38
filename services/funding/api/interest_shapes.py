"""Settlement lines in requests, and calculations with their explanation in answers. 二（四）2"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.funding.api.shapes import DATE, TIME, YUAN, Exact, Shape, Yuan
from services.funding.interest.facts import EndDay
from services.funding.interest.results import Calculation
from services.funding.interest_calculations import result_of
from services.funding.models.loans import Loan
from services.funding.rules.claims import Balance
from services.funding.rules.code_lists import CalculationCause
from shared.audiences import Handler
from shared.days import LoanDay
from shared.money import Money, Ratio, SignedMoney
from shared.text import Line, Paragraph

DAY = "日期，格式 2024-06-30，起止两日均计算在内"
PENAL = "单位：元，已包含在已付利息中，不予贴息"
PERIOD = r"^20[0-9]{2}(Q[1-4]|H[12])$"


class InterestBalance(BaseModel):
    """Outstanding principal on each day of a period, both ends included."""

    from_on: LoanDay = Field(title="起始日", description=DAY)
    to_on: LoanDay = Field(title="截止日", description=DAY)
    balance_yuan: Money = Field(title="日余额", description="单位：元，该期间每日的贷款余额")


class InterestRate(BaseModel):
    """Annual rate on each day of a period as a ratio, both ends included."""

    from_on: LoanDay = Field(title="起始日", description=DAY)
    to_on: LoanDay = Field(title="截止日", description=DAY)
    annual_rate: Ratio = Field(title="年利率", description="实际执行利率，小数，0.0390 即 3.90%")


class InterestPaid(BaseModel):
    """Interest paid on a day, with the penal parts that it contains."""

    paid_on: LoanDay = Field(title="付息日", description=DATE)
    paid_yuan: Yuan
    voucher_no: Line = Field(title="凭证号", description="银行付息凭证或回单的编号")
    penalty_yuan: Money = Field(Decimal("0.00"), title="其中罚息", description=PENAL)
    overdue_yuan: Money = Field(Decimal("0.00"), title="其中逾期利息", description=PENAL)
    compound_yuan: Money = Field(Decimal("0.00"), title="其中复利", description=PENAL)


class InterestRefund(BaseModel):
    """Ordinary interest that the bank gave back."""

    on: LoanDay = Field(title="退息日", description=DATE)
    amount_yuan: Yuan
    voucher_no: Line = Field(title="凭证号")


class NewInterestLine(BaseModel):
    """Line of a bank's settlement (结息单) of a registered loan, or the correction of one that was claimed before."""

    loan_id: UUID = Field(title="贷款编号", description="本项目已登记的贷款合同的编号")
    from_on: LoanDay = Field(title="结息期起始日", description=DATE)
    to_on: LoanDay = Field(title="结息期截止日", description=f"{DATE}；不得晚于今日（北京时间）")
    end_day: EndDay = Field(
        title="截止日是否计息", description="included 截止日计息，excluded 截止日不计息（算头不算尾），按结息单填写"
    )
    balances: Annotated[list[InterestBalance], Field(max_length=400)] = Field(
        default_factory=list, title="日余额", description="与积数择一填写；都不填的按登记的提款和还本推算"
    )
    accumulated_balance: Annotated[Decimal, Field(gt=0, le=10**17, decimal_places=2)] | None = Field(
        None, title="积数", description="单位：元·天，结息期内每日余额之和，按结息单填写"
    )
    rates: list[InterestRate] = Field(title="利率", description="须覆盖整个结息期", min_length=1, max_length=400)
    stated_interest_yuan: Money | None = Field(
        None, title="应付利息", description="单位：元，结息单载明的正常利息；不填的以已付利息计"
    )
    payments: Annotated[list[InterestPaid], Field(max_length=60)] = Field(
        default_factory=list, title="付息", description="每次付息一项；尚未付息的留空，不予贴息"
    )
    refunds: Annotated[list[InterestRefund], Field(max_length=60)] = Field(
        default_factory=list, title="退息", description="银行退还的正常利息，每次一项"
    )
    corrects: UUID | None = Field(
        None, title="更正的结息明细", description="更正以前申请过的明细时，填写其 line_id；须写明理由"
    )
    reason: Paragraph | None = Field(None, title="更正理由")

    @model_validator(mode="after")
    def _one_way_to_state_the_principal(self) -> Self:
        if self.balances and self.accumulated_balance is not None:
            raise ValueError("日余额 balances 与积数 accumulated_balance 只填一项")
        if (self.corrects is None) != (self.reason is None):
            raise ValueError("更正已申请的明细须同时填写 corrects 和 reason；新的明细两项都不填")
        return self


class NewInterestClaim(BaseModel):
    """Settlement lines that the owner claims for a quarter or half-year."""

    period: str = Field(
        title="申请期间", description="季度或半年，例如 2024Q3 或 2024H2；以前遗漏的结息期可一并填写", pattern=PERIOD
    )
    lines: list[NewInterestLine] = Field(
        title="结息明细", description="每笔贷款的每个结息期一行", min_length=1, max_length=60
    )


class NewInterestPreview(BaseModel):
    """Settlement lines whose subsidy is to be computed beside those that count."""

    lines: list[NewInterestLine] = Field(
        title="结息明细", description="每笔贷款的每个结息期一行", min_length=1, max_length=60
    )


class ReferenceUsed(BaseModel):
    """Quotation that limited a rate, with the day of its publication."""

    rate: Exact = Field(title="利率", description="小数，0.0345 即 3.45%")
    name: str = Field(title="名称")
    published_on: date = Field(title="公布日", description=DATE)
    verified: bool = Field(title="是否已核实")


class CalculatedSegment(BaseModel):
    """Consecutive days with equal figures."""

    from_on: date = Field(title="起始日", description=DAY)
    to_on: date = Field(title="截止日", description=DAY)
    days: int = Field(title="天数")
    balance_yuan: Exact | None = Field(title="日余额", description="单位：元；只知积数时为空")
    actual_rate: Exact | None = Field(title="实际利率")
    reference: ReferenceUsed | None = Field(title="参照利率")
    lower: str | None = Field(title="较低者", description="actual 实际利率，reference 参照利率，equal 相同")
    amount_yuan: Exact | None = Field(title="按较低利率计算的利息", description="单位：元，未舍入")
    excluded: str | None = Field(title="不计的原因", description="为空即计入")
    before_approval: bool = Field(title="是否在批复之前")


class BankComparison(BaseModel):
    """Ordinary interest stated by the bank beside its recomputation."""

    recomputed_yuan: SignedMoney = Field(title="复算利息", description=YUAN)
    stated_yuan: SignedMoney = Field(title="银行正常利息", description=YUAN)
    difference_yuan: SignedMoney = Field(title="差额", description="单位：元，银行利息减复算利息")
    within_tolerance: bool = Field(title="是否在容差之内")


class CalculatedLine(BaseModel):
    """Subsidy of one settlement line with its explanation."""

    line_id: str = Field(title="结息明细编号")
    line_version: int = Field(title="明细版本")
    loan_id: str = Field(title="贷款编号")
    from_on: date = Field(title="结息期起始日", description=DATE)
    to_on: date = Field(title="结息期截止日", description=DATE)
    day_count_basis: Exact = Field(title="计息基准天数")
    share: Exact = Field(title="用于本项目的比例")
    eligible_yuan: Money | None = Field(title="按利率可贴息额", description="单位：元；待定时为空")
    ordinary_paid_yuan: Money = Field(title="实付正常利息", description=YUAN)
    payable_yuan: Money | None = Field(title="本项贴息", description="单位：元；待定时为空")
    low_yuan: Money = Field(title="贴息下限", description=YUAN)
    high_yuan: Money = Field(title="贴息上限", description=YUAN)
    limited_by: str | None = Field(
        title="限额原因",
        description="interest_paid 以实付利息为限，cap 以上限余额为限，award 以批复余额为限；空为未受限",
    )
    missing: list[str] = Field(title="所缺事实")
    check: BankComparison | None = Field(title="与银行利息核对")
    segments: list[CalculatedSegment] = Field(title="逐段计算")
    clause: str = Field(title="依据条款")
    explanation: list[str] = Field(title="计算过程", description="可打印，逐段说明天数、余额、两种利率和核定结果")


class RemarkOut(BaseModel):
    """Way in which a fact contradicts another one."""

    code: str = Field(title="核对意见代码")
    loan_id: str = Field(title="贷款编号")
    line_id: str | None = Field(title="结息明细编号")
    sentence: str = Field(title="核对意见")
    figures: dict[str, str] = Field(title="所涉数字")


class CalculationResult(BaseModel):
    """Subsidy of all lines of a project; unknown while a fact is missing."""

    payable_yuan: Money | None = Field(title="贴息合计", description="单位：元；待定时为空")
    low_yuan: Money = Field(title="贴息合计下限", description=YUAN)
    high_yuan: Money = Field(title="贴息合计上限", description=YUAN)
    limited_by: str | None = Field(title="限额原因")
    counted_from: date | None = Field(title="贴息年限起始日", description=DATE)
    counted_until: date | None = Field(title="贴息年限截止日", description=DATE)
    missing: list[str] = Field(title="所缺事实")
    lines: list[CalculatedLine] = Field(title="逐项计算")
    remarks: list[RemarkOut] = Field(title="核对意见")
    explanation: list[str] = Field(title="合计的计算过程", description="可打印，由各项合成贴息合计")
    inputs_hash: str = Field(title="计算依据指纹")
    clause: str = Field(title="依据条款")


class DueOut(Shape):
    """Amount that a calculation leaves due, after the claims decided so far."""

    total_yuan: Money = Field(title="贴息合计", description=YUAN)
    decided_yuan: SignedMoney = Field(title="已核定净额", description="单位：元，已扣除退回和追回的贴息")
    due_yuan: SignedMoney = Field(title="本次应核定", description="单位：元；为负即多核定，以后抵扣或追回")
    payable_yuan: Money = Field(title="本次可核定", description="单位：元，以批复余额为限")
    kind: Literal["claim", "nothing", "offset", "clawback"] = Field(
        title="去向", description="claim 计入本次申请，nothing 无差额，offset 在以后的申请中抵扣，clawback 提请追回"
    )


class InterestPreviewOut(BaseModel):
    """Calculation of a request that nothing was stored of."""

    calculation: CalculationResult = Field(title="贴息计算")
    due: DueOut | None = Field(title="本次金额", description="待定时为空")


class CalculationOut(Shape):
    """Stored version of a project's calculation."""

    id: UUID = Field(title="贴息计算编号")
    application_id: UUID = Field(title="资金申请编号")
    number: int = Field(title="版本")
    cause: CalculationCause = Field(title="计算原因")
    inputs_hash: str = Field(title="计算依据指纹")
    total_yuan: Money | None = Field(title="贴息合计", description="单位：元；待定时为空")
    computed_by: Handler = Field(title="办理人")
    computed_at: datetime = Field(title="计算时间", description=TIME)


class CalculationDetail(CalculationOut):
    """Stored calculation with its inputs and its explanation, which an accountant can check by hand."""

    inputs: dict[str, Any] = Field(title="计算依据", description="项目、明细和口径")
    result: CalculationResult = Field(title="计算结果")


def calculation_out(calculation: Calculation, loans: Sequence[Loan]) -> CalculationResult:
    """Return a calculation with its explanation."""
    return CalculationResult.model_validate(result_of(calculation, loans))


def due_out(due: Balance | None) -> DueOut | None:
    """Return what is due, or None while the total is unknown."""
    return None if due is None else DueOut.model_validate(due)
