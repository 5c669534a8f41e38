"""Result of a policy command: tables with headings for people, one JSON value for programs, the exit code."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from deploy.cli.output import Row, print_rows
from shared.escaping import terminal

Section = tuple[str, Sequence[Row]]
"""Heading and rows of a table; an empty one is left out."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The JSON value of a result, its tables, and the exit code of the command."""

    value: Any
    sections: tuple[Section, ...]
    code: int = 0


def print_shown(shown: Shown, *, as_json: bool) -> None:
    """Print the JSON value, or each table below its heading."""
    if as_json:
        sys.stdout.write(json.dumps(shown.value, ensure_ascii=False, indent=2, default=str) + "\n")
        return
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    for heading, rows in shown.sections:
        screen.print(str(terminal(heading)), style="bold")
        print_rows(rows, "table")
        screen.print()
