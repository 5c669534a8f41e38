"""Recording rows that districts send: a fixed number of statements for any number of rows (四（一）2).

Two pushes at once never deadlock: new keys are inserted in key order, then recorded ones are locked in key order, and
who is locking never waits for who is still inserting. A version is given to a row under its lock, so none is lost.
Rows that say nothing new, most of a nightly push, are found by a plain read and neither locked nor sent on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers.kinds import LINK, UNLINK, Book, history_sql, insert_sql, read_sql, update_sql
from services.intake.registers.quarters import open_quarters
from services.intake.rules import recording as rules
from services.intake.rules.recording import Refusal, Standing
from shared.clock import uuid7
from shared.contracts.base import Event
from shared.contracts.library import LibraryRow, ResourceRow
from shared.deadlines import quarter_of
from shared.events.outbox import emit
from shared.storage.session import actor_of, now, today

Row = ResourceRow | LibraryRow
Key = tuple[str, str]


@dataclass(frozen=True)
class Sent:
    """One row of a push: its place in the request and why it changes what is recorded."""

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
    """What became of a row: a refused one says why, every other has an id and a version."""

    status: Literal["created", "updated", "unchanged", "refused"]
    id: UUID | None = None
    version: int | None = None
    refusal: Refusal | None = None


async def record_rows(session: AsyncSession, book: Book, sent: Sequence[Sent]) -> list[Outcome]:
    """Record and announce what is new or changed; one outcome per row, in the order given."""
    unfit = _unfit(session, sent)
    fit = [each for each in sent if each.index not in unfit]
    opened = await open_quarters(session, {each.period for each in fit})
    known = await _read(session, book, fit, lock=False)
    created = await _insert(session, book, [each for each in fit if each.key not in known and each.period in opened])
    moot = [each for each in fit if each.key not in created and not _says_nothing_new(each, known.get(each.key))]
    standing = known | await _read(session, book, moot, lock=True)
    outcomes = [
        Outcome("created", created[each.key], 1)
        if each.key in created
        else _judge(book, each, unfit.get(each.index), standing.get(each.key), each.period in opened)
        for each in sent
    ]
    done = list(zip(outcomes, sent, strict=True))
    await _update(session, book, [(outcome.id, each) for outcome, each in done if outcome.status == "updated"])
    recorded = [(outcome, each) for outcome, each in done if outcome.status in ("created", "updated")]
    await _keep_history(session, book, [outcome.id for outcome, _ in recorded])
    await emit(session, *(_announcement(book, outcome, each) for outcome, each in recorded))
    return outcomes


def _unfit(session: AsyncSession, sent: Sequence[Sent]) -> dict[int, Refusal]:
    own, current = set(actor_of(session).districts), quarter_of(today(session))
    twice = rules.repeated(each.key for each in sent)
    found = {each.index: _unfitness(each, own, current, twice) for each in sent}
    return {index: refusal for index, refusal in found.items() if refusal}


def _unfitness(each: Sent, own: Collection[str], current: str, twice: Collection[Key]) -> Refusal | None:
    if each.row.district not in own:
        return rules.of_another_district()
    if each.row.quarter > current:
        return rules.future(each.row.quarter)
    return rules.repetition(each.row.external_id) if each.key in twice else None


def _judge(book: Book, each: Sent, unfit: Refusal | None, standing: "Recorded | None", is_open: bool) -> Outcome:
    if unfit:
        return Outcome("refused", refusal=unfit)
    if standing and _says_nothing_new(each, standing):
        return Outcome("unchanged", standing.id, standing.says.version)
    if standing is None or not is_open:
        return Outcome("refused", refusal=rules.closed(each.row.quarter))
    refusal = rules.unexplained(standing.says, each.sha256, each.reason, book.reason_field)
    if refusal:
        return Outcome("refused", refusal=refusal)
    return Outcome("updated", standing.id, standing.says.version + 1)


def _says_nothing_new(each: Sent, standing: "Recorded | None") -> bool:
    return standing is not None and rules.same(standing.says, each.row.quarter, each.sha256)


def _announcement(book: Book, outcome: Outcome, each: Sent) -> Event:
    assert outcome.id is not None
    assert outcome.version is not None
    return book.event(outcome.id, outcome.version, each.reason, each.row)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row found in the book, locked."""

    id: UUID
    says: Standing


def _arrays(sent: Sequence[Sent], ids: Sequence[UUID | None]) -> dict[str, Any]:
    return {
        "ids": ids,
        "contents": [each.row.model_dump_json() for each in sent],
        "hashes": [each.sha256 for each in sent],
        "reasons": [each.reason for each in sent],
    }


async def _insert(session: AsyncSession, book: Book, sent: Sequence[Sent]) -> dict[Key, UUID]:
    if not sent:
        return {}
    at, by = now(session), actor_of(session).subject
    arrays = _arrays(sent, sorted(uuid7(at) for _ in sent))
    rows = await session.execute(insert_sql(book), {**arrays, "at": at, "by": by})
    return {(row.district, row.external_id): row.id for row in rows}


async def _read(session: AsyncSession, book: Book, sent: Sequence[Sent], *, lock: bool) -> dict[Key, Recorded]:
    if not sent:
        return {}
    districts, external_ids = zip(*(each.key for each in sent), strict=True)
    keys = {"districts": list(districts), "external_ids": list(external_ids)}
    rows = await session.execute(read_sql(book, lock=lock), keys)
    return {
        (row.district, row.external_id): Recorded(row.id, Standing(row.version, row.quarter, row.content_sha256))
        for row in rows
    }


async def _update(session: AsyncSession, book: Book, changed: Sequence[tuple[UUID | None, Sent]]) -> None:
    if changed:
        arrays = _arrays([each for _, each in changed], [key for key, _ in changed])
        await session.execute(update_sql(book), {**arrays, "at": now(session), "by": actor_of(session).subject})


async def _keep_history(session: AsyncSession, book: Book, ids: Sequence[UUID | None]) -> None:
    if not ids:
        return
    actor = actor_of(session)
    await session.execute(history_sql(book), {"ids": ids, "name": actor.name, "role": actor.role})
    if book.links:
        await session.execute(UNLINK, {"ids": ids})
        await session.execute(LINK, {"ids": ids})
