"""The fund application report (资金申请报告) and what is decided on it. 二（四）, 三（二）"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from shared.errors import WrongStatus

STATUSES = {
    "received": "待批复",
    "drafted": "批复已拟办",
    "approved": "已批复",
    "declined": "不予批复",
    "planned": "已列入投资计划",
    "releasing": "拨付中",
    "released": "已拨付",
    "closed": "已终止",
}
MODES = ("investment_grant", "interest_subsidy")
ZERO = Decimal("0.00")


class Application(Base):
    """A pooled project's application, under the id of its declaration; all amounts in yuan."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(STATUSES)}", name="status"),
        CheckConstraint(f"mode IN {MODES}", name="mode"),
        CheckConstraint("award_yuan <= cap_yuan", name="award_within_cap"),
        Index("ix_application_status", "status", "id"),
        Index("ix_application_applicant_uscc", "applicant_uscc"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    applicant_name: Mapped[str]
    declaration_no: Mapped[str]
    project_name: Mapped[str]
    project_code: Mapped[str | None]
    project: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    components: Mapped[list[dict[str, Any]]]
    score: Mapped[Decimal]
    rank: Mapped[int]
    entered_on: Mapped[date]
    ruleset: Mapped[str]
    as_of: Mapped[date]
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="received")
    mode: Mapped[str | None]
    justification: Mapped[str | None]
    budget_year: Mapped[int | None]
    base_yuan: Mapped[Decimal | None]
    uncapped_yuan: Mapped[Decimal | None]
    award_yuan: Mapped[Decimal | None]
    cap_yuan: Mapped[Decimal | None]
    derivation: Mapped[list[str] | None]
    clause: Mapped[str | None]
    approved_on: Mapped[date | None]
    construction_status: Mapped[str | None]
    construction_started_on: Mapped[date | None]
    completed_on: Mapped[date | None]
    progress: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    evaluated_on: Mapped[date | None]
    targets_met: Mapped[bool | None]
    reservation: Mapped[str | None]
    """Reference of the open reservation in the ledger: what of the award is set aside and not yet released."""
    reserved_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    released_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    returned_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    demanded_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    recovered_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    instalments_paid: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    @property
    def declaration_id(self) -> UUID:
        """Return the id of the declaration, by which the audit record names the case."""
        return self.id

    @property
    def net_paid_yuan(self) -> Decimal:
        """Released, less what came back or was demanded back: the most that may still be demanded. 四（一）1"""
        return self.released_yuan - self.returned_yuan - self.demanded_yuan

    def expect(self, *statuses: str) -> None:
        """Raises WrongStatus unless the application is in one of these."""
        if self.status not in statuses:
            wanted = "、".join(STATUSES[status] for status in statuses)
            raise WrongStatus(f"当前状态为“{STATUSES[self.status]}”，此操作须在“{wanted}”时进行", current=self.status)

    def draft(self, terms: dict[str, Any]) -> None:
        """Take down mode and computed amount for approval; a draft may be replaced by another. 三（二）"""
        self.expect("received", "drafted")
        for name, value in terms.items():
            setattr(self, name, value)
        self.status = "drafted"

    def approve(self, on: date) -> None:
        """Lock the mode and the award for good. 二（四）"""
        self.expect("drafted")
        self.status, self.approved_on = "approved", on
        self.reservation, self.reserved_yuan = "approval", self.award_yuan or ZERO

    def decline(self) -> None:
        """Refuse the report; possible until it is approved. 三（二）"""
        self.expect("received", "drafted")
        self.status = "declined"

    def enter_plan(self, year: int) -> None:
        """Take a place in an issued plan: the award is committed in the plan's year. 三（二）"""
        self.expect("approved")
        self.status, self.reservation, self.budget_year = "planned", "instalment-1", year

    def pay(self, yuan: Decimal) -> int:
        """Count a release and say which instalment it is. 三（二）"""
        self.expect("planned", "releasing")
        self.instalments_paid += 1
        self.released_yuan += yuan
        self.reserved_yuan -= yuan
        self.reservation = f"instalment-{self.instalments_paid + 1}" if self.reserved_yuan else None
        self.status = "releasing" if self.reserved_yuan else "released"
        return self.instalments_paid

    def close(self) -> None:
        """Give up what has not been released. 四（一）1"""
        self.expect("approved", "planned", "releasing")
        self.status, self.reservation, self.reserved_yuan = "closed", None, ZERO


class Approval(Base):
    """The approval document (批复): one for an application, never changed. 二（四）, 三（二）"""

    __tablename__ = "approval"
    __table_args__ = (CheckConstraint(f"mode IN {MODES}", name="mode"),)

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    approval_no: Mapped[str] = mapped_column(unique=True)
    mode: Mapped[str]
    base_yuan: Mapped[Decimal]
    award_yuan: Mapped[Decimal]
    derivation: Mapped[list[str]]
    clause: Mapped[str]
    justification: Mapped[str]
    readings: Mapped[dict[str, Any]]
    approved_by: Mapped[str]
    approved_on: Mapped[date]


class Hold(Base):
    """A hold on payments, lifted by people. `severity` review: a release may be asked for, not paid; stop: neither."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("severity IN ('review', 'stop')", name="severity"),
        Index("uq_hold_application_id_source", "application_id", "source", unique=True),
        Index("ix_hold_open", "application_id", postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    source: Mapped[str]
    """What called for it, once: `finding:<id>`, `credit:<entity>:<day>`, or the hold's own id when a person did."""
    ground: Mapped[str]
    clause: Mapped[str]
    severity: Mapped[str]
    reason: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None]


class Loan(Base):
    """A loan contract of the project with a bank, as 二（四）2 needs it. Rates are ratios (0.0390)."""

    __tablename__ = "loan"
    __table_args__ = (
        CheckConstraint("tenor IN ('1Y', '5Y')", name="tenor"),
        CheckConstraint("rate_type IN ('fixed', 'floating')", name="rate_type"),
        Index("uq_loan_bank_contract_no", "bank", "contract_no", unique=True),
        Index("ix_loan_application_id", "application_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    bank: Mapped[str]
    contract_no: Mapped[str]
    principal_yuan: Mapped[Decimal]
    rate_type: Mapped[str]
    annual_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    term_months: Mapped[int]
    tenor: Mapped[str | None]
    drawn_on: Mapped[date]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]


class EntityGrade(Base):
    """The credit grade in force for an entity, as monitoring announced it; new applications are held by it too."""

    __tablename__ = "entity_grade"

    uscc: Mapped[str] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID]
    district: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str]
    grounds: Mapped[list[str]]
    decided_on: Mapped[date]


class NumberSeries(Base):
    """The last number given in a series of a year: approvals, plans."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    district: Mapped[str]
    last: Mapped[int]
