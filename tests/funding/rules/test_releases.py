"""Instalments of an award: one payment or dated shares, and the fen that a share leaves over (I32). 三（二）"""

from decimal import Decimal

import pytest

from services.funding.rules.releases import CONDITIONS, Instalment, instalments

pytestmark = pytest.mark.clause("三（二）")

SHARES = {"on_plan": Decimal("0.5"), "at_progress": Decimal("0.3"), "after_evaluation": Decimal("0.2")}


def paid(yuan: str, chosen: str = "instalments") -> list[tuple[int, str, str]]:
    found = instalments(Decimal(yuan), chosen, SHARES)
    assert sum(part.yuan for part in found) == Decimal(yuan)
    return [(part.number, str(part.yuan), part.condition) for part in found]


def test_a_single_payment_is_the_whole_award() -> None:
    assert instalments(Decimal("100.01"), "single", SHARES) == [Instalment(1, Decimal("100.01"), "single")]


@pytest.mark.parametrize(
    ("yuan", "parts"),
    [
        ("100.00", ("50.00", "30.00", "20.00")),
        ("100.01", ("50.00", "30.00", "20.01")),
        ("0.03", ("0.01", "0.00", "0.02")),
        ("33333333.33", ("16666666.66", "9999999.99", "6666666.68")),
    ],
)
def test_shares_are_rounded_down_and_the_last_takes_the_rest(yuan: str, parts: tuple[str, str, str]) -> None:
    assert paid(yuan) == [
        (number, part, condition) for number, (part, condition) in enumerate(zip(parts, SHARES, strict=True), 1)
    ]


def test_every_condition_has_its_words() -> None:
    assert CONDITIONS.keys() == {"single", *SHARES}
    assert CONDITIONS["after_evaluation"] == "完成评价"
