"""Holds on payments and the credit grades that cause them. 四（一）1, 四（一）3"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from shared.storage.versions import Part


class Hold(Base, Part):
    """Hold on payments, lifted by a supervisor. `review` allows requests but no payment; `stop` allows neither."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("severity IN ('review', 'stop')", name="severity"),
        Index("uq_hold_application_id_source", "application_id", "source", unique=True),
        Index("ix_hold_open", "application_id", postgresql_where=text("lifted_at IS NULL")),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    source: Mapped[str]
    """Unique cause: `finding:<id>`, `credit:<entity>:<day>:<grade>`, `clawback:<id>` or `person:<hold id>`."""
    ground: Mapped[str]
    clause: Mapped[str]
    severity: Mapped[str]
    reason: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None]


class EntityGrade(Base):
    """Credit grade in force for an entity, as announced by monitoring; it also holds later applications."""

    __tablename__ = "entity_grade"

    uscc: Mapped[str] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID]
    district: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str]
    grounds: Mapped[list[str]]
    decided_on: Mapped[date]
