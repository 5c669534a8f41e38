"""The figures of the package's files: the first entries of every register."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import chinese_calendar

from shared.series.figures import Figure, Register
from shared.series.folding import DETAILS

FOLDER: Final = Path(__file__).parents[1] / "policy"
FIRST_DAY: Final = date(2021, 5, 28)
"""First day of the first edition of the notice, from which the readings of the package hold."""
LPR_COLUMNS: Final = {"1Y": "lpr_1y_pct", "5Y": "lpr_5y_pct"}


@cache
def package_register() -> Register:
    """Return the register of the package's figures alone."""
    return Register(package())


@cache
def package() -> tuple[Figure, ...]:
    """Return the figures of the package's files."""
    return (*_values(), *_lpr(), *_readings(), *_calendars(), *_editions())


@cache
def definitions() -> Mapping[str, Mapping[str, Any]]:
    """Return the parameters of params.toml by key: label, unit, kind, who publishes them, and values."""
    return tomllib.loads((FOLDER / "params.toml").read_text("utf-8"), parse_float=Decimal)


@cache
def reading_definitions() -> Mapping[str, Mapping[str, Any]]:
    """Return the readings of interpretations.toml by key: clause, question, options and default."""
    return tomllib.loads((FOLDER / "interpretations.toml").read_text("utf-8"))


def kind_of(key: str) -> str:
    """Return the kind of figures to which a parameter belongs."""
    return str(definitions()[key].get("kind", "parameter"))


def json_value(value: Any) -> Any:
    """Return a value of a file as JSON, with numbers as text."""
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | str) else str(value)


def lpr_row(row: Mapping[str, str]) -> Iterator[Figure]:
    """Yield the figures of one day of quotations, as the package's LPR file and an import write it."""
    doubt = row.get("verification", "")
    for tenor, column in LPR_COLUMNS.items():
        if rate := (row.get(column) or "").strip():
            details = {"source": doubt} if doubt else {}
            published = date.fromisoformat(row["publish_date"].strip())
            doubted = f"{tenor}-unverified" in doubt or doubt == "unverified"
            yield Figure("lpr", tenor, published, rate, unverified=doubted, details=details)


def _values() -> Iterator[Figure]:
    for key, entry in definitions().items():
        for block in entry["values"]:
            details = {name: str(block[name]) for name in DETAILS if name in block}
            yield Figure(kind_of(key), key, block["from"], json_value(block.get("value")), details=details)


def _lpr() -> Iterator[Figure]:
    with (FOLDER / "series" / "lpr.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from lpr_row(row)


def _readings() -> Iterator[Figure]:
    for key, entry in reading_definitions().items():
        yield Figure("interpretation", key, FIRST_DAY, entry["default"])


def _calendars() -> Iterator[Figure]:
    rest, work = sorted(chinese_calendar.holidays), sorted(chinese_calendar.workdays)
    for year in sorted({day.year for day in rest}):
        days = {
            "holidays": [day.isoformat() for day in rest if day.year == year],
            "make_up_days": [day.isoformat() for day in work if day.year == year],
        }
        yield Figure("calendar", str(year), date(year, 1, 1), days)


def _editions() -> Iterator[Figure]:
    for file in sorted((FOLDER / "editions").glob("*.toml")):
        edition = tomllib.loads(file.read_text("utf-8"))
        told = {name: edition[name] for name in ("doc_no", "title")}
        in_force = edition["in_force"]
        until = {"until": in_force["to"].isoformat()} if "to" in in_force else {}
        yield Figure("edition", edition["id"], in_force["from"], told | until)
