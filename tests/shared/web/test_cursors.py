"""Cursors: each part of the query that they are bound to, each kind of value, and what cannot be read."""

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi import Request
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Numeric, SmallInteger, Text, Uuid

from shared.web.cursors import InvalidCursor, decode, digest_of, encode, kind_of

PAIRS = (("kind", "a"), ("kind", "b"), ("q", "x"))


def digest(*pairs: tuple[str, str], path: str = "/v1/rows", sort: str = "id") -> str:
    scope = {"type": "http", "path": path, "headers": [], "query_string": urlencode(pairs).encode()}
    return digest_of(Request(scope), sort)


def test_a_cursor_is_bound_to_path_filters_and_sort_and_to_nothing_else() -> None:
    first = digest(*PAIRS)
    assert digest(*reversed(PAIRS)) == first
    unbound = (("limit", "7"), ("cursor", "x"), ("include_total", "true"), ("sort", "id"))
    assert digest(*PAIRS, *unbound) == first
    others = (
        digest(*PAIRS, path="/v1/others"),
        digest(*PAIRS, sort="-id"),
        digest(*PAIRS[:2]),
        digest(*PAIRS, ("kind", "a")),
        digest(("kind", "a"), ("q", "b"), ("q", "x")),
        digest(*PAIRS[:2], ("q", "y")),
        digest(),
    )
    assert len({first, *others}) == len(others) + 1


MOMENT = datetime(2024, 3, 1, 2, 0, 0, 123456, tzinfo=UTC)
COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "integer": (Integer(), [0, -(2**31), 2**31 - 1]),
    "small": (SmallInteger(), [7]),
    "big": (BigInteger(), [2**31, -(2**63), 2**63 - 1]),
    "decimal": (Numeric(18, 2), [Decimal("0.10"), Decimal("-1234567890123456.78")]),
    "moment": (DateTime(timezone=True), [MOMENT]),
    "date": (Date(), [date(2024, 2, 29)]),
    "text": (Text(), ["", "示例 \" ' %", "1"]),
    "id": (Uuid(), [UUID(int=5)]),
    "flag": (Boolean(), [True, False]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_every_kind_of_value_comes_back_as_it_was(name: str) -> None:
    column, values = COLUMNS[name]
    kind = kind_of(Column(column))
    for value in (*values, None):
        found, key = decode(encode("d", value, UUID(int=9)), "d", kind, UUID)
        assert (found, type(found), key) == (value, type(value), UUID(int=9))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (Integer(), 2**31),
        (Integer(), -(2**31) - 1),
        (SmallInteger(), 2**31),
        (BigInteger(), 2**63),
        (BigInteger(), -(2**63) - 1),
        (BigInteger(), "x"),
        (Numeric(18, 2), "1" * 41),
        (DateTime(timezone=True), "2024-03-01T02:00:00"),
        (Date(), "2024-02-30"),
        (Text(), "a\x00b"),
        (Text(), 1),
        (Uuid(), "x"),
    ],
    ids=str,
)
def test_a_value_that_the_column_cannot_hold_is_refused(column: Any, value: Any) -> None:
    with pytest.raises(InvalidCursor, match="无法识别"):
        decode(encode("d", value, 1), "d", kind_of(Column(column)), int)


def written(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "示例",
        written(["d", 1]),
        written(["d", 1, 2, 3]),
        written({"d": 1}),
        written(7),
        written(["d", 1, None]),
        written(["d", [1], 2]),
        written(["d", 1, "x\x00"]),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
        base64.urlsafe_b64encode(b"\xff").decode(),
    ],
)
def test_what_is_no_cursor_is_refused_with_its_field(cursor: str) -> None:
    with pytest.raises(InvalidCursor, match="无法识别") as caught:
        decode(cursor, "d", int, int)
    assert (caught.value.field, caught.value.status, caught.value.code) == ("/query/cursor", 422, "invalid_cursor")


def test_a_cursor_of_another_query_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidCursor, match="另一次查询") as caught:
        decode(encode("d", 1, 2), "e", int, int)
    assert caught.value.field == "/query/cursor"
    assert decode(encode("d", 1, 2), "d", int, int) == (1, 2)
