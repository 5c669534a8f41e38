"""Dry run: both kinds of support estimated, and the day of an undeclared project. 二（四）"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.eligibility.rules.dry_run import Loan, dry_run, grant_of, interest_of
from services.eligibility.schemas.dry_run import TriedComponent, TriedFacts
from shared.contracts.facts import ProjectFacts
from shared.policy import resolve
from shared.policy.language import Fact
from tests.shared.policy.periods import add_period
from tests.shared.policy.worked_cases import base

pytestmark = pytest.mark.clause("二（四）2")

ON = date(2024, 3, 1)
# On that day the one-year LPR is 3.45 % and the five-year LPR 3.95 %; the cap is 50 million, for two years.


def loan(principal: str = "100000000.00", rate: str = "0.0500", years: str = "2") -> Loan:
    return Loan(Decimal(principal), Decimal(rate), Decimal(years))


@pytest.mark.parametrize(
    ("planned", "tenor", "yuan"),
    [
        (loan(), "by_term", "6995833.33"),
        (loan(rate="0.0345"), "by_term", "6995833.33"),
        (loan(rate="0.0344"), "by_term", "6975555.56"),
        (loan(years="1"), "by_term", "3497916.67"),
        (loan(years="3"), "by_term", "6995833.33"),
        (loan(years="5"), "by_term", "6995833.33"),
        (loan(years="6"), "by_term", "8009722.22"),
        (loan(years="6"), "one_year", "6995833.33"),
    ],
)
def test_the_interest_is_estimated_at_the_lower_rate_for_two_years(planned: Loan, tenor: str, yuan: str) -> None:
    support = interest_of(planned, ON, {"lpr_tenor": tenor})
    assert (support.uncapped_yuan, support.award_yuan) == (yuan, yuan)


def test_the_estimate_ends_at_the_cap_and_shows_its_derivation() -> None:
    support = interest_of(loan("800000000.00"), ON)
    assert (support.clause, support.label) == ("二（四）2", "贷款贴息（估算）")
    assert (support.uncapped_yuan, support.award_yuan) == ("55966666.67", "50000000.00")
    assert support.cap_reached_in == date(2025, 12, 1)
    present = f"{Decimal(support.present_value_yuan or 0):,.2f}"
    assert support.derivation == (
        "拟贷款：2024-03-01 至 2026-02-28，本金 800,000,000.00 元，合同利率 5%；每段＝本金×年利率×天数÷360",
        "2024-03-01 至 2026-02-28（730 天），1Y LPR 3.45%（2024-02-20 公布）：LPR较低，按LPR，计 55,966,666.67 元",
        "合计 55,966,666.67 元，以上限 50,000,000.00 元为限",
        "预计 2025年12月达到上限",
        f"各月末收付、按1Y LPR 3.45%（2024-02-20 公布）折现到 2024-03-01，现值 {present} 元",
        "未公布的LPR按 2024-02-20 公布值估算；实际贴息以银行结息单逐日核定",
    )


def test_without_a_loan_or_a_figure_nothing_is_estimated() -> None:
    for support, words in (
        (interest_of(None, ON), "填报贷款本金、利率和期限后可估算；上限 50,000,000 元，不超过 2 年"),
        (interest_of(loan(), date(2031, 3, 1)), "2031-03-01 的 1Y LPR 尚未登记"),
        (interest_of(loan(), date(2022, 3, 1)), "没有已公布的数值"),
    ):
        assert (support.uncapped_yuan, support.award_yuan) == (None, None)
        assert words in support.derivation[0]


def test_cap_and_years_are_those_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    add_period(monkeypatch, "interest_cap_yuan", ON, 3_000_000)
    add_period(monkeypatch, "interest_years", ON, 1)
    later, earlier = interest_of(loan(), ON), interest_of(loan(), date(2024, 2, 29))
    assert (later.uncapped_yuan, later.award_yuan) == ("3497916.67", "3000000.00")
    assert (earlier.uncapped_yuan, earlier.award_yuan) == ("7005416.67", "7005416.67")  # 731 days from a leap day


@pytest.mark.clause("二（四）1")
def test_the_grant_is_shown_whichever_mode_is_requested() -> None:
    support = grant_of(base("building"), resolve(ON))
    assert support is not None
    assert (support.clause, support.label) == ("二（四）1", "投资补助")
    assert (support.uncapped_yuan, support.award_yuan) == ("30000000.00", "30000000.00")
    assert len(support.derivation) == 2
    assert grant_of(base("building"), resolve(date(2022, 3, 1))) is None


def test_an_undeclared_project_is_judged_as_if_accepted_on_the_day() -> None:
    stated = {key: value for key, value in base("building").items() if key != "accepted_on"}
    facts = ProjectFacts.model_validate(stated)
    assert dry_run(facts, ON, {}).decision.facts["accepted_on"] == "2024-03-01"
    own = ProjectFacts.model_validate({**stated, "accepted_on": "2024-02-01"})
    judgement = dry_run(own, ON, {})
    assert (judgement.decision.facts["accepted_on"], judgement.decision.as_of) == ("2024-02-01", "2024-03-01")
    assert judgement.decision.decision == "eligible"


@pytest.mark.parametrize("on", [ON, date(2022, 3, 1)], ids=["2023", "2021"])
def test_whatever_a_condition_asks_for_can_be_stated(on: date) -> None:
    ruleset = resolve(on)
    asked = {name for rule in ruleset.phase("declare") for name in _inputs_of(rule.tree)}
    for name in asked:
        item = ruleset.inputs[name]
        model = TriedComponent if item.of else TriedFacts
        assert (item.field or name) in model.model_fields or item.draw == "count", name
    assert len(asked) > 10


def _inputs_of(node: Any) -> Iterator[str]:
    if isinstance(node, Fact):
        yield node.name
    elif is_dataclass(node):
        for part in fields(node):
            value = getattr(node, part.name)
            for each in value if isinstance(value, tuple) else (value,):
                yield from _inputs_of(each)
