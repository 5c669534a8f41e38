"""Dated parameters, district standards, the LPR series and the named interpretations, from the register of figures."""

from __future__ import annotations

import csv
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shared.policy.errors import BeyondKnownSeries, ParameterNotPublished, UnknownInterpretation, UnknownParameter
from shared.series.figures import Figure, Register, current, expect_received, note, reading, series_of, way_out
from shared.series.package import definitions, kind_of, reading_definitions

FOLDER: Final = Path(__file__).parent
TENORS: Final[Mapping[str, str]] = MappingProxyType({"1Y": "lpr_1y_pct", "5Y": "lpr_5y_pct"})
QUOTATION_DAY: Final = 20
"""The LPR is published monthly, on the 20th at the earliest; from then on the last known value may be out of date."""


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A parameter's value from a date on; None if open or not published. `ref` is edition#clause."""

    key: str
    label: str
    unit: str
    valid_from: date
    value: Any
    ref: str = ""
    quote: str = ""
    source: str = ""
    basis: str = "notice"
    note: str = ""
    district: str = ""
    publisher: str = "city"
    unverified: bool = False
    set_aside: str = ""
    """A district's standard that would replace this value and has no effect, and why, in Chinese."""
    figure: str = ""
    """Name of the version in the register of figures; empty for a district's own value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A named interpretation (I1…): the open question, the possible readings and the default."""

    key: str
    id: str
    clause: str
    question: str
    options: Mapping[str, str]
    default: str


def load_toml(path: Path) -> dict[str, Any]:
    """Return the data of a TOML file; decimal numbers become Decimal."""
    return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)


def history() -> Mapping[str, tuple[DatedValue, ...]]:
    """Return the dated values of every city-wide parameter in the register of the work under way, oldest first."""
    return current().view(_history)


@cache
def district_keys() -> frozenset[str]:
    """Return the keys of the parameters that a district may set (四（一）2)."""
    return frozenset(key for key, entry in definitions().items() if entry.get("by_district"))


def no_looser(key: str, own: Decimal, city: Decimal | None) -> bool:
    """Return whether a district's number is at least as strict as the city's, or the city leaves it open.

    Only such a number has effect without the city's confirmation (四（一）2, 四（二）3).
    """
    if city is None or own == city:
        return True
    return own < city if definitions()[key]["stricter"] == "lower" else own > city


@cache
def district_standards() -> tuple[tuple[DatedValue, date | None], ...]:
    """Return the published district standards of series/district.csv, each with its last date or None."""
    with (FOLDER / "series" / "district.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_standard(row) for row in csv.DictReader(file))


def value_on(key: str, on: date, district: str | None = None) -> DatedValue | None:
    """Return a parameter's value on a date, the district's own if it has one; None before the first value.

    Raises FiguresNotReceived.
    """
    expect_received(kind_of(key))
    found: DatedValue | None = None
    for dated in history()[key]:
        if dated.valid_from <= on:
            found = dated
    city = found.value if found else None
    for own, until in district_standards():
        of_district = own.key == key and own.district == district
        if of_district and own.valid_from <= on and (until is None or on <= until) and no_looser(key, own.value, city):
            found = own
    if found is not None and found.figure:
        note([found.figure])
    return found


def parameter(key: str, on: date, district: str | None = None) -> Any:
    """Return a parameter's value on a date: a Decimal, a tuple of words, or a mapping of either.

    Raises UnknownParameter for a key that does not exist and ParameterNotPublished if it has no value.
    """
    if key not in history():
        raise UnknownParameter(f"没有参数 {key}")
    dated = value_on(key, on, district)
    if dated is None or dated.value is None:
        told = f"{history()[key][0].label} 在 {on} 没有已公布的数值"
        raise ParameterNotPublished(f"{told}；{way_out(kind_of(key))}", key=key)
    return dated.value


@dataclass(frozen=True, slots=True)
class Quotation:
    """LPR of one tenor as a ratio from its day of publication on; `unverified` if no source confirms it."""

    published_on: date
    rate: Decimal
    unverified: bool
    figure: str


def lpr_series() -> tuple[tuple[date, Decimal, Decimal], ...]:
    """Return publication date, one-year rate and five-year rate as ratios, oldest first."""
    return current().view(_lpr_series)


def lpr(on: date, tenor: str = "1Y") -> Decimal:
    """Return the LPR in force on a date as a ratio (0.0345), for tenor "1Y" or "5Y". 二（四）2

    Raises as `quotation` does.
    """
    return quotation(on, tenor).rate


def quotation(on: date, tenor: str = "1Y") -> Quotation:
    """Return the quotation in force on a date, for tenor "1Y" or "5Y". 二（四）2

    Raises BeyondKnownSeries before the first quotation, after the next one is due and in a month that was left out,
    UnknownParameter for another tenor, FiguresNotReceived.
    """
    if tenor not in TENORS:
        raise UnknownParameter(f"LPR 没有期限 {tenor}，可用：{'、'.join(TENORS)}")
    series = series_of("lpr", tenor)
    place = bisect_right(series, on, key=lambda figure: figure.valid_from) - 1
    following = series[place + 1].valid_from if place + 1 < len(series) else None
    if place < 0 or on >= holds_until(series[place].valid_from, following):
        first, last = series[0].valid_from, series[-1].valid_from
        known = f"{tenor} LPR 已登记 {first} 至 {last} 的报价，没有 {on} 的数值"
        raise BeyondKnownSeries(f"{known}。{way_out('lpr')}", kind="lpr", key=tenor)
    figure = series[place]
    note([figure.name])
    return Quotation(figure.valid_from, _ratio(figure.value), figure.unverified, figure.name)


def holds_until(published: date, following: date | None) -> date:
    """Return the first day on which a quotation is no longer known to hold, given the next one registered.

    The LPR is published every month, so a quotation never holds into the second month after its own.
    """
    due = next_quotation(published)
    return following if following is not None and following < next_quotation(due) else due


def next_quotation(last: date) -> date:
    """Return the earliest date on which the quotation after `last` can be published."""
    return date(last.year + last.month // 12, last.month % 12 + 1, QUOTATION_DAY)


@cache
def readings() -> Mapping[str, Reading]:
    """Return the named interpretations by key."""
    return MappingProxyType({key: Reading(key=key, **entry) for key, entry in reading_definitions().items()})


def interpretations(overrides: Mapping[str, str] | None = None, on: date | None = None) -> dict[str, str]:
    """Return the reading of every interpretation in force on a date, replaced by `overrides`.

    Without a date that of the work under way counts. Raises UnknownInterpretation for an unknown key or option,
    FiguresNotReceived.
    """
    chosen = {key: option for key, option, _ in _in_force(on)}
    for key, option in (overrides or {}).items():
        if key not in chosen or option not in readings()[key].options:
            raise UnknownInterpretation(f"没有口径 {key} = {option}", key=key, option=option)
        chosen[key] = option
    note(figure for key, _, figure in _in_force(on) if figure and key not in (overrides or {}))
    return chosen


def _in_force(on: date | None) -> list[tuple[str, str, str]]:
    """Return key, option and figure of each reading on a date; the default before its first entry."""
    expect_received("interpretation")
    work = reading()
    day = on or (work.today if work else None) or date.max
    found = ((key, each.default, current().in_force("interpretation", key, day)) for key, each in readings().items())
    return [(key, figure.value if figure else default, figure.name if figure else "") for key, default, figure in found]


def normalized(value: Any) -> Any:
    """Convert a TOML or JSON value to the engine's types: numbers to Decimal, lists to tuples."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    if isinstance(value, list | tuple):
        return tuple(normalized(item) for item in value)
    if isinstance(value, dict):
        return MappingProxyType({key: normalized(item) for key, item in value.items()})
    return value


def from_json(value: Any) -> Any:
    """Convert a figure's JSON value to the engine's types: text to Decimal, lists to tuples of words."""
    if isinstance(value, str):
        return Decimal(value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: from_json(item) for key, item in value.items()})
    return tuple(value) if isinstance(value, list) else value


def _history(register: Register) -> Mapping[str, tuple[DatedValue, ...]]:
    return MappingProxyType(
        {
            key: tuple(_dated(figure, entry) for figure in register.series(kind_of(key), key))
            for key, entry in definitions().items()
        }
    )


def _dated(figure: Figure, entry: Mapping[str, Any]) -> DatedValue:
    details = {**figure.details, "publisher": "district"} if entry.get("by_district") else dict(figure.details)
    return DatedValue(
        figure.key,
        entry["label"],
        entry["unit"],
        figure.valid_from,
        from_json(figure.value),
        unverified=figure.unverified,
        figure=figure.name,
        **details,
    )


def _lpr_series(register: Register) -> tuple[tuple[date, Decimal, Decimal], ...]:
    years = {figure.valid_from: _ratio(figure.value) for figure in register.series("lpr", "5Y")}
    return tuple(
        (figure.valid_from, _ratio(figure.value), years[figure.valid_from])
        for figure in register.series("lpr", "1Y")
        if figure.valid_from in years
    )


def _standard(row: Mapping[str, str]) -> tuple[DatedValue, date | None]:
    if row["parameter"] not in district_keys():
        raise UnknownParameter(f"区级不能设定参数 {row['parameter']}")
    city = history()[row["parameter"]][0]
    until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    valid_from, value = date.fromisoformat(row["valid_from"]), Decimal(row["value"])
    own = DatedValue(city.key, city.label, city.unit, valid_from, value, source=row["source"], district=row["district"])
    return own, until


def _ratio(percent: str) -> Decimal:
    return Decimal(percent) / 100
