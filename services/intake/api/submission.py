"""HTTP of submission: undertaking, submit, withdraw, rounds (三（一）¶1, 四（一）1)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.intake import events
from services.intake.api.duplicates import MatchOut
from services.intake.api.parameters import DeclarationId
from services.intake.api.refusals import RefusalsRecorded
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.declarations import Declaration, DeclarationRound
from services.intake.models.duplicates import end_identity, save_identity
from services.intake.rules.checklist import undertaking_on
from services.intake.rules.rounds import Change, leaf_changes
from services.intake.schemas.declarations import DeclarationOut
from services.intake.schemas.rounds import ChangeOut, RoundMaterial, RoundUndertaking, StatedOut
from services.intake.submission import check_submission, save_round
from shared.contracts.facts import ProjectFacts
from shared.deadlines import working_days_after
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import now, settings_of, today
from shared.storage.versions import locked_as_read
from shared.text import STORED, AsStored, Line, Paragraph
from shared.web.auth import Anyone, Applicant
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Page

router = APIRouter(route_class=ActRoute, tags=["申报"])


class UndertakingOut(BaseModel):
    """Text of the undertaking of truthfulness."""

    model_config = ConfigDict(from_attributes=True)

    version: str = Field(title="版次")
    first_day: date = Field(title="启用日期", description="日期，如 2023-08-31")
    clause: str = Field(title="依据条款", description="如 二（一）1")
    text: str = Field(title="承诺书全文")


class Undertake(BaseModel):
    """Consent of the applicant to one version of the undertaking."""

    version: Line = Field(title="承诺书版次", description="现行版次见 GET /v1/undertakings/current")
    agree: Literal[True] = Field(title="同意承诺", description="须为 true")


class Reason(BaseModel):
    """Reason of an act."""

    reason: Paragraph = Field(title="理由", description="最多 4000 字")


@router.get(
    "/v1/undertakings/current",
    name="read_current_undertaking",
    summary="查看现行承诺书",
    description="返回今日应作出的真实性承诺书文本和版次。登录用户均可查。依据方案四（一）1。",
    response_model=UndertakingOut,
)
async def read_current_undertaking(session: ReadSession, actor: Anyone) -> object:
    """Return the undertaking of truthfulness in force today. 四（一）1"""
    return undertaking_on(today(session))


@router.post(
    "/v1/declarations/{declaration_id}/undertake",
    name="undertake",
    summary="作出真实性承诺",
    description=(
        "项目单位对申报内容和材料的真实性作出承诺；此后修改内容或材料，承诺失效。申报须为草稿或退回补正，"
        "版次须为现行版次。依据方案四（一）1。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def undertake(
    session: Session,
    actor: Applicant,
    declaration_id: DeclarationId,
    consent: Undertake,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Record the undertaking; a later change of content or materials voids it. 四（一）1"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    current = undertaking_on(today(session))
    if consent.version != current.version:
        detail = f"现行承诺书版次为 {current.version}，请阅读现行文本后以该版次承诺"
        raise Invalid(detail, field="/body/version")
    declaration.undertake(current.version, actor.subject, now(session))
    await record_act(
        session,
        "undertake",
        case_of(declaration),
        round=declaration.round,
        duty="apply",
        version=current.version,
        clause=current.clause,
    )
    return await updated_response(session, response, declaration)


@router.post(
    "/v1/declarations/{declaration_id}/submit",
    name="submit_declaration",
    summary="提交申报",
    description=(
        "项目单位向区发展改革委提交申报，或补正后再次提交。内容和材料须齐全并已承诺，项目未完工、未重复申报，"
        "单位信用等级不为 D。依据方案三（一）、二（五）。"
    ),
    response_model=DeclarationOut,
    dependencies=[RefusalsRecorded],
    responses=VERSIONED,
)
async def submit_declaration(
    session: Session, actor: Applicant, declaration_id: DeclarationId, response: Response, if_match: IfMatch = None
) -> Declaration:
    """Submit the declaration to the district, or resubmit it after correction. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    warnings = await check_submission(session, declaration)
    due = working_days_after(today(session), settings_of(session).first_review_due_working_days)
    declaration.submit(today(session), now(session), due.on)
    await save_round(session, declaration, warnings)
    await save_identity(session, declaration.project(), live=True)
    await record_act(
        session, "submit_declaration", case_of(declaration), round=declaration.round, duty="apply", clause="三（一）"
    )
    await emit(session, events.submitted(declaration))
    return await updated_response(session, response, declaration)


@router.post(
    "/v1/declarations/{declaration_id}/withdraw",
    name="withdraw_declaration",
    summary="撤回申报",
    description="项目单位写明原因后撤回申报；市发展改革委接收后不能撤回。依据方案三（一）。",
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def withdraw_declaration(
    session: Session,
    actor: Applicant,
    declaration_id: DeclarationId,
    body: Reason,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Withdraw the declaration; possible until the city has received it. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    declaration.withdraw(now(session))
    await end_identity(session, declaration.id)
    act = {"duty": "apply", "reason": body.reason, "clause": "三（一）"}
    await record_act(session, "withdraw_declaration", case_of(declaration), round=declaration.round, **act)
    await emit(session, events.withdrawn(declaration, body.reason))
    return await updated_response(session, response, declaration)


class RoundOut(BaseModel):
    """Submission as filed; the last one is authoritative. `changes` compares with the round before.

    `warnings` are possible duplicates found at submission; only officials can read them.
    """

    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    authoritative: bool = Field(title="是否为有效轮次")
    submitted_at: datetime = Field(title="提交时间", description="RFC 3339，带时区")
    stated: StatedOut = Field(title="基本信息")
    facts: Annotated[ProjectFacts, AsStored()] = Field(title="申报内容")
    simulated: list[str] = Field(title="模拟字段")
    materials: list[RoundMaterial] = Field(title="材料")
    undertaking: RoundUndertaking = Field(title="承诺")
    warnings: list[MatchOut] = Field(title="疑似重复提示", description="仅工作人员可见")
    changes: list[ChangeOut] = Field(title="与上一轮相比的变动")


ROUNDS = MemoryListing(RoundOut, "round", key="round", default="round")


@router.get(
    "/v1/declarations/{declaration_id}/rounds",
    name="list_rounds",
    summary="查看历次提交",
    description="列出申报的历次提交及每次的变动。项目单位和有权查看该申报的工作人员可查。依据方案三（一）。",
)
async def list_rounds(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    asked: Annotated[MemoryPageRequest, Depends(ROUNDS)],
) -> Page[RoundOut]:
    """Return every submission of the declaration, oldest first, each with what changed. 三（一）"""
    declaration = await visible_declaration(session, actor, declaration_id)
    query = select(DeclarationRound).where(DeclarationRound.declaration_id == declaration.id)
    rounds = (await session.scalars(query.order_by(DeclarationRound.round))).all()
    official = actor.role != "applicant"
    pairs = zip([None, *rounds], rounds, strict=False)
    return asked.page([_round_out(row, before, declaration, official) for before, row in pairs])


def _round_out(
    row: DeclarationRound, before: DeclarationRound | None, declaration: Declaration, official: bool
) -> RoundOut:
    found: list[Change] = leaf_changes(_compared(before), _compared(row)) if before else []
    return RoundOut(
        round=row.round,
        authoritative=row.round == declaration.round,
        submitted_at=row.submitted_at,
        stated=StatedOut.model_validate(row.stated),
        facts=ProjectFacts.model_validate(row.facts, context=STORED),
        simulated=row.simulated,
        materials=[RoundMaterial.model_validate(material) for material in row.materials],
        undertaking=RoundUndertaking.model_validate(row.undertaking),
        warnings=[MatchOut.model_validate(each) for each in row.warnings] if official else [],
        changes=[ChangeOut.model_validate(change) for change in found],
    )


def _compared(row: DeclarationRound) -> dict[str, Any]:
    files: dict[str, list[str]] = {}
    for material in row.materials:
        files.setdefault(material["kind"], []).append(material["sha256"])
    return {**row.stated, "facts": row.facts, "materials": files}
