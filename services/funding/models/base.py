"""Declarative base of funding's tables."""

from sqlalchemy.orm import DeclarativeBase

from shared.storage.session import TYPES, new_metadata


class Base(DeclarativeBase):
    """Declarative base with the suite's naming conventions and column types."""

    metadata = new_metadata()
    type_annotation_map = TYPES
