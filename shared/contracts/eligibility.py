"""Events of eligibility: explained decisions, settlements by officials, and the pool."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.audiences import OFFICIALS_ONLY
from shared.contracts.base import Event, Hand
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.contracts.series import ConfirmedFigures
from shared.money import Money

Outcome = Literal["eligible", "ineligible", "undetermined"]


class Missing(BaseModel):
    """A fact or parameter that is still needed, and who can supply it."""

    model_config = ConfigDict(frozen=True)

    field: str
    label: str
    who: str
    clause: str


class DeclarationAssessed(Event, type="eligibility.declaration_assessed.v1", about="assessment", key="declaration_id"):
    """The policy in force was applied to a declaration; only a person draws consequences from the result. 二"""

    declaration_id: UUID
    assessment_id: UUID
    decision: Outcome
    as_of: date
    edition: str
    ruleset: str
    unmet: tuple[str, ...]
    open: tuple[str, ...]
    needs_reason: tuple[str, ...]
    missing: tuple[Missing, ...]
    summary: str


class FindingSettled(Event, type="eligibility.finding_settled.v1", about="assessment", key="declaration_id"):
    """An official settled a finding that the engine left undetermined; both findings are kept. 二"""

    declaration_id: UUID
    rule: str
    clause: str
    holds: bool
    settled_by: Annotated[str, OFFICIALS_ONLY]
    reason: str


class ReviewPassed(Event, type="eligibility.review_passed.v1", about="assessment", key="declaration_id"):
    """A city officer concluded that the conditions are met; pool assessment follows. 三（二）"""

    declaration_id: UUID
    project: Project
    ruleset: str
    as_of: date
    hands: Annotated[tuple[Hand, ...], OFFICIALS_ONLY] = ()


class ReviewRejected(Event, type="eligibility.review_rejected.v1", about="assessment", key="declaration_id"):
    """A city officer rejected the declaration, citing the clauses that are not met. 三（二）"""

    declaration_id: UUID
    clauses: tuple[str, ...]
    reason: str


class AssessedComponent(BaseModel):
    """A component with the investment that the pool assessment recognised (I4)."""

    model_config = ConfigDict(frozen=True)

    kind: str
    name: str | None = None
    declared_investment_yuan: Money
    assessed_investment_yuan: Money
    renovated_area_m2: Decimal | None = None
    leasable_area_m2: Decimal | None = None
    planned_occupancy: Decimal | None = None


class PoolEntered(Event, type="eligibility.pool_entered.v1", about="assessment", key="declaration_id"):
    """The project entered the pool of assessed projects and may apply for funds. 三（二）"""

    declaration_id: UUID
    project: Project
    facts: ProjectFacts
    components: tuple[AssessedComponent, ...]
    score: Decimal
    rank: int
    entered_on: date
    ruleset: str
    as_of: date
    hands: Annotated[tuple[Hand, ...], OFFICIALS_ONLY] = ()


class PolicyFiguresConfirmed(
    ConfirmedFigures, Event, type="eligibility.figures_confirmed.v1", about="series", key="series_id"
):
    """Policy figures, readings, industries, calendars or editions were confirmed by a second person. 二"""
