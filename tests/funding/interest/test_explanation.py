"""Sentences that explain a settled line: each segment, each reason for nothing, each limit. 二（四）2"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.funding.interest.calculation import Settlement, settle
from services.funding.interest.days import LoanTotals, ProjectTotals
from services.funding.interest.explanation import explain
from services.funding.interest.lines import BalanceSegment
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
    settled,
)

pytestmark = pytest.mark.clause("二（四）2")

TITLE = "L1：2024-06-21 至 2024-09-20，依据二（四）2"
PERIODS = (
    "2024-06-21 至 2024-07-21（31 天）余额 200,000,000.00 元，实际利率 3.9%",
    "2024-07-22 至 2024-08-19（29 天）余额 200,000,000.00 元，实际利率 3.9%",
    "2024-08-20 至 2024-09-19（31 天）余额 200,000,000.00 元，实际利率 3.9%",
    "2024-09-20 至 2024-09-20（1 天）余额 200,000,000.00 元，实际利率 3.9%",
)
QUOTES = (
    "1Y LPR 3.45%（2024-06-20 公布）",
    "1Y LPR 3.35%（2024-07-22 公布）",
    "1Y LPR 3.35%（2024-08-20 公布）",
    "1Y LPR 3.35%（2024-09-20 公布）",
)
# 200 million at the LPR: 31, 29, 31 and 1 days of 360.
AMOUNTS = ("594,166.67", "539,722.22", "576,944.44", "18,611.11")
OUTCOME = [
    "银行正常利息 1,993,333.33 元，复算 1,993,333.33 元，在容差之内",
    "按利率可贴 1,729,444.44 元",
    "本笔核定贴息 1,729,444.44 元",
]


def first_segment(outcome: Settlement) -> str:
    return explain(outcome)[1]


def test_each_segment_states_days_balance_rates_the_lower_one_and_its_amount() -> None:
    assert explain(settled(line(*V2))) == [
        TITLE,
        *(
            f"{period}，{quote}：LPR较低，按LPR，计 {amount} 元"
            for period, quote, amount in zip(PERIODS, QUOTES, AMOUNTS, strict=True)
        ),
        *OUTCOME,
    ]


@pytest.mark.parametrize(
    ("rate", "words"),
    [("0.0344", "实际利率较低，按实际利率"), ("0.0345", "两者相同"), ("0.0346", "LPR较低，按LPR")],
)
def test_the_lower_rate_is_named(rate: str, words: str) -> None:
    outcome = settled(line(V2[0], date(2024, 7, 21), rate))
    assert f"：{words}，计" in first_segment(outcome)


def test_days_before_the_approval_are_marked() -> None:
    approved = replace(PROJECT, approved_on=date(2024, 7, 22))
    sentences = explain(settled(line(*V2), project=approved))
    assert sentences[1] == f"{PERIODS[0]}，{QUOTES[0]}：LPR较低，按LPR，计 594,166.67 元；批复前部分，请关注"
    assert sentences[2] == f"{PERIODS[1]}，{QUOTES[1]}：LPR较低，按LPR，计 539,722.22 元"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (
            settled(line(*V2), project=replace(PROJECT, construction_started_on=date(2024, 7, 22))),
            "开工前，不计",
        ),
        (
            settled(
                line(*V2),
                project=replace(PROJECT, applied_on=date(2024, 7, 22)),
                interest_before_application="not_counted",
            ),
            "申报前，不计",
        ),
        (settled(line(*V2, interest_paid_yuan=Decimal("0.00"))), "利息未实际支付，不计"),
        (settled(line(*V2), totals=ProjectTotals(loans={"L0": LoanTotals(date(2022, 6, 21))})), "超出贴息年限，不计"),
        (
            settled(
                line(
                    *V2,
                    balances=(
                        BalanceSegment(V2[0], date(2024, 7, 21), Decimal("0.00")),
                        BalanceSegment(date(2024, 7, 22), V2[1], PRINCIPAL),
                    ),
                )
            ),
            "无贷款余额，不计",
        ),
    ],
    ids=["construction", "application", "not paid", "years", "no debt"],
)
def test_a_segment_that_earns_nothing_states_why(outcome: Settlement, reason: str) -> None:
    assert first_segment(outcome).endswith(f"实际利率 3.9%：{reason}")


def test_the_limit_that_decides_is_named() -> None:
    paid = settled(line(*V2, penalty_yuan=Decimal("500000.00")))
    assert explain(paid)[-4:] == [
        "银行正常利息 1,493,333.33 元，复算 1,993,333.33 元，超出容差，请核对结息单",
        "按利率可贴 1,729,444.44 元",
        "以实际支付的正常利息为限",
        "本笔核定贴息 1,493,333.33 元",
    ]
    capped = settled(line(*V2), totals=ProjectTotals(subsidised_yuan=CAP - 1))
    assert explain(capped)[-2:] == ["以单个项目贴息上限的余额为限", "本笔核定贴息 1.00 元"]


def test_an_undetermined_line_names_what_is_missing() -> None:
    unknown = replace(PROJECT, construction_started_on=None)
    loan = replace(LOAN, id="L9")
    assert explain(settled(line(*V2, loan=loan), project=unknown, interest_limit_start="approval")) == [
        "L9：2024-06-21 至 2024-09-20，依据二（四）2",
        "暂不能核定，缺少：开工日期、批复日期",
    ]


def test_a_quotation_whose_day_is_unknown_has_none() -> None:
    outcome = settle(line(*V2), PROJECT, ProjectTotals(), lpr, DEFAULT)
    assert f"{PERIODS[0]}，1Y LPR 3.45%：LPR较低" in explain(outcome)[1]


def test_a_bank_check_beside_the_interest_of_the_line() -> None:
    stated = settled(line(*V2, interest_paid_yuan=bank_interest(*V2) + Decimal("1.01")))
    assert explain(stated)[-3] == "银行正常利息 1,993,334.34 元，复算 1,993,333.33 元，超出容差，请核对结息单"
