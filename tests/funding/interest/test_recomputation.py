"""Recomputation of a project from all its lines: worked cases, order, limits, bounds. 二（四）2"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.funding.interest.facts import (
    BalanceSegment,
    Drawdown,
    Extension,
    InterestPayment,
    RateSegment,
    Refund,
    Repayment,
)
from shared.money import round_fen
from shared.policy.reference_rates import shipped_rates
from tests.funding.interest.projects import CAP, LOAN, PRINCIPAL, PROJECT, V2, calculated, drawn, interest, line

pytestmark = pytest.mark.clause("二（四）2")

HUNDRED = Decimal("100000000.00")


def payable(*lines: Any, **given: Any) -> Decimal | None:
    return calculated(lines, **given).payable_yuan


def test_an_earlier_line_that_is_filed_later_counts_as_if_it_came_first() -> None:
    loans = [drawn(date(2024, 1, 1), HUNDRED, id="A"), drawn(date(2023, 1, 10), HUNDRED, id="B", contract_no="乙")]
    first = line(date(2024, 3, 21), date(2024, 6, 20), balance=HUNDRED, loan_id="A")
    earlier = line(date(2023, 9, 21), date(2023, 12, 20), balance=HUNDRED, loan_id="B")
    alone = calculated([first], loans)
    for order in ([first, earlier], [earlier, first]):
        both = calculated(order, loans)
        assert both.of(earlier.id).payable_yuan == Decimal("872083.33")
        assert both.of(first.id).payable_yuan == alone.payable_yuan == Decimal("881666.67")
        assert (both.counted_from, both.counted_until) == (date(2023, 9, 21), date(2025, 9, 20))


def test_interest_that_is_paid_later_is_subsidised_then() -> None:
    quarter = (date(2023, 12, 21), date(2024, 3, 20))
    stated = Decimal("1971666.67")
    part = InterestPayment(quarter[1], Decimal("1000000.00"), "V1")
    rest = InterestPayment(date(2024, 4, 1), Decimal("971666.67"), "V2")
    once = calculated([line(*quarter, stated_interest_yuan=stated, payments=(part,))])
    both = calculated([line(*quarter, stated_interest_yuan=stated, payments=(part, rest))])
    assert (once.payable_yuan, once.lines[0].limited_by) == (Decimal("1000000.00"), "interest_paid")
    assert (both.payable_yuan, both.lines[0].limited_by) == (Decimal("1744166.67"), None)
    assert both.low_yuan - once.low_yuan == Decimal("744166.67")


def test_a_forgotten_quarter_after_a_later_year_is_computed() -> None:
    later = line(date(2025, 3, 21), date(2025, 6, 20))
    forgotten = line(date(2023, 12, 21), date(2024, 3, 20))
    assert calculated([later, forgotten]).of(forgotten.id).payable_yuan == Decimal("1744166.67")


def test_the_cap_is_shared_in_the_order_of_periods() -> None:
    award = replace(PROJECT, award_yuan=Decimal("2000000.00"))
    result = calculated([line(date(2024, 9, 21), date(2024, 12, 20)), line(*V2)], project=award)
    assert [str(one.payable_yuan) for one in result.lines] == ["1729444.44", "270555.56"]
    assert [one.limited_by for one in result.lines] == [None, "award"]
    assert (result.payable_yuan, result.limited_by) == (Decimal("2000000.00"), "award")
    capped = replace(PROJECT, award_yuan=CAP * 2, policy_cap_yuan=Decimal("1000000.00"))
    assert calculated([line(*V2)], project=capped).limited_by == "cap"
    level = replace(PROJECT, award_yuan=Decimal("1000000.00"), policy_cap_yuan=Decimal("1000000.00"))
    assert calculated([line(*V2)], project=level).limited_by == "cap"


@pytest.mark.parametrize(
    ("loan", "changes", "expected"),
    [
        (LOAN, {"construction_started_on": date(2024, 7, 22)}, (date(2024, 7, 22), V2[1])),
        (drawn(date(2024, 7, 22)), {}, (date(2024, 7, 22), V2[1])),
        (LOAN, {"construction_until": date(2024, 7, 21)}, (V2[0], date(2024, 7, 21))),
        (LOAN, {"accounts_completed_on": date(2024, 7, 21)}, (V2[0], date(2024, 7, 21))),
        (drawn(date(2023, 7, 22), original_term_months=12), {}, (V2[0], date(2024, 7, 21))),
    ],
    ids=["construction", "drawdown", "construction period", "accounts", "maturity"],
)
def test_days_that_the_calendar_excludes(loan: Any, changes: dict[str, Any], expected: tuple[date, date]) -> None:
    reference = "0.0345" if expected[0] == V2[0] else "0.0335"
    assert payable(line(*V2), loans=[loan], project=replace(PROJECT, **changes)) == interest(*expected, reference)


@pytest.mark.parametrize(("recognised", "days"), [(True, 92), (False, 31)])
def test_an_extension_counts_once_it_is_recognised(recognised: bool, days: int) -> None:
    extension = Extension("E1", date(2024, 7, 22), date(2024, 12, 31), recognised)
    loan = drawn(date(2023, 7, 22), original_term_months=12, extensions=(extension,))
    result = calculated([line(*V2, "0.0300")], [loan])
    assert result.payable_yuan == round_fen(PRINCIPAL * Decimal("0.03") * days / 360)
    assert ("unrecognised_extension" in {segment.excluded for segment in result.lines[0].segments}) is not recognised


def test_the_share_of_the_project_and_the_days_of_the_contract() -> None:
    loan = replace(LOAN, share=Decimal("0.6"), day_count_basis=365)
    one = line(*V2, "0.0300", paid=str(round_fen(PRINCIPAL * Decimal("0.03") * 92 / 365)))
    result = calculated([one], [loan])
    assert result.payable_yuan == round_fen(PRINCIPAL * Decimal("0.03") * 92 / 365 * Decimal("0.6"))
    assert result.lines[0].check is not None
    assert result.lines[0].check.within_tolerance


def test_a_period_whose_end_day_the_bank_does_not_count() -> None:
    excluded = replace(line(*V2), to_on=date(2024, 9, 21), end_day="excluded")
    assert payable(excluded) == payable(line(*V2)) == Decimal("1729444.44")
    assert calculated([excluded]).lines[0].to_on == V2[1]


def test_penal_parts_and_refunds_are_not_interest_paid() -> None:
    paid = InterestPayment(V2[1], Decimal("1993333.33"), "V", Decimal("300000.00"), Decimal("1.00"), Decimal("2.00"))
    refund = Refund(date(2024, 10, 8), Decimal("100.00"), "R")
    result = calculated([line(*V2, payments=(paid,), refunds=(refund,))]).lines[0]
    assert (result.payable_yuan, result.limited_by) == (Decimal("1693230.33"), "interest_paid")


def test_a_day_that_two_lines_have_counts_once() -> None:
    again = line(V2[1], date(2024, 12, 20), "0.0300")
    result = calculated([line(*V2, "0.0300"), again])
    assert result.payable_yuan == interest(V2[0], V2[1], "0.03") + interest(
        date(2024, 9, 21), date(2024, 12, 20), "0.03"
    )
    assert result.of(again.id).segments[0].excluded == "counted_already"
    unpaid = line(*V2, "0.0300", id="0", payments=())
    assert payable(unpaid, line(*V2, "0.0300")) == interest(*V2, "0.03")


def test_several_drawdowns_and_a_repayment_make_the_balance() -> None:
    half = PRINCIPAL / 2
    loan = replace(
        LOAN,
        drawdowns=(Drawdown("D1", date(2024, 6, 21), half), Drawdown("D2", date(2024, 7, 1), half)),
        repayments=(Repayment("R1", date(2024, 9, 1), half),),
    )
    # 10 days of half, 62 days of all, 20 days of half.
    expected = round_fen((half * 30 + PRINCIPAL * 62) * Decimal("0.03") / 360)
    one = line(*V2, "0.0300", balances=(), paid=str(expected))
    assert payable(one, loans=[loan]) == expected
    assert payable(replace(one, accumulated_balance=half * 30 + PRINCIPAL * 62), loans=[loan]) == expected


def test_a_line_is_rounded_half_up_once() -> None:
    # 20 yuan at 3.00 % for three days earn exactly 0.005 yuan; rounded by the day they would earn nothing.
    assert payable(line(date(2024, 7, 1), date(2024, 7, 3), "0.03", balance=Decimal("20.00"), paid="0.01")) == Decimal(
        "0.01"
    )


def test_two_years_from_a_leap_day_end_on_the_last_of_february() -> None:
    first = line(date(2024, 2, 29), date(2024, 3, 20), "0.0300")
    across = line(date(2026, 2, 20), date(2026, 3, 1), "0.0200")
    result = calculated([across, first], [drawn(date(2024, 2, 29))], on=date(2026, 3, 2))
    assert result.counted_until == date(2026, 2, 28)
    assert result.of(across.id).payable_yuan == interest(date(2026, 2, 20), date(2026, 2, 28), "0.02")


def test_an_lpr_that_is_missing_on_days_that_do_not_count_is_no_obstacle() -> None:
    beyond = line(date(2031, 6, 21), date(2031, 9, 20), "0.0300")
    result = calculated([line(*V2), beyond], [drawn(V2[0], original_term_months=120)], on=date(2031, 10, 1))
    assert (result.payable_yuan, result.of(beyond.id).payable_yuan) == (Decimal("1976388.89"), Decimal(0))


def test_a_bank_statement_by_accumulated_balance() -> None:
    one = line(*V2, balances=(), accumulated_balance=Decimal("18400000000.00"), paid="1993333.33")
    assert payable(one) == Decimal("1729444.44")


def test_an_accumulated_balance_that_records_do_not_reproduce_leaves_an_interval() -> None:
    other = line(*V2, balances=(), accumulated_balance=Decimal("9200000000.00"), paid="996666.67")
    result = calculated([other])
    # 9.2 bn lie on the 61 days at 3.35 % if they can, or fill the 31 days at 3.45 % first.
    low = round_fen(Decimal("9200000000") * Decimal("0.0335") / 360)
    high = round_fen((PRINCIPAL * 31 * Decimal("0.0345") + PRINCIPAL * 15 * Decimal("0.0335")) / 360)
    assert (result.payable_yuan, result.low_yuan, result.high_yuan) == (None, low, high)
    assert "日余额" in result.missing[0]
    within_one_quotation = line(date(2024, 7, 22), V2[1], balances=(), accumulated_balance=Decimal("9200000000.00"))
    assert calculated([within_one_quotation]).payable_yuan == low


def test_a_missing_fact_leaves_bounds_and_names_itself() -> None:
    unstarted = calculated([line(*V2)], project=replace(PROJECT, construction_started_on=None))
    assert (unstarted.payable_yuan, unstarted.missing) == (None, ("开工日期",))
    assert (unstarted.low_yuan, unstarted.high_yuan) == (Decimal(0), Decimal("1729444.44"))
    gap = calculated([line(*V2, balances=(BalanceSegment(V2[0], date(2024, 9, 18), PRINCIPAL),))])
    assert gap.missing == ("2024-09-19 等 2 天的日余额",)
    assert gap.high_yuan == Decimal("1729444.44")
    unrated = calculated([line(*V2, rates=(RateSegment(V2[0], date(2024, 9, 18), Decimal("0.039")),))])
    assert unrated.missing == ("2024-09-19 等 2 天的实际利率",)
    assert (
        unrated.low_yuan == gap.low_yuan == Decimal("1729444.44") - round_fen(PRINCIPAL * Decimal("0.0335") * 2 / 360)
    )


def test_years_that_begin_on_an_uncertain_day_end_on_one() -> None:
    first = line(date(2023, 12, 21), date(2024, 3, 20), balances=(), accumulated_balance=Decimal("9200000000.00"))
    late = line(date(2025, 12, 19), date(2026, 3, 20), "0.0200")
    rates = replace(shipped_rates(), held=True)
    result = calculated([first, late], rates=rates).of(late.id)
    # The years begin between 2023-12-21 and 2024-03-20, so they end between 2025-12-20 and 2026-03-19.
    assert result.low_yuan == interest(date(2025, 12, 19), date(2025, 12, 20), "0.02")
    assert result.high_yuan == interest(date(2025, 12, 19), date(2026, 3, 19), "0.02")
    assert result.missing == ("贴息年限的起算日，取决于尚未确定的结息单",)


def test_later_lines_wait_for_an_undetermined_one_only_where_the_cap_depends_on_it() -> None:
    gap = line(*V2, balances=(BalanceSegment(V2[0], date(2024, 9, 18), PRINCIPAL),))
    later = line(date(2024, 9, 21), date(2024, 12, 20))
    assert calculated([gap, later]).of(later.id).payable_yuan == payable(later)
    tight = calculated([gap, later], project=replace(PROJECT, award_yuan=Decimal("2000000.00")))
    assert tight.of(later.id).missing == ("前面结息单的金额，本单的金额取决于此",)
    assert (tight.payable_yuan, tight.limited_by) == (Decimal("2000000.00"), None)


def test_an_lpr_that_was_never_registered_leaves_bounds() -> None:
    rates = shipped_rates()
    until = replace(rates, quotations=tuple(q for q in rates.quotations if q.published_on < date(2024, 8, 20)))
    result = calculated([line(*V2)], rates=until)
    assert result.payable_yuan is None
    assert result.missing[0].startswith("2024-08-20 的 1Y LPR 尚未登记（已登记至 2024-07-22）")
    assert result.low_yuan == round_fen(PRINCIPAL * (31 * Decimal("0.0345") + 29 * Decimal("0.0335")) / 360)


def test_a_loan_older_than_the_lpr_has_the_benchmark_lending_rate() -> None:
    loan = drawn(date(2019, 6, 1), original_term_months=84)
    result = calculated([line(*V2, "0.0600")], [loan], lpr_date="drawdown")
    assert result.payable_yuan == interest(*V2, "0.0490")
    unknown = replace(shipped_rates(), benchmarks=())
    missing = calculated([line(*V2, "0.0600")], [loan], rates=unknown, lpr_date="drawdown").missing
    assert missing[0].startswith("2019-06-01 在LPR首次公布（2019-08-20）之前，当日贷款基准利率也未登记。请先补录")


def test_the_repricing_day_of_the_contract_rules_under_its_reading() -> None:
    loan = drawn(date(2023, 6, 21), repricing_days=(date(2024, 8, 1),))
    assert payable(line(*V2), loans=[loan], lpr_date="repricing") == Decimal("1757777.78")


def test_an_unverified_quotation_is_named() -> None:
    rates = replace(shipped_rates(), held=True)
    one = line(date(2026, 2, 21), date(2026, 3, 20), "0.0350")
    result = calculated([one], rates=rates, on=date(2026, 4, 1)).lines[0]
    assert [reference.published_on for reference in result.unverified] == [date(2026, 2, 24)]
    five = calculated([one], [replace(LOAN, tenor="5Y")], rates=rates, on=date(2026, 4, 1)).lines[0]
    assert five.unverified == ()


def test_the_hash_names_the_inputs_and_nothing_else() -> None:
    lines = [line(*V2), line(date(2024, 9, 21), date(2024, 12, 20))]
    one = calculated(lines)
    assert calculated(lines[::-1], on=date(2025, 1, 1)).inputs_hash == one.inputs_hash
    assert calculated([replace(lines[0], version=2), lines[1]]).inputs_hash != one.inputs_hash
    assert calculated(lines, lpr_date="drawdown").inputs_hash != one.inputs_hash
    rates = shipped_rates()
    longer = replace(rates, quotations=rates.quotations[:-1])
    assert calculated(lines, rates=longer).inputs_hash == one.inputs_hash


def test_an_unknown_line_is_refused() -> None:
    with pytest.raises(KeyError):
        calculated([line(*V2, loan_id="L9")])
    with pytest.raises(KeyError):
        calculated([]).of("L1/2024-06-21")
