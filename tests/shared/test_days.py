"""Dates that are received: every field has a window that holds from its first to its last day; no number is one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from services import SERVICES
from shared.contracts.pushes import LibraryBatch, LibraryUpdate, ResourceBatch, ResourceUpdate
from shared.days import WINDOWS, BuiltDay, Instant, Moment, Within, received_by
from shared.text import STORED
from tests.enumeration import operations, received_by_route

pytestmark = pytest.mark.clause("四（一）2")
TODAY = date(2024, 2, 29)
PUSHES = (ResourceBatch, LibraryBatch, ResourceUpdate, LibraryUpdate)
"""Bodies that an operation or the topic reads by itself."""
BUILT: TypeAdapter[date] = TypeAdapter(BuiltDay)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Moment)


def unguarded(annotation: Any, place: str, seen: set[type], guard: bool = False) -> Iterator[str]:
    """Yield the places of dates and instants that are received without a rule of `shared.days`."""
    if annotation is date or annotation is datetime:
        yield from () if guard else (place,)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for name, hint in get_type_hints(annotation, include_extras=True).items():
                yield from unguarded(hint, f"{annotation.__name__}.{name}", seen)
    elif get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        named = any(isinstance(note, Within) for note in notes) or annotation in (Moment, Instant)
        yield from unguarded(inner, place, seen, guard or named)
    elif get_origin(annotation) in (Union, UnionType, list, tuple, dict, set, frozenset):
        for inner in get_args(annotation):
            yield from unguarded(inner, place, seen, guard)


def test_every_date_that_is_received_has_a_window() -> None:
    seen: set[type] = set()
    found = [place for push in PUSHES for place in unguarded(push, push.__name__, seen)]
    for service in SERVICES:
        for name, route in operations(service).items():
            for parameter, annotation in received_by_route(route):
                found += unguarded(annotation, f"{service}.{name}.{parameter}", seen)
    assert found == []
    assert len(seen) > 60


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_holds_from_its_first_to_its_last_day(name: str) -> None:
    window = WINDOWS[name]
    adapter: TypeAdapter[date] = TypeAdapter(Annotated[date, Within(window)])
    first, last = window.bounds(TODAY)
    with received_by(lambda: TODAY):
        for day, right in ((first, True), (last, True)):
            assert adapter.validate_python(day.isoformat()) == day, right
        for day in (first - timedelta(days=1), last + timedelta(days=1)):
            with pytest.raises(ValidationError, match=window.states):
                adapter.validate_python(day.isoformat())
            assert adapter.validate_python(day.isoformat(), context=STORED) == day


def test_bounds_follow_the_clock() -> None:
    assert WINDOWS["built"].bounds(TODAY) == (date(1860, 1, 1), TODAY)
    assert WINDOWS["deadline"].bounds(TODAY) == (TODAY, date(2029, 2, 28))
    assert WINDOWS["planned"].bounds(date(2024, 6, 30)) == (date(2000, 1, 1), date(2044, 6, 29))
    with received_by(lambda: date(2024, 6, 29)), pytest.raises(ValidationError, match="不晚于今日（2024-06-29）"):
        BUILT.validate_python("2024-06-30")
    assert BUILT.validate_python("2024-06-30") == date(2024, 6, 30), "without a clock the bound is open"


@pytest.mark.parametrize(
    "written",
    [
        *(0, 86400, 39629, 39629.0, "0", "39629", True, b"2008-06-30", datetime(2008, 6, 30, tzinfo=UTC)),
        *("2008/6/30", "2008年6月30日", "2008-6-30", "20080630", "2008-06-30T00:00:00", "2008-02-30", " 2008-06-30"),
    ],
    ids=repr,
)
def test_what_is_not_written_as_a_date_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        BUILT.validate_python(written)
    assert {error["type"] for error in refused.value.errors()} <= {"date_parsing", "date_from_datetime_parsing"}


@pytest.mark.parametrize(
    "written", [0, 1782867600, "1782867600", "2026-07-01", "2026-07-01T09:00:00", "2026-07-01T24:00:00+08:00"], ids=repr
)
def test_what_is_not_written_as_an_instant_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(written)


def test_an_instant_is_read_with_its_zone() -> None:
    assert INSTANT.validate_python("2026-07-01T09:00:00+08:00") == datetime(2026, 7, 1, 1, tzinfo=UTC)
    for year in (1999, 2201):
        with pytest.raises(ValidationError, match="2000 年至 2200 年"):
            INSTANT.validate_python(f"{year}-07-01T09:00:00+08:00")
