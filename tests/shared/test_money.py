"""Limits of exact decimal numbers in JSON: digits before and after the point, and what is no decimal number."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.money import Money, Ratio

MONEY, RATIO = TypeAdapter(Money), TypeAdapter(Ratio)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "0"), ("999999999999999.99", "999999999999999.99"), ("0000000000000001", "1"), ("1.500", "1.5")],
)
def test_money_within_its_limits_is_exact(text: str, value: str) -> None:
    assert MONEY.validate_python(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1000000000000000", "1.005", "-0.01", "1e3", "1.", ".5", "1\n", "NaN", ""])
def test_money_beyond_its_limits_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MONEY.validate_python(text)


@pytest.mark.parametrize(("text", "valid"), [("1", True), ("0.000001", True), ("0.0000001", False), ("1.01", False)])
def test_a_ratio_ends_at_one_and_has_six_decimals(text: str, valid: bool) -> None:
    if valid:
        assert RATIO.validate_python(text) == Decimal(text)
    else:
        with pytest.raises(ValidationError):
            RATIO.validate_python(text)
