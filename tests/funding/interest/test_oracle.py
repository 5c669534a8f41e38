"""The recomputation against the day-by-day oracle, in any order, over any split; and against QuantLib. 二（四）2

TENGHUAN_INTEREST_PROJECTS sets the number of random projects (make bench-interest takes 10,000).
"""

import os
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from services.funding.interest.due import due
from services.funding.interest.facts import SettlementLine
from services.funding.interest.recomputation import calculate
from services.funding.interest.results import Calculation
from shared.money import round_fen
from shared.policy.reference_rates import shipped_rates
from tests.funding.interest.oracle import subsidy
from tests.funding.interest.projects import PRINCIPAL, calculated, drawn, line
from tests.funding.interest.random_projects import Case, random_case

pytestmark = pytest.mark.clause("二（四）2")

PROJECTS = int(os.environ.get("TENGHUAN_INTEREST_PROJECTS", "80"))
ON = date(2026, 1, 20)
seeds = st.integers(0, 1_000_000)


def run(case: Case, lines: list[SettlementLine] | tuple[SettlementLine, ...]) -> Calculation:
    return calculate(case.project, case.loans, lines, case.rates, case.readings, on=ON)


def test_random_projects_agree_with_the_oracle_to_the_fen() -> None:
    limits: set[str | None] = set()
    for seed in range(PROJECTS):
        case = random_case(seed)
        got, expected = run(case, case.lines), subsidy(case)
        assert {one.line_id: Fraction(one.low_yuan) for one in got.lines} == expected, seed
        assert got.payable_yuan is not None, seed
        assert Fraction(got.payable_yuan) == sum(expected.values()), seed
        limits.update(one.limited_by for one in got.lines)
        limits.update(segment.excluded for one in got.lines for segment in one.segments)
    assert limits >= {"award", "interest_paid", "outside_limit", "after_maturity", "before_construction_start", None}


@settings(max_examples=40, deadline=None)
@given(seed=seeds, order=st.randoms(use_true_random=False))
def test_the_order_of_the_facts_changes_nothing(seed: int, order: random.Random) -> None:
    case = random_case(seed)
    lines, loans = list(case.lines), list(case.loans)
    order.shuffle(lines)
    order.shuffle(loans)
    shuffled = calculate(case.project, loans, lines, case.rates, case.readings, on=ON)
    assert shuffled == run(case, case.lines)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, order=st.randoms(use_true_random=False))
def test_any_split_over_claims_pays_the_same_in_the_end(seed: int, order: random.Random) -> None:
    case = random_case(seed)
    lines = list(case.lines)
    order.shuffle(lines)
    filed: list[SettlementLine] = []
    paid: dict[str, Decimal] = {}
    while lines:
        filed += [lines.pop() for _ in range(min(len(lines), order.randint(1, 3)))]
        now = due(run(case, filed), paid, offset_limit_yuan=Decimal(10**9))
        assert sum(one.difference_yuan for one in now.lines) == (
            -now.amount_yuan if now.kind == "offset" else now.amount_yuan
        )
        paid = {one.line_id: one.calculated_yuan for one in now.lines}
    assert sum(paid.values(), Decimal(0)) == run(case, case.lines).payable_yuan


@settings(max_examples=25, deadline=None)
@given(seed=seeds, place=st.integers(0, 40))
def test_a_correction_and_its_reversal_leave_the_total(seed: int, place: int) -> None:
    case = random_case(seed)
    before = run(case, case.lines)
    wrong = case.lines[place % len(case.lines)]
    others = [one for one in case.lines if one is not wrong]
    withdrawn = run(case, others)
    paid = {one.line_id: one.low_yuan for one in before.lines}
    back = due(withdrawn, paid, offset_limit_yuan=Decimal(0))
    again = due(
        run(case, [*others, wrong]),
        {one.line_id: one.low_yuan for one in withdrawn.lines},
        offset_limit_yuan=Decimal(0),
    )
    assert (back.amount_yuan if back.kind == "clawback" else -back.amount_yuan) == (
        again.amount_yuan if again.kind == "claim" else -again.amount_yuan
    )
    assert run(case, [*others, wrong]) == before


@pytest.mark.parametrize(
    ("basis", "counter"), [(360, QuantLib.Actual360()), (365, QuantLib.Actual365Fixed())], ids=["360", "365"]
)
@pytest.mark.parametrize("first", [date(2024, 1, 1), date(2024, 2, 29), date(2025, 3, 21)])
def test_a_constant_loan_agrees_with_quantlib(basis: int, counter: QuantLib.DayCounter, first: date) -> None:
    loan = drawn(first, day_count_basis=basis)
    rate = QuantLib.InterestRate(0.02, counter, QuantLib.Simple, QuantLib.Annual)
    for days in (1, 28, 90, 92, 366, 700):
        last = first + timedelta(days=days - 1)
        one = line(first, last, "0.0200", paid="100000000.00")
        start, end = (QuantLib.Date(day.day, day.month, day.year) for day in (first, last + timedelta(days=1)))
        expected = float(PRINCIPAL) * (rate.compoundFactor(start, end) - 1)
        rates = replace(shipped_rates(), held=True)
        got = calculated([one], [loan], rates=rates, on=date(2027, 3, 1)).payable_yuan
        assert got == round_fen(Decimal(repr(round(expected, 4))))
