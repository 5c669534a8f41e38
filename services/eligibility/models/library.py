"""Tables with a compact copy of the reserve library and the resource ledger for what-if runs (四（一）2)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.eligibility.models.base import Base


class LibraryProject(Base):
    """A library entry as facts; components reference their resource by the district's own id."""

    __tablename__ = "library_project"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    external_id: Mapped[str]
    project_name: Mapped[str]
    facts: Mapped[dict[str, Any]]
    left_on: Mapped[date | None]
    version: Mapped[int]


class StockResource(Base):
    """Facts of one ledger resource that the rules read."""

    __tablename__ = "stock_resource"
    __table_args__ = (Index("ix_stock_resource_own_id", "district", "external_id"),)

    resource_id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    external_id: Mapped[str]
    facts: Mapped[dict[str, Any]]
    version: Mapped[int]
