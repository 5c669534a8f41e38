"""Offers of both support modes: bases, caps, missing facts and readings. 二（四）"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.eligibility.rules.dry_run import Loan as TriedLoan
from services.eligibility.rules.dry_run import interest_of
from services.funding.interest.readings import InterestReadings
from services.funding.rules.offers import (
    GRANT,
    INTEREST,
    READINGS,
    SubsidyDays,
    grant_offer,
    interest_offer,
    interest_readings,
    proposed_return,
    readings_used,
    recognised_investment,
)
from shared.policy import resolve
from shared.policy.interest_estimate import PlannedLoan
from tests.shared.policy.periods import add_period

ON = date(2024, 3, 1)
# Assessed 200 million and 100 million, declared 10 and 20 million more: grants of 20 and 30 million.
PARTS: list[dict[str, Any]] = [
    {"kind": "building", "assessed_investment_yuan": "200000000.00", "declared_investment_yuan": "210000000.00"},
    {"kind": "factory", "assessed_investment_yuan": "100000000.00", "declared_investment_yuan": "120000000.00"},
    {"kind": "infrastructure", "assessed_investment_yuan": "10000000.00", "declared_investment_yuan": "10000000.00"},
]
LOAN = PlannedLoan("贷款甲", Decimal("100000000.00"), Decimal("0.0300"), 24, None, date(2024, 3, 1))
DAYS = SubsidyDays(date(2024, 1, 1), date(2024, 2, 1), ON)


def rules(**readings: str) -> Any:
    return resolve(ON, interpretations=readings)


@pytest.mark.clause("二（四）1")
@pytest.mark.parametrize(
    ("reading", "amounts"),
    [
        ("assessed", ["200000000.00", "100000000.00", "10000000.00"]),
        ("final_accounts", ["200000000.00", "100000000.00", "10000000.00"]),
        ("declared", ["210000000.00", "120000000.00", "10000000.00"]),
    ],
)
def test_the_recognised_investment_by_each_reading(reading: str, amounts: list[str]) -> None:
    found = recognised_investment(PARTS, rules(investment_base=reading))
    assert [part["fixed_investment_yuan"] for part in found] == amounts
    assert [part["kind"] for part in found] == ["building", "factory", "infrastructure"]


@pytest.mark.clause("二（四）1")
@pytest.mark.parametrize(
    ("scope", "award", "cap"),
    [("project", "50000000.00", 50), ("category", "53000000.00", 100), ("component", "53000000.00", 150)],
)
def test_a_grant_is_offered_under_one_cap_or_one_for_each_group(scope: str, award: str, cap: int) -> None:
    offer = grant_offer(PARTS, "area_package", rules(cap_scope=scope))
    assert (offer.mode, offer.clause, offer.base_yuan) == (GRANT, "二（四）1", Decimal("310000000.00"))
    assert (offer.uncapped_yuan, offer.award_yuan) == (Decimal("53000000.00"), Decimal(award))
    assert (offer.cap_yuan, offer.missing) == (Decimal(cap * 1_000_000), [])
    assert [reading["key"] for reading in offer.readings] == list(READINGS[GRANT])
    assert next(reading for reading in offer.readings if reading["key"] == "cap_scope")["option"] == scope
    assert len(offer.lines) == 4


@pytest.mark.clause("二（四）1")
def test_a_category_that_is_not_there_has_no_cap() -> None:
    for parts, groups in ((PARTS[:1], 1), (PARTS[1:], 1), (PARTS[:2], 2)):
        assert grant_offer(parts, "area_package", rules(cap_scope="category")).cap_yuan == Decimal(groups * 50_000_000)


@pytest.mark.clause("二（四）1")
def test_an_amount_that_follows_the_final_accounts_is_provisional_until_then() -> None:
    note = "投资基数暂按入库评估审定数，竣工决算后以决算数为准"
    final = rules(investment_base="final_accounts")
    assert grant_offer(PARTS, "area_package", final).lines[-1] == note
    assert note not in grant_offer(PARTS, "area_package", final, final=True).lines
    assert note not in grant_offer(PARTS, "area_package", rules()).lines


@pytest.mark.clause("二（四）1")
def test_without_a_rate_there_is_no_grant() -> None:
    trial = resolve(date(2022, 3, 1))
    offer = grant_offer(PARTS, "area_package", trial)
    assert (offer.award_yuan, offer.uncapped_yuan, offer.missing) == (None, None, ["补助比例、上限或投资额"])


@pytest.mark.parametrize(
    ("paid", "recomputed", "reading", "back"),
    [
        ("100.00", "99.99", "assessed", "0.01"),
        ("100.00", "100.00", "assessed", "0.00"),
        ("100.00", "100.01", "final_accounts", "0.00"),
        ("100.00", "90.00", "final_accounts", "10.00"),
        ("100.00", "90.00", "declared", "0.00"),
    ],
)
def test_what_was_paid_beyond_the_final_accounts_is_due_back(
    paid: str, recomputed: str, reading: str, back: str
) -> None:
    found = proposed_return(Decimal(paid), Decimal(recomputed), rules(investment_base=reading))
    assert str(found) == back


def test_readings_are_shown_with_their_text() -> None:
    shown = {reading["key"]: reading for reading in readings_used(rules(lpr_date="drawdown"), INTEREST)}
    assert list(shown) == list(READINGS[INTEREST])
    assert (shown["lpr_date"]["id"], shown["lpr_date"]["option"]) == ("I6", "drawdown")
    assert shown["lpr_date"]["text"]


@pytest.mark.clause("二（四）2")
def test_the_interest_readings_and_figures_of_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    add_period(monkeypatch, "interest_day_basis", ON, 365)
    add_period(monkeypatch, "interest_check_tolerance_yuan", ON, 2)
    before, after = (interest_readings(rules(lpr_tenor="one_year"), day) for day in (date(2024, 2, 29), ON))
    assert (before.day_count_basis, before.bank_check_tolerance_yuan) == (Decimal(360), Decimal(1))
    assert (after.day_count_basis, after.bank_check_tolerance_yuan) == (Decimal(365), Decimal(2))
    assert isinstance(before, InterestReadings)
    assert before.lpr_tenor == "one_year"


@pytest.mark.clause("二（四）2")
def test_an_interest_offer_pays_a_fully_drawn_loan_for_its_years() -> None:
    # 24 months from 1 March 2024 are 730 days at 3.00 %, below the LPR of 3.45 %.
    offer = interest_offer([LOAN], DAYS, rules())
    assert (offer.mode, offer.clause, offer.base_yuan) == (INTEREST, "二（四）2", Decimal("100000000.00"))
    assert offer.award_yuan == offer.uncapped_yuan == Decimal("6083333.33")
    assert (offer.cap_yuan, offer.missing) == (Decimal(50_000_000), [])
    assert [reading["key"] for reading in offer.readings] == list(READINGS[INTEREST])
    assert offer.lines[-1] == "未公布的LPR按 2024-02-20 公布值估算；实际贴息以银行结息单逐日核定"
    assert offer.lines[0].startswith("贷款甲：2024-03-01 至 2026-02-28")


@pytest.mark.clause("二（四）2")
@pytest.mark.parametrize(
    ("changes", "last", "yuan"),
    [
        ({"term_months": 12}, "2025-02-28", "3041666.67"),
        ({"term_months": 36}, "2026-02-28", "6083333.33"),
        ({"annual_rate": Decimal("0.0400")}, "2026-02-28", "6995833.33"),
        ({"annual_rate": Decimal("0.0500"), "term_months": 61}, "2026-02-28", "8009722.22"),
        ({"annual_rate": Decimal("0.0500"), "term_months": 61, "tenor": "1Y"}, "2026-02-28", "6995833.33"),
        ({"principal_yuan": Decimal("1000000000.00")}, "2026-02-28", "50000000.00"),
    ],
)
def test_term_rate_tenor_and_cap_limit_the_offer(changes: dict[str, Any], last: str, yuan: str) -> None:
    offer = interest_offer([replace(LOAN, **changes)], DAYS, rules())
    assert offer.lines[0].startswith(f"贷款甲：2024-03-01 至 {last}")
    assert offer.award_yuan == Decimal(yuan)


@pytest.mark.clause("二（四）2")
def test_days_before_construction_or_declaration_do_not_count() -> None:
    started = replace(DAYS, started_on=date(2024, 3, 31))
    # 30 days later; the two years then end on 30 March 2026, the loan on 28 February.
    assert interest_offer([LOAN], started, rules()).award_yuan == Decimal("5833333.33")
    declared = replace(DAYS, declared_on=date(2024, 3, 31))
    assert interest_offer([LOAN], declared, rules()).award_yuan == Decimal("6083333.33")
    not_counted = rules(interest_before_application="not_counted")
    assert interest_offer([LOAN], declared, not_counted).award_yuan == Decimal("5833333.33")
    # A longer loan is subsidised for two years from its declaration: 730 days, not those from its drawdown alone.
    longer, later = replace(LOAN, term_months=36), replace(DAYS, declared_on=date(2024, 6, 1))
    assert interest_offer([longer], later, not_counted).award_yuan == Decimal("6083333.33")
    undeclared = replace(DAYS, declared_on=None)
    assert interest_offer([LOAN], undeclared, not_counted).missing == ["申报日期"]


@pytest.mark.clause("二（四）2")
def test_without_a_start_the_first_drawdown_is_taken_and_said() -> None:
    later = replace(LOAN, name="贷款乙", drawn_on=date(2024, 6, 1))
    offer = interest_offer([later, LOAN], replace(DAYS, started_on=None), rules())
    assert offer.lines[0] == "开工日期未登记，按首次放款日 2024-03-01 起估算"
    assert offer.base_yuan == Decimal("200000000.00")
    assert offer.lines[1].startswith("贷款甲")


@pytest.mark.clause("二（四）2")
def test_without_a_loan_or_a_figure_there_is_no_interest_offer() -> None:
    none = interest_offer([], DAYS, rules())
    assert (none.base_yuan, none.award_yuan, none.cap_yuan) == (None, None, None)
    assert (none.missing, none.lines) == (["贷款合同或贷款计划"], [])
    trial = interest_offer([LOAN], DAYS, resolve(date(2022, 3, 1)))
    assert (trial.award_yuan, len(trial.missing), trial.lines) == (None, 1, [])


@pytest.mark.clause("二（四）2")
def test_cap_and_years_are_those_of_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    add_period(monkeypatch, "interest_cap_yuan", date(2024, 3, 2), 1_000_000)
    add_period(monkeypatch, "interest_years", date(2024, 3, 2), 1)
    assert interest_offer([LOAN], DAYS, resolve(ON)).award_yuan == Decimal("6083333.33")
    later = interest_offer([LOAN], DAYS, resolve(date(2024, 3, 2)))
    assert (later.uncapped_yuan, later.award_yuan) == (Decimal("3041666.67"), Decimal(1_000_000))


@pytest.mark.clause("二（四）2")
def test_later_days_have_the_quotation_of_the_day_of_the_offer() -> None:
    on = date(2024, 6, 20)
    drawn_then = replace(LOAN, drawn_on=on, annual_rate=Decimal("0.0390"), term_months=36)
    lines = interest_offer([drawn_then], replace(DAYS, today=on), rules()).lines
    assert lines[1] == (
        "2024-06-20 至 2026-06-19（730 天），1Y LPR 3.45%（2024-06-20 公布）：LPR较低，按LPR，计 6,995,833.33 元"
    )
    assert lines[-1] == "未公布的LPR按 2024-06-20 公布值估算；实际贴息以银行结息单逐日核定"
    assert not any(published in line for line in lines for published in ("2024-07-22", "2026-02-24"))
    day_later = interest_offer([drawn_then], replace(DAYS, today=date(2024, 7, 22)), rules()).lines
    assert "1Y LPR 3.35%（2024-07-22 公布）" in day_later[2]


@pytest.mark.clause("二（四）2")
@pytest.mark.parametrize(("months", "yuan"), [(36, "6995833.33"), (72, "8009722.22")])
def test_dry_run_and_comparison_give_one_estimate(months: int, yuan: str) -> None:
    planned = replace(LOAN, annual_rate=Decimal("0.0400"), term_months=months)
    offer = interest_offer([planned], replace(DAYS, started_on=ON), rules())
    tried = interest_of(TriedLoan(planned.principal_yuan, planned.annual_rate, Decimal(months) / 12), ON)
    assert str(offer.award_yuan) == tried.award_yuan == yuan
    assert str(offer.present_value_yuan) == tried.present_value_yuan
    assert offer.cap_reached_in == tried.cap_reached_in
    assert offer.lines[1:] == list(tried.derivation[1:])
