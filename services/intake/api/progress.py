"""HTTP of progress: stage, next step, open points and decisions (三)."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.corrections import ReasonIn
from services.intake.api.parameters import DeclarationId
from services.intake.declarations import visible_declaration
from services.intake.models.corrections import open_correction
from services.intake.rules.stages import DECISION_LABELS, EDITABLE, STAGES, StageCode
from services.intake.submission import submission_gaps
from shared.actors import ROLES
from shared.storage.audit import acts_of
from shared.storage.session import today
from shared.text import STORED, AsStored
from shared.web.auth import Anyone
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["申报"])


class GapOut(BaseModel):
    """Missing field (JSON pointer) or material (code)."""

    model_config = ConfigDict(from_attributes=True)

    subject: str = Field(title="事项", description="字段（JSON Pointer）或材料代码")
    label: str = Field(title="名称")
    clause: str = Field(title="依据条款", description="如 二（一）1")
    how_to_fix: str = Field(title="补正办法")


class DecisionOut(BaseModel):
    """Decision of the case, with the deciding party, the clause and the reason."""

    at: datetime = Field(title="时间", description="RFC 3339，带时区")
    act: str = Field(title="行为代码")
    label: str = Field(title="行为名称")
    who: str = Field(title="办理方")
    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    clause: str | None = Field(title="依据条款", description="如 二（一）1")
    reason: str | None = Field(title="理由")
    detail: dict[str, Any] = Field(title="详情", description="办理时记录的其他内容，字段随行为代码")


class ProgressOut(BaseModel):
    """Progress of the case in words for the applicant."""

    declaration_no: str = Field(title="申报编号", description="如 SB-110105-2024-0001")
    stage: StageCode = Field(title="阶段")
    stage_label: str = Field(title="阶段名称")
    next_step: str = Field(title="下一步")
    who: str = Field(title="下一步办理方")
    due_on: date | None = Field(title="办理期限", description="日期，如 2024-06-30")
    overdue: bool = Field(title="是否已逾期")
    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    funds_held: bool = Field(title="拨付是否暂停")
    open_reasons: list[Annotated[ReasonIn, AsStored()]] = Field(title="待补正事项")
    missing: list[GapOut] = Field(title="待补内容和材料")
    decisions: list[DecisionOut] = Field(title="已作出的决定")


@router.get(
    "/v1/declarations/{declaration_id}/progress",
    name="read_progress",
    summary="查看办理进展",
    description=(
        "返回当前阶段、下一步、办理方、期限、待补事项和已作出的决定。项目单位和有权查看该申报的工作人员可查。"
        "依据方案三。"
    ),
)
async def read_progress(session: ReadSession, actor: Anyone, declaration_id: DeclarationId) -> ProgressOut:
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
        open_reasons=[ReasonIn.model_validate(reason, context=STORED) for reason in correction.reasons]
        if correction
        else [],
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
