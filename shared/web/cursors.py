"""Opaque cursors of lists, bound to the query that they were given for."""

import base64
import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from sqlalchemy import Integer

from shared.errors import Invalid

_UNBOUND = {"cursor", "limit", "include_total", "sort"}
"""Query parameters that may change from page to page; the sort is bound in its resolved form."""


class InvalidCursor(Invalid):
    """A cursor that cannot be read, or that belongs to another query."""

    code, title = "invalid_cursor", "游标无效"


def digest_of(request: Request, sort: str) -> str:
    """Return what a cursor is bound to: the path, the filters in any order, and the sort."""
    filters = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in _UNBOUND)
    said = json.dumps([request.url.path, filters, sort]).encode()
    return hashlib.sha256(said).hexdigest()[:16]


def encode(digest: str, value: Any, key: Any) -> str:
    """Return the opaque place after a row."""
    content = [digest, to_jsonable_python(value), to_jsonable_python(key)]
    return (
        base64.urlsafe_b64encode(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )


def decode(cursor: str, digest: str, value_kind: Any, key_kind: Any) -> tuple[Any, Any]:
    """Return the sort value and the key of a cursor. Raises InvalidCursor."""
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        bound, value, key = content
        if bound == digest:
            return _read(value, value_kind | None), _read(key, key_kind)
    except (ValueError, TypeError, ValidationError, RecursionError) as error:
        raise InvalidCursor(
            "游标无法识别；请原样使用上一页的 next_cursor，或去掉 cursor 从第一页读起", field="/query/cursor"
        ) from error
    raise InvalidCursor(
        "游标属于另一次查询；请沿用取得它时的筛选和排序，或去掉 cursor 从第一页读起", field="/query/cursor"
    )


def _read(value: Any, kind: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("a NUL character")
    return TypeAdapter(kind).validate_json(json.dumps(value))


_KINDS: dict[type, Any] = {
    int: Annotated[int, Field(ge=-(2**63), lt=2**63)],
    Decimal: Annotated[Decimal, Field(max_digits=40)],
    datetime: AwareDatetime,
    date: date,
    str: str,
    UUID: UUID,
    bool: bool,
}


def kind_of(column: Any) -> Any:
    """Return the type by which a column's values are read from a cursor."""
    if isinstance(column.type, Integer) and type(column.type).__name__ != "BigInteger":
        return Annotated[int, Field(ge=-(2**31), lt=2**31)]
    return _KINDS[column.type.python_type]
