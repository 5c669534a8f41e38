"""Reactions to funding's events: project files and their fund movements."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import ensure_entity, raise_ground
from services.monitoring.models.files import FundMovement, ProjectFile
from services.monitoring.quarters import insert_quarters, quarter_row
from services.monitoring.rules.credit import entity_id, ground_code
from services.monitoring.rules.targets import targets_of
from shared.clock import uuid7
from shared.contracts.base import Event
from shared.contracts.eligibility import PolicyFiguresConfirmed
from shared.contracts.funding import FundsClawedBack, FundsHeld, FundsReleased, FundsReturned, FundsSentBack
from shared.deadlines import quarter_of
from shared.events.handlers import Handler
from shared.events.series import store_copy
from shared.storage.audit import store_hands
from shared.storage.session import locked, now, settings_of, today


async def record_release(session: AsyncSession, event: FundsReleased) -> None:
    """Add a release to the project's file, which the first release opens. 三（二）, 四（一）1"""
    file = await session.get(ProjectFile, event.declaration_id, with_for_update=True)
    if file is None:
        file = await _open_file(session, event)
    file.released_yuan, file.award_yuan = file.released_yuan + event.amount_yuan, event.award_yuan
    _add_movement(session, file, event.release_id, "released", event.released_on, event.amount_yuan)
    await store_hands(session, event.declaration_id, event.hands)


async def _open_file(session: AsyncSession, event: FundsReleased) -> ProjectFile:
    file = new_project_file(event)
    session.add(file)
    await session.flush()
    await ensure_entity(session, file.applicant_uscc, file.applicant_name)
    first = quarter_row(file, quarter_of(file.first_released_on), settings_of(session).quarter_due_working_days)
    await insert_quarters(session, [first])
    return file


def new_project_file(event: FundsReleased) -> ProjectFile:
    """Return a new file without movements, from the project data of the release."""
    facts, project = event.facts.model_dump(mode="json"), event.project
    return ProjectFile(
        declaration_id=event.declaration_id,
        declaration_no=project.declaration_no,
        project_name=project.project_name,
        project_code=project.project_code,
        address=project.address,
        applicant_name=project.applicant_name,
        applicant_uscc=project.applicant_uscc,
        entity_id=entity_id(project.applicant_uscc),
        district=project.district,
        mode=event.mode,
        award_yuan=event.award_yuan,
        **dict.fromkeys(("released_yuan", "returned_yuan", "demanded_yuan", "recovered_yuan"), Decimal(0)),
        held=False,
        facts=facts,
        components=[component.model_dump(mode="json") for component in event.components],
        targets=targets_of(facts, event.as_of, project.district),
        simulated=list(project.simulated),
        ruleset=event.ruleset,
        as_of=event.as_of,
        first_released_on=event.released_on,
        status="under_way",
    )


async def record_hold(session: AsyncSession, event: FundsHeld) -> None:
    """Record a hold on payments, or its end. 四（一）3"""
    file = await session.get(ProjectFile, event.declaration_id, with_for_update=True)
    if file is None:
        return  # No file exists before the first release.
    file.held, file.hold_reason = event.held, event.reason if event.held else None
    kind, reasons = "held" if event.held else "lifted", _reasons(event)
    _add_movement(session, file, uuid7(now(session)), kind, today(session), None, **reasons)


async def record_sent_back(session: AsyncSession, event: FundsSentBack) -> None:
    """Record a payment that the bank sent back (退票), or that this was a mistake. 三（二）"""
    file = await locked(session, ProjectFile, event.declaration_id)
    file.released_yuan += event.amount_yuan if event.stage == "undone" else -event.amount_yuan
    detail = {"reason": event.reason}
    _add_movement(session, file, event.transfer_id, event.stage, event.sent_back_on, event.amount_yuan, **detail)


async def record_return(session: AsyncSession, event: FundsReturned) -> None:
    """Record an amount that the project returned. 四（一）1"""
    file = await locked(session, ProjectFile, event.declaration_id)
    file.returned_yuan += event.amount_yuan
    _add_movement(session, file, event.transfer_id, "returned", today(session), event.amount_yuan, reason=event.reason)


async def record_clawback(session: AsyncSession, event: FundsClawedBack) -> None:
    """Record a demanded or recovered amount; a demand on a credit ground raises that ground. 四（一）1"""
    file = await locked(session, ProjectFile, event.declaration_id)
    movement = uuid5(event.transfer_id, event.stage)
    _add_movement(session, file, movement, event.stage, today(session), event.amount_yuan, **_reasons(event))
    if event.stage == "recovered":
        file.recovered_yuan += event.amount_yuan
        return
    file.demanded_yuan += event.amount_yuan
    if code := ground_code(event.ground):
        await raise_ground(
            session,
            code,
            f"clawback:{event.transfer_id}",
            file.applicant_uscc,
            file.district,
            today(session),
            event.reason,
            declaration_id=file.declaration_id,
        )


def _reasons(event: FundsHeld | FundsClawedBack) -> dict[str, Any]:
    return {"ground": event.ground, "clause": event.clause, "reason": event.reason}


def _add_movement(
    session: AsyncSession,
    file: ProjectFile,
    movement_id: UUID,
    kind: str,
    on: date,
    amount_yuan: Decimal | None,
    **reasons: Any,
) -> None:
    session.add(
        FundMovement(
            id=movement_id,
            declaration_id=file.declaration_id,
            district=file.district,
            applicant_uscc=file.applicant_uscc,
            kind=kind,
            amount_yuan=amount_yuan,
            on=on,
            **reasons,
        )
    )


HANDLERS: dict[type[Event], Handler] = {
    FundsReleased: record_release,
    FundsHeld: record_hold,
    FundsSentBack: record_sent_back,
    FundsReturned: record_return,
    FundsClawedBack: record_clawback,
    PolicyFiguresConfirmed: store_copy,
}
