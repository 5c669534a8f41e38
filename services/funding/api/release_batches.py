"""Endpoints for the release of a whole plan: requested by one finance officer, paid by another in one act. 三（二）"""

from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.funding.api.plans import PlanKey
from services.funding.api.releases import ReleaseOut
from services.funding.api.shapes import YUAN
from services.funding.models.plans import InvestmentPlan
from services.funding.release_steps import pay_plan, request_plan
from shared.districts import CITY
from shared.money import Money
from shared.storage.audit import Case, record_act
from shared.storage.session import locked
from shared.storage.versions import locked_as_read
from shared.text import Paragraph
from shared.web.auth import Finance
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["资金拨付"])


class NewPlanRelease(BaseModel):
    """Request for the next instalment of every project of a plan."""

    evidence: Paragraph = Field(title="拨付依据")


class RefusedItem(BaseModel):
    """Project that was not requested, with the reason."""

    application_id: UUID = Field(title="资金申请编号")
    project_name: str = Field(title="项目名称")
    code: str = Field(title="原因代码")
    detail: str = Field(title="原因和处理办法")


class PlanReleaseOut(BaseModel):
    """Requests of a plan, and the projects that were refused."""

    total_yuan: Money = Field(title="合计金额", description=YUAN)
    requests: list[ReleaseOut] = Field(title="拨付申请")
    refused: list[RefusedItem] = Field(title="未申请的项目", description="批准时为空：有一项不能拨付则全部不拨付")


@router.post(
    "/v1/plans/{plan_id}/release-requests",
    name="request_plan_release",
    summary="成批申请拨付",
    description="财务人员为一个已下达计划的全部项目申请拨付下一期资金。逐项检查，不符合条件的项目列明原因，其余照常申请；"
    "贷款贴息须凭贴息申请逐项申请。依据：三（二）。",
)
async def request_plan_release(
    session: Session, actor: Finance, plan_id: PlanKey, body: NewPlanRelease
) -> PlanReleaseOut:
    """Request the next instalment of each project of a plan that admits one. 三（二）"""
    plan = await locked(session, InvestmentPlan, plan_id)
    requests, refused = await request_plan(session, plan, body.evidence)
    shown = [ReleaseOut.model_validate(each) for each in requests]
    return PlanReleaseOut(
        total_yuan=_total(shown), requests=shown, refused=[RefusedItem.model_validate(each) for each in refused]
    )


@router.post(
    "/v1/plans/{plan_id}/release",
    name="release_plan",
    summary="成批批准并拨付",
    description="另一名财务人员一次批准一个计划的全部待审批申请，在同一笔记账中拨付。有一项不能拨付则全部不拨付，并逐项列明原因。依据：三（二）。",
)
async def release_plan(session: Session, actor: Finance, plan_id: PlanKey, if_match: IfMatch = None) -> PlanReleaseOut:
    """Pay all waiting requests of a plan in one transaction. Raises BatchRefused with the reason of each. 三（二）"""
    plan = await locked_as_read(session, InvestmentPlan, plan_id, if_match)
    shown = [ReleaseOut.model_validate(each) for each in await pay_plan(session, plan)]
    detail = {"total_yuan": f"{_total(shown):.2f}", "requests": str(len(shown))}
    await record_act(session, "release_plan", Case(plan.id, CITY), reason=None, **detail)
    return PlanReleaseOut(total_yuan=_total(shown), requests=shown, refused=[])


def _total(requests: list[ReleaseOut]) -> Decimal:
    return sum((each.amount_yuan for each in requests), Decimal("0.00"))
