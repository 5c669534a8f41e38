"""Checks of a settlement line against its contract, drawdowns and repayments. Pure. 二（四）2"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from services.funding.interest.checks.own_figures import LineCheck
from services.funding.interest.checks.scope import Scope, percent, remark, yuan
from services.funding.interest.facts import Loan, SettlementLine
from services.funding.interest.results import Remark
from services.funding.interest.steps import DAY, ZERO, Steps, accumulated, pieces
from shared.money import round_fen
from shared.policy.errors import BeyondKnownSeries
from shared.policy.reference_rates import tenor_of

BASIS_POINT: Final = Decimal("0.0001")
BASES: Final = (Decimal(360), Decimal(365))


def balances(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield the first day of each way in which daily balances contradict contract, drawdowns and repayments."""
    stated, recorded = line.stated_balances, loan.recorded_balances
    found: dict[str, Remark] = {}
    for on, _ in pieces(line.from_on, line.last_on, (*stated.days, *recorded.days)):
        balance, kept = stated.at(on), recorded.at(on) or ZERO
        if balance is not None and (code := _contradiction(on, balance, kept, loan)):
            sentence = f"{on} 余额 {yuan(balance)}，{BALANCE_WORDS[code]}"
            figures = {"on": on, "balance": balance, "recorded": kept, "contract": loan.principal_yuan}
            found.setdefault(code, remark(code, line, f"{sentence}（按记录为 {yuan(kept)}）", **figures))
    yield from found.values()


BALANCE_WORDS: Final = {
    "balance_above_contract": "大于合同金额",
    "days_before_drawdown": "而当日尚未放款",
    "balance_above_drawn": "大于累计已放款",
    "balance_after_full_repayment": "而贷款已全部归还",
    "balance_differs_from_records": "与放款、还款记录不符",
}


def _contradiction(on: date, balance: Decimal, recorded: Decimal, loan: Loan) -> str | None:
    drawn = sum((drawdown.amount_yuan for drawdown in loan.drawdowns if drawdown.on <= on), ZERO)
    if balance > loan.principal_yuan:
        return "balance_above_contract"
    if balance > 0 and drawn == 0:
        return "days_before_drawdown"
    if balance > drawn:
        return "balance_above_drawn"
    if balance > 0 and recorded == 0:
        return "balance_after_full_repayment"
    return "balance_differs_from_records" if balance != recorded else None


def accumulated_balances(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a 积数 that drawdowns and repayments do not reproduce."""
    stated = line.accumulated_balance
    if stated is None or line.balances:
        return
    recorded = accumulated(loan.recorded_balances, line.from_on, line.last_on)
    if stated != recorded:
        above = stated > max(loan.drawn_yuan, ZERO) * line.days
        code = "accumulated_above_drawn" if above else "accumulated_differs_from_records"
        sentence = f"积数 {stated:,.2f} 与放款、还款记录推算的 {recorded:,.2f} 不符"
        yield remark(code, line, sentence, stated=stated, recorded=recorded, days=line.days)


def period_of_the_loan(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a period that begins before the first drawdown, or ends after maturity and outside a recognised extension.

    Days before the drawdown with a balance are a remark of `balances` already.
    """
    drawn, matures = loan.first_drawn_on, loan.matures_on
    if drawn is None or matures is None:
        yield remark("no_drawdown", line, "贷款没有放款记录")
        return
    if line.from_on < drawn and not line.balances:
        sentence = f"结息期自 {line.from_on} 起，早于首次放款日 {drawn}"
        yield remark("days_before_drawdown", line, sentence, from_on=line.from_on, drawn_on=drawn)
    if line.last_on > matures:
        yield from _after_maturity(line, loan, matures)


def _after_maturity(line: SettlementLine, loan: Loan, matures: date) -> Iterator[Remark]:
    first, last = max(line.from_on, matures + DAY), line.last_on
    within = [part for part in loan.extensions if part.from_on <= last and part.to_on >= first]
    covered = sum((min(part.to_on, last) - max(part.from_on, first)).days + 1 for part in within)
    if covered < (last - first).days + 1:
        sentence = f"结息期至 {last}，晚于贷款到期日 {matures}，且未登记展期"
        yield remark("after_maturity", line, sentence, to_on=last, matures_on=matures)
    if any(not part.recognised for part in within):
        yield remark("unrecognised_extension", line, "结息期含未经认可的展期，展期部分不贴息", matures_on=matures)


def rates(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield the first day on which the rate is other than the contract's: fixed, or LPR and spread at repricing."""
    stated = line.stated_rates
    for on, _ in pieces(line.from_on, line.last_on, (*stated.days, *loan.repricing_days)):
        rate, agreed = stated.at(on), _agreed_rate(on, loan, scope)
        if rate is not None and agreed is not None and rate != agreed:
            kind = "固定利率" if loan.rate_type == "fixed" else "重定价日LPR加点后的利率"
            sentence = f"{on} 实际利率 {percent(rate)}，合同{kind} {percent(agreed)}"
            yield remark("rate_differs", line, sentence, on=on, rate=rate, contract=agreed)
            return


def _agreed_rate(on: date, loan: Loan, scope: Scope) -> Decimal | None:
    if loan.rate_type == "fixed":
        return loan.annual_rate
    if loan.spread_bp is None:
        return None
    priced = max((day for day in loan.repricing_days if day <= on), default=loan.first_drawn_on)
    if priced is None:
        return None
    tenor = tenor_of(loan.original_term_months, loan.tenor, "contract_else_term")
    try:
        quoted = scope.rates.in_force(priced, tenor, loan.original_term_months)
    except BeyondKnownSeries:
        return None
    return quoted.rate + loan.spread_bp * BASIS_POINT


def bank_interest(line: SettlementLine, loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield interest other than recomputed, naming another day basis or an end day counted twice where that fits."""
    summed = _interest_numbers(line, loan)
    if summed is None:
        return
    stated = line.paid_yuan - line.penal_yuan if line.stated_interest_yuan is None else line.stated_interest_yuan
    basis = Decimal(loan.day_count_basis or scope.readings.day_count_basis)
    recomputed, tolerance = round_fen(summed / basis), scope.readings.bank_check_tolerance_yuan
    if (not line.payments and line.stated_interest_yuan is None) or abs(stated - recomputed) <= tolerance:
        return
    code, words = "interest_differs", "超出容差"
    if any(abs(stated - summed / other) <= tolerance for other in BASES if other != basis):
        code, words = "basis_differs", f"按另一计息基础方能得出，合同为 {basis} 天"
    elif _with_other_days(line, loan, stated * basis, tolerance * basis):
        code, words = "end_day_differs", "多计或少计一天方能得出，请核对算头算尾"
    sentence = f"结息单利息 {yuan(stated)}，复算 {yuan(recomputed)}，{words}"
    yield remark(code, line, sentence, stated=stated, recomputed=recomputed, difference=stated - recomputed)


def _with_other_days(line: SettlementLine, loan: Loan, stated: Decimal, tolerance: Decimal) -> bool:
    """Return whether one day more or fewer at the last balance and rate makes the interest, both times the basis."""
    summed = _interest_numbers(line, loan)
    balance = _balances(line, loan).at(line.last_on)
    rate = line.stated_rates.at(line.last_on)
    if summed is None or balance is None or rate is None:
        return False
    return any(abs(stated - (summed + sign * balance * rate)) <= tolerance for sign in (1, -1))


def _interest_numbers(line: SettlementLine, loan: Loan) -> Decimal | None:
    """Return balance times rate summed over the days of a line; None where a balance or rate is unknown."""
    rated, rates_used = line.stated_rates, {part.annual_rate for part in line.rates}
    if line.accumulated_balance is not None and not line.balances:
        return line.accumulated_balance * rates_used.pop() if len(rates_used) == 1 else None
    kept, total = _balances(line, loan), ZERO
    for first, last in pieces(line.from_on, line.last_on, (*kept.days, *rated.days)):
        balance, rate = kept.at(first), rated.at(first)
        if balance is None or rate is None:
            return None
        total += balance * rate * ((last - first).days + 1)
    return total


def _balances(line: SettlementLine, loan: Loan) -> Steps:
    return line.stated_balances if line.balances else loan.recorded_balances


TERM_CHECKS: Final[tuple[LineCheck, ...]] = (balances, accumulated_balances, period_of_the_loan, rates, bank_interest)
