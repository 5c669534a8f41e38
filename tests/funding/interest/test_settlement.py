"""Settlement of the lines of a statement: order, totals, flags, the stored result, and the totals as JSON. 二（四）2"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.funding.interest.days import LoanTotals, ProjectTotals
from services.funding.interest.lines import BalanceSegment, StatementLine
from services.funding.interest.settlement import Outcome, dump_totals, load_totals, settle_lines
from tests.funding.interest.interest_lines import CAP, DEFAULT, LOAN, PRINCIPAL, PROJECT, V2, bank_interest, line

pytestmark = pytest.mark.clause("二（四）2")

LATER = (date(2024, 9, 21), date(2024, 12, 20), "0.0300")
# 200 million at 3.00 % for 91 days of 360, below the LPR.
LATER_YUAN = Decimal("1516666.67")
V2_YUAN = Decimal("1729444.44")


def settle(
    *lines: StatementLine, cap: Decimal = CAP, totals: ProjectTotals | None = None, policy_cap: Decimal = CAP
) -> Outcome:
    project = replace(PROJECT, cap_yuan=cap)
    return settle_lines(lines, project, totals or ProjectTotals(), DEFAULT, CAP)


def test_lines_are_settled_in_the_order_of_their_periods() -> None:
    outcome = settle(line(*LATER), line(*V2))
    assert [(row["from_on"], row["to_on"], row["payable_yuan"]) for row in outcome.results] == [
        ("2024-06-21", "2024-09-20", "1729444.44"),
        ("2024-09-21", "2024-12-20", "1516666.67"),
    ]
    assert outcome.payable_yuan == V2_YUAN + LATER_YUAN == outcome.totals.subsidised_yuan
    assert (outcome.missing, outcome.flagged) == ([], False)
    assert outcome.totals.loans["L1"].first_on == date(2024, 6, 21)


def test_lines_of_one_day_follow_their_end_and_their_loan() -> None:
    one, other = replace(LOAN, id="L0"), replace(LOAN, id="L2")
    short = line(V2[0], date(2024, 7, 21), "0.0300", loan=other)
    outcome = settle(line(*V2, loan=other), line(*V2, loan=one), short)
    assert [(row["loan_id"], row["to_on"]) for row in outcome.results] == [
        ("L2", "2024-07-21"),
        ("L0", "2024-09-20"),
        ("L2", "2024-09-20"),
    ]


def test_earlier_statements_use_up_the_cap() -> None:
    before = ProjectTotals(CAP - V2_YUAN - Decimal("0.01"), {"L1": LoanTotals(date(2024, 1, 8))})
    outcome = settle(line(*V2), line(*LATER), totals=before)
    assert [(row["payable_yuan"], row["limited_by"]) for row in outcome.results] == [
        ("1729444.44", None),
        ("0.01", "cap"),
    ]
    assert (outcome.payable_yuan, outcome.totals.subsidised_yuan) == (V2_YUAN + Decimal("0.01"), CAP)


def test_a_result_holds_every_figure_as_text() -> None:
    paid = bank_interest(*V2) + Decimal("1.01")
    (row,) = settle(line(*V2, interest_paid_yuan=paid)).results
    sentences = row.pop("explanation")
    assert row == {
        "loan_id": "L1",
        "from_on": "2024-06-21",
        "to_on": "2024-09-20",
        "eligible_yuan": "1729444.44",
        "payable_yuan": "1729444.44",
        "limited_by": None,
        "bank_interest_yuan": "1993334.34",
        "recomputed_interest_yuan": "1993333.33",
        "difference_yuan": "1.01",
        "within_tolerance": False,
        "clause": "二（四）2",
    }
    assert sentences[0] == "L1：2024-06-21 至 2024-09-20，依据二（四）2"
    assert "1Y LPR 3.45%（2024-06-20 公布）" in sentences[1]


@pytest.mark.parametrize(
    ("cap", "limited_by", "words"),
    [(CAP, "cap", "以单个项目贴息上限的余额为限"), (CAP - 1, "award", "以批复金额的余额为限")],
)
def test_the_award_and_the_cap_are_named_apart(cap: Decimal, limited_by: str, words: str) -> None:
    (row,) = settle(line(*V2), cap=cap, totals=ProjectTotals(CAP - 2)).results
    assert (row["limited_by"], row["explanation"][-2]) == (limited_by, words)


def test_an_award_below_the_cap_that_does_not_decide_is_not_named() -> None:
    (row,) = settle(line(*V2, penalty_yuan=Decimal("500000.00")), cap=CAP - 1).results
    assert (row["limited_by"], row["explanation"][-2]) == ("interest_paid", "以实际支付的正常利息为限")


@pytest.mark.parametrize("place", [0, 1])
def test_one_line_beyond_the_tolerance_flags_the_statement(place: int) -> None:
    periods = [V2, LATER]
    lines = [line(*period) for period in periods]
    lines[place] = line(*periods[place], interest_paid_yuan=bank_interest(*periods[place]) + 2)
    assert settle(*lines).flagged
    assert [row["within_tolerance"] for row in settle(*lines).results] == [place != 0, place != 1]


def test_an_undetermined_line_has_no_figures_and_changes_no_total() -> None:
    gappy = line(*LATER, balances=(BalanceSegment(LATER[0], date(2024, 12, 18), PRINCIPAL),))
    outcome = settle(gappy, line(*V2))
    row = outcome.results[1]
    assert outcome.missing == ["2024-12-19 等 2 天的日余额"]
    assert (outcome.payable_yuan, outcome.totals.subsidised_yuan, outcome.flagged) == (V2_YUAN, V2_YUAN, False)
    figures = ("eligible", "payable", "bank_interest", "recomputed_interest", "difference")
    assert {name: row[f"{name}_yuan"] for name in figures} == dict.fromkeys(figures)
    assert (row["within_tolerance"], row["limited_by"]) == (None, None)


def test_totals_are_read_back_as_they_were_written() -> None:
    totals = ProjectTotals(
        Decimal("12.30"),
        {
            "L1": LoanTotals(date(2024, 1, 8), Decimal("1.001"), Decimal("2.002"), Decimal("3.003")),
            "L2": LoanTotals(date(2024, 2, 29)),
        },
    )
    stored = dump_totals(totals)
    assert stored == {
        "subsidised_yuan": "12.30",
        "loans": {
            "L1": {"first_on": "2024-01-08", "at_actual": "1.001", "at_reference": "2.002", "counted": "3.003"},
            "L2": {"first_on": "2024-02-29", "at_actual": "0", "at_reference": "0", "counted": "0"},
        },
    }
    assert load_totals(stored) == totals
