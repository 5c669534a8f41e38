"""HTTP of submission: undertaking, submit, withdraw, rounds (三（一）¶1, 四（一）1)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from services.intake.api.declaration_schemas import DeclarationOut
from services.intake.api.refusals import RefusalsRecorded
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.declarations import Declaration, DeclarationRound
from services.intake.models.duplicates import end_identity, save_identity
from services.intake.rules.checklist import undertaking_on
from services.intake.rules.rounds import Change, leaf_changes
from services.intake.submission import check_submission, save_round
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import DeclarationSubmitted, DeclarationWithdrawn
from shared.deadlines import working_days_after
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked, now, settings_of, today
from shared.text import Line, Paragraph
from shared.web.auth import Anyone, Applicant
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Page

router = APIRouter(route_class=ActRoute, tags=["申报"])


class UndertakingOut(BaseModel):
    """Text of the undertaking of truthfulness."""

    model_config = ConfigDict(from_attributes=True)

    version: str
    first_day: date
    clause: str
    text: str


class Undertake(BaseModel):
    """Consent of the applicant to one version of the undertaking."""

    version: Line
    agree: Literal[True]


class Reason(BaseModel):
    """Reason of an act."""

    reason: Paragraph


@router.get("/v1/undertakings/current", name="read_current_undertaking", response_model=UndertakingOut)
async def read_current_undertaking(session: ReadSession, actor: Anyone) -> object:
    """Return the undertaking of truthfulness in force today. 四（一）1"""
    return undertaking_on(today(session))


@router.post("/v1/declarations/{declaration_id}/undertake", name="undertake", response_model=DeclarationOut)
async def undertake(
    session: Session, actor: Applicant, declaration_id: UUID, consent: Undertake, response: Response
) -> Declaration:
    """Record the undertaking; a later change of content or materials voids it. 四（一）1"""
    declaration = await locked(session, Declaration, declaration_id)
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
    response_model=DeclarationOut,
    dependencies=[RefusalsRecorded],
)
async def submit_declaration(
    session: Session, actor: Applicant, declaration_id: UUID, response: Response
) -> Declaration:
    """Submit the declaration to the district, or resubmit it after correction. 三（一）"""
    declaration = await locked(session, Declaration, declaration_id)
    warnings = await check_submission(session, declaration)
    due = working_days_after(today(session), settings_of(session).first_review_due_working_days)
    declaration.submit(today(session), now(session), due.on)
    await save_round(session, declaration, warnings)
    await save_identity(session, declaration.project(), live=True)
    await record_act(
        session, "submit_declaration", case_of(declaration), round=declaration.round, duty="apply", clause="三（一）"
    )
    await emit(session, _submitted(declaration))
    return await updated_response(session, response, declaration)


def _submitted(declaration: Declaration) -> DeclarationSubmitted:
    assert declaration.submitted_on is not None
    return DeclarationSubmitted(
        district=declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        declaration_id=declaration.id,
        project=declaration.project(),
        round=declaration.round,
        facts=declaration.complete_facts(),
        submitted_on=declaration.submitted_on,
    )


@router.post("/v1/declarations/{declaration_id}/withdraw", name="withdraw_declaration", response_model=DeclarationOut)
async def withdraw_declaration(
    session: Session, actor: Applicant, declaration_id: UUID, body: Reason, response: Response
) -> Declaration:
    """Withdraw the declaration; possible until the city has received it. 三（一）"""
    declaration = await locked(session, Declaration, declaration_id)
    declaration.withdraw(now(session))
    await end_identity(session, declaration.id)
    await record_act(
        session,
        "withdraw_declaration",
        case_of(declaration),
        round=declaration.round,
        duty="apply",
        reason=body.reason,
        clause="三（一）",
    )
    await emit(
        session,
        DeclarationWithdrawn(
            district=declaration.district,
            applicant_uscc=declaration.applicant_uscc,
            declaration_id=declaration.id,
            reason=body.reason,
        ),
    )
    return await updated_response(session, response, declaration)


class ChangeOut(BaseModel):
    """Value before and after a change, by JSON pointer."""

    model_config = ConfigDict(from_attributes=True)

    pointer: str
    before: Any
    after: Any


class RoundOut(BaseModel):
    """Submission as filed; the last one is authoritative. `changes` compares with the round before.

    `warnings` are possible duplicates found at submission; only officials can read them.
    """

    round: int
    authoritative: bool
    submitted_at: datetime
    stated: dict[str, Any]
    facts: ProjectFacts
    simulated: list[str]
    materials: list[dict[str, Any]]
    undertaking: dict[str, Any]
    warnings: list[dict[str, Any]]
    changes: list[ChangeOut]


ROUNDS = MemoryListing(RoundOut, "round", key="round", default="round")


@router.get("/v1/declarations/{declaration_id}/rounds", name="list_rounds")
async def list_rounds(
    session: ReadSession, actor: Anyone, declaration_id: UUID, asked: Annotated[MemoryPageRequest, Depends(ROUNDS)]
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
        stated=row.stated,
        facts=ProjectFacts.model_validate(row.facts),
        simulated=row.simulated,
        materials=row.materials,
        undertaking=row.undertaking,
        warnings=row.warnings if official else [],
        changes=[ChangeOut.model_validate(change) for change in found],
    )


def _compared(row: DeclarationRound) -> dict[str, Any]:
    files: dict[str, list[str]] = {}
    for material in row.materials:
        files.setdefault(material["kind"], []).append(material["sha256"])
    return {**row.stated, "facts": row.facts, "materials": files}
