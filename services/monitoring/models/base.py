"""Declarative base and column types of monitoring's tables."""

from decimal import Decimal
from typing import Annotated

from sqlalchemy import Numeric
from sqlalchemy.orm import DeclarativeBase, mapped_column

from shared.storage.session import TYPES, new_metadata

Measure = Annotated[Decimal, mapped_column(Numeric(18, 4))]
"""A metered amount or a threshold, to four decimals, in the unit its name states."""
Share = Annotated[Decimal, mapped_column(Numeric(9, 6))]
"""A ratio, to six decimals."""


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


def one_of(column: str, *words: str) -> str:
    """Return the CHECK expression that limits a text column to the given words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"
