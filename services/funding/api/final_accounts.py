"""Final accounts (竣工决算) against the grant that was approved: a lower one proposes a return (I4). 二（四）1"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import Key, Shape
from services.funding.cases import ruleset_of
from services.funding.models.application import Application
from services.funding.models.recovery import FinalAccounts
from services.funding.rules.support import GRANT, grant_offer
from shared.clock import uuid7
from shared.errors import Invalid, WrongStatus
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, locked, now
from shared.text import Line
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])


class FinalComponent(BaseModel):
    """The final investment of one component, in the order of the application's components."""

    final_investment_yuan: Money = Field(title="决算固定资产投资（元）")


class NewFinalAccounts(BaseModel):
    """The final accounts of the project (竣工决算)."""

    document_no: Line = Field(title="决算文号")
    components: list[FinalComponent] = Field(title="项目组成", min_length=1, max_length=200)


class FinalAccountsOut(Shape):
    """The grant that the final accounts bear out; `lower` proposes a return, which people decide on."""

    id: UUID
    application_id: UUID
    document_no: str
    components: list[dict[str, Any]]
    base_yuan: Money
    award_yuan: Money
    derivation: list[str]
    lower: bool
    proposed_return_yuan: Money
    clause: str = "二（四）1"
    recorded_by: str
    recorded_at: datetime


@router.post("/v1/applications/{application_id}/final-accounts", status_code=201, name="record_final_accounts")
async def record_final_accounts(
    session: Session, actor: CityOfficer, application_id: Key, wanted: NewFinalAccounts, response: Response
) -> FinalAccountsOut:
    """Recompute the grant on final accounts and say whether too much was paid (I4). 二（四）1"""
    application = await locked(session, Application, application_id)
    if application.mode != GRANT or application.approved_on is None:
        raise WrongStatus("竣工决算复核适用于已批复的投资补助项目")
    if len(wanted.components) != len(application.components):
        raise Invalid(f"须逐一填写 {len(application.components)} 个组成", field="/body/components")
    row = _recomputed(session, application, wanted)
    session.add(row)
    detail = {"document_no": row.document_no, "proposed_return_yuan": str(row.proposed_return_yuan)}
    await record_act(session, "record_final_accounts", case_of(application), lower=row.lower, **detail)
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return FinalAccountsOut.model_validate(row)


def _recomputed(session: AsyncSession, application: Application, wanted: NewFinalAccounts) -> FinalAccounts:
    final = [part.final_investment_yuan for part in wanted.components]
    parts = [
        {"kind": part["kind"], "assessed_investment_yuan": yuan, "declared_investment_yuan": yuan}
        for part, yuan in zip(application.components, final, strict=True)
    ]
    offer = grant_offer(parts, ruleset_of(session, application))
    borne_out, approved = offer.award_yuan or Decimal("0.00"), application.award_yuan or Decimal("0.00")
    return FinalAccounts(
        id=uuid7(now(session)),
        application_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        document_no=wanted.document_no,
        components=[
            {"kind": part["kind"], "final_investment_yuan": f"{yuan:.2f}"}
            for part, yuan in zip(parts, final, strict=True)
        ],
        base_yuan=offer.base_yuan,
        award_yuan=borne_out,
        derivation=offer.lines,
        lower=borne_out < approved,
        proposed_return_yuan=max(application.net_paid_yuan - borne_out, Decimal("0.00")),
        recorded_by=actor_of(session).subject,
        recorded_at=now(session),
    )
