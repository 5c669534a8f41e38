"""Exact decimal numbers in JSON: their limits, their text and schema, and the conversion between yuan and fen."""

import re
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.money import Area, Money, Quantity, Ratio, SignedMoney, round_fen, to_fen, to_yuan

TYPES: dict[str, TypeAdapter[Decimal]] = {
    "money": TypeAdapter(Money),
    "signed": TypeAdapter(SignedMoney),
    "area": TypeAdapter(Area),
    "quantity": TypeAdapter(Quantity),
    "ratio": TypeAdapter(Ratio),
}
NO_DECIMAL = "须为字符串形式的十进制数"
NEGATIVE = "不得为负数"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("money", "0", "0"),
        ("money", "999999999999999.99", "999999999999999.99"),
        ("money", "0000000000000001", "1"),
        ("money", "0000000000000200", "200"),
        ("money", "1.500", "1.5"),
        ("money", "1234567.890", "1234567.89"),
        ("signed", "-999999999999999.99", "-999999999999999.99"),
        ("area", "999999999.99", "999999999.99"),
        ("quantity", "99999999999999.9999", "99999999999999.9999"),
        ("ratio", "1", "1"),
        ("ratio", "1.000000", "1"),
        ("ratio", "0.000001", "0.000001"),
    ],
)
def test_a_number_within_its_limits_is_exact(kind: str, text: str, value: str) -> None:
    assert TYPES[kind].validate_python(text) == Decimal(value)
    assert TYPES[kind].validate_python(Decimal(text)) == Decimal(value)


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("money", "1000000000000000", "最多 15 位整数、2 位小数"),
        ("money", "1.005", "最多 15 位整数、2 位小数"),
        ("money", "-0.01", NEGATIVE),
        ("money", "1e3", NO_DECIMAL),
        ("money", "1.", NO_DECIMAL),
        ("money", ".5", NO_DECIMAL),
        ("money", "1\n", NO_DECIMAL),
        ("money", "NaN", NO_DECIMAL),
        ("money", "", NO_DECIMAL),
        ("money", "1" * 39, NO_DECIMAL),
        ("money", "0." + "0" * 39, NO_DECIMAL),
        ("signed", "-1000000000000000", "最多 15 位整数、2 位小数"),
        ("signed", "--1", NO_DECIMAL),
        ("area", "1000000000", "最多 9 位整数、2 位小数"),
        ("area", "0.001", "最多 9 位整数、2 位小数"),
        ("area", "-1", NEGATIVE),
        ("quantity", "100000000000000", "最多 14 位整数、4 位小数"),
        ("quantity", "0.00001", "最多 14 位整数、4 位小数"),
        ("quantity", "-0.0001", NEGATIVE),
        ("ratio", "0.0000001", "最多 1 位整数、6 位小数"),
        ("ratio", "1.000001", "须在 0 与 1 之间"),
        ("ratio", "-0.5", NEGATIVE),
    ],
)
def test_a_number_beyond_its_limits_is_refused_with_the_reason(kind: str, text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(reason)):
        TYPES[kind].validate_python(text)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("value", [1, 0.5, None, True, ["1"], b"1"])
def test_only_text_is_a_number(kind: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=NO_DECIMAL):
        TYPES[kind].validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("money", "1.5", "1.50"),
        ("money", "1E+3", "1000.00"),
        ("signed", "-0.5", "-0.50"),
        ("area", "1.5", "1.5"),
        ("quantity", "1E+3", "1000"),
        ("ratio", "0.000001", "0.000001"),
    ],
)
def test_a_number_is_written_without_an_exponent_and_money_with_two_decimals(kind: str, value: str, text: str) -> None:
    assert TYPES[kind].dump_json(Decimal(value)) == f'"{text}"'.encode()


@pytest.mark.parametrize(
    ("kind", "title", "whole", "places", "sign"),
    [
        ("money", "金额（元）", 15, 2, False),
        ("signed", "金额（元）", 15, 2, True),
        ("area", "面积（平方米）", 9, 2, False),
        ("quantity", "数量", 14, 4, False),
    ],
)
def test_the_schema_states_the_same_limits(kind: str, title: str, whole: int, places: int, sign: bool) -> None:
    schema = TYPES[kind].json_schema()
    assert (schema["type"], schema["title"]) == ("string", title)
    for text, valid in {
        "9" * whole + "." + "9" * places: True,
        "9" * (whole + 1): False,
        "0." + "0" * (places + 1): False,
        "1.": False,
        "-1": sign,
    }.items():
        assert bool(re.search(schema["pattern"], text)) is valid, text


def test_the_schema_of_a_ratio_ends_at_one() -> None:
    schema = TYPES["ratio"].json_schema()
    assert schema["title"] == "比例（0 至 1）"
    valid = {text: bool(re.search(schema["pattern"], text)) for text in ("0", "1", "1.000000", "0.999999", "1.1", "2")}
    assert valid == {"0": True, "1": True, "1.000000": True, "0.999999": True, "1.1": False, "2": False}


def test_yuan_and_fen_convert_exactly() -> None:
    assert (to_fen(Decimal("12.34")), to_fen(Decimal("-0.01")), to_fen(Decimal("1E+2"))) == (1234, -1, 10000)
    assert isinstance(to_fen(Decimal("1.00")), int)
    assert (to_yuan(1234), to_yuan(-1), to_yuan(10000)) == (Decimal("12.34"), Decimal("-0.01"), Decimal(100))
    with pytest.raises(ValueError, match=r"0\.005 has a fraction of a fen"):
        to_fen(Decimal("0.005"))


@pytest.mark.parametrize(
    ("yuan", "rounded"),
    [("0.004999", "0.00"), ("0.005", "0.01"), ("0.015", "0.02"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("3", "3.00")],
)
def test_yuan_are_rounded_half_up(yuan: str, rounded: str) -> None:
    assert str(round_fen(Decimal(yuan))) == rounded
