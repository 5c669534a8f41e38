"""Tables of project files and fund movements (三（二）, 四（一）1)."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.monitoring.models.base import Base, one_of
from services.monitoring.rules.code_lists import MOVEMENT_KINDS
from shared.errors import Invalid, WrongStatus
from shared.storage.versions import Part


class ProjectFile(Base):
    """A project from its first release to its evaluation. Amounts are totals of `fund_movement`, in yuan."""

    __tablename__ = "project_file"
    __table_args__ = (
        CheckConstraint(one_of("status", "under_way", "delivered", "evaluated"), name="status"),
        CheckConstraint(
            one_of("evaluation_state", "running", "upcoming", "overdue", "issued"), name="evaluation_state"
        ),
        CheckConstraint("(status = 'under_way') = (delivered_on IS NULL)", name="delivered_has_a_day"),
        Index("ix_project_file_district_declaration_id", "district", "declaration_id"),
        Index("ix_project_file_applicant_uscc", "applicant_uscc"),
    )

    declaration_id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_no: Mapped[str]
    project_name: Mapped[str]
    project_code: Mapped[str | None]
    address: Mapped[str | None]
    applicant_name: Mapped[str]
    applicant_uscc: Mapped[str]
    entity_id: Mapped[UUID]
    district: Mapped[str]
    mode: Mapped[str]
    award_yuan: Mapped[Decimal]
    released_yuan: Mapped[Decimal]
    returned_yuan: Mapped[Decimal]
    demanded_yuan: Mapped[Decimal]
    recovered_yuan: Mapped[Decimal]
    held: Mapped[bool]
    hold_reason: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    components: Mapped[list[dict[str, Any]]]
    targets: Mapped[list[dict[str, Any]]]
    simulated: Mapped[list[str]]
    ruleset: Mapped[str]
    as_of: Mapped[date]
    first_released_on: Mapped[date]
    status: Mapped[str]
    delivered_on: Mapped[date | None]
    delivery_proof: Mapped[str | None]
    delivery_remark: Mapped[str | None]
    evaluation_due_on: Mapped[date | None]
    evaluation_state: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    @property
    def kept_yuan(self) -> Decimal:
        """The amount released less the amounts returned and recovered, in yuan."""
        return self.released_yuan - self.returned_yuan - self.recovered_yuan

    def expect_deliverable(self, delivered_on: date, today: date, field: str = "delivered_on") -> None:
        """Raise WrongStatus once delivered, Invalid for a date after today or before acceptance. 二（三）1, 二（五）"""
        if self.status != "under_way":
            raise WrongStatus(f"项目已于 {self.delivered_on} 交付，只能确认一次")
        if delivered_on > today:
            raise Invalid(f"交付日期不得晚于今日（{today}）", field=f"/body/{field}")
        if delivered_on < self.as_of:
            raise Invalid(f"交付日期不得早于受理日期 {self.as_of}：已完工项目不予支持", field=f"/body/{field}")

    def deliver(self, delivered_on: date, proof: str, evaluation_due_on: date, remark: str | None) -> None:
        """Record delivery, which starts the evaluation year, with what the reports say against it. 三（三）"""
        self.delivery_remark = remark
        self.status, self.delivered_on, self.delivery_proof = "delivered", delivered_on, proof
        self.evaluation_due_on, self.evaluation_state = evaluation_due_on, "running"

    def conclude(self) -> None:
        """End monitoring after the evaluation is issued. 三（三）"""
        self.status, self.evaluation_state = "evaluated", "issued"

    def expect_open(self) -> None:
        """Raise WrongStatus once the project is evaluated."""
        if self.status == "evaluated":
            raise WrongStatus("项目评价已签发，跟踪监测结束，不再办理")

    def expect_delivered(self) -> date:
        """Return the date of delivery. Raises WrongStatus before delivery and after the evaluation."""
        self.expect_open()
        if self.delivered_on is None:
            raise WrongStatus("项目尚未交付，不能评价；请先确认交付")
        return self.delivered_on


class FundMovement(Base, Part):
    """A payment, return, demand, recovery or hold announced by funding. Append-only."""

    __tablename__ = "fund_movement"
    __table_args__ = (
        CheckConstraint(one_of("kind", *MOVEMENT_KINDS), name="kind"),
        Index("ix_fund_movement_declaration_id", "declaration_id"),
    )
    shown_in = {ProjectFile: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("project_file.declaration_id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    kind: Mapped[str]
    amount_yuan: Mapped[Decimal | None]
    on: Mapped[date] = mapped_column("moved_on")
    ground: Mapped[str | None]
    clause: Mapped[str | None]
    reason: Mapped[str | None]
