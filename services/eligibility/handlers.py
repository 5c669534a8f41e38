"""Reactions to intake's events: declarations, resources, library entries."""

from functools import cache
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import LibraryProject, Review, StockResource
from services.eligibility.pool import remove_from_pool
from services.eligibility.reviews import assess_case
from services.eligibility.rules.library import library_facts, resource_facts
from shared.contracts.funding import RateFiguresConfirmed
from shared.contracts.intake import (
    DeclarationForwarded,
    DeclarationReceived,
    DeclarationRefused,
    DeclarationReturned,
    DeclarationWithdrawn,
    LibraryEntryChanged,
    ResourceRecorded,
)
from shared.events.handlers import BatchHandler, Handlers
from shared.events.series import store_copy
from shared.storage.audit import store_hands


async def assess_declaration(session: AsyncSession, event: DeclarationForwarded) -> None:
    """Open the case or its next round and assess it by the edition in force on the acceptance date. 二"""
    await store_hands(session, event.declaration_id, event.hands)
    review = await _case(session, event.declaration_id)
    if review is None:
        review = Review(
            declaration_id=event.declaration_id,
            declaration_no=event.project.declaration_no,
            district=event.project.district,
            applicant_uscc=event.project.applicant_uscc,
        )
        session.add(review)
    _start_round(review, event)
    await assess_case(session, review, "forwarded")


async def confirm_receipt(session: AsyncSession, event: DeclarationReceived) -> None:
    """Store the city's receipt; reassess the case if the confirmed construction status differs. 二（五）"""
    await store_hands(session, event.declaration_id, event.hands)
    review = await _case(session, event.declaration_id)
    if review is None:
        return
    differs = review.facts.get("construction_status") != event.construction_status
    review.received_on, review.construction_status = event.received_on, event.construction_status
    if differs:
        await assess_case(session, review, "received")


async def close_returned(session: AsyncSession, event: DeclarationReturned) -> None:
    """Mark the case of a returned declaration, which waits for its next round. 三（一）"""
    await _close_case(session, event.declaration_id, "returned")


async def close_ended(session: AsyncSession, event: DeclarationWithdrawn | DeclarationRefused) -> None:
    """Close the case of a withdrawn or refused declaration and free its rank in the pool. 三（一）"""
    await _close_case(session, event.declaration_id, "closed")


async def store_library_entries(session: AsyncSession, events: list[LibraryEntryChanged]) -> None:
    """Store the newest version of library entries for what-if runs. 四（一）2"""
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
    await _upsert_newer(session, LibraryProject, values)


async def store_resources(session: AsyncSession, events: list[ResourceRecorded]) -> None:
    """Store the newest version of the ledger facts that the rules read. 四（一）2"""
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
    await _upsert_newer(session, StockResource, values)


async def _upsert_newer(
    session: AsyncSession, model: type[LibraryProject] | type[StockResource], values: list[dict[str, Any]]
) -> None:
    await session.execute(_upsert_newer_sql(model), {"rows": to_json(values).decode()})


@cache
def _upsert_newer_sql(model: type[LibraryProject] | type[StockResource]) -> TextClause:
    """Return an upsert statement for any number of rows, which keeps the higher version.

    District and number of a row of a register never change; the service's role may not change them either.
    """
    table, columns = model.__tablename__, list(model.__table__.columns.keys())
    key, named = columns[0], ", ".join(columns)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in (key, "district", "external_id"))
    return text(
        f"INSERT INTO {table} AS kept ({named}) "
        f"SELECT {named} FROM jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS jsonb)) ORDER BY {key} "
        f"ON CONFLICT ({key}) DO UPDATE SET {changed} WHERE kept.version < excluded.version"
    )


async def _case(session: AsyncSession, declaration_id: UUID) -> Review | None:
    return await session.get(Review, declaration_id, with_for_update={"key_share": True}, populate_existing=True)


async def _close_case(session: AsyncSession, declaration_id: UUID, stage: str) -> None:
    review = await _case(session, declaration_id)
    if review is not None:
        await remove_from_pool(session, review)
        review.leave(stage)


def _start_round(review: Review, event: DeclarationForwarded) -> None:
    """Store the forwarded data of a new round and reset receipt, chosen edition and conclusion."""
    project = event.project
    review.project_name, review.applicant_name = project.project_name, project.applicant_name
    review.project = project.model_dump(mode="json")
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
    LibraryEntryChanged: BatchHandler(store_library_entries),
    ResourceRecorded: BatchHandler(store_resources),
    RateFiguresConfirmed: store_copy,
}
