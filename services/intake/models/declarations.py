"""Tables of declarations, their rounds and their numbers (三（一）)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.rules.rounds import merged
from services.intake.rules.stages import AT_DISTRICT, BEFORE_RECEIPT, EDITABLE, STAGES, UNDER_REVIEW, moves_on
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.errors import WrongStatus

IDENTITY = (
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
"""The fields that the applicant states beside the facts; a round keeps them too."""


class Declaration(Base):
    """A project owner's request for support, from draft to the end of the case. 三（一）"""

    __tablename__ = "declaration"
    __table_args__ = (
        CheckConstraint(f"stage IN ({', '.join(repr(code) for code in STAGES)})", name="stage_known"),
        CheckConstraint("operation_mode IN ('own', 'joint', 'lease')", name="operation_mode_known"),
        Index("ix_declaration_district_id", "district", "id"),
        Index("ix_declaration_applicant_uscc_id", "applicant_uscc", "id"),
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

    def require(self, stages: frozenset[str] | set[str]) -> None:
        """Refuse an act that this stage does not allow. Raises WrongStatus."""
        if self.stage not in stages:
            raise WrongStatus(f"当前为“{STAGES[self.stage].label}”，不能进行此操作")

    def edit(self, fields: dict[str, Any], facts: dict[str, Any], simulated: list[str] | None, at: datetime) -> None:
        """Change a draft or a returned declaration; the undertaking given before does not cover the change."""
        self.require(EDITABLE)
        for name, value in fields.items():
            setattr(self, name, value)
        self.facts = merged(self.facts, facts)
        self.project_type = self.facts.get("project_type")
        if simulated is not None:
            self.simulated = simulated
        self.void_undertaking()
        self.updated_at = at

    def undertake(self, version: str, by: str, at: datetime) -> None:
        """Take the applicant's word that the content and the materials are true. 四（一）1"""
        self.require(EDITABLE)
        self.undertaking_version, self.undertaken_by, self.undertaken_at = version, by, at
        self.updated_at = at

    def void_undertaking(self) -> None:
        """What was undertaken is not what is there any more."""
        self.undertaking_version = self.undertaken_by = self.undertaken_at = None

    def move(self, stage: str, at: datetime, due_on: date | None = None) -> None:
        """Go to a stage, with the last day for its next step where there is one."""
        self.stage, self.due_on, self.updated_at = stage, due_on, at

    def submit(self, day: date, at: datetime, due_on: date) -> None:
        """File it, or file it again after correction: one round more."""
        self.require(EDITABLE)
        self.round += 1
        self.submitted_on = day
        self.move("submitted", at, due_on)

    def withdraw(self, at: datetime) -> None:
        """Take it back; possible until the city has received it."""
        self.require(BEFORE_RECEIPT)
        self.move("withdrawn", at)

    def accept(self, day: date, at: datetime, due_on: date) -> None:
        """Accept for first review. The first acceptance picks the policy edition, also after corrections (I16)."""
        self.require({"submitted"})
        self.accepted_on = self.accepted_on or day
        self.move("accepted", at, due_on)

    def send_back(self, at: datetime, correct_by: date) -> None:
        """Return for correction, by the district."""
        self.require(AT_DISTRICT)
        self.move("returned", at, correct_by)

    def refuse(self, at: datetime) -> None:
        """End it at first review."""
        self.require(AT_DISTRICT)
        self.move("refused", at)

    def ask_opinion(self, at: datetime, due_on: date) -> None:
        self.require({"accepted", "opinion_given"})
        self.move("opinion_requested", at, due_on)

    def take_opinion(self, at: datetime) -> None:
        self.require({"opinion_requested"})
        self.move("opinion_given", at)

    def forward(self, day: date, at: datetime) -> None:
        """Report to the city."""
        self.require(UNDER_REVIEW)
        self.forwarded_on, self.assessed = day, False
        self.move("forwarded", at)

    def receive(self, day: date, at: datetime) -> None:
        """The city takes it in; the comparison with the policy may have been faster than the receipt."""
        self.require({"forwarded"})
        self.received_on = day
        self.move("assessed" if self.assessed else "received", at)

    def send_back_from_city(self, at: datetime, correct_by: date) -> None:
        self.require({"forwarded"})
        self.move("returned", at, correct_by)

    def learn(self, stage: str, at: datetime) -> None:
        """Follow another service's news; late news does not turn the case back."""
        if moves_on(self.stage, stage):
            self.move(stage, at)

    def compared(self, at: datetime) -> None:
        """The policy was applied to it; before receipt this is only kept in mind."""
        if self.stage in ("forwarded", "received"):
            self.assessed = True
        self.learn("assessed", at)

    @property
    def stage_label(self) -> str:
        return STAGES[self.stage].label

    def stated(self) -> dict[str, Any]:
        """What the applicant states, as a round keeps it."""
        return {name: getattr(self, name) for name in IDENTITY}

    def project(self) -> Project:
        """What identifies the project in every service."""
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
        )

    def complete_facts(self, in_reserve_library: bool | None = None) -> ProjectFacts:
        """The stated facts with those that the procedure itself knows."""
        known = {
            "district": self.district,
            "accepted_on": self.accepted_on and self.accepted_on.isoformat(),
            "in_reserve_library": in_reserve_library,
        }
        return ProjectFacts.model_validate(self.facts | known)


class DeclarationRound(Base):
    """One submission as it was filed: never changed, so that every version can be shown and compared."""

    __tablename__ = "declaration_round"
    __table_args__ = (UniqueConstraint("declaration_id", "round"),)

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
    """The last declaration number given in a district and year."""

    __tablename__ = "declaration_counter"

    district: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int]


async def next_declaration_no(session: AsyncSession, district: str, year: int) -> str:
    """The next number, as in SB-110105-2024-0001. The counter's row stays locked: a rolled back number comes again."""
    counted = insert(DeclarationCounter).values(district=district, year=year, last=1)
    taken = await session.scalar(
        counted.on_conflict_do_update(
            index_elements=["district", "year"], set_={"last": DeclarationCounter.last + 1}
        ).returning(DeclarationCounter.last)
    )
    return f"SB-{district}-{year}-{taken:04d}"
