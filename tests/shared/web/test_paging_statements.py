"""Statements of the list convention, run on SQLite in memory: order, bounds, totals and filters without a server."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import Request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text, create_engine, select
from sqlalchemy.orm import Session

from shared.web.filters import between, flag, one_of, search, since
from shared.web.paging import DEFAULT_LIMIT, MAX_LIMIT, FilterSet, Listing, Page, PageRequest, Slice

TABLE = Table(
    "sample",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("rank", Integer),
    Column("open", Boolean),
)
# id, name, rank, open: equal names and ranks on both sides of a page's end.
ROWS = [(1, "b", 2, True), (2, "a", None, False), (3, "b", 1, None), (4, "a", 2, True), (5, "c", None, False)]
SORTS = {"id": TABLE.c.id, "name": TABLE.c.name, "rank": TABLE.c.rank}
LISTING = Listing(
    one_of("name", TABLE.c.name, str, "名称"),
    between("rank", TABLE.c.rank, int, "名次"),
    flag("open", TABLE.c.open, "公开"),
    since("updated_since", TABLE.c.id, "变动"),
    sorts=SORTS,
    key=TABLE.c.id,
    default="-name",
)
NO_FILTER: dict[str, Any] = {
    "name": [], "rank_from": None, "rank_to": None, "open": None, "updated_since": None,
}  # fmt: skip
ORDERS = {
    "id": [1, 2, 3, 4, 5],
    "-id": [5, 4, 3, 2, 1],
    "name": [2, 4, 1, 3, 5],
    "-name": [5, 3, 1, 4, 2],
    "rank": [3, 1, 4, 2, 5],
    "-rank": [4, 1, 3, 5, 2],
}


class Awaitable:
    """The two methods of an asynchronous session that a page uses, on a session of SQLite."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def execute(self, statement: Any) -> Any:
        return self.session.execute(statement)

    async def scalar(self, statement: Any) -> Any:
        return self.session.scalar(statement)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    engine = create_engine("sqlite://")
    TABLE.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.execute(TABLE.insert(), [dict(zip(TABLE.columns.keys(), row, strict=True)) for row in ROWS])
        yield Awaitable(opened)
    engine.dispose()


async def asked(**query: Any) -> PageRequest:
    scope = {"type": "http", "path": "/v1/sample", "headers": [], "query_string": urlencode(query).encode()}
    values = {"sort": "id", "limit": 2, "cursor": None, "include_total": False, **NO_FILTER, **query}
    return await LISTING(Request(scope), **values)


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
async def test_pages_follow_each_other_across_ties_and_empty_values(session: Any, sort: str, limit: int) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        request = await asked(sort=sort, limit=limit, cursor=cursor)
        found = await request.page(session, select(TABLE), lambda row: row.id)
        assert len(found.items) <= limit
        seen += found.items
        if (cursor := found.next_cursor) is None:
            break
        assert len(found.items) == limit
    assert seen == ORDERS[sort]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"name": ["a"]}, [2, 4]),
        ({"name": ["a", "c"]}, [2, 4, 5]),
        ({"rank_from": 2}, [1, 4]),
        ({"rank_to": 1}, [3]),
        ({"rank_from": 1, "rank_to": 1}, [3]),
        ({"open": True}, [1, 4]),
        ({"open": False}, [2, 3, 5]),
        ({"updated_since": 4}, [4, 5]),
        ({"name": ["b"], "open": True, "rank_from": 2}, [1]),
    ],
)
async def test_each_filter_chooses_its_rows_and_the_total_counts_them(
    session: Any, query: dict[str, Any], ids: list[int]
) -> None:
    request = await asked(limit=MAX_LIMIT, include_total=True, **query)
    found = await request.page(session, select(TABLE), lambda row: row.id)
    assert (found.items, found.total, found.next_cursor) == (ids, len(ids), None)
    first = await (await asked(limit=1, include_total=True, **query)).page(session, select(TABLE), lambda row: row.id)
    assert (first.items, first.total) == (ids[:1], len(ids))
    unbound = await FilterSet(LISTING)(**NO_FILTER | query)
    assert [row.id for row in await session.execute(select(TABLE.c.id).where(*unbound).order_by(TABLE.c.id))] == ids


async def test_a_query_of_one_column_gives_its_values_and_keeps_its_own_conditions(session: Any) -> None:
    query = select(TABLE.c.name).where(TABLE.c.id > 1).order_by(TABLE.c.rank)
    request = await asked(limit=2, include_total=True)
    found = await request.fetch(session, query)
    assert (found.rows, found.total) == (["a", "b"], 4)
    rest = await (await asked(limit=2, cursor=found.next_cursor)).fetch(session, query)
    assert (rest.rows, rest.next_cursor, rest.total) == (["a", "c"], None, None)


def statement(sort: str, after: tuple[Any, Any] | None) -> str:
    """Return order and bound of a page as SQL text."""
    column = SORTS[sort.removeprefix("-")]
    request = PageRequest(2, sort, include_total=False, after=after, column=column, key=TABLE.c.id)
    ordered = select(TABLE.c.id).order_by(*request._order())
    return (
        str(ordered if after is None else ordered.where(request._beyond(*after))).replace("\n", "").partition("id ")[2]
    )


@pytest.mark.parametrize(("sort", "nulls"), [("name", False), ("-name", False), ("rank", True), ("-rank", True)])
def test_only_a_column_that_may_be_empty_pays_for_empty_values(sort: str, nulls: bool) -> None:
    assert ("NULLS LAST" in statement(sort, None)) is nulls
    assert ("IS NULL" in statement(sort, ("x" if "name" in sort else 2, 1))) is nulls


def test_the_key_is_ordered_once_and_an_empty_value_bounds_by_the_key_alone() -> None:
    assert statement("id", None).endswith("ORDER BY sample.id ASC")
    assert statement("-id", (3, 3)).endswith("WHERE sample.id < :id_1 ORDER BY sample.id DESC")
    assert "sample.rank IS NULL AND sample.id > :id_1" in statement("rank", (None, 3))


class SampleOut(BaseModel):
    """A row of a list."""

    id: int


class RankRow(SampleOut):
    """A row under another name."""


def test_a_page_is_named_for_its_rows_and_states_what_was_applied() -> None:
    assert (Page[SampleOut].__name__, Page[RankRow].__name__) == ("SamplePage", "RankPage")
    assert Page[SampleOut] is Page[SampleOut]
    assert Page[SampleOut].__doc__ == Page.__doc__
    assert Page[SampleOut].__module__ == __name__
    request = PageRequest(7, "-id", include_total=True)
    page = Slice([1, 2], "next", 9, request).page([SampleOut(id=1), SampleOut(id=2)])
    assert page.model_dump() == {
        "items": [{"id": 1}, {"id": 2}],
        "next_cursor": "next",
        "limit": 7,
        "sort": "-id",
        "total": 9,
    }
    for wrong in ({"limit": 0}, {"limit": 201}, {"total": -1}):
        with pytest.raises(ValidationError):
            Page[SampleOut].model_validate(page.model_dump() | wrong)


@pytest.mark.parametrize("name", Page.model_fields)
def test_a_page_states_each_of_its_fields(name: str) -> None:
    stated: dict[str, Any] = {"items": [], "next_cursor": None, "limit": 1, "sort": "id", "total": None}
    Page[SampleOut].model_validate(stated)
    with pytest.raises(ValidationError, match=name):
        Page[SampleOut].model_validate({key: value for key, value in stated.items() if key != name})


def test_a_search_folds_both_sides_and_takes_no_wildcards() -> None:
    asked = search("名称", TABLE.c.name, TABLE.c.rank)
    assert asked.condition({"q": None}) is None
    condition = asked.condition({"q": "\uff21b%"})
    compiled = condition.compile()  # type: ignore[union-attr]
    columns = [f"lower(normalize(sample.{name}, NFKC)) LIKE" in str(compiled) for name in ("name", "rank")]
    assert columns == [True, True]
    assert " OR " in str(compiled)
    assert set(compiled.params.values()) == {"Ab/%"}
    assert str(compiled).count("lower(:") == 2


def test_the_parameters_of_a_list_are_its_filters_and_the_convention() -> None:
    parameters = LISTING.__signature__.parameters
    assert list(parameters) == ["request", *NO_FILTER, "sort", "limit", "cursor", "include_total"]
    defaults = {name: parameters[name].default for name in ("sort", "limit", "cursor", "include_total")}
    assert defaults == {"sort": "-name", "limit": DEFAULT_LIMIT, "cursor": None, "include_total": False}
    assert (DEFAULT_LIMIT, MAX_LIMIT) == (50, 200)
    assert parameters["sort"].annotation.__origin__.__args__ == ("id", "-id", "name", "-name", "rank", "-rank")
    assert list(FilterSet(LISTING).__signature__.parameters) == list(NO_FILTER)
