"""Endpoint that records the state of construction, on which plans and interest days rest. 二（五）, 二（四）2"""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.funding.api.shapes import DATE, ApplicationKey, ApplicationOut, shown_one
from services.funding.interest_calculations import recalculate_if_begun
from services.funding.models.applications import Application
from shared.contracts.library import ConstructionStatus
from shared.days import DoneDay
from shared.errors import Invalid
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked
from shared.text import Line
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["批复"])


class ConstructionState(BaseModel):
    """Verified state of construction with its evidence."""

    status: ConstructionStatus = Field(title="建设状态")
    started_on: DoneDay | None = Field(None, title="开工日期", description=f"{DATE}；不填则保留原登记日期")
    completed_on: DoneDay | None = Field(None, title="完工日期", description=f"{DATE}；已完工时必填")
    evidence: Line = Field(title="依据", description="核实建设状态所依据的材料")


@router.post(
    "/v1/applications/{application_id}/construction-status",
    name="record_construction",
    summary="登记建设状态",
    description="市级人员登记经核实的建设状态、开工和完工日期，作为计划下达和贴息天数的依据；已计入的结息明细即重新计算。已完工须填写完工日期。依据：二（五）、二（四）2。",
)
async def record_construction(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: ConstructionState
) -> ApplicationOut:
    """Record the verified state of construction, on which plan issue and interest days rest. 二（五）, 二（四）2"""
    if body.status == "completed" and body.completed_on is None:
        raise Invalid("建设状态为已完工时须填写完工日期，例如 2024-06-30", field="/body/completed_on")
    application = await locked(session, Application, application_id)
    application.construction_status = body.status
    application.construction_started_on = body.started_on or application.construction_started_on
    application.completed_on = body.completed_on
    detail = body.model_dump(mode="json")
    await record_act(session, "record_construction", case_of(application), duty="record_facts", **detail)
    await recalculate_if_begun(session, application, "construction_recorded")
    return await shown_one(session, application)
