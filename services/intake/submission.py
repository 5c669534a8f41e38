"""Steps of a submission: checks, and the stored round."""

from collections.abc import Sequence

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
from shared.policy import CompletionStep, checks_completion, interpretations
from shared.storage.session import actor_of, now, settings_of


def refuses_completed(session: AsyncSession, step: CompletionStep) -> bool:
    """Return True if a completed project is refused at this step (I15). 二（五）"""
    return checks_completion(interpretations(settings_of(session).interpretations)["completed_check"], step)


async def submission_gaps(session: AsyncSession, declaration: Declaration) -> list[Gap]:
    """Return every gap that prevents the submission. 三（一）"""
    lines = await checklist_of(session, declaration, opinion_given=False)
    return gaps({**declaration.stated_fields(), "facts": declaration.facts}, lines)


async def check_submission(session: AsyncSession, declaration: Declaration) -> list[Match]:
    """Check a submission and return the matches that only warn the officer.

    Raises ProjectCompleted (二（五）), CreditBarred (四（一）3), DuplicateFunding (二（五）) or Incomplete (三（一）).
    """
    declaration.require_stage(EDITABLE)
    if declaration.facts.get("construction_status") == "completed" and refuses_completed(session, "declaration"):
        raise refusals.completed("/facts/construction_status")
    credit = await grade_of(session, declaration.applicant_uscc)
    if credit is not None and credit.grade == "D":
        raise refusals.barred(credit.decided_on.isoformat())
    if missing := await submission_gaps(session, declaration):
        raise refusals.incomplete(missing)
    # After the gaps: an empty draft with somebody's project code learns nothing of that project.
    await lock_identity(session, declaration)
    matches = await matches_of(session, declaration)
    if barring := [match for match in matches if match.bars]:
        raise refusals.duplicate(barring)
    return matches


async def save_round(session: AsyncSession, declaration: Declaration, warnings: Sequence[Match]) -> None:
    """Store the submission as filed. Rounds are append-only."""
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
