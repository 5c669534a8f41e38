"""Tables of declarations, their rounds and their numbers (三（一）)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.rules.rounds import merge_patch
from services.intake.rules.stages import AT_DISTRICT, BEFORE_RECEIPT, EDITABLE, STAGES, UNDER_REVIEW, advances
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.errors import WrongStatus
from shared.storage.versions import Part
from shared.text import STORED

STATED_FIELDS = (
    "project_name",
    "project_code",
    "address",
    "applicant_name",
    "library_entry_id",
    "operation_mode",
    "loan_bank",
    "loan_amount_yuan",
    "loan_term_months",
    "loan_annual_rate",
)
"""Fields that the applicant states besides the facts; each round keeps a copy."""
CLEARED_FIELDS = tuple(name for name in STATED_FIELDS if name not in ("project_name", "applicant_name"))
"""Fields that an abandoned draft loses."""


class Declaration(Base):
    """Declaration: a project owner's request for support, from draft to the end of the case. 三（一）"""

    __tablename__ = "declaration"
    __table_args__ = (
        CheckConstraint(f"stage IN ({', '.join(repr(code) for code in STAGES)})", name="stage_known"),
        CheckConstraint("operation_mode IN ('own', 'joint', 'lease')", name="operation_mode_known"),
        Index("ix_declaration_district_id", "district", "id"),
        Index("ix_declaration_applicant_uscc_id", "applicant_uscc", "id"),
        Index("ix_declaration_library_entry_id", "library_entry_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    declaration_no: Mapped[str] = mapped_column(unique=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    applicant_name: Mapped[str]
    project_name: Mapped[str]
    project_code: Mapped[str | None]
    project_type: Mapped[str | None]
    address: Mapped[str | None]
    library_entry_id: Mapped[UUID | None]
    operation_mode: Mapped[str | None]
    loan_bank: Mapped[str | None]
    loan_amount_yuan: Mapped[Decimal | None]
    loan_term_months: Mapped[int | None] = mapped_column(SmallInteger)
    loan_annual_rate: Mapped[Decimal | None] = mapped_column(Numeric(7, 6))
    facts: Mapped[dict[str, Any]]
    simulated: Mapped[list[str]]
    stage: Mapped[str]
    round: Mapped[int] = mapped_column(SmallInteger)
    undertaking_version: Mapped[str | None]
    undertaken_by: Mapped[str | None]
    undertaken_at: Mapped[datetime | None]
    declared_on: Mapped[date | None]
    submitted_on: Mapped[date | None]
    accepted_on: Mapped[date | None]
    forwarded_on: Mapped[date | None]
    received_on: Mapped[date | None]
    due_on: Mapped[date | None]
    assessed: Mapped[bool]
    funds_held: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def require_stage(self, stages: frozenset[str] | set[str]) -> None:
        """Raise WrongStatus unless the stage is allowed; the message names the allowed ones and the next step."""
        if self.stage not in stages:
            current = STAGES[self.stage]
            allowed = "、".join(f"“{stage.label}”" for code, stage in STAGES.items() if code in stages)
            raise WrongStatus(
                f"当前为“{current.label}”，不能进行此操作；仅可在{allowed}时办理。下一步：{current.next_step}"
            )

    def edit(self, fields: dict[str, Any], facts: dict[str, Any], simulated: list[str] | None, at: datetime) -> None:
        """Change a draft or a returned declaration and void the undertaking, which does not cover the change."""
        self.require_stage(EDITABLE)
        for name, value in fields.items():
            setattr(self, name, value)
        self.facts = merge_patch(self.facts, facts)
        self.project_type = self.facts.get("project_type")
        if simulated is not None:
            self.simulated = simulated
        self.void_undertaking()
        self.updated_at = at

    def clear(self, at: datetime) -> None:
        """Empty an abandoned draft but for applicant and project name. I31"""
        self.require_stage({"draft"})
        for name in CLEARED_FIELDS:
            setattr(self, name, None)
        self.facts, self.project_type, self.simulated = {}, None, []
        self.void_undertaking()
        self.updated_at = at

    def undertake(self, version: str, by: str, at: datetime) -> None:
        """Record the undertaking that content and materials are true. 四（一）1"""
        self.require_stage(EDITABLE)
        self.undertaking_version, self.undertaken_by, self.undertaken_at = version, by, at
        self.updated_at = at

    def void_undertaking(self) -> None:
        """Remove the undertaking: it no longer describes the content."""
        self.undertaking_version = self.undertaken_by = self.undertaken_at = None

    def set_stage(self, stage: str, at: datetime, due_on: date | None = None) -> None:
        """Set the stage, with the last day for its next step if there is one."""
        self.stage, self.due_on, self.updated_at = stage, due_on, at

    def submit(self, day: date, at: datetime, due_on: date) -> None:
        """Submit the declaration, or resubmit it after correction: the round number increases by one.

        The day of the first submission is kept as the day of the declaration (I10, I14).
        """
        self.require_stage(EDITABLE)
        self.round += 1
        self.declared_on = self.declared_on or self.submitted_on or day
        self.submitted_on = day
        self.set_stage("submitted", at, due_on)

    def withdraw(self, at: datetime) -> None:
        """Withdraw the declaration; possible until the city has received it."""
        self.require_stage(BEFORE_RECEIPT)
        self.set_stage("withdrawn", at)

    def accept(self, day: date, at: datetime, due_on: date) -> None:
        """Accept for first review. The first acceptance date selects the policy edition (I16) and is kept."""
        self.require_stage({"submitted"})
        self.accepted_on = self.accepted_on or day
        self.set_stage("accepted", at, due_on)

    def return_for_correction(self, at: datetime, correct_by: date) -> None:
        """Return the declaration to the applicant, by the district."""
        self.require_stage(AT_DISTRICT)
        self.set_stage("returned", at, correct_by)

    def refuse(self, at: datetime) -> None:
        """End the declaration at first review."""
        self.require_stage(AT_DISTRICT)
        self.set_stage("refused", at)

    def request_opinion(self, at: datetime, due_on: date) -> None:
        """Record that the government was asked for its opinion, also after an earlier answer."""
        self.require_stage({"accepted", "opinion_given"})
        self.set_stage("opinion_requested", at, due_on)

    def record_opinion(self, at: datetime) -> None:
        """Record that the government answered."""
        self.require_stage({"opinion_requested"})
        self.set_stage("opinion_given", at)

    def forward(self, day: date, at: datetime, due_on: date | None) -> None:
        """Report the declaration to the city, which has to receive it."""
        self.require_stage(UNDER_REVIEW)
        self.forwarded_on, self.assessed = day, False
        self.set_stage("forwarded", at, due_on)

    def receive(self, day: date, at: datetime, due_on: date | None) -> None:
        """Record the receipt by the city. The policy assessment may have arrived before it."""
        self.require_stage({"forwarded"})
        self.received_on = day
        self.set_stage("assessed" if self.assessed else "received", at, due_on)

    def return_from_city(self, at: datetime, correct_by: date) -> None:
        """Return the declaration to the applicant, by the city, instead of receiving it or during its review."""
        self.require_stage({"forwarded", "received", "assessed"})
        self.set_stage("returned", at, correct_by)

    def advance_to(self, stage: str, at: datetime, due_on: date | None = None) -> None:
        """Advance to a stage that another service announced; a late event does not move the case back."""
        if advances(self.stage, stage):
            self.set_stage(stage, at, due_on)

    def record_assessment(self, at: datetime) -> None:
        """Record the policy assessment; the stage changes only after the receipt."""
        if self.stage in ("forwarded", "received"):
            self.assessed = True
        self.advance_to("assessed", at, self.due_on)

    @property
    def declaration_id(self) -> UUID:
        """Return the id of the declaration, by which the audit record names the case."""
        return self.id

    @property
    def stage_label(self) -> str:
        """Chinese name of the stage."""
        return STAGES[self.stage].label

    def stated_fields(self) -> dict[str, Any]:
        """Return the fields that the applicant states, as a round stores them."""
        return {name: getattr(self, name) for name in STATED_FIELDS}

    def project(self, certificates: Sequence[str] = ()) -> Project:
        """Return the identity of the project used in every service, with the title certificates of its buildings."""
        return Project(
            declaration_id=self.id,
            declaration_no=self.declaration_no,
            project_name=self.project_name,
            project_code=self.project_code,
            address=self.address,
            applicant_name=self.applicant_name,
            applicant_uscc=self.applicant_uscc,
            district=self.district,
            library_entry_id=self.library_entry_id,
            simulated=tuple(self.simulated),
            certificates=tuple(certificates),
        )

    def complete_facts(self, in_reserve_library: bool | None = None) -> ProjectFacts:
        """Return the stated facts completed with those known from the procedure."""
        from_procedure = {
            "district": self.district,
            "declared_on": _iso(self.declared_on or self.submitted_on),
            "accepted_on": _iso(self.accepted_on),
            "in_reserve_library": in_reserve_library,
        }
        return ProjectFacts.model_validate(self.facts | from_procedure, context=STORED)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


class DeclarationRound(Base, Part):
    """One submission as filed. Append-only, so that every version can be shown and compared."""

    __tablename__ = "declaration_round"
    __table_args__ = (UniqueConstraint("declaration_id", "round"),)
    shown_in = {Declaration: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    stated: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    simulated: Mapped[list[str]]
    materials: Mapped[list[dict[str, Any]]]
    undertaking: Mapped[dict[str, Any]]
    warnings: Mapped[list[dict[str, Any]]]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime]


class DeclarationCounter(Base):
    """Last declaration number issued in a district and year."""

    __tablename__ = "declaration_counter"

    district: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int]


async def next_declaration_no(session: AsyncSession, district: str, year: int) -> str:
    """Return the next number, such as SB-110105-2024-0001.

    The row of the counter stays locked until the transaction ends; a rolled back number is issued again.
    """
    first = insert(DeclarationCounter).values(district=district, year=year, last=1)
    number = await session.scalar(
        first.on_conflict_do_update(
            index_elements=["district", "year"], set_={"last": DeclarationCounter.last + 1}
        ).returning(DeclarationCounter.last)
    )
    return f"SB-{district}-{year}-{number:04d}"
