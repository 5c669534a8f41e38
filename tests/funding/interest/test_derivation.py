"""Derivation of a recomputed subsidy: segments, reasons, limits, rounding, what is missing. 二（四）2"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from services.funding.interest.derivation import EXCLUDED, LIMITED_BY, explain, explain_total
from services.funding.interest.facts import BalanceSegment, Extension, InterestPayment
from services.funding.interest.results import Excluded, LimitedBy
from shared.policy.reference_rates import shipped_rates
from tests.funding.interest.projects import CAP, LOAN, PRINCIPAL, PROJECT, V2, calculated, drawn, interest, line

pytestmark = pytest.mark.clause("二（四）2")

TITLE = "示例银行：2024-06-21 至 2024-09-20，依据二（四）2；每段＝余额×年利率×天数÷360"
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


def explained(*lines: Any, **given: Any) -> list[str]:
    """Return the derivation of the last line."""
    loans = given.pop("loans", [LOAN])
    return explain(calculated(lines, loans, **given).of(lines[-1].id), "示例银行")


def test_each_segment_states_days_balance_rates_the_quotation_then_in_force_and_its_amount() -> None:
    assert explained(line(*V2)) == [
        TITLE,
        *(
            f"{period}，{quote}：LPR较低，按LPR，计 {amount} 元"
            for period, quote, amount in zip(PERIODS, QUOTES, AMOUNTS, strict=True)
        ),
        "银行正常利息 1,993,333.33 元，复算 1,993,333.33 元，在容差之内",
        "按利率可贴 1,729,444.44 元",
        "本笔贴息 1,729,444.44 元",
    ]


@pytest.mark.parametrize(
    ("rate", "words"),
    [("0.0344", "实际利率较低，按实际利率"), ("0.0345", "两者相同"), ("0.0346", "LPR较低，按LPR")],
)
def test_the_lower_rate_is_named(rate: str, words: str) -> None:
    assert f"：{words}，计" in explained(line(V2[0], date(2024, 7, 21), rate))[1]


def test_the_benchmark_lending_rate_has_its_own_name() -> None:
    sentences = explained(
        line(*V2, "0.0600"), loans=[drawn(date(2019, 6, 1), original_term_months=84)], lpr_date="drawdown"
    )
    assert "，贷款基准利率 4.9%（2015-10-24 公布）：贷款基准利率较低，按贷款基准利率，计 " in sentences[1]


def test_days_before_the_approval_are_marked() -> None:
    sentences = explained(line(*V2), project=replace(PROJECT, approved_on=date(2024, 7, 22)))
    assert sentences[1] == f"{PERIODS[0]}，{QUOTES[0]}：LPR较低，按LPR，计 594,166.67 元；批复前部分，请关注"
    assert sentences[2] == f"{PERIODS[1]}，{QUOTES[1]}：LPR较低，按LPR，计 539,722.22 元"


MIDDLE, LATER = date(2024, 7, 22), date(2024, 7, 23)
SHORT = drawn(date(2023, 7, 22), original_term_months=12)
EXTENDED = replace(SHORT, extensions=(Extension("E", MIDDLE, date(2025, 1, 1)),))
REASONS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "before_construction_start": ([line(*V2)], {"project": replace(PROJECT, construction_started_on=MIDDLE)}),
    "before_application": (
        [line(*V2)],
        {"project": replace(PROJECT, applied_on=MIDDLE), "interest_before_application": "not_counted"},
    ),
    "before_drawdown": ([line(*V2)], {"loans": [drawn(MIDDLE)]}),
    "after_maturity": ([line(*V2)], {"loans": [SHORT]}),
    "unrecognised_extension": ([line(*V2)], {"loans": [EXTENDED]}),
    "after_construction_period": ([line(*V2)], {"project": replace(PROJECT, construction_until=MIDDLE)}),
    "after_completion_accounts": ([line(*V2)], {"project": replace(PROJECT, accounts_completed_on=MIDDLE)}),
    "counted_already": ([line(*V2), line(MIDDLE, V2[1], id="again")], {}),
    "nothing_borrowed": (
        [line(*V2, balances=(BalanceSegment(V2[0], MIDDLE, Decimal(0)), BalanceSegment(LATER, V2[1], PRINCIPAL)))],
        {},
    ),
    "not_paid": ([line(*V2, payments=())], {}),
    "outside_limit": (
        [line(date(2022, 3, 21), date(2022, 6, 20), loan_id="L0"), line(*V2)],
        {
            "loans": [LOAN, drawn(date(2022, 3, 1), id="L0", contract_no="乙")],
            "project": replace(PROJECT, construction_started_on=date(2022, 1, 1)),
        },
    ),
}


@pytest.mark.parametrize("reason", get_args(Excluded))
def test_a_segment_that_earns_nothing_states_why(reason: str) -> None:
    lines, given = REASONS[reason]
    assert any(sentence.endswith(f"：{EXCLUDED[reason]}") for sentence in explained(*lines, **given))


def test_every_reason_and_limit_has_its_words() -> None:
    assert set(EXCLUDED) == set(get_args(Excluded))
    assert set(LIMITED_BY) == set(get_args(LimitedBy))


def test_the_limit_that_decides_is_named() -> None:
    penal = InterestPayment(V2[1], Decimal("1993333.33"), "V", penalty_yuan=Decimal("500000.00"))
    assert explained(line(*V2, payments=(penal,)))[-4:] == [
        "银行正常利息 1,493,333.33 元，复算 1,993,333.33 元，超出容差，请核对结息单",
        "按利率可贴 1,729,444.44 元",
        "以实际支付的正常利息为限（1,493,333.33 元）",
        "本笔贴息 1,493,333.33 元",
    ]
    for project, words in (
        (replace(PROJECT, award_yuan=Decimal(1)), "以批复金额的余额为限"),
        (replace(PROJECT, award_yuan=CAP * 2, policy_cap_yuan=Decimal(1)), "以单个项目贴息上限的余额为限"),
    ):
        assert explained(line(*V2), project=project)[-2:] == [words, "本笔贴息 1.00 元"]


def test_printed_parts_that_do_not_add_up_are_explained() -> None:
    days = [date(2024, 7, day) for day in (1, 2, 3)]
    balances = tuple(map(BalanceSegment, days, days, map(Decimal, ("600.60", "660.60", "780.60"))))
    one = line(days[0], days[2], "0.0300", balances=balances, paid="0.17")
    sentences = explained(one)
    assert [sentence.rsplit("，计 ")[-1] for sentence in sentences[1:4]] == ["0.05 元", "0.06 元", "0.07 元"]
    assert sentences[5] == "各段列示数之和 0.18 元；合计前不舍入，精确合计后舍入一次为 0.17 元"
    assert sentences[-1] == "本笔贴息 0.17 元"


def test_the_share_and_the_basis_are_stated() -> None:
    loan = replace(LOAN, share=Decimal("0.6"), day_count_basis=365)
    sentences = explained(line(*V2, paid=str(interest(*V2, "0.0390", basis=365))), loans=[loan])
    assert sentences[0].endswith("÷365")
    assert "贷款用于本项目的比例为 60%，按比例计算后舍入一次" in sentences


def test_an_unverified_quotation_is_marked_in_its_segment_and_at_the_end() -> None:
    rates = replace(shipped_rates(), held=True)
    sentences = explained(line(date(2026, 2, 24), date(2026, 3, 20), "0.0350"), rates=rates, on=date(2026, 4, 1))
    assert "1Y LPR 3%（2026-02-24 公布，该报价未经核实）" in sentences[1]
    assert sentences[-1] == "1Y LPR 3%（2026-02-24 公布，该报价未经核实），采用前请核实"


def test_an_undetermined_line_states_its_bounds_and_what_is_missing() -> None:
    sentences = explained(line(*V2), project=replace(PROJECT, construction_started_on=None))
    assert sentences[-2:] == ["暂不能核定，缺少：开工日期", "本笔贴息 待定，在 0.00 元与 1,729,444.44 元之间"]
    spread = explained(line(*V2, balances=(), accumulated_balance=Decimal("9200000000.00")))
    assert "日余额未知，按积数 9,200,000,000.00 ×年利率÷360 计算" in spread
    assert spread[1].startswith("2024-06-21 至 2024-07-21（31 天）日余额待定，实际利率 3.9%")
    unrated = explained(line(*V2, rates=()))
    assert unrated[1].endswith("实际利率待定：参照利率或实际利率待定")


def test_the_total_lists_the_lines_the_years_and_the_limit() -> None:
    two = [line(*V2), line(date(2024, 9, 21), date(2024, 12, 20))]
    capped = calculated(two, project=replace(PROJECT, award_yuan=Decimal("2000000.00")))
    assert explain_total(capped) == [
        "2024-06-21 至 2024-09-20：1,729,444.44 元",
        "2024-09-21 至 2024-12-20：270,555.56 元",
        "贴息年限 2024-06-21 至 2026-06-20，自首个计息日起算",
        "以批复金额的余额为限",
        "贴息合计 2,000,000.00 元",
    ]
    assert explain_total(calculated([])) == ["贴息合计 0.00 元"]
