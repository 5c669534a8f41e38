"""Query filters of lists: exact values, flags, ranges and text search, each as parameters and an SQL condition."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import ColumnElement, Text, and_, func, literal_column, or_

from shared.audiences import for_officials
from shared.days import FilterDay, Moment
from shared.text import Line

Condition = Callable[[Mapping[str, Any]], ColumnElement[bool] | None]


@dataclass(frozen=True)
class Projected:
    """A column for officials, and the expression of what everyone else sees of it: filters and sorts tell no more."""

    column: Any
    shown: Any
    is_told: Callable[[], bool] = for_officials
    """Returns whether the reader sees the column."""


def seen(column: Any) -> Any:
    """Return the column or expression that the reader of this request filters and sorts by."""
    if isinstance(column, Projected):
        return column.column if column.is_told() else column.shown
    return column


@dataclass(frozen=True)
class Filter:
    """Query parameters and the SQL condition that their values make."""

    parameters: tuple[Parameter, ...]
    condition: Condition


def parameter(name: str, annotation: Any, default: Any, description: str, **constraints: Any) -> Parameter:
    """Return one keyword parameter that FastAPI reads from the query string."""
    declared = Annotated[annotation, Query(description=description, **constraints)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=declared)


def one_of(name: str, column: Any, kind: Any, description: str) -> Filter:
    """Return a repeatable filter: rows whose column holds one of the given values."""

    def condition(values: Mapping[str, Any]) -> ColumnElement[bool] | None:
        return seen(column).in_(values[name]) if values[name] else None

    return Filter((parameter(name, list[kind], [], f"{description}；可重复", max_length=50),), condition)


def any_of(name: str, column: Any, kind: Any, description: str) -> Filter:
    """Return a repeatable filter: rows whose array column holds one of the given values."""

    def condition(values: Mapping[str, Any]) -> ColumnElement[bool] | None:
        return column.overlap(values[name]) if values[name] else None

    return Filter((parameter(name, list[kind], [], f"{description}；可重复", max_length=50),), condition)


def flag(name: str, expression: Any, description: str) -> Filter:
    """Return a filter on a truth value; NULL counts as false."""

    def condition(values: Mapping[str, Any]) -> ColumnElement[bool] | None:
        if values[name] is None:
            return None
        said: ColumnElement[bool] = expression.is_(True) if values[name] else expression.is_not(True)
        return said

    return Filter((parameter(name, bool | None, None, description),), condition)


def between(name: str, column: Any, kind: Any, description: str) -> Filter:
    """Return a filter `name_from` … `name_to`, both inclusive; a NULL column is in no range."""
    first, last = f"{name}_from", f"{name}_to"

    def condition(values: Mapping[str, Any]) -> ColumnElement[bool] | None:
        shown = seen(column)
        bounds = [shown >= values[first]] if values[first] is not None else []
        bounds += [shown <= values[last]] if values[last] is not None else []
        return and_(*bounds) if bounds else None

    return Filter(
        (
            parameter(first, kind | None, None, f"{description}，起（含）"),
            parameter(last, kind | None, None, f"{description}，止（含）"),
        ),
        condition,
    )


def dates(name: str, column: Any, description: str) -> Filter:
    """Return a range filter over a date column."""
    return between(name, column, FilterDay, description)


def moments(name: str, column: Any, description: str) -> Filter:
    """Return a range filter over a column of instants; values carry their zone."""
    return between(name, column, Moment, f"{description}（须带时区）")


def since(name: str, column: Any, description: str) -> Filter:
    """Return a lower bound on instants: what changed at the given moment or later."""

    def condition(values: Mapping[str, Any]) -> ColumnElement[bool] | None:
        return column >= values[name] if values[name] is not None else None

    return Filter((parameter(name, Moment | None, None, description),), condition)


def search(description: str, *columns: Any) -> Filter:
    """Return the filter `q`: rows of which one column contains the text, full-width forms and case aside."""

    def condition(values: Mapping[str, Any]) -> ColumnElement[bool] | None:
        return contains(values["q"], *columns) if values["q"] is not None else None

    text = f"{description}中含有的文字；不分全角半角和大小写"
    return Filter((parameter("q", Line | None, None, text),), condition)


def contains(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that one of the columns contains the text; both sides are NFKC-folded and lower-cased."""
    folded = unicodedata.normalize("NFKC", text)
    nfkc: ColumnElement[Any] = literal_column("NFKC")
    return or_(*(func.normalize(column, nfkc, type_=Text).icontains(folded, autoescape=True) for column in columns))
