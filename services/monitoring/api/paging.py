"""Lists by keyset: `limit`, an opaque `cursor`, `next_cursor`."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=200, description="每页条数")]
Cursor = Annotated[UUID | None, Query(description="上一页的 next_cursor")]
Quarter = Annotated[str, Path(pattern=r"^20[0-9]{2}Q[1-4]$", description="季度，如 2024Q1")]
DistrictFilter = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{3,6}$")]],
    Query(description="区代码；可重复", max_length=17),
]
QuarterFilter = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}Q[1-4]$")]],
    Query(description="季度；可重复", max_length=8),
]


class Page(BaseModel, Generic[Item]):
    """One page; `next_cursor` is absent on the last."""

    items: list[Item]
    next_cursor: UUID | None = Field(None, description="下一页的 cursor；没有更多时为空")


async def page_of(
    session: AsyncSession, query: Select[Any], key: InstrumentedAttribute[UUID], cursor: UUID | None, limit: int
) -> dict[str, Any]:
    """The rows after the cursor in the order of their key, and the cursor of the next page."""
    if cursor is not None:
        query = query.where(key > cursor)
    rows: Sequence[Any] = (await session.scalars(query.order_by(key).limit(limit + 1))).all()
    shown = rows[:limit]
    return {"items": shown, "next_cursor": getattr(shown[-1], key.key) if len(rows) > limit else None}
