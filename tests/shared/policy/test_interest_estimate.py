"""One estimate of an interest subsidy: amounts, value today, month of the cap, readings. 二（四）2"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.policy import interpretations
from shared.policy.interest_estimate import Estimate, EstimateTerms, PlannedLoan, estimate
from shared.policy.reference_rates import shipped_rates

pytestmark = pytest.mark.clause("二（四）2")

ON = date(2024, 3, 1)
LOAN = PlannedLoan("贷款甲", Decimal("100000000.00"), Decimal("0.0400"), 36, None, ON)
TERMS = EstimateTerms(Decimal(50_000_000), 2, ON, interpretations(), Decimal(360), started_on=ON, declared_on=ON)


def estimated(*loans: PlannedLoan, terms: EstimateTerms = TERMS, **readings: str) -> Estimate:
    chosen = interpretations(readings)
    return estimate(loans or (LOAN,), replace(terms, readings=chosen), shipped_rates())


def test_the_amount_is_that_of_days_and_not_of_years() -> None:
    found = estimated()
    assert (found.base_yuan, found.uncapped_yuan, found.award_yuan) == (
        Decimal("100000000.00"), Decimal("6995833.33"), Decimal("6995833.33"),
    )  # fmt: skip
    assert (found.cap_reached_in, found.missing) == (None, ())


def test_the_present_value_discounts_each_month_at_the_one_year_rate_of_the_day() -> None:
    expected, day = 0.0, ON
    while day <= date(2026, 2, 28):
        ends = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        expected += 1e8 * 0.0345 / 360 / 1.0345 ** ((ends - ON).days / 365)
        day += timedelta(days=1)
    assert estimated().present_value_yuan == Decimal(f"{expected:.2f}")


def test_what_lies_behind_is_not_discounted() -> None:
    later = replace(TERMS, on=date(2026, 2, 25))
    found = estimated(terms=later)
    assert found.present_value_yuan is not None
    assert found.award_yuan is not None
    assert found.award_yuan - found.present_value_yuan < Decimal(100)
    over = estimated(
        terms=replace(TERMS, on=date(2026, 6, 1))
    )  # no quotation is registered for that day, none is needed
    assert over.present_value_yuan == over.award_yuan is not None
    assert over.lines[-1].startswith("各月均已届满，不折现")


@pytest.mark.parametrize(
    ("cap", "month"),
    [("3497916.67", date(2025, 3, 1)), ("3497916.66", date(2025, 2, 1)), ("6995833.34", None), ("1.00", ON)],
)
def test_the_month_in_which_the_cap_is_reached(cap: str, month: date | None) -> None:
    found = estimated(terms=replace(TERMS, cap_yuan=Decimal(cap)))
    assert found.cap_reached_in == month
    assert found.award_yuan == min(Decimal(cap), Decimal("6995833.33"))


def test_the_years_run_for_the_project_or_for_each_loan() -> None:
    second = replace(LOAN, name="贷款乙", drawn_on=date(2025, 3, 1))
    assert estimated(LOAN, second).uncapped_yuan == Decimal("10493750.00")
    assert estimated(LOAN, second, interest_limit_scope="loan").uncapped_yuan == Decimal("13991666.66")


@pytest.mark.parametrize(
    ("readings", "yuan"),
    [
        ({"lpr_date": "drawdown"}, "6995833.33"),
        ({"lpr_date": "approval"}, "6793055.56"),
        ({"lpr_date": "repricing"}, "6894444.44"),
        ({"lpr_tenor": "one_year"}, "6832777.78"),
    ],
)
def test_rates_by_reading_on_a_later_day(readings: dict[str, str], yuan: str) -> None:
    loan = replace(LOAN, repriced_on=(date(2025, 3, 1),))
    found = estimated(loan, terms=replace(TERMS, on=date(2024, 7, 22), started_on=ON), **readings)
    assert (found.missing, found.uncapped_yuan) == ((), Decimal(yuan))


def test_rates_are_compared_by_day_or_over_the_loan() -> None:
    between = replace(LOAN, annual_rate=Decimal("0.0340"))
    later = replace(TERMS, on=date(2024, 7, 22))
    # 143 days at 3.40 % and 587 at 3.35 %; over the whole loan the reference rate is the lower one.
    by_day = Decimal(100_000_000) * (Decimal("0.0340") * 143 + Decimal("0.0335") * 587) / 360
    whole = Decimal(100_000_000) * (Decimal("0.0345") * 143 + Decimal("0.0335") * 587) / 360
    own = Decimal(100_000_000) * Decimal("0.0340") * 730 / 360
    assert estimated(between, terms=later).uncapped_yuan == by_day.quantize(Decimal("0.01"))
    assert estimated(between, terms=later, rate_comparison="per_line").uncapped_yuan == min(whole, own).quantize(
        Decimal("0.01")
    )


def test_a_day_between_the_twentieth_and_a_late_quotation_is_known() -> None:
    late = date(2024, 7, 21)  # the twentieth was a Saturday
    assert estimated(replace(LOAN, drawn_on=late), terms=replace(TERMS, on=late)).award_yuan == Decimal("6995833.33")


def test_without_a_declaration_or_a_known_rate_the_amount_is_missing() -> None:
    undeclared = replace(TERMS, declared_on=None)
    assert estimated(terms=undeclared, interest_before_application="not_counted").missing == ("申报日期",)
    unknown = estimated(replace(LOAN, term_months=60), terms=replace(TERMS, on=date(2031, 3, 1), years=9))
    assert unknown.missing[0].startswith("2026-03-20 的 1Y LPR 尚未登记")
    assert (unknown.award_yuan, unknown.present_value_yuan, unknown.lines) == (None, None, ())


def test_a_loan_that_ends_before_the_works_begin_earns_nothing() -> None:
    short = replace(LOAN, drawn_on=date(2023, 1, 1), term_months=6)
    found = estimated(short)
    assert (found.uncapped_yuan, found.award_yuan) == (Decimal(0), Decimal(0))
    assert "贷款甲：没有可贴息的天数" in found.lines


def test_parts_that_do_not_add_up_say_why_and_an_unverified_quotation_is_marked() -> None:
    on = date(2026, 2, 25)
    tiny = replace(LOAN, principal_yuan=Decimal("600.60"), drawn_on=date(2026, 2, 19), term_months=1)
    lines: Any = estimated(tiny, terms=replace(TERMS, on=on, started_on=None)).lines
    assert any("1Y LPR 3%（2026-02-24 公布，该报价未经核实）" in line for line in lines)
    assert lines[0] == "开工日期未登记，按首次放款日 2026-02-19 起估算"
