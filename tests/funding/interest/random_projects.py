"""Random projects for comparisons of the recomputation with the oracle: one for each seed."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from services.funding.interest.facts import (
    BalanceSegment,
    Drawdown,
    InterestPayment,
    Loan,
    Project,
    RateSegment,
    Refund,
    Repayment,
    SettlementLine,
)
from services.funding.interest.readings import InterestReadings
from shared.policy.reference_rates import Quotation, ReferenceRates

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """Facts of one random project."""

    project: Project
    loans: tuple[Loan, ...]
    lines: tuple[SettlementLine, ...]
    rates: ReferenceRates
    readings: InterestReadings


def random_case(seed: int) -> Case:
    """Return the project of a seed: loans drawn and repaid in parts, LPR changes, caps and ends within a period."""
    draw = Random(seed)
    began = date(2019, 12, 1) + timedelta(days=draw.randrange(0, 1500))
    loans = tuple(_loan(draw, f"L{number}", began) for number in range(draw.randint(1, 3)))
    lines = tuple(line for loan in loans for line in _lines(draw, loan))
    cap = Decimal(draw.choice([30_000, 400_000, 3_000_000, 50_000_000])) + Decimal(draw.randrange(100)) / 100
    project = Project(
        award_yuan=cap,
        policy_cap_yuan=Decimal(50_000_000),
        limit_years=2,
        construction_started_on=began + timedelta(days=draw.randrange(-60, 200)),
        applied_on=began + timedelta(days=draw.randrange(0, 300)),
        approved_on=began + timedelta(days=draw.randrange(0, 500)),
        construction_until=draw.choice([None, began + timedelta(days=draw.randrange(500, 1000))]),
        accounts_completed_on=draw.choice([None, None, began + timedelta(days=draw.randrange(600, 1000))]),
    )
    readings = InterestReadings(
        lpr_date=draw.choice(["each_day", "each_day", "period_start", "drawdown", "approval", "repricing"]),
        lpr_tenor=draw.choice(["contract_else_term", "by_term", "one_year"]),
        rate_comparison=draw.choice(["per_day", "per_day", "per_line", "whole_loan"]),
        interest_limit_scope=draw.choice(["project", "project", "loan"]),
        interest_limit_start=draw.choice(
            ["first_subsidised_day", "first_subsidised_day", "first_drawdown", "approval"]
        ),
        interest_before_application=draw.choice(["after_construction_start", "not_counted"]),
    )
    return Case(project, loans, lines, _rates(draw), readings)


def _rates(draw: Random) -> ReferenceRates:
    on, quotations, year, five = date(2019, 8, 20), [], 420, 470
    while on < date(2030, 1, 1):
        year, five = (max(200, rate + draw.choice([0, 0, 0, -5, -10, 5])) for rate in (year, five))
        quotations.append(Quotation(on, {"1Y": Decimal(year) / 10000, "5Y": Decimal(five) / 10000}))
        on = date(on.year + on.month // 12, on.month % 12 + 1, 20 + draw.choice([0, 0, 1, 2]))
    return ReferenceRates(tuple(quotations))


def _loan(draw: Random, loan_id: str, began: date) -> Loan:
    first = began + timedelta(days=draw.randrange(0, 250))
    parts = [Decimal(draw.randrange(1, 5_000_000_00)) / 100 for _ in range(draw.randint(1, 3))]
    drawdowns = [
        Drawdown(f"{loan_id}D{n}", first + timedelta(days=n * draw.randrange(0, 150)), part)
        for n, part in enumerate(parts)
    ]
    last = max(drawdown.on for drawdown in drawdowns)
    repaid = [
        Repayment(f"{loan_id}R{n}", last + timedelta(days=draw.randrange(1, 500)), (part / 3).quantize(Decimal("0.01")))
        for n, part in enumerate(parts)
        if draw.random() < 0.5
    ]
    return Loan(
        loan_id,
        "示例银行",
        f"示贷-{loan_id}",
        sum(parts, Decimal(0)),
        draw.choice(["fixed", "floating"]),
        draw.choice([12, 36, 60, 61, 120]),
        tuple(drawdowns),
        annual_rate=Decimal(draw.randrange(200, 600)) / 10000,
        spread_bp=Decimal(draw.randrange(-50, 100)),
        tenor=draw.choice([None, "1Y", "5Y"]),
        repricing_days=tuple(first + timedelta(days=365 * year) for year in range(1, 3)),
        day_count_basis=draw.choice([None, 360, 365]),
        repayments=tuple(repaid),
        share=Decimal(draw.choice(["1", "1", "0.6", "0.333333"])),
    )


def recorded(loan: Loan, on: date) -> Decimal:
    """Return the balance of a day by drawdowns and repayments, in the plainest way."""
    drawn = sum(drawdown.amount_yuan for drawdown in loan.drawdowns if drawdown.on <= on)
    return Decimal(drawn - sum(repayment.amount_yuan for repayment in loan.repayments if repayment.on <= on))


def _lines(draw: Random, loan: Loan) -> list[SettlementLine]:
    start = loan.first_drawn_on or date.max
    start -= timedelta(days=draw.choice([0, 0, 0, 12]))
    lines = []
    for number in range(draw.randint(2, 11)):
        end = _settlement_day(start + timedelta(days=draw.choice([0, 0, 40])))
        if draw.random() < 0.9:
            lines.append(_line(draw, loan, f"{loan.id}/{number}", start, end))
        start = end + DAY
    return lines


def _settlement_day(on: date) -> date:
    while not (on.day == 20 and on.month % 3 == 0):
        on += DAY
    return on


def _line(draw: Random, loan: Loan, line_id: str, from_on: date, last: date) -> SettlementLine:
    days = [from_on + timedelta(days=n) for n in range((last - from_on).days + 1)]
    balances = [recorded(loan, day) for day in days]
    rates = _segments(draw, days)
    interest = sum(balances, Decimal(0)) * Decimal(draw.choice(["0.02", "0.04", "0.06"])) / 360
    paid = (interest * Decimal(draw.choice(["1", "1", "0.5", "0"]))).quantize(Decimal("0.01"))
    excluded = draw.random() < 0.3
    refunds = (Refund(last, (paid / 10).quantize(Decimal("0.01"))),) if draw.random() < 0.1 else ()
    form = draw.choice(["daily", "accumulated", "records"])
    return SettlementLine(
        line_id,
        loan.id,
        from_on,
        last + DAY if excluded else last,
        rates,
        (InterestPayment(last, paid + 1, "", penalty_yuan=Decimal(1)),),
        balances=tuple(map(BalanceSegment, days, days, balances)) if form == "daily" else (),
        accumulated_balance=sum(balances, Decimal(0)) if form == "accumulated" else None,
        end_day="excluded" if excluded else "included",
        refunds=refunds,
    )


def _segments(draw: Random, days: list[date]) -> tuple[RateSegment, ...]:
    cut = draw.randrange(len(days))
    spans = [(days[0], days[cut]), (days[cut] + DAY, days[-1])]
    return tuple(
        RateSegment(first, last, Decimal(draw.randrange(250, 500)) / 10000) for first, last in spans if first <= last
    )
