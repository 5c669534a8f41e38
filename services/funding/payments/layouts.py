"""Layouts of the files that go to the treasury and come back, read from `layout.toml`. Pure. 三（二）"""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

_READ: dict[str, Any] = tomllib.loads(Path(__file__).with_name("layout.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Column:
    """Column of an order's file: attribute of the line, heading, kind of cell, and width in characters."""

    key: str
    title: str
    kind: Literal["number", "digits", "text", "yuan"]
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout that holds from a day on."""

    since: date
    title: str
    sheet: str
    total: str
    columns: tuple[Column, ...]


LAYOUTS = tuple(
    Layout(each["from"], each["title"], each["sheet"], each["total"], tuple(Column(**one) for one in each["column"]))
    for each in sorted(_READ["layout"], key=lambda each: each["from"])
)
HEADINGS: dict[str, list[str]] = _READ["receipt"]["headings"]
"""Headings of a receipt's columns, by field."""
RESULTS: dict[str, str] = {word: result for result, words in _READ["receipt"]["results"].items() for word in words}
"""Words for the result of a payment, by word."""


def layout_on(day: date) -> Layout:
    """Return the layout that holds on a day. Raises LookupError before the first one."""
    held = [layout for layout in LAYOUTS if layout.since <= day]
    if not held:
        raise LookupError(f"no layout of the payment order holds on {day}")
    return held[-1]
