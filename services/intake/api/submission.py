"""Whether a declaration may be filed, what is kept of it when it is, and a record of every refusal."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.credit import grade_of
from services.intake.models.declarations import Declaration, DeclarationRound
from services.intake.models.duplicates import lock_identity, matches_of
from services.intake.models.materials import checklist_of, materials_of
from services.intake.rules import refusals
from services.intake.rules.duplicates import Match
from services.intake.rules.stages import EDITABLE
from services.intake.rules.submission import Gap, gaps
from shared.clock import uuid7
from shared.errors import DomainError
from shared.policy import interpretations
from shared.runtime import Instance
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, found, now, settings_of


def checks_completion(session: AsyncSession, moment: str) -> bool:
    """Whether a completed project is refused at this moment (I15). 二（五）"""
    return interpretations(settings_of(session).interpretations)["completed_check"] in ("all_three", moment)


async def missing_from(session: AsyncSession, declaration: Declaration) -> list[Gap]:
    """Everything that still keeps the declaration from being submitted. 三（一）"""
    lines = await checklist_of(session, declaration, opinion_given=False)
    return gaps({**declaration.stated_fields(), "facts": declaration.facts}, lines)


async def check_submission(session: AsyncSession, declaration: Declaration) -> list[Match]:
    """Refuse what may not be filed; returns the matches that only call for an officer's attention.

    Raises ProjectCompleted (二（五）), CreditBarred (四（一）3), DuplicateFunding (二（五）) or Incomplete (三（一）).
    """
    declaration.require_stage(EDITABLE)
    if declaration.facts.get("construction_status") == "completed" and checks_completion(session, "declaration"):
        raise refusals.completed("/facts/construction_status")
    credit = await grade_of(session, declaration.applicant_uscc)
    if credit is not None and credit.grade == "D":
        raise refusals.barred(credit.decided_on.isoformat())
    await lock_identity(session, declaration)
    matches = await matches_of(session, declaration)
    if barring := [match for match in matches if match.bars]:
        raise refusals.duplicate(barring)
    if missing := await missing_from(session, declaration):
        raise refusals.incomplete(missing)
    return matches


async def keep_round(session: AsyncSession, declaration: Declaration, warnings: Sequence[Match]) -> None:
    """Keep the submission as it was filed; never changed afterwards."""
    materials = await materials_of(session, declaration.id)
    at = now(session)
    session.add(
        DeclarationRound(
            id=uuid7(at),
            declaration_id=declaration.id,
            round=declaration.round,
            district=declaration.district,
            applicant_uscc=declaration.applicant_uscc,
            stated=declaration.stated_fields(),
            facts=declaration.facts,
            simulated=declaration.simulated,
            materials=[material.as_round_entry() for material in materials],
            undertaking={
                "version": declaration.undertaking_version,
                "by": declaration.undertaken_by,
                "at": declaration.undertaken_at,
            },
            warnings=[match.as_dict() for match in warnings],
            submitted_by=actor_of(session).subject,
            submitted_at=at,
        )
    )


async def refusals_on_record(request: Request, declaration_id: UUID) -> AsyncIterator[None]:
    """Write a refusal of substance down: the refused act's own transaction is rolled back by then, this one is not."""
    try:
        yield
    except refusals.RECORDED_REFUSALS as refusal:
        await _record_refusal(request, declaration_id, refusal)
        raise


async def _record_refusal(request: Request, declaration_id: UUID, refusal: DomainError) -> None:
    instance: Instance = request.app.state.instance
    act = str(request.scope["route"].name)
    async with instance.database.session(request.state.actor) as session:
        declaration = await found(session, Declaration, declaration_id)
        await record_act(
            session,
            f"{act}_refused",
            case_of(declaration),
            round=declaration.round,
            reason=refusal.detail,
            code=refusal.code,
        )
