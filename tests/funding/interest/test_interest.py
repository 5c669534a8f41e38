"""Interest subsidy by settlement line: worked cases, boundaries, properties. 二（四）2"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.funding.interest.calculation import Lpr, Settlement, settle, settle_all
from services.funding.interest.days import LoanTotals, ProjectTotals
from services.funding.interest.explanation import explain
from services.funding.interest.lines import BalanceSegment, RateSegment, StatementLine
from shared.money import round_fen
from shared.policy.errors import BeyondKnownSeries
from shared.policy.parameters import lpr
from tests.funding.interest.interest_lines import (
    CAP,
    DEFAULT,
    LOAN,
    PRINCIPAL,
    PROJECT,
    V2,
    bank_interest,
    line,
    payable,
    settled,
)

pytestmark = pytest.mark.clause("二（四）2")

_AMOUNTS = Path(__file__).parents[2] / "shared" / "policy" / "cases" / "amounts.yaml"
CASES = yaml.safe_load(_AMOUNTS.read_text("utf-8"))["interest"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_worked_case_comes_out_to_the_fen(case: dict[str, Any]) -> None:
    one = line(case["from"], case["to"], case["actual"], loan=replace(LOAN, contract_tenor=case["tenor"]))
    outcome = settled(one)
    assert sum(segment.days for segment in outcome.segments) == case["days"]
    assert outcome.check is not None
    assert str(outcome.check.recomputed_yuan) == case["bank_interest"]
    assert str(outcome.payable_yuan) == case["subsidy"]


def test_a_segment_ends_where_the_lpr_changes_and_names_its_publication() -> None:
    first, second = (s for s in _merged(settled(line(*V2))))
    assert first == (date(2024, 6, 21), date(2024, 7, 21), 31, Decimal("0.0345"))
    assert second == (date(2024, 7, 22), date(2024, 9, 20), 61, Decimal("0.0335"))
    assert {s.lower for s in settled(line(*V2)).segments} == {"lpr"}
    assert settled(line(*V2)).segments[0].lpr_published_on == date(2024, 6, 20)


def _merged(outcome: Settlement) -> list[tuple[date, date, int, Decimal | None]]:
    runs: list[tuple[date, date, int, Decimal | None]] = []
    for s in outcome.segments:
        if runs and runs[-1][3] == s.reference_rate:
            runs[-1] = (runs[-1][0], s.to_on, runs[-1][2] + s.days, s.reference_rate)
        else:
            runs.append((s.from_on, s.to_on, s.days, s.reference_rate))
    return runs


def test_the_twenty_fourth_month_ends_the_day_before_the_anniversary() -> None:
    totals = ProjectTotals(loans={"L1": LoanTotals(date(2024, 1, 8))})
    last, after = date(2026, 1, 7), date(2026, 1, 8)
    assert payable(line(last, last, "0.0300"), totals=totals) == bank_interest(last, last, "0.0300")
    beyond = settled(line(after, after, "0.0300"), totals=totals)
    assert beyond.payable_yuan == 0
    assert beyond.segments[0].excluded == "outside_limit"
    across = line(date(2025, 12, 21), date(2026, 1, 20), "0.0300")
    assert payable(across, totals=totals) == bank_interest(date(2025, 12, 21), last, "0.0300")


def test_two_years_from_a_leap_day_end_on_the_last_of_february() -> None:
    totals = ProjectTotals(loans={"L1": LoanTotals(date(2024, 2, 29))})
    assert payable(line(date(2026, 2, 28), date(2026, 3, 1), "0.0300"), totals=totals) == bank_interest(
        date(2026, 2, 28), date(2026, 2, 28), "0.0300"
    )


def test_the_rest_of_the_cap_is_all_that_is_paid() -> None:
    rest = settled(line(*V2), totals=ProjectTotals(subsidised_yuan=Decimal("49000000.01")))
    assert (rest.payable_yuan, rest.limited_by) == (Decimal("999999.99"), "cap")
    assert rest.totals.subsidised_yuan == CAP
    assert payable(line(*V2), totals=rest.totals) == 0


def test_a_line_equal_to_the_rest_of_the_cap_is_paid_whole() -> None:
    exact = settled(line(*V2), totals=ProjectTotals(subsidised_yuan=CAP - Decimal("1729444.44")))
    assert (exact.payable_yuan, exact.limited_by) == (Decimal("1729444.44"), None)


@pytest.mark.parametrize("part", ["penalty_yuan", "overdue_yuan", "compound_yuan"])
def test_penal_parts_of_the_interest_are_never_subsidised(part: str) -> None:
    penal: dict[str, Any] = {part: Decimal("500000.00")}
    one = line(*V2, interest_paid_yuan=Decimal("1993333.33"), **penal)
    outcome = settled(one)
    assert (outcome.payable_yuan, outcome.limited_by) == (Decimal("1493333.33"), "interest_paid")


def test_interest_that_was_not_paid_earns_nothing_and_starts_no_clock() -> None:
    outcome = settled(line(*V2, interest_paid_yuan=Decimal("0.00")))
    assert outcome.payable_yuan == 0
    assert outcome.totals == ProjectTotals()
    assert outcome.segments[0].excluded == "not_paid"


def test_days_before_construction_started_earn_nothing() -> None:
    started = replace(PROJECT, construction_started_on=date(2024, 7, 22))
    outcome = settled(line(*V2), project=started)
    assert outcome.payable_yuan == bank_interest(date(2024, 7, 22), V2[1], "0.0335")
    assert outcome.segments[0].excluded == "before_construction_start"
    assert outcome.totals.loans["L1"].first_on == date(2024, 7, 22)


def test_a_day_without_debt_earns_nothing_and_starts_no_clock() -> None:
    drawn = date(2024, 8, 1)
    balances = (BalanceSegment(V2[0], date(2024, 7, 31), Decimal("0.00")), BalanceSegment(drawn, V2[1], PRINCIPAL))
    outcome = settled(line(*V2, balances=balances, interest_paid_yuan=bank_interest(drawn, V2[1], V2[2])))
    assert outcome.payable_yuan == bank_interest(drawn, V2[1], "0.0335")
    assert outcome.totals.loans["L1"].first_on == drawn


def test_a_repayment_inside_the_period_counts_from_its_day() -> None:
    half = PRINCIPAL / 2
    balances = (BalanceSegment(V2[0], date(2024, 7, 21), PRINCIPAL), BalanceSegment(date(2024, 7, 22), V2[1], half))
    expected = PRINCIPAL * Decimal("0.0345") * 31 / 360 + half * Decimal("0.0335") * 61 / 360
    assert payable(line(*V2, balances=balances)) == round_fen(expected)


def test_a_line_is_rounded_half_up_once() -> None:
    # 20 yuan at 3.00 % for three days earns exactly 0.005 yuan; rounded by the day it would earn nothing.
    three_days = (date(2024, 7, 1), date(2024, 7, 3))
    one = line(*three_days, "0.0300", balance=Decimal("20.00"), interest_paid_yuan=Decimal("0.01"))
    assert payable(one) == Decimal("0.01")


def entered_until(last: date) -> Lpr:
    def known(on: date, tenor: str) -> Decimal:
        if on > last:
            raise BeyondKnownSeries(f"{on}")
        return lpr(on, tenor)

    return known


def test_an_lpr_that_was_never_entered_leaves_the_line_undetermined_not_at_zero() -> None:
    outcome = settle(line(*V2), PROJECT, ProjectTotals(), entered_until(date(2024, 8, 19)), DEFAULT)
    assert outcome.payable_yuan is None
    assert outcome.missing == ("2024-08-20 至 2024-09-20 的 1Y LPR",)
    assert "暂不能核定" in explain(outcome)[1]


def test_an_lpr_beyond_the_policys_series_is_missing_too() -> None:
    assert settled(line(date(2031, 3, 21), date(2031, 6, 20), "0.0300")).missing


def test_lines_after_an_undetermined_one_wait_for_it() -> None:
    later = line(date(2024, 12, 21), date(2025, 3, 20), "0.0300")
    lines = [later, line(date(2024, 9, 21), date(2024, 12, 20), "0.0300"), line(*V2)]
    outcomes = settle_all(lines, PROJECT, entered_until(date(2024, 8, 19)), DEFAULT)
    assert [outcome.payable_yuan for outcome in outcomes] == [None, None, None]
    assert [outcome.missing for outcome in outcomes[1:]] == [("前一笔结息尚未核定",)] * 2


def test_an_lpr_missing_on_days_that_do_not_count_is_no_obstacle() -> None:
    totals = ProjectTotals(loans={"L1": LoanTotals(date(2022, 1, 1))})
    assert payable(line(date(2031, 6, 21), date(2031, 9, 20), "0.0300"), totals=totals) == 0


def test_missing_facts_are_named() -> None:
    unstarted = replace(PROJECT, construction_started_on=None)
    assert settled(line(*V2), project=unstarted).missing == ("开工日期",)
    assert settled(line(*V2), interest_limit_start="approval").missing == ("批复日期",)
    assert settled(line(*V2), interest_limit_start="first_drawdown").missing == ("首次放款日期",)
    assert settled(line(*V2), interest_before_application="not_counted").missing == ("申报日期",)
    gappy = line(*V2, balances=(BalanceSegment(V2[0], date(2024, 9, 18), PRINCIPAL),))
    assert settled(gappy).missing == ("2024-09-19 等 2 天的日余额",)


def test_segments_that_overlap_or_leave_the_period_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps or leaves"):
        line(*V2, balances=(BalanceSegment(V2[0], V2[1], PRINCIPAL), BalanceSegment(V2[1], V2[1], PRINCIPAL)))
    with pytest.raises(ValueError, match="overlaps or leaves"):
        line(*V2, rates=(RateSegment(V2[0], date(2024, 9, 21), Decimal("0.03")),))
    with pytest.raises(ValueError, match="before it begins"):
        StatementLine(LOAN, V2[1], V2[0], (), (), Decimal("0.00"))
    with pytest.raises(ValueError, match="negative"):
        line(*V2, penalty_yuan=Decimal("-0.01"))


def test_the_banks_interest_is_recomputed_and_a_yuan_of_difference_tolerated() -> None:
    paid = bank_interest(*V2)
    for difference, within in (("1.00", True), ("1.01", False), ("-1.00", True), ("-1.01", False)):
        check = settled(line(*V2, interest_paid_yuan=paid + Decimal(difference))).check
        assert check is not None
        assert (check.difference_yuan, check.within_tolerance) == (Decimal(difference), within)
    stricter = settled(line(*V2, interest_paid_yuan=paid + 1), bank_check_tolerance_yuan=Decimal("0.99")).check
    assert stricter is not None
    assert not stricter.within_tolerance


def test_the_explanation_shows_days_rates_the_lower_and_the_publication() -> None:
    text = "\n".join(explain(settled(line(*V2))))
    for words in ("二（四）2", "（31 天）", "3.9%", "1Y LPR 3.45%（2024-06-20 公布）", "LPR较低", "1,729,444.44 元"):
        assert words in text


RATES = st.decimals(min_value="0.0001", max_value="0.2400", places=4)
BALANCES = st.decimals(min_value="0.01", max_value="2000000000.00", places=2)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(rate=RATES, balance=BALANCES, length=st.integers(2, 120), cuts=st.sets(st.integers(1, 119), max_size=5))
def test_splitting_a_line_earns_at_most_a_fen_per_split(
    rate: Decimal, balance: Decimal, length: int, cuts: set[int]
) -> None:
    start = date(2024, 5, 1)
    edges = [0, *sorted(cut for cut in cuts if cut < length), length]

    def part(a: int, b: int) -> StatementLine:
        return line(start + timedelta(days=a), start + timedelta(days=b - 1), str(rate), balance=balance)

    pieces = [replace(part(a, b), interest_paid_yuan=Decimal(10) ** 12) for a, b in pairwise(edges)]
    whole = settle_all([replace(part(0, length), interest_paid_yuan=Decimal(10) ** 12)], PROJECT, lpr, DEFAULT)
    split = settle_all(pieces, PROJECT, lpr, DEFAULT)
    gain = sum(piece.payable_yuan or 0 for piece in split) - (whole[0].payable_yuan or 0)
    assert gain <= Decimal("0.01") * (len(pieces) - 1)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    rates=st.lists(RATES, min_size=1, max_size=12),
    balance=BALANCES,
    paid=st.decimals(min_value=0, max_value="90000000.00", places=2),
)
def test_no_history_of_lines_passes_the_cap_the_bank_or_the_lpr(
    rates: list[Decimal], balance: Decimal, paid: Decimal
) -> None:
    quarters = [date(2023, 3, 21) + timedelta(days=91 * n) for n in range(len(rates) + 1)]
    lines = [
        line(a, b - timedelta(days=1), str(rate), balance=balance, interest_paid_yuan=paid)
        for (a, b), rate in zip(pairwise(quarters), rates, strict=True)
    ]
    outcomes = settle_all(lines, PROJECT, lpr, DEFAULT)
    payments = [outcome.payable_yuan or Decimal(0) for outcome in outcomes]
    assert sum(payments) <= CAP
    assert all(payment <= paid for payment in payments)
    for outcome in outcomes:
        counted = [s for s in outcome.segments if s.reference_rate is not None]
        at_lpr = sum((s.balance_yuan * (s.reference_rate or 0) * s.days for s in counted), Decimal(0)) / 360
        assert (outcome.payable_yuan or 0) <= round_fen(at_lpr)
    counted_days = sum(s.days for outcome in outcomes for s in outcome.segments if s.excluded is None)
    assert counted_days <= 731
