"""What monitoring does when something happened elsewhere: it follows the money of every funded project."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import know_entity, raise_ground
from services.monitoring.models.files import FundMovement, ProjectFile
from services.monitoring.quarters import open_quarters, opened
from services.monitoring.rules.credit import entity_id, ground_of
from services.monitoring.rules.targets import targets_of
from shared.clock import uuid7
from shared.contracts.base import Event
from shared.contracts.funding import FundsClawedBack, FundsHeld, FundsReleased, FundsReturned
from shared.deadlines import quarter_of
from shared.events.inbox import Handler
from shared.storage.audit import adopt_hands
from shared.storage.session import locked, now, settings_of, today


async def follow_release(session: AsyncSession, event: FundsReleased) -> None:
    """Open the project's file with its first release, or add a further one. 三（二）, 四（一）1"""
    file = await session.get(ProjectFile, event.declaration_id, with_for_update=True)
    if file is None:
        file = await _open_file(session, event)
    file.released_yuan, file.award_yuan = file.released_yuan + event.amount_yuan, event.award_yuan
    _move(session, file, event.release_id, "released", event.released_on, event.amount_yuan)
    await adopt_hands(session, event.declaration_id, event.hands)


async def _open_file(session: AsyncSession, event: FundsReleased) -> ProjectFile:
    file = file_of(event)
    session.add(file)
    await session.flush()
    await know_entity(session, file.applicant_uscc, file.applicant_name)
    first = opened(file, quarter_of(file.first_released_on), settings_of(session).quarter_due_working_days)
    await open_quarters(session, [first])
    return file


def file_of(event: FundsReleased) -> ProjectFile:
    """A file without movements yet, from what the release says of the project."""
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


async def follow_hold(session: AsyncSession, event: FundsHeld) -> None:
    """Note that payments are held, or go on. 四（一）3"""
    file = await session.get(ProjectFile, event.declaration_id, with_for_update=True)
    if file is None:
        return  # held before anything was paid: there is no funded project to follow yet
    file.held, file.hold_reason = event.held, event.reason if event.held else None
    kind, words = "held" if event.held else "lifted", _words(event)
    _move(session, file, uuid7(now(session)), kind, today(session), None, **words)


async def follow_return(session: AsyncSession, event: FundsReturned) -> None:
    """Take off what the project paid back of itself. 四（一）1"""
    file = await locked(session, ProjectFile, event.declaration_id)
    file.returned_yuan += event.amount_yuan
    _move(session, file, event.transfer_id, "returned", today(session), event.amount_yuan, reason=event.reason)


async def follow_clawback(session: AsyncSession, event: FundsClawedBack) -> None:
    """Note what is demanded back and what came in; a demand on a ground of credit raises that ground. 四（一）1"""
    file = await locked(session, ProjectFile, event.declaration_id)
    movement = uuid5(event.transfer_id, event.stage)
    _move(session, file, movement, event.stage, today(session), event.amount_yuan, **_words(event))
    if event.stage == "recovered":
        file.recovered_yuan += event.amount_yuan
        return
    file.demanded_yuan += event.amount_yuan
    if code := ground_of(event.ground):
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


def _words(event: FundsHeld | FundsClawedBack) -> dict[str, Any]:
    return {"ground": event.ground, "clause": event.clause, "reason": event.reason}


def _move(
    session: AsyncSession,
    file: ProjectFile,
    movement_id: UUID,
    kind: str,
    on: date,
    amount_yuan: Decimal | None,
    **words: Any,
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
            **words,
        )
    )


HANDLERS: dict[type[Event], Handler] = {
    FundsReleased: follow_release,
    FundsHeld: follow_hold,
    FundsReturned: follow_return,
    FundsClawedBack: follow_clawback,
}
