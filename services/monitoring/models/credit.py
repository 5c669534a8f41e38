"""Tables of credit: entities, grounds, ratings, decisions, repairs (四（一）3)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from services.monitoring.models.base import Base, one_of
from shared.errors import WrongStatus
from shared.storage.versions import Part


class Entity(Base):
    """A project owner and its current grade. `id` is the UUIDv5 of its unified social credit code."""

    __tablename__ = "entity"
    __table_args__ = (UniqueConstraint("applicant_uscc"), CheckConstraint(one_of("grade", *"ABCD"), name="grade"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str | None]
    points: Mapped[int | None]
    rated_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class CreditGround(Base):
    """A fact that lowers an entity's credit. `source` is its deduplication key."""

    __tablename__ = "credit_ground"
    __table_args__ = (
        UniqueConstraint("applicant_uscc", "code", "source"),
        CheckConstraint(one_of("code", *(f"G{n}" for n in range(1, 11))), name="code"),
        CheckConstraint(one_of("state", "standing", "withdrawn", "repaired"), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    declaration_id: Mapped[UUID | None]
    code: Mapped[str]
    source: Mapped[str]
    grave: Mapped[bool]
    detail: Mapped[str]
    evidence: Mapped[list[str]]
    occurred_on: Mapped[date]
    raised_by: Mapped[str]
    state: Mapped[str]
    ended_on: Mapped[date | None]


class CreditRating(Base, Part):
    """A proposed grade in procedure: notice, objection until `objection_due_on`, decision by a person."""

    __tablename__ = "credit_rating"
    __table_args__ = (
        CheckConstraint(one_of("state", "noticed", "objected", "decided"), name="state"),
        Index("ux_credit_rating_one_open", "applicant_uscc", unique=True, postgresql_where="state <> 'decided'"),
    )
    shown_in = {Entity: "entity_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    state: Mapped[str]
    proposal: Mapped[dict[str, Any]]
    reason: Mapped[str]
    noticed_on: Mapped[date]
    objection_due_on: Mapped[date]
    objection: Mapped[dict[str, Any] | None]

    def object(self, objection: dict[str, Any], on: date) -> None:
        """Record the entity's objection. Raises WrongStatus after `objection_due_on`."""
        if self.state != "noticed":
            raise WrongStatus("该信用评价已提出申辩或已决定，不再受理申辩")
        if on > self.objection_due_on:
            raise WrongStatus(f"申辩期已于 {self.objection_due_on} 届满，不再受理申辩")
        self.state, self.objection = "objected", objection

    def decide(self, on: date) -> None:
        """Close the rating. Raises WrongStatus while the entity may still object."""
        if self.state == "decided":
            raise WrongStatus("该信用评价已决定，如需重新评定请再次告知")
        if self.state == "noticed" and on <= self.objection_due_on:
            raise WrongStatus(f"申辩期至 {self.objection_due_on}，单位申辩后或期满后方可决定")
        self.state = "decided"


class CreditDecision(Base, Part):
    """A decided grade with decision maker and reason. Append-only: the history of the grade."""

    __tablename__ = "credit_decision"
    __table_args__ = (UniqueConstraint("applicant_uscc", "number"),)
    shown_in = {Entity: "entity_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    grade: Mapped[str]
    points: Mapped[int]
    computed_grade: Mapped[str]
    grounds: Mapped[list[dict[str, Any]]]
    reason: Mapped[str]
    repaired: Mapped[bool]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]


class CreditRepair(Base, Part):
    """An entity's request that rectified grounds no longer count."""

    __tablename__ = "credit_repair"
    __table_args__ = (CheckConstraint(one_of("state", "requested", "accepted", "rejected"), name="state"),)
    shown_in = {Entity: "entity_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    ground_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    text: Mapped[str]
    evidence: Mapped[list[str]]
    state: Mapped[str]
    requested_on: Mapped[date]
    decision_reason: Mapped[str | None]

    def decide(self, accepted: bool, reason: str) -> None:
        """Accept or reject the request. Raises WrongStatus once decided."""
        if self.state != "requested":
            raise WrongStatus("该修复申请已决定，如有新的整改请重新申请")
        self.state, self.decision_reason = "accepted" if accepted else "rejected", reason
