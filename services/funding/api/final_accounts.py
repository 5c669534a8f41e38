"""Endpoint for final accounts (竣工决算): recomputed grant and proposed return (I4). 二（四）1"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import TIME, YUAN, ApplicationKey, Shape
from services.funding.applications import new_row_columns, ruleset_of
from services.funding.models.applications import Application
from services.funding.models.final_accounts import FinalAccounts
from services.funding.rules.offers import GRANT, grant_offer, proposed_return
from shared.audiences import Handler
from shared.contracts.library import ComponentKind
from shared.errors import Invalid, WrongStatus
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, locked, now
from shared.text import Line
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])


class NewFinalComponent(BaseModel):
    """Final investment of one component, in the order of the application's components."""

    final_investment_yuan: Money = Field(title="决算固定资产投资", description=YUAN)


class NewFinalAccounts(BaseModel):
    """Final accounts of the project (竣工决算)."""

    document_no: Line = Field(title="决算文号")
    components: list[NewFinalComponent] = Field(
        title="项目组成", description="按资金申请的项目组成顺序逐一填写", min_length=1, max_length=200
    )


class FinalComponentOut(BaseModel):
    """Final investment of one component."""

    kind: ComponentKind = Field(title="组成类别")
    final_investment_yuan: Money = Field(title="决算固定资产投资", description=YUAN)


class FinalAccountsOut(Shape):
    """Grant recomputed from the final accounts; `lower` proposes a return, which officers decide on."""

    id: UUID = Field(title="决算编号")
    application_id: UUID = Field(title="资金申请编号")
    document_no: str = Field(title="决算文号")
    components: list[FinalComponentOut] = Field(title="项目组成")
    base_yuan: Money = Field(title="决算投资基数", description=YUAN)
    award_yuan: Money = Field(title="按决算应补助金额", description=YUAN)
    derivation: list[str] = Field(title="金额计算过程")
    lower: bool = Field(title="是否低于批复金额")
    proposed_return_yuan: Money = Field(title="建议退回金额", description=f"{YUAN}；是否追回由主管部门决定")
    clause: str = Field("二（四）1", title="依据条款")
    recorded_by: Handler = Field(title="登记人")
    recorded_at: datetime = Field(title="登记时间", description=TIME)


@router.post(
    "/v1/applications/{application_id}/final-accounts",
    status_code=201,
    name="record_final_accounts",
    summary="登记竣工决算",
    description="市级人员登记竣工决算，系统按决算投资复核补助金额，低于批复的给出建议退回金额，不自动追回。项目须已批复为投资补助。依据：二（四）1。",
)
async def record_final_accounts(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: NewFinalAccounts, response: Response
) -> FinalAccountsOut:
    """Recompute the grant from final accounts and propose a return when too much was paid (I4). 二（四）1"""
    application = await locked(session, Application, application_id)
    if application.mode != GRANT or application.approved_on is None:
        raise WrongStatus("竣工决算复核只适用于已批复的投资补助项目，请核对支持方式和批复状态")
    if len(body.components) != len(application.components):
        raise Invalid(f"须按顺序逐一填写 {len(application.components)} 个组成", field="/body/components")
    row = _recomputed(session, application, body)
    session.add(row)
    detail = {"document_no": row.document_no, "proposed_return_yuan": str(row.proposed_return_yuan)}
    await record_act(
        session, "record_final_accounts", case_of(application), duty="record_facts", lower=row.lower, **detail
    )
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return FinalAccountsOut.model_validate(row)


def _recomputed(session: AsyncSession, application: Application, body: NewFinalAccounts) -> FinalAccounts:
    final = [part.final_investment_yuan for part in body.components]
    parts = [
        {"kind": part["kind"], "assessed_investment_yuan": yuan, "declared_investment_yuan": yuan}
        for part, yuan in zip(application.components, final, strict=True)
    ]
    ruleset = ruleset_of(session, application)
    offer = grant_offer(parts, application.facts.get("project_type"), ruleset, final=True)
    recomputed, approved = offer.award_yuan or Decimal("0.00"), application.award_yuan or Decimal("0.00")
    return FinalAccounts(
        document_no=body.document_no,
        components=[
            {"kind": part["kind"], "final_investment_yuan": f"{yuan:.2f}"}
            for part, yuan in zip(parts, final, strict=True)
        ],
        base_yuan=offer.base_yuan,
        award_yuan=recomputed,
        derivation=offer.lines,
        lower=recomputed < approved,
        proposed_return_yuan=proposed_return(application.net_paid_yuan, recomputed, ruleset),
        recorded_by=actor_of(session).subject,
        recorded_at=now(session),
        **new_row_columns(session, application),
    )
