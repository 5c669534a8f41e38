"""Every contradiction of loans, lines and the calendar raises its remark, and no other. 二（四）2"""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.funding.interest import checks
from services.funding.interest.checks import review
from services.funding.interest.checks.terms import BALANCE_WORDS
from services.funding.interest.results import Remark
from shared.policy.reference_rates import shipped_rates
from tests.funding.interest.contradictions import (
    DRAWN,
    FIRST,
    FLOATING,
    LINES,
    LOANS,
    Q1,
    Q2,
    SECOND,
    at,
    repaid,
)
from tests.funding.interest.projects import DEFAULT, LOAN, PRINCIPAL, TODAY, interest, line

pytestmark = pytest.mark.clause("二（四）2")


def remarks(lines: Any = (FIRST, SECOND), loans: Any = (LOAN,), on: date = TODAY) -> tuple[Remark, ...]:
    return review(loans, lines, shipped_rates(), DEFAULT, on=on)


def codes(**given: Any) -> list[str]:
    return [remark.code for remark in remarks(**given)]


def test_facts_that_agree_raise_no_remark() -> None:
    assert codes() == []
    assert codes(loans=[FLOATING]) == []
    by_number = replace(SECOND, balances=(), accumulated_balance=PRINCIPAL * 92)
    assert codes(lines=[FIRST, by_number]) == codes(lines=[FIRST, replace(SECOND, balances=())]) == []
    excluded = replace(SECOND, to_on=date(2024, 6, 21), end_day="excluded")
    assert codes(lines=[FIRST, excluded]) == []


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_contradicts_raises_its_remark(name: str) -> None:
    lines, expected = LINES[name]
    assert codes(lines=lines) == expected


@pytest.mark.parametrize("name", LOANS)
def test_a_contract_that_contradicts_raises_its_remark(name: str) -> None:
    loan, expected = LOANS[name]
    assert codes(loans=[loan]) == expected


def test_one_contract_in_two_spellings() -> None:
    again = replace(LOAN, id="L2", contract_no="示贷２０２４-001", drawdowns=())
    assert codes(loans=[LOAN, again]) == ["contract_twice"]


def test_a_period_that_is_not_over() -> None:
    assert codes(on=date(2024, 6, 19)) == ["period_in_future", "paid_in_future"]
    assert codes(on=Q2[1]) == []


def test_a_line_without_balances_before_the_drawdown() -> None:
    late = replace(LOAN, drawdowns=(replace(DRAWN, on=date(2024, 1, 1)),))
    amount = interest(date(2024, 1, 1), Q1[1], "0.039")
    assert codes(lines=[line(*Q1, balances=(), paid=str(amount))], loans=[late]) == ["days_before_drawdown"]


def test_the_last_line_ends_with_the_repayment_or_the_maturity() -> None:
    until = date(2024, 5, 10)
    paid_back = repaid(date(2024, 5, 11))
    assert codes(lines=at(Q2[0], until), loans=[paid_back]) == []
    matured = replace(LOAN, drawdowns=(replace(DRAWN, on=date(2023, 12, 21)),), original_term_months=5)
    assert codes(lines=at(Q2[0], date(2024, 5, 20)), loans=[matured]) == []


def test_a_remark_states_its_figures_and_says_them_in_a_sentence() -> None:
    (found,) = remarks(lines=[FIRST, line(*Q2, "0.0900")])
    assert found == Remark(
        "rate_differs",
        "L1",
        f"L1/{Q2[0]}",
        "2024-03-21 实际利率 9%，合同固定利率 3.9%",
        {"on": "2024-03-21", "rate": "0.0900", "contract": "0.0390"},
    )
    (above, _) = remarks(lines=[FIRST, line(*Q2, balance=Decimal("900000000.00"))])
    assert above.sentence == "2024-03-21 余额 900,000,000.00 元，大于合同金额（按记录为 200,000,000.00 元）"


def test_every_code_of_a_remark_is_provoked_by_a_case() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(checks.__file__).parent.glob("*.py"))
    provoked = {code for _, found in (*LINES.values(), *LOANS.values()) for code in found}
    provoked |= {"contract_twice", "period_in_future"}
    missing = [code for code in provoked if f'"{code}"' not in source]
    stated = set(re.findall(r'remark\(\s*"([a-z_]+)"', source))
    assert missing == []
    assert stated | set(BALANCE_WORDS) <= provoked
