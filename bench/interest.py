"""Speed of the interest recomputation: 1,000 loans of 24 months, beside the day-by-day oracle and QuantLib.

`python -m bench interest` prints seconds of processor time. Each loan is a project of its own, with two drawdowns, a
prepayment, eight settlement lines and the monthly LPR; a calculation includes segments, remarks and its inputs' hash.
The oracle computes a tenth of the loans; QuantLib only multiplies balance, rate and days of the segments that the
recomputation has found, and finds, compares and limits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from time import process_time
from typing import Any

import QuantLib

from services.funding.interest.facts import (
    BalanceSegment,
    Drawdown,
    InterestPayment,
    Loan,
    Project,
    RateSegment,
    Repayment,
    SettlementLine,
)
from services.funding.interest.readings import InterestReadings
from services.funding.interest.recomputation import calculate
from services.funding.interest.results import Calculation
from shared.policy.reference_rates import shipped_rates
from tests.funding.interest.oracle import subsidy
from tests.funding.interest.random_projects import Case, recorded

LOANS = 1_000
ORACLE_SHARE = 10
FIRST = date(2023, 9, 21)
ENDS = (
    date(2023, 12, 20), date(2024, 3, 20), date(2024, 6, 20), date(2024, 9, 20), date(2024, 12, 20),
    date(2025, 3, 20), date(2025, 6, 20), date(2025, 9, 20),
)  # fmt: skip
ON = date(2026, 1, 20)
DAY = timedelta(days=1)


def portfolio() -> list[Case]:
    """Return the projects, each with one loan."""
    return [_case(number) for number in range(LOANS)]


def _case(number: int) -> Case:
    half = Decimal(10_000_000 + number)
    loan = Loan(
        f"L{number}",
        "示例银行",
        f"示贷2023-{number:04}",
        half * 2,
        "fixed",
        36,
        (Drawdown("D1", FIRST, half), Drawdown("D2", FIRST + 45 * DAY, half)),
        annual_rate=Decimal("0.0340"),
        repayments=(Repayment("R1", date(2025, 1, 10), half / 4),),
    )
    cap = Decimal(50_000_000)
    project = Project(cap, cap, 2, FIRST)
    starts = (FIRST, *(end + DAY for end in ENDS[:-1]))
    lines = tuple(_line(loan, start, end) for start, end in zip(starts, ENDS, strict=True))
    return Case(project, (loan,), lines, shipped_rates(), InterestReadings())


def _line(loan: Loan, start: date, end: date) -> SettlementLine:
    changes = sorted({start, *(part.on for part in loan.movements if start < part.on <= end)})
    ends = [*(day - DAY for day in changes[1:]), end]
    balances = tuple(
        BalanceSegment(first, last, recorded(loan, first)) for first, last in zip(changes, ends, strict=True)
    )
    interest = sum(part.balance_yuan * ((part.to_on - part.from_on).days + 1) for part in balances)
    paid = (interest * Decimal("0.0340") / 360).quantize(Decimal("0.01"))
    rates = (RateSegment(start, end, Decimal("0.0340")),)
    return SettlementLine(
        f"{loan.id}/{start}", loan.id, start, end, rates, (InterestPayment(end, paid, f"{loan.id}/{end}"),), balances
    )


def computed(cases: Sequence[Case]) -> list[Calculation]:
    """Return the calculation of each project."""
    return [calculate(case.project, case.loans, case.lines, case.rates, case.readings, on=ON) for case in cases]


def by_quantlib(found: Sequence[Calculation]) -> float:
    """Return the sum of the segments' interest by QuantLib."""
    counter, total = QuantLib.Actual360(), 0.0
    for calculation in found:
        for line in calculation.lines:
            total += sum(_segment_by_quantlib(segment, counter) for segment in line.segments)
    return total


def _segment_by_quantlib(segment: Any, counter: Any) -> float:
    rate = QuantLib.InterestRate(
        float(min(segment.actual_rate, segment.reference.rate)), counter, QuantLib.Simple, QuantLib.Annual
    )
    start, end = segment.from_on, segment.to_on + DAY
    first, last = (QuantLib.Date(day.day, day.month, day.year) for day in (start, end))
    return float(segment.balance_yuan) * (float(rate.compoundFactor(first, last)) - 1.0)


def _seconds(act: Callable[[Sequence[Case]], object], runs: int = 3, every: int = 1) -> float:
    """Return the processor time of the fastest run, each on facts that nobody has read before."""
    times = []
    for _ in range(runs):
        cases = portfolio()[::every]
        started = process_time()
        act(cases)
        times.append(process_time() - started)
    return min(times)


def measure() -> dict[str, float | int]:
    """Return the seconds of each way, and the ratios."""
    cases = portfolio()
    found = computed(cases)
    total = sum(calculation.low_yuan for calculation in found)
    expected = by_quantlib(found)
    if abs(float(total) - expected) > LOANS:
        raise AssertionError(f"QuantLib finds {expected}, the recomputation {total}")
    seconds = _seconds(computed)
    oracle = _seconds(lambda some: [subsidy(case) for case in some], runs=1, every=ORACLE_SHARE) * ORACLE_SHARE
    peer = _seconds(lambda _: by_quantlib(found))
    return {
        "loans": LOANS,
        "lines": sum(len(case.lines) for case in cases),
        "segments": sum(len(line.segments) for calculation in found for line in calculation.lines),
        "recomputation_s": round(seconds, 3),
        "oracle_s": round(oracle, 2),
        "quantlib_s": round(peer, 3),
        "oracle_over_recomputation": round(oracle / seconds, 1),
        "recomputation_over_quantlib": round(seconds / peer, 1),
    }
