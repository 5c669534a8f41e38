"""Oracle of the recomputation: day by day, in fractions, in the plainest way, sharing no code with it."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from services.funding.interest.facts import Loan, SettlementLine
from tests.funding.interest.random_projects import Case, recorded


def subsidy(case: Case) -> dict[str, Fraction]:
    """Return the subsidy of each line in yuan."""
    loans = {loan.id: loan for loan in case.loans}
    ordered = sorted(case.lines, key=lambda line: (line.from_on, _last(line), line.loan_id, line.id))
    counted: dict[str, list[date]] = {line.id: [] for line in ordered}
    taken: set[tuple[str, date]] = set()
    for line in ordered:
        for day in _days(line):
            if _counts(case, line, loans[line.loan_id], day) and (line.loan_id, day) not in taken:
                counted[line.id].append(day)
        if _paid(line) > 0:
            taken |= {(line.loan_id, day) for day in _days(line)}
    rest, result = min(Fraction(case.project.award_yuan), Fraction(case.project.policy_cap_yuan)), {}
    to_date: dict[str, tuple[Fraction, Fraction]] = {}
    for line in ordered:
        loan = loans[line.loan_id]
        start = _start(case, loan, ordered, counted)
        end = _end_of_months(start, 12 * case.project.limit_years)
        days = [day for day in counted[line.id] if start <= day <= end]
        earned = _fen(_interest(case, line, loan, days, to_date) * Fraction(loan.share) / _basis(case, loan))
        result[line.id] = min(earned, _fen(_paid(line) * Fraction(loan.share)), rest)
        rest -= result[line.id]
    return result


def _interest(
    case: Case, line: SettlementLine, loan: Loan, days: list[date], to_date: dict[str, tuple[Fraction, Fraction]]
) -> Fraction:
    lower = actual = reference = Fraction(0)
    for day in days:
        balance, own, quoted = _balance(line, loan, day), _rate(line, day), _quoted(case, line, loan, day)
        lower += balance * min(own, quoted)
        actual += balance * own
        reference += balance * quoted
    if case.readings.rate_comparison == "per_day":
        return lower
    if case.readings.rate_comparison == "per_line":
        return min(actual, reference)
    before = to_date.get(loan.id, (Fraction(0), Fraction(0)))
    after = to_date[loan.id] = (before[0] + actual, before[1] + reference)
    return min(after) - min(before)


def _counts(case: Case, line: SettlementLine, loan: Loan, day: date) -> bool:
    project, drawn = case.project, min(drawdown.on for drawdown in loan.drawdowns)
    if project.construction_started_on is None or day < project.construction_started_on or day < drawn:
        return False
    if case.readings.interest_before_application == "not_counted" and day < (project.applied_on or date.max):
        return False
    if day > _end_of_months(drawn, loan.original_term_months):
        return False
    if day > (project.construction_until or date.max) or day > (project.accounts_completed_on or date.max):
        return False
    return _balance(line, loan, day) > 0 and _paid(line) > 0


def _start(case: Case, loan: Loan, lines: list[SettlementLine], counted: dict[str, list[date]]) -> date:
    by_loan = case.readings.interest_limit_scope == "loan"
    if case.readings.interest_limit_start == "approval":
        return case.project.approved_on or date.max
    if case.readings.interest_limit_start == "first_drawdown":
        return min(d.on for one in (loan, *case.loans) for d in one.drawdowns if one is loan or not by_loan)
    own = [line for line in lines if not by_loan or line.loan_id == loan.id]
    return min((on for line in own for on in counted[line.id]), default=date(2000, 1, 1))


def _end_of_months(start: date, months: int) -> date:
    """Return the day before the same date, or the last day of a month without this date."""
    year, month = start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1
    length = monthrange(year, month)[1]
    if start.day > length:
        return date(year, month, length)
    return date(year, month, start.day) - timedelta(days=1)


def _quoted(case: Case, line: SettlementLine, loan: Loan, day: date) -> Fraction:
    drawn = min(drawdown.on for drawdown in loan.drawdowns)
    on = {
        "each_day": day,
        "period_start": line.from_on,
        "drawdown": drawn,
        "approval": case.project.approved_on or day,
        "repricing": max([drawn, *(one for one in loan.repricing_days if one <= day)]),
    }[case.readings.lpr_date]
    tenor = "1Y" if loan.original_term_months <= 60 else "5Y"
    if case.readings.lpr_tenor == "contract_else_term":
        tenor = loan.tenor or tenor
    if case.readings.lpr_tenor == "one_year":
        tenor = "1Y"
    quoted = next(quotation for quotation in reversed(case.rates.quotations) if quotation.published_on <= on)
    return Fraction(quoted.rates["1Y" if tenor == "1Y" else "5Y"])


def _balance(line: SettlementLine, loan: Loan, day: date) -> Fraction:
    for part in line.balances:
        if part.from_on <= day <= part.to_on:
            return Fraction(part.balance_yuan)
    return Fraction(recorded(loan, day))


def _rate(line: SettlementLine, day: date) -> Fraction:
    return next(Fraction(part.annual_rate) for part in line.rates if part.from_on <= day <= part.to_on)


def _paid(line: SettlementLine) -> Fraction:
    paid = sum((p.paid_yuan - p.penalty_yuan - p.overdue_yuan - p.compound_yuan for p in line.payments), Decimal(0))
    return max(Fraction(paid - sum((refund.amount_yuan for refund in line.refunds), Decimal(0))), Fraction(0))


def _basis(case: Case, loan: Loan) -> Fraction:
    return Fraction(loan.day_count_basis or case.readings.day_count_basis)


def _last(line: SettlementLine) -> date:
    return line.to_on if line.end_day == "included" else line.to_on - timedelta(days=1)


def _days(line: SettlementLine) -> list[date]:
    return [line.from_on + timedelta(days=n) for n in range((_last(line) - line.from_on).days + 1)]


def _fen(yuan: Fraction) -> Fraction:
    return Fraction(floor(yuan * 100 + Fraction(1, 2)), 100)
