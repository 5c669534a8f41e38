"""What eligibility does when something happened elsewhere: declarations come and go, the library changes."""

from functools import cache
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.judging import assess_case
from services.eligibility.models import LibraryProject, Review, StockResource
from services.eligibility.pool import leave_pool
from services.eligibility.rules.library import library_facts, resource_facts
from shared.contracts.intake import (
    DeclarationForwarded,
    DeclarationReceived,
    DeclarationRefused,
    DeclarationReturned,
    DeclarationWithdrawn,
    LibraryEntryChanged,
    ResourceRecorded,
)
from shared.events.inbox import Gathered, Handlers
from shared.storage.audit import adopt_hands


async def assess_declaration(session: AsyncSession, event: DeclarationForwarded) -> None:
    """Open the case, or its next round, and judge it by the edition in force on the day of acceptance. 二"""
    await adopt_hands(session, event.declaration_id, event.hands)
    review = await _case(session, event.declaration_id)
    if review is None:
        review = Review(declaration_id=event.declaration_id)
        session.add(review)
    _take_round(review, event)
    await assess_case(session, review, "forwarded")


async def confirm_receipt(session: AsyncSession, event: DeclarationReceived) -> None:
    """Keep what the city confirmed on receipt; a construction status that differs is judged anew. 二（五）"""
    await adopt_hands(session, event.declaration_id, event.hands)
    review = await _case(session, event.declaration_id)
    if review is None:
        return
    differs = review.facts.get("construction_status") != event.construction_status
    review.received_on, review.construction_status = event.received_on, event.construction_status
    if differs:
        await assess_case(session, review, "received")


async def close_returned(session: AsyncSession, event: DeclarationReturned) -> None:
    """Wait for the next round of a declaration that was sent back. 三（一）"""
    await _leave(session, event.declaration_id, "returned")


async def close_ended(session: AsyncSession, event: DeclarationWithdrawn | DeclarationRefused) -> None:
    """End the case of a declaration that was taken back or refused; a place in the pool falls free. 三（一）"""
    await _leave(session, event.declaration_id, "closed")


async def keep_library_entries(session: AsyncSession, events: list[LibraryEntryChanged]) -> None:
    """Keep the newest version of library entries for what-if runs. 四（一）2"""
    newest = {event.entry_id: event for event in events}
    values = [
        {
            "entry_id": event.entry_id,
            "district": event.row.district,
            "external_id": event.row.external_id,
            "project_name": event.row.project_name,
            "facts": library_facts(event.row),
            "left_on": event.row.left_on,
            "version": event.version,
        }
        for event in newest.values()
    ]
    await _keep_newer(session, LibraryProject, values)


async def keep_resources(session: AsyncSession, events: list[ResourceRecorded]) -> None:
    """Keep the newest version of ledger rows as far as the rules read them. 四（一）2"""
    newest = {event.resource_id: event for event in events}
    values = [
        {
            "resource_id": event.resource_id,
            "district": event.row.district,
            "external_id": event.row.external_id,
            "facts": resource_facts(event.row),
            "version": event.version,
        }
        for event in newest.values()
    ]
    await _keep_newer(session, StockResource, values)


async def _keep_newer(
    session: AsyncSession, model: type[LibraryProject] | type[StockResource], values: list[dict[str, Any]]
) -> None:
    await session.execute(_keep_newer_sql(model), {"rows": to_json(values).decode()})


@cache
def _keep_newer_sql(model: type[LibraryProject] | type[StockResource]) -> TextClause:
    """One statement for any number of rows: rows come by the thousand."""
    table, columns = model.__tablename__, list(model.__table__.columns.keys())
    key, named = columns[0], ", ".join(columns)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    return text(
        f"INSERT INTO {table} AS kept ({named}) "
        f"SELECT {named} FROM jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS jsonb)) ORDER BY {key} "
        f"ON CONFLICT ({key}) DO UPDATE SET {changed} WHERE kept.version < excluded.version"
    )


async def _case(session: AsyncSession, declaration_id: UUID) -> Review | None:
    return await session.get(Review, declaration_id, with_for_update={"key_share": True}, populate_existing=True)


async def _leave(session: AsyncSession, declaration_id: UUID, stage: str) -> None:
    review = await _case(session, declaration_id)
    if review is not None:
        await leave_pool(session, review)
        review.leave(stage)


def _take_round(review: Review, event: DeclarationForwarded) -> None:
    """What the district reported; receipt, choice of edition and conclusion belong to the round before."""
    project = event.project
    review.district, review.applicant_uscc = project.district, project.applicant_uscc
    review.declaration_no, review.project_name = project.declaration_no, project.project_name
    review.applicant_name, review.project = project.applicant_name, project.model_dump(mode="json")
    review.facts = event.facts.model_dump(mode="json", exclude_none=True)
    review.round, review.accepted_on = event.round, event.accepted_on
    review.library_exception_reason = event.library_exception_reason
    review.stage, review.decision = "in_review", "undetermined"
    review.received_on = review.construction_status = review.chosen_edition = None
    review.concluded_on = review.conclusion_reason = None
    review.exceptions = {}


HANDLERS: Handlers = {
    DeclarationForwarded: assess_declaration,
    DeclarationReceived: confirm_receipt,
    DeclarationReturned: close_returned,
    DeclarationRefused: close_ended,
    DeclarationWithdrawn: close_ended,
    LibraryEntryChanged: Gathered(keep_library_entries),
    ResourceRecorded: Gathered(keep_resources),
}
