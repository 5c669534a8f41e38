"""HTTP of credit repair: asked for with evidence, decided by a person, history kept (四（一）3)."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.monitoring.credit import announce_decision, end_grounds, lock_entity, proposal_for, record_decision
from services.monitoring.models.credit import CreditGround, CreditRepair
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Invalid
from shared.identifiers import Uscc
from shared.storage.audit import Case, record_act
from shared.storage.session import found, locked, now, today
from shared.text import Line, Paragraph
from shared.web.auth import Applicant, CityOrApplicant, CitySupervisor
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["信用修复"])


class RepairRequest(BaseModel):
    """Which grounds were made good, how, and the proof."""

    model_config = ConfigDict(extra="forbid")

    ground_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)] = Field(title="申请修复的事由")
    text: Paragraph = Field(title="整改情况")
    evidence: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(title="佐证材料编号")


class RepairRuling(BaseModel):
    """Whether the grounds stop counting, and why."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool = Field(title="同意修复")
    reason: Paragraph = Field(title="理由")


class RepairOut(BaseModel):
    """A request for repair."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    applicant_uscc: str
    ground_ids: list[UUID]
    text: str
    evidence: list[str]
    state: Literal["requested", "accepted", "rejected"]
    requested_on: date
    decision_reason: str | None


@router.post("/v1/entities/{uscc}/credit/repair", status_code=201, response_model=RepairOut, name="request_repair")
async def request_repair(
    session: Session, actor: Applicant, uscc: Uscc, request: RepairRequest, response: Response
) -> CreditRepair:
    """Ask that grounds made good no longer count. 四（一）3"""
    entity = await lock_entity(session, uscc)
    standing = await session.scalars(
        select(CreditGround.id).where(CreditGround.applicant_uscc == uscc, CreditGround.state == "standing")
    )
    if set(request.ground_ids) - set(standing.all()):
        raise Invalid("只能申请修复本单位仍有效的事由", field="/body/ground_ids")
    repair = CreditRepair(
        id=uuid7(now(session)),
        entity_id=entity.id,
        district=CITY,
        applicant_uscc=uscc,
        **request.model_dump(),
        state="requested",
        requested_on=today(session),
    )
    session.add(repair)
    await record_act(session, "request_repair", Case(repair.id, CITY, uscc), reason=request.text)
    response.headers["location"] = f"/v1/credit-repairs/{repair.id}"
    return repair


@router.get("/v1/credit-repairs/{repair_id}", response_model=RepairOut, name="read_repair")
async def read_repair(session: ReadSession, actor: CityOrApplicant, repair_id: UUID) -> CreditRepair:
    """One request for repair."""
    return await found(session, CreditRepair, repair_id)


@router.post("/v1/credit-repairs/{repair_id}/decide", response_model=RepairOut, name="decide_repair")
async def decide_repair(session: Session, actor: CitySupervisor, repair_id: UUID, ruling: RepairRuling) -> CreditRepair:
    """Decide the repair; accepted, the grade is set anew from the grounds that still stand. 四（一）3"""
    uscc = (await found(session, CreditRepair, repair_id)).applicant_uscc
    entity = await lock_entity(session, uscc)
    repair = await locked(session, CreditRepair, repair_id)
    repair.decide(ruling.accepted, ruling.reason)
    await record_act(
        session, "decide_repair", Case(repair_id, CITY, uscc), reason=ruling.reason, accepted=ruling.accepted
    )
    if ruling.accepted:
        await end_grounds(session, uscc, repair.ground_ids, "repaired")
        grade = (await proposal_for(session, uscc, today(session))).grade
        decision = await record_decision(session, entity, grade, ruling.reason, repaired=True)
        await announce_decision(session, entity, decision)
    return repair
