"""Table of green registrations: carbon account and green project library (四（二）1)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, Measure, one_of
from services.monitoring.models.files import ProjectFile
from services.monitoring.rules.code_lists import GREEN_STATES
from shared.errors import WrongStatus
from shared.storage.versions import Part

MOVES = {"send": ("pending", "sent"), "register": ("sent", "registered"), "return": ("sent", "returned")}


class GreenRecord(Base, Part):
    """One round of a project's registration; a returned round may be followed by another."""

    __tablename__ = "green_record"
    __table_args__ = (
        UniqueConstraint("declaration_id", "round"),
        CheckConstraint(one_of("state", "pending", "sent", "registered", "returned"), name="state"),
        Index("ux_green_record_one_live", "declaration_id", unique=True, postgresql_where="state <> 'returned'"),
    )
    shown_in = {ProjectFile: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    round: Mapped[int]
    state: Mapped[str]
    purpose: Mapped[str]
    factor_set: Mapped[str]
    accounted_on: Mapped[date]
    account: Mapped[dict[str, Any]]
    before_tco2: Mapped[Measure]
    after_tco2: Mapped[Measure]
    reduction_tco2: Mapped[Measure]
    verifier: Mapped[str | None]
    attachments: Mapped[list[str]]
    exchange_no: Mapped[str | None]
    neutrality_certificate_no: Mapped[str | None]
    return_reason: Mapped[str | None]

    def move(self, act: str) -> None:
        """Send, register or return the record. Raises WrongStatus."""
        before, after = MOVES[act]
        if self.state != before:
            raise WrongStatus(f"绿色登记当前为“{GREEN_STATES[self.state]}”，须为“{GREEN_STATES[before]}”")
        self.state = after
