"""Fund application reports (资金申请报告) and the number series of approvals. 二（四）, 三（二）"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from services.funding.models.signing import Signed
from services.funding.rules.code_lists import APPLICATION_STATUSES, SUPPORT_MODES
from services.funding.rules.offers import Offer
from shared.errors import DomainError, WrongStatus

ZERO = Decimal("0.00")


class MoreThanPaid(DomainError):
    """The amount exceeds the money that was paid and has not come back. 四（一）1"""

    status, code, title = 409, "more_than_paid", "超出已拨付且尚未退回的金额"


class Application(Base, Signed):
    """Fund application report of a pooled project; its id is that of the declaration, amounts are in yuan."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(APPLICATION_STATUSES)}", name="status"),
        CheckConstraint(f"mode IN {tuple(SUPPORT_MODES)}", name="mode"),
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
    """Reference of the open reservation in the ledger: the part of the award that is reserved and not yet released."""
    arrangement: Mapped[int] = mapped_column(server_default="1")
    """Number of arrangements of the reserved rest; one more after a carry-over, or when a plan lost the project."""
    reserved_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    released_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    returned_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    demanded_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    recovered_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    bank_returned_yuan: Mapped[Decimal] = mapped_column(default=ZERO)
    """Payments that the bank sent back (退票) and that are not paid again yet."""
    reduced_yuan: Mapped[Decimal] = mapped_column(server_default=text("0"))
    """Sum that approved changes took from the award since its approval."""
    instalments_paid: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    @property
    def declaration_id(self) -> UUID:
        """Id of the declaration, which is the application's own; the audit record names the case by it."""
        return self.id

    @property
    def declared_on(self) -> date | None:
        """Day of the declaration (I10); for cases announced without it the day of acceptance."""
        day = self.facts.get("declared_on") or self.facts.get("accepted_on")
        return date.fromisoformat(day) if day else None

    @property
    def current_award_yuan(self) -> Decimal:
        """Award as approved less what approved changes took from it, in yuan. 二（四）"""
        return (self.award_yuan or ZERO) - self.reduced_yuan

    @property
    def net_paid_yuan(self) -> Decimal:
        """Released less returned and demanded money, in yuan: the most that may still be demanded. 四（一）1"""
        return self.released_yuan - self.returned_yuan - self.demanded_yuan

    @property
    def awaits_countersign(self) -> bool:
        """Return whether the draft has its first signature and lacks the second."""
        return self.status == "drafted" and self.signed_by is not None

    @property
    def status_label(self) -> str:
        """Return the status in words; of a draft that was signed once, what it lacks."""
        return "已签发，待另一名市级负责人加签" if self.awaits_countersign else APPLICATION_STATUSES[self.status]

    def expect(self, *statuses: str) -> None:
        """Raise WrongStatus unless the application has one of these statuses."""
        if self.status not in statuses:
            expected = "、".join(APPLICATION_STATUSES[status] for status in statuses)
            current = self.status_label
            raise WrongStatus(f"当前状态为“{current}”，此操作须在“{expected}”时进行", current=self.status)

    def expect_net_paid(self, yuan: Decimal) -> None:
        """Raise MoreThanPaid for more money than was paid and has not come back. 四（一）1"""
        if yuan > self.net_paid_yuan:
            detail = f"最多 {self.net_paid_yuan:,.2f} 元，即已拨付减去已退回和已决定追回的金额"
            raise MoreThanPaid(detail, field="/body/amount_yuan")

    def draft(self, offer: Offer, justification: str, budget_year: int) -> None:
        """Draft the approval of an offer; a later draft replaces an earlier one. 三（二）"""
        self.expect("received", "drafted")
        self.unsign()
        self.status, self.justification, self.budget_year = "drafted", justification, budget_year
        self.mode, self.derivation, self.clause = offer.mode, offer.lines, offer.clause
        self.base_yuan, self.uncapped_yuan = offer.base_yuan, offer.uncapped_yuan
        self.award_yuan, self.cap_yuan = offer.award_yuan, offer.cap_yuan

    def approve(self, on: date) -> None:
        """Approve mode and award, which never change afterwards. 二（四）"""
        self.expect("drafted")
        self.status, self.approved_on = "approved", on
        self.reservation, self.reserved_yuan = "approval", self.award_yuan or ZERO

    def decline(self) -> None:
        """Decline the report; raises WrongStatus once it is approved. 三（二）"""
        self.expect("received", "drafted")
        self.status = "declined"

    def reference(self, stage: str) -> str:
        """Return the reference of a reservation: its stage, numbered when the rest was arranged anew."""
        return stage if self.arrangement == 1 else f"{stage}.{self.arrangement}"

    def rearranged(self) -> str:
        """Return the reference under which the reserved rest is arranged anew."""
        return f"{str(self.reservation).partition('.')[0]}.{self.arrangement + 1}"

    def instalment(self, ahead: int = 0) -> str:
        """Return the reference of the reservation for the next instalment, or for one further ahead."""
        return self.reference(f"instalment-{self.instalments_paid + 1 + ahead}")

    def enter_plan(self, year: int) -> None:
        """Enter an issued plan; the reserved award is committed in the budget of `year`. 三（二）"""
        self.expect("approved")
        self.status, self.reservation, self.budget_year = "planned", self.instalment(), year

    def leave_plan(self) -> None:
        """Leave an issued plan; the rest not released is reserved as approved and may enter another plan. 三（二）"""
        self.expect("planned", "releasing")
        self.arrangement += 1
        self.status, self.reservation = "approved", self.reference("approval")

    def carry(self, year: int) -> None:
        """Reserve the rest anew in the budget of another year; stage and status stay. 三（二）"""
        stage = str(self.reservation).partition(".")[0]
        self.arrangement += 1
        self.reservation, self.budget_year = self.reference(stage), year

    def reduce(self, cut_yuan: Decimal, recover_yuan: Decimal) -> None:
        """Reduce the award: `cut_yuan` of the reserved rest lapses, `recover_yuan` was paid beyond the new award."""
        self.reduced_yuan += cut_yuan + recover_yuan
        if not cut_yuan:
            return
        following = self.rearranged()
        self.arrangement += 1
        self.reserved_yuan -= cut_yuan
        self.reservation = following if self.reserved_yuan else None
        self.status = self.status if self.reserved_yuan else "released"

    def pay(self, yuan: Decimal) -> int:
        """Add a release and return the number of its instalment. 三（二）"""
        self.expect("planned", "releasing")
        self.instalments_paid += 1
        self.released_yuan += yuan
        self.reserved_yuan -= yuan
        self.reservation = self.instalment() if self.reserved_yuan else None
        self._settle_status()
        return self.instalments_paid

    def send_back(self, yuan: Decimal) -> None:
        """Note a payment that the bank sent back (退票); it is paid again before the next instalment. 三（二）"""
        self.released_yuan -= yuan
        self.bank_returned_yuan += yuan
        if self.status == "released":
            self.status = "releasing"

    def pay_again(self, yuan: Decimal) -> None:
        """Note that money which the bank had sent back is paid after all. 三（二）"""
        self.released_yuan += yuan
        self.bank_returned_yuan -= yuan
        if self.status != "closed":
            self._settle_status()

    def _settle_status(self) -> None:
        self.status = "releasing" if self.reserved_yuan or self.bank_returned_yuan else "released"

    def close(self) -> None:
        """Close the application; the reserved rest of the award lapses. 四（一）1"""
        self.expect("approved", "planned", "releasing")
        self.status, self.reservation, self.reserved_yuan = "closed", None, ZERO


class NumberSeries(Base):
    """Last number given in a yearly series, such as that of approvals."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    district: Mapped[str]
    last: Mapped[int]
