"""One convention for lists: filters, sort order, keyset pages and totals.

A cursor holds the sort value and the unique key of the last row, and a digest of path, filters and sort, so that it
cannot be used with another query. NULLs in the sort column come last in both directions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, Signature
from typing import Any, Generic, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field, create_model
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared.web.cursors import decode, digest_of, encode, kind_of
from shared.web.filters import Filter, parameter, seen

Item = TypeVar("Item")
DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class Page(BaseModel, Generic[Item]):
    """A page of rows, with the cursor of the next page, the limit and sort applied, and the total on request."""

    items: list[Item] = Field(description="本页记录")
    next_cursor: str | None = Field(description="取下一页时作为 cursor 带上；为空表示已是最后一页")
    limit: int = Field(description="本页最多条数", ge=1, le=MAX_LIMIT)
    sort: str = Field(description="所用排序字段；前有 - 为倒序")
    total: int | None = Field(description="符合条件的总条数；仅在 include_total=true 时给出", ge=0)

    def __class_getitem__(cls, item: Any) -> Any:
        """Return the page of a model under a schema name by subject: `DeclarationPage` for `Page[DeclarationOut]`."""
        return _named(cls, item) if isinstance(item, type) else super().__class_getitem__(item)


@cache
def _named(page: type[BaseModel], item: type) -> type[BaseModel]:
    """Return a subclass of the generic page, whose schema pydantic would name `Page_DeclarationOut_`."""
    base = BaseModel.__class_getitem__.__func__(page, item)  # type: ignore[attr-defined]
    name = item.__name__.removesuffix("Out").removesuffix("Row").removesuffix("Summary") + "Page"
    return create_model(name, __base__=base, __doc__=page.__doc__, __module__=item.__module__)


@dataclass(frozen=True)
class Slice:
    """The rows of one page and what the answer says about them."""

    rows: Sequence[Any]
    next_cursor: str | None
    total: int | None
    request: "PageRequest"

    def page(self, items: Sequence[Item]) -> Page[Item]:
        """Return the answer with the rows as the caller shows them."""
        limit, sort = self.request.limit, self.request.sort
        return Page(items=list(items), next_cursor=self.next_cursor, limit=limit, sort=sort, total=self.total)


@dataclass(frozen=True)
class PageRequest:
    """The query parameters of one list request, checked."""

    limit: int
    sort: str
    include_total: bool
    conditions: tuple[ColumnElement[bool], ...] = ()
    after: tuple[Any, Any] | None = None
    digest: str = ""
    column: Any = None
    key: Any = None

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    async def page(self, session: AsyncSession, query: Select[Any], show: Callable[[Any], Item]) -> Page[Item]:
        """Return the page of a query, each row shown by the given function."""
        found = await self.fetch(session, query)
        return found.page([show(row) for row in found.rows])

    async def fetch(self, session: AsyncSession, query: Select[Any]) -> Slice:
        """Return the rows of this page: entities where the query selects one, otherwise result rows."""
        query = query.where(*self.conditions)
        single = len(query.column_descriptions) == 1
        total = await self._total(session, query) if self.include_total else None
        ordered = query.order_by(None).order_by(*self._order()).limit(self.limit + 1)
        if self.after is not None:
            ordered = ordered.where(self._beyond(*self.after))
        result = await session.execute(ordered.add_columns(self.column.label("_sort"), self.key.label("_key")))
        rows = result.all()
        last = rows[self.limit - 1] if len(rows) > self.limit else None
        shown = [row[0] if single else row for row in rows[: self.limit]]
        following = None if last is None else self.cursor(last[-2], last[-1])
        return Slice(shown, following, total, self)

    def cursor(self, value: Any, key: Any) -> str:
        """Return the opaque place after a row."""
        return encode(self.digest, value, key)

    async def _total(self, session: AsyncSession, query: Select[Any]) -> int:
        counted = query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
        return await session.scalar(counted) or 0

    def _order(self) -> list[Any]:
        columns = [self.column] if self.column is self.key else [self.column, self.key]
        ordered = [column.desc() if self.descending else column.asc() for column in columns]
        if _nullable(self.column):
            ordered[0] = ordered[0].nulls_last()
        return ordered

    def _beyond(self, value: Any, key: Any) -> ColumnElement[bool]:
        """Return the condition for the rows after the given one in the sort order."""
        later = _after(self.descending, self.key, key)
        if self.column is self.key:
            return later
        if value is None:
            return and_(self.column.is_(None), later)
        both = _after(self.descending, tuple_(self.column, self.key), _pair(self.column, value, self.key, key))
        return or_(both, self.column.is_(None)) if _nullable(self.column) else both


class Listing:
    """The declaration of a list: its filters and sort columns. As a dependency it reads a `PageRequest`."""

    def __init__(self, *filters: Filter, sorts: Mapping[str, Any], key: Any, default: str) -> None:
        """Declare a list. `key` is a unique column; `default` names a sort, `-` before it for descending."""
        self.filters, self.sorts, self.key = filters, dict(sorts), key
        self.__signature__ = signature_of(list(self.sorts), default, [p for each in filters for p in each.parameters])

    async def __call__(self, request: Request, **values: Any) -> PageRequest:
        """Return the checked parameters of a request. Raises InvalidCursor."""
        column = seen(self.sorts[values["sort"].removeprefix("-")])
        digest = digest_of(request, values["sort"])
        after = decode(values["cursor"], digest, kind_of(column), kind_of(self.key)) if values["cursor"] else None
        conditions = self.conditions(values)
        return PageRequest(
            values["limit"], values["sort"], values["include_total"], conditions, after, digest, column, self.key
        )

    def conditions(self, values: Mapping[str, Any]) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions that the given filter values make."""
        made = (each.condition(values) for each in self.filters)
        return tuple(condition for condition in made if condition is not None)


class FilterSet:
    """The filters of a list without its pages, for exports. As a dependency it reads the SQL conditions."""

    def __init__(self, listing: Listing) -> None:
        """Take the filters of a list."""
        self.listing = listing
        parameters = [p for each in listing.filters for p in each.parameters]
        self.__signature__ = Signature(parameters)

    async def __call__(self, **values: Any) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions of a request."""
        return self.listing.conditions(values)


def signature_of(sorts: list[str], default: str, filters: list[Parameter]) -> Signature:
    """Return the query parameters of a list as FastAPI reads them from a dependency."""
    options = tuple(name for sort in sorts for name in (sort, f"-{sort}"))
    request = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)
    order = Literal[options]  # type: ignore[valid-type]
    return Signature(
        [
            request,
            *filters,
            parameter("sort", order, default, "排序字段，前加 - 为倒序；空值总在最后"),
            parameter("limit", int, DEFAULT_LIMIT, "每页条数", ge=1, le=MAX_LIMIT),
            parameter("cursor", str | None, None, "上一页的 next_cursor，沿用其筛选和排序", max_length=2000),
            parameter("include_total", bool, False, "为 true 时给出符合条件的总条数"),
        ]
    )


def _nullable(column: Any) -> bool:
    return bool(getattr(getattr(column, "expression", column), "nullable", True))


def _pair(column: Any, value: Any, key: Any, last_key: Any) -> Any:
    return tuple_(literal(value, column.type), literal(last_key, key.type))


def _after(descending: bool, left: Any, right: Any) -> ColumnElement[bool]:
    made: ColumnElement[bool] = left < right if descending else left > right
    return made
