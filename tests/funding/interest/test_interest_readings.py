"""Each reading of the interest points that the notice leaves open (I6 to I10). 二（四）2"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.funding.interest.facts import RateSegment
from services.funding.interest.readings import InterestReadings
from shared.money import round_fen
from shared.policy.parameters import interpretations
from tests.funding.interest.projects import DEFAULT, LOAN, PRINCIPAL, PROJECT, V2, calculated, drawn, interest, line

pytestmark = pytest.mark.clause("二（四）2")

QUARTER = line(*V2)


def payable(*lines: Any, **given: Any) -> Decimal | None:
    """Return the subsidy of the first line."""
    given["loans"] = given.get("loans", [LOAN])
    return calculated(lines, **given).of(lines[0].id).payable_yuan


def test_the_defaults_are_the_policys_readings() -> None:
    chosen = InterestReadings.of(interpretations(), day_basis=Decimal(360), tolerance_yuan=Decimal("1.00"))
    assert chosen == DEFAULT


def test_the_lpr_fixed_at_the_first_drawdown_is_another_reading() -> None:
    assert payable(QUARTER, loans=[drawn(V2[0])], lpr_date="drawdown") == Decimal("1763333.33")
    with pytest.raises(KeyError):
        calculated([QUARTER], [])


def test_a_year_of_365_days_is_another_reading() -> None:
    assert payable(QUARTER, day_count_basis=Decimal(365)) == Decimal("1705753.42")


def test_the_lpr_of_the_period_start_or_of_the_approval_day_may_be_chosen() -> None:
    assert payable(QUARTER, lpr_date="period_start") == Decimal("1763333.33")
    approved = replace(PROJECT, approved_on=date(2024, 8, 1))
    assert payable(QUARTER, project=approved, lpr_date="approval") == interest(*V2, "0.0335")
    assert calculated([QUARTER], lpr_date="approval").missing == ("批复日期",)


def test_the_lpr_of_the_last_repricing_may_be_chosen() -> None:
    repriced = replace(LOAN, repricing_days=(date(2024, 1, 1), date(2024, 8, 1)))
    expected = PRINCIPAL * (Decimal("0.0345") * 41 + Decimal("0.0335") * 51) / 360
    assert payable(QUARTER, loans=[repriced], lpr_date="repricing") == round_fen(expected)


@pytest.mark.parametrize(
    ("months", "contract", "reading", "tenor"),
    [
        (60, None, "contract_else_term", "1Y LPR"),
        (61, None, "contract_else_term", "5Y LPR"),
        (61, "1Y", "contract_else_term", "1Y LPR"),
        (61, "1Y", "by_term", "5Y LPR"),
        (120, "5Y", "one_year", "1Y LPR"),
    ],
)
def test_the_contract_names_the_tenor_and_else_the_term_decides(
    months: int, contract: Any, reading: str, tenor: str
) -> None:
    loan = replace(LOAN, original_term_months=months, tenor=contract)
    reference = calculated([QUARTER], [loan], lpr_tenor=reading).lines[0].segments[0].reference
    assert reference is not None
    assert reference.name == tenor


def test_comparing_by_line_or_over_the_loan_lets_cheap_days_pay_for_dear_ones() -> None:
    rates = (
        RateSegment(V2[0], date(2024, 7, 31), Decimal("0.03")),
        RateSegment(date(2024, 8, 1), V2[1], Decimal("0.04")),
    )
    paid = round_fen(PRINCIPAL * (Decimal("0.0300") * 41 + Decimal("0.0400") * 51) / 360)
    one = line(*V2, rates=rates, paid=str(paid))
    by_day = round_fen(PRINCIPAL * (Decimal("0.0300") * 41 + Decimal("0.0335") * 51) / 360)
    at_lpr = Decimal("1729444.44")
    assert payable(one) == by_day
    assert payable(one, rate_comparison="per_line") == at_lpr > by_day
    dear_before = line(date(2024, 3, 21), date(2024, 6, 20), "0.0400")
    cheap_before = line(date(2024, 3, 21), date(2024, 6, 20), "0.0325")
    assert payable(one, dear_before, rate_comparison="whole_loan") == at_lpr
    assert payable(one, cheap_before, rate_comparison="whole_loan") == paid


def test_the_two_years_may_be_counted_by_loan_from_drawdown_or_from_approval() -> None:
    other = drawn(date(2022, 6, 21), id="L0", contract_no="乙")
    before = line(date(2022, 6, 21), date(2022, 9, 20), loan_id="L0")
    both: dict[str, Any] = {
        "loans": [LOAN, other],
        "project": replace(PROJECT, construction_started_on=date(2022, 1, 1)),
    }
    assert payable(QUARTER, before, **both) == 0
    assert payable(QUARTER, before, **both, interest_limit_scope="loan") == Decimal("1729444.44")
    assert calculated([QUARTER, before], **both, interest_limit_scope="loan").counted_from is None
    until = PRINCIPAL * (Decimal("0.0345") * 31 + Decimal("0.0335") * 41) / 360
    earlier = drawn(date(2022, 9, 1))
    assert payable(QUARTER, loans=[earlier], interest_limit_start="first_drawdown") == round_fen(until)
    approved = replace(PROJECT, approved_on=date(2024, 7, 22))
    assert payable(QUARTER, project=approved, interest_limit_start="approval") == interest(
        date(2024, 7, 22), V2[1], "0.0335"
    )
    unapproved = calculated([QUARTER], interest_limit_start="approval")
    assert (unapproved.payable_yuan, unapproved.missing) == (None, ("批复日期",))


def test_interest_before_the_application_may_be_left_out_and_before_approval_is_flagged() -> None:
    dates = replace(PROJECT, applied_on=date(2024, 7, 22), approved_on=date(2024, 9, 1))
    outcome = calculated([QUARTER], project=dates).lines[0]
    assert outcome.payable_yuan == Decimal("1729444.44")
    assert [s.before_approval for s in outcome.segments if s.to_on in (date(2024, 8, 31), V2[1])] == [True, False]
    not_counted: dict[str, Any] = {"interest_before_application": "not_counted"}
    assert payable(QUARTER, project=dates, **not_counted) == interest(date(2024, 7, 22), V2[1], "0.0335")
    assert calculated([QUARTER], **not_counted).missing == ("申报日期",)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        # To date: 575,000 at the LPR; then 750,000 + 500,000 against 1,150,000; then 1,750,000 against 1,725,000.
        (("0.0450", "0.0300", "0.0300"), ("575000.00", "575000.00", "575000.00")),
        # At the actual rate 500,000, 600,000 and 600,000; at the LPR 575,000 a line: the third meets 1,725,000 to date.
        (("0.0300", "0.0360", "0.0360"), ("500000.00", "600000.00", "600000.00")),
    ],
)
def test_a_loan_compared_to_date_carries_every_earlier_line_of_its_own(
    rates: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """200 million for 30 days a line beside an LPR of 3.45 %; 360 days a year."""
    starts = (date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 30))
    lines = [line(start, start + timedelta(days=29), rate) for start, rate in zip(starts, rates, strict=True)]
    other = line(starts[1], starts[1] + timedelta(days=29), "0.0450", loan_id="L2")
    loans = [LOAN, replace(LOAN, id="L2", contract_no="乙")]
    found = calculated([*lines, other], loans, rate_comparison="whole_loan")
    assert tuple(str(found.of(one.id).eligible_yuan) for one in lines) == expected
    assert found.of(other.id).eligible_yuan == Decimal("575000.00")
