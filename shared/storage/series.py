"""The register of dated figures of a service: kept in memory, read again when the head of a kind has moved."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.series import Batch, Reading, Register, fold
from shared.series.package import package, package_register
from shared.storage.series_tables import series_batch, series_head, series_use

STAMP = "(SELECT max(stamp) FROM series_head)"
"""The stamp of the register, read with the statement that begins a transaction."""
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('series ' || current_schema(), 17))")
_NEXT_STAMP = text("""
SELECT greatest(max(stamp) + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) FROM series_head
""")
"""Query for a stamp above all others, of those who take turns. That of a transaction rolled back never comes again."""
_USED = "used_figures"


class FigureStore:
    """The newest register of a service. Every transaction compares its stamp with the database's."""

    def __init__(self) -> None:
        self.latest: Register = package_register()

    def at(self, stamp: int | None, connection: Connection) -> Register:
        """Return the register of a stamp; reads the batches where it is not the latest."""
        if (stamp or 0) != self.latest.stamp:
            self.latest = _read(connection, stamp or 0)
        return self.latest


def _read(connection: Connection, stamp: int) -> Register:
    table = series_batch.c
    confirmed = select(table.kind, table.number, table.figures, table.origin).where(table.number.is_not(None))
    batches = [
        Batch(row.kind, row.number, tuple(row.figures), row.origin == "package")
        for row in connection.execute(confirmed)
    ]
    behind = connection.scalars(select(series_head.c.kind).where(series_head.c.announced > series_head.c.number))
    return fold(package(), batches, stamp, behind.all())


def note_stamp(work: Reading, store: FigureStore, stamp: int | None, connection: Connection) -> None:
    """Let the work of a transaction read the register of the stamp that the transaction has seen."""
    work.register = store.at(stamp, connection)


async def lock_series(session: AsyncSession) -> None:
    """Make transactions that move heads take turns, and read the figures as the one before has left them.

    One lock for all kinds, so that no two wait for each other.
    """
    await session.execute(_TURN)
    await follow(session)


async def last_number(session: AsyncSession, kind: str) -> int:
    """Return the number of the last confirmed batch of a kind; 0 if there is none."""
    return await session.scalar(select(func.max(series_batch.c.number)).where(series_batch.c.kind == kind)) or 0


async def move_head(session: AsyncSession, kind: str, *, owned: bool, announced: int = 0) -> None:
    """Set the head of a kind to the last number before a gap, and raise what was announced."""
    held = set(await session.scalars(select(series_batch.c.number).where(series_batch.c.kind == kind)))
    number = next(each for each in range(len(held) + 1) if each + 1 not in held)
    known = max([announced, *(each for each in held if each)])
    stamp = await session.scalar(_NEXT_STAMP)
    values = {"kind": kind, "number": number, "announced": known, "owned": owned, "stamp": stamp}
    made = pg_insert(series_head).values(values)
    changed = {
        "number": number,
        "announced": func.greatest(series_head.c.announced, known),
        "stamp": stamp,
    }
    await session.execute(made.on_conflict_do_update(index_elements=["kind"], set_=changed))
    await follow(session)
    session.info["figures_moved"] = True


async def note_announced(session: AsyncSession, announced: Mapping[str, int]) -> None:
    """Note the batches that an owner has confirmed, by kind: until they arrive, nothing is computed with the kind."""
    register: Register = session.info["figures"].register
    for kind, number in sorted(announced.items()):
        if number > register.number(kind):
            await lock_series(session)
            await move_head(session, kind, owned=False, announced=number)


async def follow(session: AsyncSession) -> None:
    """Let the rest of the transaction read the figures as it has written them."""
    work: Reading = session.info["figures"]

    def again(sync: Any) -> None:
        stamp = sync.scalar(select(func.max(series_head.c.stamp)))
        work.register = _read(sync.connection(), stamp or 0)

    await session.run_sync(again)


async def known_batch(session: AsyncSession, kind: str, number: int) -> Row[Any] | None:
    """Return the confirmed batch of a number."""
    asked = select(series_batch).where(series_batch.c.kind == kind, series_batch.c.number == number)
    return (await session.execute(asked)).one_or_none()


def attribute_use(session: AsyncSession, act: str, case: Any) -> None:
    """Note that the figures read since the last act of the transaction were read for this one."""
    work: Reading | None = session.info.get("figures")
    if work is None:
        return
    uses: list[tuple[str, Any, set[str]]] = session.info.setdefault(_USED, [])
    uses.append((act, case, set(work.used)))
    work.used.clear()


async def write_uses(session: AsyncSession) -> None:
    """Store what the acts of the transaction have read; what was read after the last act is that act's."""
    uses: Iterable[tuple[str, Any, set[str]]] = session.info.get(_USED, [])
    if not uses:
        return
    *_, (_, _, last) = uses
    last |= session.info["figures"].used
    rows = [
        {
            "case_id": case.id,
            "district": case.district,
            "applicant_uscc": case.applicant_uscc,
            "act": act,
            "at": session.info["clock"].now(),
            "figures": sorted(names),
        }
        for act, case, names in uses
        if names
    ]
    if rows:
        await session.execute(insert(series_use), rows)
