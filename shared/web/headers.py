"""Headers of conditional requests and created records, as parameters and in the API documents."""

from typing import Annotated, Any

from fastapi import Header

REQUIRED = "x-required"
"""Marks a header in the framework's document that the endpoint demands, with an answer of its own for its absence."""
_TAG = '读取记录时响应头 ETag 的值，例如 "3"'

IfMatch = Annotated[str | None, Header(description=_TAG, json_schema_extra={REQUIRED: True})]
"""The version that a change is based on; its absence is answered with 428."""
IfMatchKnown = Annotated[str | None, Header(description=f"更新已有记录时必带：{_TAG}；新建时不带")]
"""The same for an operation that also creates records."""

ETAG: dict[str, Any] = {
    "description": "记录的版本；修改时放入 If-Match",
    "schema": {"type": "string"},
    "example": '"3"',
}
LOCATION: dict[str, Any] = {
    "description": "可读取所建记录的地址",
    "schema": {"type": "string", "format": "uri-reference"},
}
WITH_ETAG: dict[str, Any] = {"headers": {"ETag": ETAG}}
VERSIONED: dict[int | str, dict[str, Any]] = {200: WITH_ETAG}
"""Declares that the answer of a route carries an ETag."""
VERSIONED_CREATED: dict[int | str, dict[str, Any]] = {201: WITH_ETAG}
"""The same for a route that creates a record."""
