"""Opaque cursors for keyset lists."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query

from shared.errors import Invalid

Limit = Annotated[int, Query(ge=1, le=200, description="每页条数")]
Cursor = Annotated[str | None, Query(max_length=200, description="上一页给出的 next_cursor")]


def cursor_of(*key: object) -> str:
    """The place after a row, by its sort key."""
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode()


def whole(text: str) -> int:
    """Reads a number that fits a column. Raises ValueError."""
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


def place_of(cursor: str, *readers: Callable[[str], Any]) -> list[Any]:
    """The sort key a cursor stands for. Raises Invalid."""
    try:
        parts: Sequence[str] = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if any("\x00" in part for part in parts):
            raise ValueError(cursor)
        return [read(part) for read, part in zip(readers, parts, strict=True)]
    except (ValueError, TypeError, ArithmeticError, binascii.Error, RecursionError) as error:
        raise Invalid("游标无效，请从第一页读起", field="/query/cursor") from error
