"""Columns that hold the normal form of what a person typed, computed whenever the row is written.

A row class names them in `normal_columns`; comparisons and unique indexes use them, answers never show them.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlalchemy import event
from sqlalchemy.orm import Session


class Normalised:
    """A row with columns in normal form: each is computed from the row by a pure function."""

    normal_columns: ClassVar[Mapping[str, Callable[[Any], str | None]]] = {}


@event.listens_for(Session, "before_flush")
def _compute(session: Session, _context: Any, _rows: Any) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, Normalised):
            for column, form in row.normal_columns.items():
                if getattr(row, column) != (computed := form(row)):
                    setattr(row, column, computed)
