"""What an application looks like to those who read it: every figure with its clause."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.application import STATUSES, Application, Approval, Hold
from services.funding.rules.support import CLAUSES
from shared.contracts.library import LABELS
from shared.money import Money, SignedMoney

Key = Annotated[UUID, Path(title="标识")]
Exact = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]
"""A decimal that is not money (score, rate, share); a string in JSON."""


class Shape(BaseModel):
    """A row as it is shown."""

    model_config = ConfigDict(from_attributes=True)


class Figure(BaseModel):
    """An amount in yuan, what it is, and the clause it rests on."""

    key: str
    label: str
    yuan: SignedMoney | None
    clause: str


class HoldOut(Shape):
    """A hold on payments, in force while `lifted_at` is empty."""

    id: UUID
    application_id: UUID
    ground: str
    clause: str
    severity: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str | None


class ApplicationOut(Shape):
    """A fund application with its figures and the holds in force."""

    id: UUID
    declaration_no: str
    project_name: str
    project_code: str | None
    applicant_name: str
    applicant_uscc: str
    district: str
    status: str
    status_label: str = ""
    mode: str | None
    mode_label: str | None = None
    score: Exact
    rank: int
    entered_on: date
    ruleset: str
    as_of: date
    budget_year: int | None
    justification: str | None
    derivation: list[str] | None
    clause: str | None
    approval_no: str | None = None
    approved_on: date | None
    construction_status: str | None
    construction_started_on: date | None
    completed_on: date | None
    progress: Exact | None
    evaluated_on: date | None
    targets_met: bool | None
    instalments_paid: int
    amounts: list[Figure] = Field(default_factory=list)
    held: bool = False
    holds: list[HoldOut] = Field(default_factory=list)


def figures(application: Application) -> list[Figure]:
    """The amounts of a case in the order they come about."""
    mode = CLAUSES.get(application.mode or "", "二（四）")
    rows = [
        ("base", "投资（贷款）基数", application.base_yuan, mode),
        ("uncapped", "按比例（利率）计算数", application.uncapped_yuan, mode),
        ("cap", "单个项目支持上限", application.cap_yuan, mode),
        ("award", "批复金额", application.award_yuan, "二（四）、三（二）"),
        ("reserved", "已安排未拨付", application.reserved_yuan, "三（二）"),
        ("released", "已拨付", application.released_yuan, "三（二）"),
        ("returned", "主动退回", application.returned_yuan, "四（一）1"),
        ("demanded", "决定追回", application.demanded_yuan, "四（一）1"),
        ("recovered", "追回到账", application.recovered_yuan, "四（一）1"),
        ("net_paid", "拨付净额", application.net_paid_yuan, "三（二）、四（一）1"),
    ]
    return [Figure(key=key, label=label, yuan=yuan, clause=clause) for key, label, yuan, clause in rows]


async def shown(session: AsyncSession, applications: Sequence[Application]) -> list[ApplicationOut]:
    """The applications as they are read, with approval numbers and open holds."""
    await session.flush()
    ids = [application.id for application in applications]
    numbers = await session.execute(
        select(Approval.application_id, Approval.approval_no).where(Approval.application_id.in_(ids))
    )
    number_of = {row.application_id: row.approval_no for row in numbers}
    holds = await session.scalars(
        select(Hold).where(Hold.application_id.in_(ids), Hold.lifted_at.is_(None)).order_by(Hold.placed_at, Hold.id)
    )
    held: dict[UUID, list[HoldOut]] = {}
    for hold in holds:
        held.setdefault(hold.application_id, []).append(HoldOut.model_validate(hold))
    return [_shown(row, number_of.get(row.id), held.get(row.id, [])) for row in applications]


def _shown(application: Application, approval_no: str | None, holds: list[HoldOut]) -> ApplicationOut:
    extra: dict[str, Any] = {
        "status_label": STATUSES[application.status],
        "mode_label": LABELS.get(application.mode or ""),
        "approval_no": approval_no,
        "amounts": figures(application),
        "holds": holds,
        "held": bool(holds),
    }
    return ApplicationOut.model_validate(application).model_copy(update=extra)


async def shown_one(session: AsyncSession, application: Application) -> ApplicationOut:
    """One application as it is read."""
    return (await shown(session, [application]))[0]


Yuan = Annotated[Money, Field(gt=0, le=10**13, title="金额（元）")]
"""An amount that moves: more than nothing, and far from what the ledger's counters hold."""
