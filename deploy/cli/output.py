"""Rows on stdout: a table for people, JSON for programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from shared.escaping import terminal

_WIDE = 10_000
"""Columns where no terminal sets a width: nothing is cut off or wrapped."""

Row = dict[str, Any]


def print_rows(rows: Sequence[Row], form: str, *, upright: bool = False) -> None:
    """Print rows; `upright` prints a line per value, for rows too wide for a table."""
    if form == "json":
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2, default=str) + "\n")
        return
    screen = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, markup=False)
    if upright:
        for row in rows:
            screen.print(_upright(row))
    elif rows:
        screen.print(_side_by_side(rows))


def _side_by_side(rows: Sequence[Row]) -> Table:
    table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _upright(row: Row) -> Table:
    table = Table("", "", box=None, pad_edge=False, show_header=False)
    for name, value in row.items():
        table.add_row(name, _cell(value))
    table.add_row("", "")
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (dict, list)):
        return str(terminal(json.dumps(value, ensure_ascii=False, default=str)))
    return str(terminal(str(value)))
