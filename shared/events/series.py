"""Dated figures between services: an owner confirms and announces batches, the others keep copies."""

import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import uuid7
from shared.contracts.base import Event
from shared.contracts.series import ConfirmedFigures, FigureWritten
from shared.districts import CITY
from shared.events.bus import Message
from shared.events.outbox import emit
from shared.series import Register
from shared.series.folding import written
from shared.series.package import package
from shared.storage.series import known_batch, last_number, lock_series, move_head
from shared.storage.series_tables import series_batch
from shared.storage.session import actor_of, now, today

_NAMESPACE = UUID("8f5b5c0e-2a53-5d0c-9c55-5a3b1f0e7a10")
PACKAGE_TITLE = "随软件发布的数据"
PACKAGE_REASON = "随软件发布的首批数据"


@dataclass(frozen=True)
class Affected:
    """A case whose result differs under other figures. `kept` if its decision stays as it was made."""

    case_id: UUID
    district: str
    label: str
    before: str
    after: str
    kept: bool = False


Compare = Callable[[AsyncSession, Sequence[UUID], Register, Register], Awaitable[list[Affected]]]
"""Returns, of some cases, those whose result differs between two registers."""
Recompute = Callable[[AsyncSession, UUID, str], Awaitable[str]]
"""Computes a case again with the figures of today, for a reason; returns what came out, in a Chinese sentence."""


@dataclass(frozen=True)
class SeriesDuty:
    """Part of a service in the dated figures: the kinds it owns and announces, those it reads, its computations."""

    owns: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    announcement: type[Event] | None = None
    compare: Compare | None = None
    recompute: Recompute | None = None
    open_cases: Callable[[AsyncSession], Awaitable[Sequence[UUID]]] | None = field(default=None)
    """Returns the cases that a figure may concern although they have not used one of its key yet."""


def series_id(kind: str) -> UUID:
    """Return the aggregate of a kind, by which its announcements keep their order."""
    return uuid5(_NAMESPACE, kind)


async def confirm(session: AsyncSession, duty: SeriesDuty, row: Any) -> int:
    """Number a proposed batch, let it count from now on, and announce it; the kind must be locked."""
    number = await last_number(session, row.kind) + 1
    actor = actor_of(session)
    decided = {"decided_by": actor.subject, "decided_by_name": actor.name, "decided_at": now(session)}
    counted = {"status": "confirmed", "number": number, "version": row.version + 1}
    await session.execute(update(series_batch).where(series_batch.c.id == row.id).values(**decided, **counted))
    await move_head(session, row.kind, owned=True)
    await _announce(session, duty, dict(row._mapping) | {"number": number})
    return number


async def _announce(session: AsyncSession, duty: SeriesDuty, batch: Any) -> None:
    assert duty.announcement is not None
    event = duty.announcement(
        district=CITY,
        series_id=series_id(batch["kind"]),
        batch_id=batch["id"],
        kind=batch["kind"],
        number=batch["number"],
        of_package=batch["origin"] == "package",
        figures=tuple(_told(figure) for figure in batch["figures"]),
        document_title=batch["document_title"],
        document_no=batch["document_no"],
        documented_on=batch["documented_on"],
        confirmed_on=today(session),
    )
    await emit(session, event)


def _told(figure: Mapping[str, Any]) -> FigureWritten:
    return FigureWritten.model_validate({**figure, "value": json.dumps(figure["value"], ensure_ascii=False)})


def _stored(figure: FigureWritten) -> dict[str, Any]:
    return {**figure.model_dump(mode="json", exclude_none=True), "value": json.loads(figure.value)}


async def store_package(session: AsyncSession, duty: SeriesDuty) -> list[str]:
    """Store the package's figures that no batch holds yet as first entries, and announce them; return the kinds."""
    stored = []
    for kind in duty.owns:
        await lock_series(session)
        number = await last_number(session, kind)
        held = session.info["figures"].register
        new = [each for each in package() if each.kind == kind and _is_new(held, each, number)]
        if new:
            await _store_package(session, duty, kind, number + 1, [written(figure) for figure in new])
            stored.append(kind)
    return stored


def _is_new(held: Register, figure: Any, number: int) -> bool:
    """Return whether a figure of the package is in no stored batch."""
    newest = held.newest(figure.place)
    return number == 0 or newest is None or newest.number == 0


async def _store_package(
    session: AsyncSession, duty: SeriesDuty, kind: str, number: int, figures: list[dict[str, Any]]
) -> None:
    actor, at = actor_of(session), now(session)
    batch = {
        "id": uuid7(at),
        "kind": kind,
        "origin": "package",
        "number": number,
        "figures": figures,
        "bases": [0] * len(figures),
        "document_title": PACKAGE_TITLE,
        "document_no": None,
        "documented_on": None,
        "reason": PACKAGE_REASON,
        "status": "confirmed",
        "entered_by": actor.subject,
        "entered_by_name": actor.name,
        "entered_at": at,
        "decided_by": actor.subject,
        "decided_by_name": actor.name,
        "decided_at": at,
    }
    await session.execute(insert(series_batch).values(batch))
    await move_head(session, kind, owned=True)
    await _announce(session, duty, batch)


def announced_by(messages: Iterable[Message], reads: Collection[str]) -> dict[str, int]:
    """Return the newest batch of each kind that messages say their sender had confirmed."""
    found: dict[str, int] = {}
    for message in messages:
        for told in filter(None, message.headers.get("figures", "").split(",")):
            kind, _, number = told.partition("=")
            if kind in reads and number.isdigit():
                found[kind] = max(found.get(kind, 0), int(number))
    return found


async def store_copy(session: AsyncSession, event: ConfirmedFigures) -> None:
    """Keep the owner's batch; repetitions and another order change nothing of the result."""
    await lock_series(session)
    actor, at = actor_of(session), now(session)
    batch = {
        "id": event.batch_id,
        "kind": event.kind,
        "origin": "package" if event.of_package else "entered",
        "number": event.number,
        "figures": [_stored(figure) for figure in event.figures],
        "bases": [0] * len(event.figures),
        "document_title": event.document_title,
        "document_no": event.document_no,
        "documented_on": event.documented_on,
        "reason": "由数据登记系统发布",
        "status": "confirmed",
        "entered_by": actor.subject,
        "entered_by_name": actor.name,
        "entered_at": at,
        "decided_by": actor.subject,
        "decided_by_name": actor.name,
        "decided_at": at,
    }
    if await known_batch(session, event.kind, event.number) is None:
        await session.execute(pg_insert(series_batch).values(batch).on_conflict_do_nothing())
    await move_head(session, event.kind, owned=False)
