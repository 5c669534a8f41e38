"""Dated parameters, district standards, the LPR series and the named interpretations, read from the data files."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shared.policy.errors import BeyondKnownSeries, ParameterNotPublished, UnknownInterpretation, UnknownParameter

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


@cache
def history() -> Mapping[str, tuple[DatedValue, ...]]:
    """Return the dated values of every city-wide parameter, oldest first."""
    table = load_toml(FOLDER / "params.toml")
    return MappingProxyType({key: tuple(_dated(key, entry)) for key, entry in table.items()})


@cache
def district_keys() -> frozenset[str]:
    """Return the keys of the parameters that a district may set (四（一）2)."""
    table = load_toml(FOLDER / "params.toml")
    return frozenset(key for key, entry in table.items() if entry.get("by_district"))


@cache
def district_standards() -> tuple[tuple[DatedValue, date | None], ...]:
    """Return the published district standards of series/district.csv, each with its last date or None."""
    with (FOLDER / "series" / "district.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_standard(row) for row in csv.DictReader(file))


def value_on(key: str, on: date, district: str | None = None) -> DatedValue | None:
    """Return a parameter's value on a date, the district's own if it has one; None before the first value."""
    found: DatedValue | None = None
    for dated in history()[key]:
        if dated.valid_from <= on:
            found = dated
    for own, until in district_standards():
        if own.key == key and own.district == district and own.valid_from <= on and (until is None or on <= until):
            found = own
    return found


def parameter(key: str, on: date, district: str | None = None) -> Any:
    """Return a parameter's value on a date: a Decimal, a tuple of words, or a mapping of either.

    Raises UnknownParameter for a key that does not exist and ParameterNotPublished if it has no value.
    """
    if key not in history():
        raise UnknownParameter(f"没有参数 {key}")
    dated = value_on(key, on, district)
    if dated is None or dated.value is None:
        raise ParameterNotPublished(f"{history()[key][0].label} 在 {on} 没有已公布的数值", key=key)
    return dated.value


@cache
def lpr_series() -> tuple[tuple[date, Decimal, Decimal], ...]:
    """Return publication date, one-year rate and five-year rate as ratios, oldest first."""
    with (FOLDER / "series" / "lpr.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            (date.fromisoformat(row["publish_date"]), _ratio(row[TENORS["1Y"]]), _ratio(row[TENORS["5Y"]]))
            for row in csv.DictReader(file)
        )


def lpr(on: date, tenor: str = "1Y") -> Decimal:
    """Return the LPR in force on a date as a ratio (0.0345), for tenor "1Y" or "5Y". 二（四）2

    Raises BeyondKnownSeries before the first quotation and after the next one is due, UnknownParameter for another
    tenor.
    """
    if tenor not in TENORS:
        raise UnknownParameter(f"LPR 没有期限 {tenor}，可用：{'、'.join(TENORS)}")
    series = lpr_series()
    first, last = series[0][0], series[-1][0]
    if not first <= on < next_quotation(last):
        raise BeyondKnownSeries(f"LPR 已登记 {first} 至 {last} 的报价，没有 {on} 的数值，请先补录")
    row = next(row for row in reversed(series) if row[0] <= on)
    return row[1] if tenor == "1Y" else row[2]


def next_quotation(last: date) -> date:
    """Return the earliest date on which the quotation after `last` can be published."""
    return date(last.year + last.month // 12, last.month % 12 + 1, QUOTATION_DAY)


@cache
def readings() -> Mapping[str, Reading]:
    """Return the named interpretations by key."""
    table = load_toml(FOLDER / "interpretations.toml")
    return MappingProxyType({key: Reading(key=key, **entry) for key, entry in table.items()})


def interpretations(overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the chosen reading of every interpretation: the defaults, replaced by `overrides`.

    Raises UnknownInterpretation for an unknown key or option.
    """
    chosen = {key: reading.default for key, reading in readings().items()}
    for key, option in (overrides or {}).items():
        if key not in chosen or option not in readings()[key].options:
            raise UnknownInterpretation(f"没有口径 {key} = {option}", key=key, option=option)
        chosen[key] = option
    return chosen


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


def _dated(key: str, entry: Mapping[str, Any]) -> Iterator[DatedValue]:
    for block in sorted(entry["values"], key=lambda block: block["from"]):
        details = {name: block[name] for name in ("ref", "quote", "source", "basis", "note") if name in block}
        if entry.get("by_district"):
            details["publisher"] = "district"
        yield DatedValue(key, entry["label"], entry["unit"], block["from"], normalized(block.get("value")), **details)


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
