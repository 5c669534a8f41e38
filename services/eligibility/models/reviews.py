"""Tables of reviews, decision records and settlements (二, 三（二）)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.eligibility.models.base import Base
from services.eligibility.rules.code_lists import OCCASIONS, STAGES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class Review(Base):
    """One declaration under review: facts of its latest round, stage and conclusion."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint(f"stage IN ({', '.join(map(repr, STAGES))})", name="stage"),
        CheckConstraint("decision IN ('eligible', 'ineligible', 'undetermined')", name="decision"),
        Index("ix_review_newest", "accepted_on", "declaration_id"),
    )

    declaration_id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    declaration_no: Mapped[str]
    project_name: Mapped[str]
    applicant_name: Mapped[str]
    project: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    round: Mapped[int]
    accepted_on: Mapped[date]
    library_exception_reason: Mapped[str | None]
    stage: Mapped[str]
    decision: Mapped[str]
    received_on: Mapped[date | None]
    construction_status: Mapped[str | None]
    chosen_edition: Mapped[str | None]
    concluded_on: Mapped[date | None]
    conclusion_reason: Mapped[str | None]
    exceptions: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    @property
    def stage_label(self) -> str:
        return STAGES[self.stage]

    @property
    def judged_facts(self) -> dict[str, Any]:
        """The facts as forwarded, with the construction status that the city confirmed on receipt. 二（五）"""
        confirmed = {"construction_status": self.construction_status} if self.construction_status else {}
        return self.facts | confirmed

    def expect_stage(self, stage: str) -> None:
        """Raise WrongStatus unless the review is in a stage."""
        if self.stage != stage:
            raise WrongStatus(f"本事项当前为“{STAGES[self.stage]}”，须为“{STAGES[stage]}”方可办理")

    def conclude(self, stage: str, reason: str, on: date, exceptions: dict[str, str]) -> None:
        """Conclude the review of conditions. Raises WrongStatus once concluded."""
        self.expect_stage("in_review")
        self.stage, self.conclusion_reason, self.concluded_on = stage, reason, on
        self.exceptions = exceptions

    def keep_out(self, reason: str, on: date) -> None:
        """Refuse the assessed project entry to the pool. 三（二）"""
        self.stage, self.conclusion_reason, self.concluded_on = "kept_out", reason, on

    def leave(self, stage: str) -> None:
        """Set the stage of a declaration that was returned, withdrawn or refused."""
        self.stage = stage


class Assessment(Base, Part):
    """A decision record: the findings of one occasion by one rule set. Append-only. 二"""

    __tablename__ = "assessment"
    __table_args__ = (
        UniqueConstraint("declaration_id", "number"),
        CheckConstraint(f"occasion IN ({', '.join(map(repr, OCCASIONS))})", name="occasion"),
    )
    shown_in = {Review: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("review.declaration_id"))
    number: Mapped[int]
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    round: Mapped[int]
    occasion: Mapped[str]
    as_of: Mapped[date]
    as_of_kind: Mapped[str]
    edition: Mapped[str]
    ruleset: Mapped[str | None] = mapped_column(ForeignKey("ruleset.hash"))
    engine: Mapped[str]
    decision: Mapped[str]
    summary: Mapped[str]
    record: Mapped[dict[str, Any]]
    made_by: Mapped[str]
    made_at: Mapped[datetime]

    @property
    def occasion_label(self) -> str:
        return OCCASIONS[self.occasion]


class Settlement(Base, Part):
    """A city officer's decision on an open finding; the last one of a rule counts, and withdraws if `holds` is None."""

    __tablename__ = "settlement"
    __table_args__ = (UniqueConstraint("declaration_id", "number"),)
    shown_in = {Review: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("review.declaration_id"))
    number: Mapped[int]
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    round: Mapped[int]
    rule: Mapped[str]
    clause: Mapped[str]
    holds: Mapped[bool | None]
    reason: Mapped[str]
    evidence: Mapped[str | None]
    settled_by: Mapped[str]
    settled_by_name: Mapped[str]
    settled_at: Mapped[datetime]
