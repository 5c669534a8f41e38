"""Checks of a settlement line against itself and the calendar. Pure. 二（四）2"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from services.funding.interest.checks.scope import Scope, remark, yuan
from services.funding.interest.facts import Loan, SettlementLine
from services.funding.interest.results import Remark
from services.funding.interest.steps import ZERO, accumulated

LONGEST_DAYS: Final = 93
"""Longest quarter from one settlement day to the next, with a day to spare."""
LATE: Final = timedelta(days=30)

LineCheck = Callable[[SettlementLine, Loan, Scope], Iterator[Remark]]


def period(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a period that is not over, or longer than a quarter."""
    if line.last_on > scope.on:
        yield remark("period_in_future", line, f"结息期至 {line.last_on}，尚未结束", to_on=line.last_on)
    if line.days > LONGEST_DAYS:
        yield remark("period_too_long", line, f"结息期共 {line.days} 天，长于一个季度，请按季分行", days=line.days)


def payment_days(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield payments before the end of the period, in the future, or late without overdue interest."""
    for payment in line.payments:
        paid = payment.paid_on
        if paid < line.last_on:
            yield remark("paid_before_period_end", line, f"付息日 {paid} 早于结息期末 {line.last_on}", paid_on=paid)
        if paid > scope.on:
            yield remark("paid_in_future", line, f"付息日 {paid} 晚于今日", paid_on=paid)
        if paid > line.last_on + LATE and payment.penal_yuan == 0:
            yield remark("paid_late", line, f"付息日 {paid} 晚于结息期末 30 天以上，而没有罚息或复利", paid_on=paid)


def refunds(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield refunds above what was paid, before it was paid, or in the future."""
    ordinary = line.paid_yuan - line.penal_yuan
    if line.refunds and line.refunded_yuan > ordinary:
        sentence = f"退息 {yuan(line.refunded_yuan)} 大于已付正常利息 {yuan(ordinary)}"
        yield remark("refund_above_paid", line, sentence, refunded=line.refunded_yuan, paid=ordinary)
    first = min((payment.paid_on for payment in line.payments), default=None)
    for refund in line.refunds:
        if first is None or refund.on < first:
            yield remark("refund_before_payment", line, f"退息日 {refund.on} 早于付息日", on=refund.on)
        if refund.on > scope.on:
            yield remark("refund_in_future", line, f"退息日 {refund.on} 晚于今日", on=refund.on)


def penal_parts(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield payments whose penal parts are higher than the payment."""
    for payment in line.payments:
        if payment.penal_yuan > payment.paid_yuan:
            sentence = f"罚息、逾期利息和复利合计 {yuan(payment.penal_yuan)} 大于已付利息 {yuan(payment.paid_yuan)}"
            yield remark("penal_above_paid", line, sentence, penal=payment.penal_yuan, paid=payment.paid_yuan)


def paid_and_stated(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a line without payment, or one that was paid otherwise than stated."""
    ordinary = line.paid_yuan - line.penal_yuan
    stated = ordinary if line.stated_interest_yuan is None else line.stated_interest_yuan
    if not line.payments:
        yield remark("not_paid", line, "没有付息记录", stated=stated)
    elif ordinary > stated:
        sentence = f"已付正常利息 {yuan(ordinary)} 大于结息单应付利息 {yuan(stated)}"
        yield remark("paid_above_stated", line, sentence, paid=ordinary, stated=stated)
    elif ordinary < stated:
        sentence = f"已付正常利息 {yuan(ordinary)} 小于结息单应付利息 {yuan(stated)}"
        yield remark("paid_below_stated", line, sentence, paid=ordinary, stated=stated)


def without_voucher(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield payments and refunds that name no voucher."""
    for payment in line.payments:
        if not payment.voucher_no.strip():
            yield remark("voucher_missing", line, f"{payment.paid_on} 的付息没有凭证号", on=payment.paid_on)
    for refund in line.refunds:
        if not refund.voucher_no.strip():
            yield remark("voucher_missing", line, f"{refund.on} 的退息没有凭证号", on=refund.on)


def two_principals(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a 积数 that is not the sum of the daily balances beside it."""
    if line.accumulated_balance is None or not line.balances:
        return
    summed = accumulated(line.stated_balances, line.from_on, line.last_on)
    if summed != line.accumulated_balance:
        sentence = f"积数 {line.accumulated_balance:,.2f} 与逐日余额之和 {summed:,.2f} 不符"
        yield remark("accumulated_differs_from_balances", line, sentence, stated=line.accumulated_balance, sum=summed)


def no_interest(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a rate of zero, or one that no bank loan of a project has."""
    for part in line.rates:
        if part.annual_rate == ZERO or part.annual_rate > Decimal("0.24"):
            sentence = f"{part.from_on} 起年利率为 {part.annual_rate * 100:f}%，请核对"
            yield remark("rate_implausible", line, sentence, rate=part.annual_rate)


OWN_CHECKS: Final[tuple[LineCheck, ...]] = (
    period, payment_days, refunds, penal_parts, paid_and_stated, without_voucher, two_principals, no_interest,
)  # fmt: skip
