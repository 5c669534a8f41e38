"""Bounds of an undetermined calculation hold the amount that the full facts give. 二（四）2"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.funding.interest.facts import BalanceSegment, Drawdown, Loan, SettlementLine
from services.funding.interest.recomputation import calculate
from services.funding.interest.results import Calculation
from tests.funding.interest.random_projects import Case, random_case, recorded

pytestmark = pytest.mark.clause("二（四）2")

ON = date(2026, 1, 20)
DAY = timedelta(days=1)


def run(case: Case, loans: list[Loan], lines: list[SettlementLine]) -> Calculation:
    return calculate(case.project, loans, lines, case.rates, case.readings, on=ON)


def full(case: Case, line: SettlementLine) -> SettlementLine:
    """Return the line with the balance of each day."""
    (loan,) = (loan for loan in case.loans if loan.id == line.loan_id)
    days = [line.from_on + n * DAY for n in range(line.days)]
    balances = tuple(BalanceSegment(day, day, recorded(loan, day)) for day in days)
    return replace(line, balances=balances, accumulated_balance=None)


def hidden(draw: Random, line: SettlementLine) -> SettlementLine:
    """Return a full line without its daily balances, without some of them, or without its last rate."""
    form = draw.choice(["kept", "accumulated", "gap", "unrated"])
    if form == "accumulated":
        summed = sum((part.balance_yuan for part in line.balances), Decimal(0))
        return replace(line, balances=(), accumulated_balance=summed)
    if form == "gap":
        first = draw.randrange(len(line.balances))
        return replace(line, balances=line.balances[:first] + line.balances[first + draw.randrange(1, 30) :])
    return replace(line, rates=line.rates[:-1]) if form == "unrated" else line


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_what_the_full_facts_give_lies_within_the_bounds(seed: int) -> None:
    case, draw = random_case(seed), Random(seed)
    # A drawdown of one more fen keeps the records from reproducing any 积数.
    loans = [replace(loan, drawdowns=(*loan.drawdowns, _fen(loan))) for loan in case.loans]
    lines = [full(case, line) for line in case.lines]
    register = replace(case.rates, quotations=case.rates.quotations[: draw.choice([None, draw.randrange(6, 60)])])
    told = run(replace(case, rates=register), loans, [hidden(draw, line) for line in lines])
    known = run(case, loans, lines)
    assert known.payable_yuan is not None
    assert told.low_yuan <= known.payable_yuan <= told.high_yuan
    for line in known.lines:
        found = told.of(line.line_id)
        assert found.low_yuan <= line.low_yuan <= found.high_yuan
        assert found.payable_yuan is not None or found.missing


def _fen(loan: Loan) -> Drawdown:
    first = loan.first_drawn_on
    assert first is not None
    return Drawdown(f"{loan.id}+", first, Decimal("0.01"))
