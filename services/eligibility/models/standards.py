"""Tables of rule sets, district standards and the decisions on them (四（一）2, 四（二）3)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.eligibility.models.base import Base


class StoredRuleset(Base):
    """A rule set used by a decision, stored once so that the decision can be replayed. Append-only."""

    __tablename__ = "ruleset"

    hash: Mapped[str] = mapped_column(primary_key=True)
    edition: Mapped[str]
    doc_no: Mapped[str]
    # json keeps the order of the rules, which is the order of the findings; jsonb sorts keys.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_used_at: Mapped[datetime]


class DistrictStandard(Base):
    """A parameter set by a district from a date on, by a published document. Append-only; the latest counts."""

    __tablename__ = "district_standard"
    __table_args__ = (
        UniqueConstraint("district", "number"),
        CheckConstraint("value >= 0", name="value"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    district: Mapped[str]
    parameter: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    valid_from: Mapped[date]
    document_no: Mapped[str]
    set_by: Mapped[str]
    set_by_name: Mapped[str]
    set_at: Mapped[datetime]


class StandardDecision(Base):
    """The city's confirmation or refusal of a standard, or its district's withdrawal. Append-only; the last counts."""

    __tablename__ = "standard_decision"
    __table_args__ = (
        UniqueConstraint("standard_id", "number"),
        CheckConstraint("decision IN ('confirmed', 'not_confirmed', 'withdrawn')", name="decision"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    standard_id: Mapped[UUID] = mapped_column(
        ForeignKey("district_standard.id", name="fk_standard_decision_standard_id_district_standard")
    )
    number: Mapped[int]
    district: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_by_name: Mapped[str]
    decided_at: Mapped[datetime]
