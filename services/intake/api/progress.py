"""HTTP of progress: stage, next step, open points and decisions (三)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.intake.api.corrections import ReasonIn
from services.intake.declarations import visible_declaration
from services.intake.models.corrections import open_correction
from services.intake.rules.stages import DECISION_LABELS, EDITABLE, STAGES, StageCode
from services.intake.submission import submission_gaps
from shared.actors import ROLES
from shared.storage.audit import acts_of
from shared.storage.session import today
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["申报"])


class GapOut(BaseModel):
    """Missing field (JSON pointer) or material (code)."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    label: str
    clause: str
    how_to_fix: str


class DecisionOut(BaseModel):
    """Decision of the case, with the deciding party, the clause and the reason."""

    at: datetime
    act: str
    label: str
    who: str
    round: int
    clause: str | None
    reason: str | None
    detail: dict[str, Any]


class ProgressOut(BaseModel):
    """Progress of the case in words for the applicant."""

    declaration_no: str
    stage: StageCode
    stage_label: str
    next_step: str
    who: str
    due_on: date | None
    overdue: bool
    round: int
    funds_held: bool
    open_reasons: list[ReasonIn]
    missing: list[GapOut]
    decisions: list[DecisionOut]


@router.get("/v1/declarations/{declaration_id}/progress", name="read_progress")
async def read_progress(session: ReadSession, actor: Anyone, declaration_id: UUID) -> ProgressOut:
    """Return the stage, the next step, the party that acts, the last day, open points and decisions. 三"""
    declaration = await visible_declaration(session, actor, declaration_id)
    stage, due = STAGES[declaration.stage], declaration.due_on
    correction = await open_correction(session, declaration)
    missing = await submission_gaps(session, declaration) if declaration.stage in EDITABLE else []
    return ProgressOut(
        **{name: getattr(declaration, name) for name in ("declaration_no", "stage", "stage_label", "round")},
        next_step=stage.next_step,
        who=stage.who,
        due_on=due,
        overdue=due is not None and today(session) > due,
        funds_held=declaration.funds_held,
        open_reasons=[ReasonIn.model_validate(reason) for reason in correction.reasons] if correction else [],
        missing=[GapOut.model_validate(gap) for gap in missing],
        decisions=[_decision(act) for act in await acts_of(session, declaration.id) if act["act"] in DECISION_LABELS],
    )


def _decision(act: dict[str, Any]) -> DecisionOut:
    detail = {name: value for name, value in act["detail"].items() if name not in ("clause", "round")}
    return DecisionOut(
        at=act["at"],
        act=act["act"],
        label=DECISION_LABELS[act["act"]],
        who=ROLES[act["role"]] if act["role"] != "system" else "系统",
        round=act["detail"]["round"],
        clause=act["detail"].get("clause"),
        reason=act["reason"],
        detail=detail,
    )
