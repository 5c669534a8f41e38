"""Pydantic types of money, areas, quantities and ratios: Decimal in Python, strings in JSON to stay exact."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

FEN = Decimal("0.01")
_DECIMAL = re.compile(r"-?([0-9]{1,38})(?:\.([0-9]{1,38}))?")


def _exact(places: int, whole: int) -> BeforeValidator:
    def check(value: Any) -> Decimal:
        if not isinstance(value, (str, Decimal)):
            raise ValueError('须为字符串形式的十进制数，例如 "1250000.00"')
        found = _DECIMAL.fullmatch(str(value))
        if found is None:
            raise ValueError('须为字符串形式的十进制数，例如 "1250000.00"')
        number = Decimal(value)
        if len(found[1]) <= whole and len(found[2] or "") <= places:
            return number
        if abs(number) >= Decimal(10) ** whole or number != number.quantize(Decimal(1).scaleb(-places)):
            raise ValueError(f"最多 {whole} 位整数、{places} 位小数")
        return number

    return BeforeValidator(check)


def _plain(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None


def _schema(pattern: str, title: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "title": title})


def _not_negative(value: Any) -> Any:
    if isinstance(value, (str, Decimal)) and str(value).startswith("-"):
        raise ValueError("不得为负数，须为 0 或正数")
    return value


def _share(value: Any) -> Any:
    if isinstance(value, (str, Decimal)) and _plain(str(value)) and Decimal(value) > 1:
        raise ValueError('须在 0 与 1 之间，例如 15% 写作 "0.15"')
    return value


Money = Annotated[
    Decimal,
    _exact(2, 15),
    BeforeValidator(_not_negative),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    _schema(r"^\d{1,15}(\.\d{1,2})?$", "金额（元）"),
]
"""Yuan, not negative, at most two decimals; a string in JSON."""

SignedMoney = Annotated[
    Decimal,
    _exact(2, 15),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    _schema(r"^-?\d{1,15}(\.\d{1,2})?$", "金额（元）"),
]

Area = Annotated[
    Decimal,
    _exact(2, 9),
    BeforeValidator(_not_negative),
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    _schema(r"^\d{1,9}(\.\d{1,2})?$", "面积（平方米）"),
]
"""Square metres, at most two decimals; a string in JSON."""

Quantity = Annotated[
    Decimal,
    _exact(4, 14),
    BeforeValidator(_not_negative),
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    _schema(r"^\d{1,14}(\.\d{1,4})?$", "数量"),
]
"""Metered amounts (kWh, m³, GJ), at most four decimals; a string in JSON."""

Ratio = Annotated[
    Decimal,
    _exact(6, 1),
    BeforeValidator(_not_negative),
    BeforeValidator(_share),
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    _schema(r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$", "比例（0 至 1）"),
]
"""A share between 0 and 1, at most six decimals; a string in JSON."""


def to_fen(yuan: Decimal) -> int:
    """Convert yuan to integer fen. Raises ValueError for a fraction of a fen."""
    fen = yuan * 100
    if fen != fen.to_integral_value():
        raise ValueError(f"{yuan} has a fraction of a fen")
    return int(fen)


def to_yuan(fen: int) -> Decimal:
    """Convert integer fen to yuan."""
    return Decimal(fen) / 100


def round_fen(yuan: Decimal) -> Decimal:
    """Round yuan half up to the fen; an amount is rounded only once (I34)."""
    return yuan.quantize(FEN, ROUND_HALF_UP)
