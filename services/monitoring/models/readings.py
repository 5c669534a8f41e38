"""Tables of online monitoring: meters, readings, out-of-range findings (四（一）3)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, Measure, one_of
from shared.errors import WrongStatus


class Meter(Base):
    """A meter of a project. `low` and `high` bound the value of one reading, which covers one `period`."""

    __tablename__ = "meter"
    __table_args__ = (
        UniqueConstraint("declaration_id", "meter_no"),
        CheckConstraint(
            one_of("kind", "electricity_kwh", "gas_m3", "heat_gj", "pv_output_kwh", "progress_ratio"), name="kind"
        ),
        CheckConstraint(one_of("period", "hour", "day", "month"), name="period"),
        CheckConstraint("low <= high", name="low_below_high"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    meter_no: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str]
    period: Mapped[str]
    low: Mapped[Measure | None]
    high: Mapped[Measure | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy types it as an instance variable


class Reading(Base):
    """Value of a meter at an instant. Append-only."""

    __tablename__ = "reading"

    meter_id: Mapped[UUID] = mapped_column(ForeignKey("meter.id"), primary_key=True)
    measured_at: Mapped[datetime] = mapped_column(primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    value: Mapped[Measure]
    out_of_range: Mapped[bool]
    received_at: Mapped[datetime]
    received_from: Mapped[str]


class ReadingFinding(Base):
    """Out-of-range finding: one per meter and day, open until an officer closes it."""

    __tablename__ = "reading_finding"
    __table_args__ = (
        UniqueConstraint("meter_id", "measured_on"),
        CheckConstraint(one_of("state", "open", "closed"), name="state"),
        Index("ix_reading_finding_declaration_id", "declaration_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meter_id: Mapped[UUID] = mapped_column(ForeignKey("meter.id"))
    declaration_id: Mapped[UUID]
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    quantity: Mapped[str]
    value: Mapped[Measure]
    threshold: Mapped[str]
    measured_on: Mapped[date]
    state: Mapped[str]
    closed: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def close(self, by: str, at: datetime, reason: str) -> None:
        """Close the finding. Raises WrongStatus once closed."""
        if self.state != "open":
            raise WrongStatus("该异常已处理，无须再处理")
        self.state, self.closed = "closed", {"by": by, "at": at.isoformat(), "reason": reason}
