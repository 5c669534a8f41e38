"""Declarative base of intake's tables."""

from sqlalchemy.orm import DeclarativeBase

from shared.storage.session import TYPES, new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES
