"""Upsert of register rows, with a fixed number of statements for any number of rows (四（一）2).

Concurrent pushes do not deadlock: each inserts new keys in key order, then locks recorded rows in key order, and a
push that locks never waits for one that still inserts. Versions are assigned under the row lock, so none is lost.
Unchanged rows, most of a nightly push, are found by a plain read and neither locked nor announced.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers.kinds import (
    DELETE_LINKS,
    INSERT_LINKS,
    Register,
    history_sql,
    insert_sql,
    read_sql,
    update_sql,
)
from services.intake.registers.quarters import open_quarters
from services.intake.rules import upsert as rules
from services.intake.rules.upsert import RecordedState, Refusal
from shared.clock import uuid7
from shared.contracts.base import Event
from shared.contracts.library import LibraryRow, ResourceRow
from shared.deadlines import quarter_of
from shared.events.outbox import emit
from shared.identifiers import begins_after
from shared.storage.session import actor_of, now, today

Row = ResourceRow | LibraryRow
Key = tuple[str, str]


@dataclass(frozen=True)
class SentRow:
    """Row of a push, with its index in the request and the reason of its change."""

    index: int
    row: Row
    reason: str | None
    sha256: bytes = field(init=False)
    key: Key = field(init=False)
    period: Key = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", rules.fingerprint(self.row))
        object.__setattr__(self, "key", (self.row.district, self.row.external_id))
        object.__setattr__(self, "period", (self.row.district, self.row.quarter))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one row: a refusal, or the id and version of the recorded row."""

    status: Literal["created", "updated", "unchanged", "refused"]
    id: UUID | None = None
    version: int | None = None
    refusal: Refusal | None = None


async def record_rows(session: AsyncSession, register: Register, sent: Sequence[SentRow]) -> list[Outcome]:
    """Record and announce new and changed rows; return one outcome per row, in the order given."""
    refusals = _refusals(session, sent)
    valid = [each for each in sent if each.index not in refusals]
    opened = await open_quarters(session, {each.period for each in valid})
    known = await _read(session, register, valid, lock=False)
    new = [each for each in valid if each.key not in known and each.period in opened]
    created = await _insert(session, register, new)
    changed = [each for each in valid if each.key not in created and not _is_unchanged(each, known.get(each.key))]
    recorded = known | await _read(session, register, changed, lock=True)
    outcomes = [
        Outcome("created", created[each.key], 1)
        if each.key in created
        else _outcome(register, each, refusals.get(each.index), recorded.get(each.key), opened.get(each.period))
        for each in sent
    ]
    done = list(zip(outcomes, sent, strict=True))
    await _update(session, register, [(outcome.id, each) for outcome, each in done if outcome.status == "updated"])
    written = [(outcome, each) for outcome, each in done if outcome.status in ("created", "updated")]
    await _write_history(session, register, [outcome.id for outcome, _ in written])
    await emit(session, *(_announcement(register, outcome, each) for outcome, each in written))
    return outcomes


def _refusals(session: AsyncSession, sent: Sequence[SentRow]) -> dict[int, Refusal]:
    """Return the refusals that need no look at recorded rows, by the index of the row."""
    own, day = set(actor_of(session).districts), today(session)
    repeated = rules.repeated_keys(each.key for each in sent)
    found = {each.index: _refusal(each, own, day, repeated) for each in sent}
    return {index: refusal for index, refusal in found.items() if refusal}


def _refusal(each: SentRow, own: Collection[str], day: date, repeated: Collection[Key]) -> Refusal | None:
    if each.row.district not in own:
        return rules.other_district(own)
    if each.row.quarter > quarter_of(day):
        return rules.future_quarter(each.row.quarter, quarter_of(day))
    code = getattr(each.row, "project_code", None)
    if code and begins_after(code, day):
        return rules.future_code(code)
    return rules.repeated_row(each.row.external_id) if each.key in repeated else None


def _outcome(
    register: Register, each: SentRow, refusal: Refusal | None, recorded: "RecordedRow | None", submission: int | None
) -> Outcome:
    """Return the outcome of a row that is not new; `submission` is the number of its quarter's, None if closed."""
    if refusal:
        return Outcome("refused", refusal=refusal)
    if recorded and _is_unchanged(each, recorded):
        return Outcome("unchanged", recorded.id, recorded.state.version)
    if recorded is None or submission is None:
        return Outcome("refused", refusal=rules.quarter_closed(each.row.quarter))
    # A quarter that the city reopened is corrected in its own rows, whatever came later.
    if each.row.quarter < recorded.state.quarter and submission == 1:
        return Outcome("refused", refusal=rules.older_quarter(each.row.quarter, recorded.state.quarter))
    refusal = rules.missing_reason(recorded.state, each.sha256, each.reason, register.reason_field)
    if refusal:
        return Outcome("refused", refusal=refusal)
    return Outcome("updated", recorded.id, recorded.state.version + 1)


def _is_unchanged(each: SentRow, recorded: "RecordedRow | None") -> bool:
    return recorded is not None and rules.is_unchanged(recorded.state, each.row.quarter, each.sha256)


def _announcement(register: Register, outcome: Outcome, each: SentRow) -> Event:
    assert outcome.id is not None
    assert outcome.version is not None
    return register.event(outcome.id, outcome.version, each.reason, each.row)


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """Recorded row, found by its key."""

    id: UUID
    state: RecordedState


def _arrays(sent: Sequence[SentRow], ids: Sequence[UUID | None]) -> dict[str, Any]:
    return {
        "ids": ids,
        "contents": [each.row.model_dump_json() for each in sent],
        "hashes": [each.sha256 for each in sent],
        "reasons": [each.reason for each in sent],
    }


async def _insert(session: AsyncSession, register: Register, sent: Sequence[SentRow]) -> dict[Key, UUID]:
    if not sent:
        return {}
    at, by = now(session), actor_of(session).subject
    arrays = _arrays(sent, sorted(uuid7(at) for _ in sent))
    rows = await session.execute(insert_sql(register), {**arrays, "at": at, "by": by})
    return {(row.district, row.external_id): row.id for row in rows}


async def _read(
    session: AsyncSession, register: Register, sent: Sequence[SentRow], *, lock: bool
) -> dict[Key, RecordedRow]:
    if not sent:
        return {}
    districts, external_ids = zip(*(each.key for each in sent), strict=True)
    keys = {"districts": list(districts), "external_ids": list(external_ids)}
    rows = await session.execute(read_sql(register, lock=lock), keys)
    return {
        (row.district, row.external_id): RecordedRow(
            row.id, RecordedState(row.version, row.quarter, row.content_sha256)
        )
        for row in rows
    }


async def _update(session: AsyncSession, register: Register, changed: Sequence[tuple[UUID | None, SentRow]]) -> None:
    if changed:
        arrays = _arrays([each for _, each in changed], [key for key, _ in changed])
        await session.execute(update_sql(register), {**arrays, "at": now(session), "by": actor_of(session).subject})


async def _write_history(session: AsyncSession, register: Register, ids: Sequence[UUID | None]) -> None:
    if not ids:
        return
    actor = actor_of(session)
    await session.execute(history_sql(register), {"ids": ids, "name": actor.name, "role": actor.role})
    if register.links:
        await session.execute(DELETE_LINKS, {"ids": ids})
        await session.execute(INSERT_LINKS, {"ids": ids})
