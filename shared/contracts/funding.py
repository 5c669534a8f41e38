"""Events of funding: approvals, plans and movements of money. Amounts are strings in yuan."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.audiences import OFFICIALS_ONLY
from shared.contracts.base import Event, Hand
from shared.contracts.eligibility import AssessedComponent
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.contracts.library import SupportMode
from shared.contracts.series import ConfirmedFigures
from shared.money import Money


class FundsApproved(Event, type="funding.funds_approved.v1", about="application", key="declaration_id"):
    """The fund application report was approved (批复) with one support mode and one amount. 二（四）, 三（二）"""

    declaration_id: UUID
    project: Project
    approval_no: str
    mode: SupportMode
    award_yuan: Money
    base_yuan: Money
    derivation: str
    clause: str
    approved_on: date


class FundsDeclined(Event, type="funding.funds_declined.v1", about="application", key="declaration_id"):
    """The fund application report was not approved. 三（二）"""

    declaration_id: UUID
    clauses: tuple[str, ...]
    reason: str


class BudgetConfirmed(Event, type="funding.budget_confirmed.v1", about="appropriation", key="appropriation_id"):
    """A second supervisor confirmed an appropriation, and its amount entered the budget of the year. 三（二）"""

    appropriation_id: UUID
    transfer_id: UUID
    year: int
    document_no: str
    amount_yuan: Money
    confirmed_on: date


class BudgetAdjusted(Event, type="funding.budget_adjusted.v1", about="appropriation", key="appropriation_id"):
    """A second supervisor confirmed a document that cuts, moves, freezes, reverses or carries budget money. 三（二）

    `to_year` is the year that gains, `reverses` the document that a reversal undoes.
    """

    appropriation_id: UUID
    transfer_id: UUID
    kind: Literal["cut", "transfer", "freeze", "unfreeze", "reversal", "carry_over"]
    year: int
    to_year: int | None = None
    reverses: UUID | None = None
    document_no: str
    amount_yuan: Money
    confirmed_on: date


class PlanItem(BaseModel):
    """A project in an investment plan batch (政府投资条例 art. 16)."""

    model_config = ConfigDict(frozen=True)

    declaration_id: UUID
    project_name: str
    district: str
    mode: SupportMode
    amount_yuan: Money


class PlanIssued(Event, type="funding.plan_issued.v1", about="plan", key="plan_id"):
    """An investment plan batch was issued (下达). 三（二）"""

    plan_id: UUID
    plan_no: str
    year: int
    batch: int
    total_yuan: Money
    items: tuple[PlanItem, ...]
    issued_on: date


class PlanItemChange(BaseModel):
    """Effect of a document on a project of an issued plan; released money of a removed project stays released."""

    model_config = ConfigDict(frozen=True)

    declaration_id: UUID
    project_name: str
    district: str
    action: Literal["change", "remove"]
    amount_yuan: Money
    released_yuan: Money


class PlanChanged(Event, type="funding.plan_changed.v1", about="plan", key="plan_id"):
    """An issued investment plan was amended or cancelled by a document. 三（二）"""

    plan_id: UUID
    change_id: UUID
    plan_no: str
    kind: Literal["amend", "cancel"]
    document_no: str
    reason: str
    year: int
    batch: int
    total_yuan: Money
    items: tuple[PlanItemChange, ...]
    issued_on: date


class FundsReleased(Event, type="funding.funds_released.v1", about="application", key="declaration_id"):
    """Money was paid out. The first one opens a monitoring file. 三（二）, 四（一）1"""

    declaration_id: UUID
    project: Project
    release_id: UUID
    transfer_id: UUID
    instalment: int
    mode: SupportMode
    amount_yuan: Money
    released_total_yuan: Money
    award_yuan: Money
    released_on: date
    facts: ProjectFacts
    components: tuple[AssessedComponent, ...]
    ruleset: str
    as_of: date
    hands: Annotated[tuple[Hand, ...], OFFICIALS_ONLY] = ()


class FundsSentBack(Event, type="funding.funds_sent_back.v1", about="application", key="declaration_id"):
    """The bank sent a payment back (退票), or in fact had made it (`undone`); paying it again is a release. 三（二）"""

    declaration_id: UUID
    release_id: UUID
    transfer_id: UUID
    stage: Literal["sent_back", "undone"]
    amount_yuan: Money
    sent_back_on: date
    reason: str


class FundsHeld(Event, type="funding.funds_held.v1", about="application", key="declaration_id"):
    """Payments to a project were put on hold, or the hold was lifted. 四（一）1, 四（一）3"""

    declaration_id: UUID
    held: bool
    ground: str
    clause: str
    reason: str


class MunicipalMoneyCompared(
    Event, type="funding.municipal_money_compared.v1", about="application", key="declaration_id"
):
    """A bar by other municipal money was raised, changed, lifted or fell; `outcome` is what stands now. 二（五）

    `basis` and `reason` are those of the bar that changed; the entry of the register is not described.
    """

    declaration_id: UUID
    bar_id: UUID
    outcome: Literal["barred", "undetermined", "clear"]
    basis: str
    reason: str


class FundsReturned(Event, type="funding.funds_returned.v1", about="application", key="declaration_id"):
    """The project returned money voluntarily: unused, or the final accounts were lower. 四（一）1"""

    declaration_id: UUID
    transfer_id: UUID
    amount_yuan: Money
    reason: str


class FundsClawedBack(Event, type="funding.funds_clawed_back.v1", about="application", key="declaration_id"):
    """Recovery was decided (`demanded`) or the money was received (`recovered`). 四（一）1, 政府投资条例 art. 34"""

    declaration_id: UUID
    transfer_id: UUID
    stage: Literal["demanded", "recovered"]
    amount_yuan: Money
    ground: str
    clause: str
    reason: str


class RateFiguresConfirmed(
    ConfirmedFigures, Event, type="funding.figures_confirmed.v1", about="series", key="series_id"
):
    """Quotations of the LPR were confirmed by a second person. 二（四）2"""


class ApprovalChanged(Event, type="funding.approval_changed.v1", about="application", key="declaration_id"):
    """A change of an approval was requested, returned, withdrawn, refused or approved. 二（四）, 三（二）

    Of an approved one, `award_yuan` is the award from now on; `cut_yuan` of it lapsed, `recover_yuan` was paid beyond.
    """

    declaration_id: UUID
    change_id: UUID
    kind: Literal["content", "entity", "site", "schedule"]
    stage: Literal["requested", "returned", "withdrawn", "refused", "approved"]
    award_yuan: Money | None = None
    cut_yuan: Money | None = None
    recover_yuan: Money | None = None
    reason: str
