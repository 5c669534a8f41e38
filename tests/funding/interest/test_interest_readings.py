"""Each reading of the interest points that the notice leaves open (I6 to I10). 二（四）2"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.funding.interest.days import LoanTotals, ProjectTotals
from services.funding.interest.lines import RateSegment
from services.funding.interest.readings import InterestReadings
from shared.money import round_fen
from shared.policy.parameters import interpretations
from tests.funding.interest.interest_lines import (
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


def test_the_defaults_are_the_policys_readings() -> None:
    chosen = InterestReadings.of(interpretations(), day_basis=Decimal(360), tolerance_yuan=Decimal("1.00"))
    assert chosen == DEFAULT


def test_the_lpr_fixed_at_drawdown_is_another_reading() -> None:
    drawn_on_the_day = replace(LOAN, drawn_on=V2[0])
    assert payable(line(*V2, loan=drawn_on_the_day), lpr_date="drawdown") == Decimal("1763333.33")


def test_a_year_of_365_days_is_another_reading() -> None:
    assert payable(line(*V2), day_count_basis=Decimal(365)) == Decimal("1705753.42")


def test_the_lpr_of_the_period_start_or_of_the_approval_day_may_be_chosen() -> None:
    assert payable(line(*V2), lpr_date="period_start") == Decimal("1763333.33")
    approved = replace(PROJECT, approved_on=date(2024, 8, 1))
    assert payable(line(*V2), project=approved, lpr_date="approval") == bank_interest(V2[0], V2[1], "0.0335")


def test_the_lpr_of_the_last_repricing_may_be_chosen() -> None:
    repriced = replace(LOAN, repriced_on=(date(2024, 1, 1), date(2024, 8, 1)))
    before = PRINCIPAL * Decimal("0.0345") * 41 / 360
    after = PRINCIPAL * Decimal("0.0335") * 51 / 360
    assert payable(line(*V2, loan=repriced), lpr_date="repricing") == round_fen(before + after)


def test_the_contract_names_the_tenor_and_else_the_term_decides() -> None:
    for months, contract, reading, tenor in (
        (60, None, "contract_else_term", "1Y"),
        (61, None, "contract_else_term", "5Y"),
        (61, "1Y", "contract_else_term", "1Y"),
        (61, "1Y", "by_term", "5Y"),
        (120, "5Y", "one_year", "1Y"),
    ):
        loan = replace(LOAN, original_term_months=months, contract_tenor=contract)
        assert settled(line(*V2, loan=loan), lpr_tenor=reading).segments[0].tenor == tenor


def test_comparing_by_line_or_over_the_loan_lets_cheap_days_pay_for_dear_ones() -> None:
    middle = date(2024, 7, 31)
    uneven = (RateSegment(V2[0], middle, Decimal("0.0300")), RateSegment(date(2024, 8, 1), V2[1], Decimal("0.0400")))
    paid = round_fen(PRINCIPAL * (Decimal("0.0300") * 41 + Decimal("0.0400") * 51) / 360)
    one = line(*V2, rates=uneven, interest_paid_yuan=paid)
    by_day = round_fen(PRINCIPAL * (Decimal("0.0300") * 41 + Decimal("0.0335") * 51) / 360)
    at_lpr = Decimal("1729444.44")
    assert payable(one) == by_day
    assert payable(one, rate_comparison="per_line") == at_lpr > by_day
    less, more = Decimal(1900000), Decimal(2000000)
    dear_before = ProjectTotals(
        loans={"L1": LoanTotals(date(2024, 3, 21), at_actual=more, at_reference=less, counted=less)}
    )
    assert payable(one, rate_comparison="whole_loan", totals=dear_before) == at_lpr
    cheap_before = ProjectTotals(
        loans={"L1": LoanTotals(date(2024, 3, 21), at_actual=less, at_reference=more, counted=less)}
    )
    assert payable(one, rate_comparison="whole_loan", totals=cheap_before) == round_fen(paid)


def test_the_two_years_may_be_counted_by_loan_from_drawdown_or_from_approval() -> None:
    other = ProjectTotals(loans={"L0": LoanTotals(date(2022, 6, 21))})
    assert payable(line(*V2), totals=other) == 0
    assert payable(line(*V2), totals=other, interest_limit_scope="loan") == Decimal("1729444.44")
    drawn = replace(PROJECT, first_drawn_on=date(2022, 9, 1))
    until = PRINCIPAL * (Decimal("0.0345") * 31 + Decimal("0.0335") * 41) / 360
    assert payable(line(*V2), project=drawn, interest_limit_start="first_drawdown") == round_fen(until)
    approved = replace(PROJECT, approved_on=date(2024, 7, 22))
    assert payable(line(*V2), project=approved, interest_limit_start="approval") == bank_interest(
        date(2024, 7, 22), V2[1], "0.0335"
    )


def test_interest_before_the_application_may_be_left_out_and_before_approval_is_flagged() -> None:
    dates = replace(PROJECT, applied_on=date(2024, 7, 22), approved_on=date(2024, 9, 1))
    outcome = settled(line(*V2), project=dates)
    assert outcome.payable_yuan == Decimal("1729444.44")
    assert [s.before_approval for s in outcome.segments if s.to_on in (date(2024, 8, 31), V2[1])] == [True, False]
    assert payable(line(*V2), project=dates, interest_before_application="not_counted") == bank_interest(
        date(2024, 7, 22), V2[1], "0.0335"
    )


def test_a_loan_compared_to_date_carries_every_earlier_line_of_its_own() -> None:
    """200 million for 30 days a line, at 4.50 %, 3.00 % and 3.00 % beside an LPR of 3.45 %; 360 days a year."""
    starts = (date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 30))
    lines = [
        line(start, start + timedelta(days=29), rate)
        for start, rate in zip(starts, ("0.0450", "0.03", "0.03"), strict=True)
    ]
    other = line(starts[1], starts[1] + timedelta(days=29), "0.0450", loan=replace(LOAN, id="L2"))
    totals = ProjectTotals()
    paid: list[Decimal | None] = []
    for one in (lines[0], other, lines[1], lines[2]):
        outcome = settled(one, totals=totals, rate_comparison="whole_loan")
        totals, paid = outcome.totals, [*paid, outcome.eligible_yuan]
    # To date: 575,000 at the LPR; then 750,000 + 500,000 against 1,150,000; then 1,750,000 against 1,725,000.
    assert paid == [Decimal(yuan) for yuan in ("575000.00", "575000.00", "575000.00", "575000.00")]
    assert totals.loans["L1"] == LoanTotals(starts[0], Decimal(1750000), Decimal(1725000), Decimal(1725000))
    assert totals.loans["L2"].counted == Decimal(575000)


def test_a_cheaper_loan_to_date_is_paid_at_its_own_rate() -> None:
    starts = (date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 30))
    totals = ProjectTotals()
    paid: list[Decimal | None] = []
    for start, rate in zip(starts, ("0.0300", "0.0360", "0.0360"), strict=True):
        outcome = settled(line(start, start + timedelta(days=29), rate), totals=totals, rate_comparison="whole_loan")
        totals, paid = outcome.totals, [*paid, outcome.eligible_yuan]
    # At the actual rate 500,000, 600,000 and 600,000; at the LPR 575,000 a line: the third meets 1,725,000 to date.
    assert paid == [Decimal("500000.00"), Decimal("600000.00"), Decimal("600000.00")]
