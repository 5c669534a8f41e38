"""Pydantic types of dates: written as 2008-06-30, never a number, and within the window of what the field states.

Pydantic reads a number as seconds since 1970: an empty Excel date, 0, made a building of 1970. The windows stand in
`days.toml`. They hold for what people and systems send; what was stored before is read as it is (`shared.text.STORED`).
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.dates import window

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*", re.DOTALL)
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_today: ContextVar[Callable[[], date] | None] = ContextVar("today_of_what_is_received", default=None)


@contextmanager
def received_by(today: Callable[[], date]) -> Iterator[None]:
    """Check dates that are read in this context against a service's today."""
    token = _today.set(today)
    try:
        yield
    finally:
        _today.reset(token)


@dataclass(frozen=True, slots=True)
class Window:
    """Days that a field accepts, both ends included. A bound is a day, or years after today."""

    name: str
    states: str
    first: date | int
    last: date | int

    def bounds(self, today: date | None) -> tuple[date, date]:
        """Return the first and the last day; without a today, a bound that depends on it is open."""
        return _day(self.first, today, date.min), _day(self.last, today, date.max)

    def refuse(self, day: date) -> None:
        """Raise ValueError for a day outside the window, naming its bounds and what to check."""
        today = _today.get()
        first, last = self.bounds(today() if today else None)
        if not first <= day <= last:
            end = f"、不晚于今日（{last}）" if self.last == 0 else f"、不晚于 {last}" if last != date.max else ""
            raise ValueError(f"{self.states}须不早于 {first}{end}，现为 {day}，请核对年份")


def _day(bound: date | int, today: date | None, otherwise: date) -> date:
    if isinstance(bound, date):
        return bound
    if today is None:
        return otherwise
    return today if bound == 0 else window(today, years=bound)


def _bound(written: date | str) -> date | int:
    if isinstance(written, date):
        return written
    years = re.fullmatch(r"today(?: \+ ([0-9]+) years)?", written)
    if years is None:
        raise ValueError(f"a bound is a day, 'today' or 'today + n years', not {written!r}")
    return int(years[1] or 0)


def _windows() -> dict[str, Window]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {name: Window(name, row["states"], _bound(row["from"]), _bound(row["until"])) for name, row in rows.items()}


WINDOWS: Final = _windows()


@dataclass(frozen=True, slots=True)
class Within:
    """Annotation of a date that is received: in its written form, and within a window of `days.toml`."""

    window: Window

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        before = core_schema.no_info_before_validator_function(_written_day, handler(source))
        return core_schema.with_info_after_validator_function(self._checked, before)

    def _checked(self, day: date, info: ValidationInfo) -> date:
        if not _is_stored(info):
            self.window.refuse(day)
        return day


def _is_stored(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("stored"))


def _written_day(value: Any) -> Any:
    """Return a date that is written as one. Raises date_parsing for numbers, times and other spellings."""
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if not (is_day or (isinstance(value, str) and _DAY.fullmatch(value))):
        raise PydanticCustomError("date_parsing", "not a date written as 2008-06-30")
    return value


def _written_instant(value: Any) -> Any:
    if not (isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value))):
        raise PydanticCustomError("datetime_parsing", "not a time written as 2026-07-01T09:00:00+08:00")
    return value


def _in_our_time(moment: datetime) -> datetime:
    if not _FIRST <= moment <= _LAST:
        raise ValueError("时间须在 2000 年至 2200 年之间")
    return moment


BuiltDay = Annotated[date, Within(WINDOWS["built"])]
DoneDay = Annotated[date, Within(WINDOWS["done"])]
PlannedDay = Annotated[date, Within(WINDOWS["planned"])]
LoanDay = Annotated[date, Within(WINDOWS["loan"])]
EffectiveDay = Annotated[date, Within(WINDOWS["effective"])]
DeadlineDay = Annotated[date, Within(WINDOWS["deadline"])]
ProcedureDay = Annotated[date, Within(WINDOWS["procedure"])]
FigureDay = Annotated[date, Within(WINDOWS["figure"])]
FilterDay = Annotated[date, Within(WINDOWS["filter"])]

Instant = Annotated[AwareDatetime, BeforeValidator(_written_instant)]
"""An instant with its zone, in its written form."""
Moment = Annotated[Instant, AfterValidator(_in_our_time)]
"""An instant with its zone, within the years that columns and calendars hold."""
