"""Database sessions with actor and clock, and the row-level security that follows from the actor."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json
from sqlalchemy import URL, DateTime, Numeric, Text, event, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    AsyncSessionTransaction,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError

from shared.actors import Actor
from shared.clock import Clock
from shared.errors import NotFound
from shared.series import reading_from
from shared.settings import Settings
from shared.storage.metadata import new_metadata as new_metadata
from shared.storage.roles import trying_also
from shared.storage.series import STAMP, FigureStore, note_stamp, write_uses

Row = TypeVar("Row", bound=DeclarativeBase)

TYPES: dict[Any, Any] = {
    str: Text,
    Decimal: Numeric(18, 2),
    datetime: DateTime(timezone=True),
    dict[str, Any]: JSONB,
    list[dict[str, Any]]: JSONB,
    list[str]: ARRAY(Text),
}


STATEMENT_SECONDS = 300.0
"""Timeout of a statement, for a database host that no longer answers."""


class Database:
    """Connection pool of a service, with its own role and schema."""

    def __init__(self, service: str, url: URL, clock: Clock, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.clock = clock
        self.figures = FigureStore()
        self.wakers: list[Callable[[], None]] = []
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=settings.pool_overflow,
            pool_use_lifo=True,  # few connections stay warm: each prepares its statements for itself
            hide_parameters=True,  # keeps row values out of errors and logs
            json_serializer=lambda value: to_json(value).decode(),
            json_deserializer=from_json,
            connect_args={
                "server_settings": {"search_path": service, "application_name": f"tenghuan-{service}"},
                "command_timeout": STATEMENT_SECONDS,
                **trying_also(settings.next_password(url.username or "")),
            },
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self, actor: Actor, *, fenced: bool = True) -> AsyncIterator[AsyncSession]:
        """Open one transaction in the actor's name: commits when the block ends, rolls back when it raises.

        With `fenced=False` the caller's first statement sets the row-level fence itself (`fence_of`).
        """
        with reading_from(self.figures.latest, self.clock.today()) as work:
            async with self._sessions() as session:
                session.info.update(actor=actor, clock=self.clock, service=self.service, settings=self.settings)
                session.info.update(fenced=fenced, figures=work, figure_store=self.figures)
                async with session.begin():
                    if fenced:
                        await session.connection()  # sees the stamp of the figures before anything reads one
                    yield session
                    await write_uses(session)
                if session.info.get("emitted"):
                    self.wake()

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[None]:
        """Let the block read the figures confirmed now, for calculations that need no transaction."""
        async with self.session(actor):
            pass  # its beginning compares the stamp
        with reading_from(self.figures.latest, self.clock.today()):
            yield

    def wake(self) -> None:
        """Notify relay and feed in this process of committed events; NOTIFY would take a global lock."""
        for waker in self.wakers:
            waker()

    async def close(self) -> None:
        await self.engine.dispose()


DRIVER_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The driver's own errors: the connection is closed or in an unknown state."""
_SAVEPOINT = text("INSERT INTO transaction_part DEFAULT VALUES")
_FENCE = text(
    "SELECT set_config('app.districts', :districts, true), set_config('app.applicant', :applicant, true), "
    f"{STAMP} AS figures"
)


@event.listens_for(Session, "after_begin")
def _fence(session: Session, _transaction: Any, connection: Any) -> None:
    session.info["driver"] = connection.connection.driver_connection
    actor: Actor | None = session.info.get("actor")
    if actor is not None and session.info.get("fenced", True):
        stamp = connection.execute(_FENCE, fence_of(actor)).one().figures
        if (work := session.info.get("figures")) is not None:
            note_stamp(work, session.info["figure_store"], stamp, connection)


async def follow_figures(session: AsyncSession, stamp: int | None) -> None:
    """Let the transaction read the figures of the stamp that its first statement returned (`fenced=False`)."""
    work, store = session.info["figures"], session.info["figure_store"]
    if (stamp or 0) != work.register.stamp:
        await session.run_sync(lambda sync: note_stamp(work, store, stamp, sync.connection()))


async def driver(session: AsyncSession) -> Any:
    """Return the asyncpg connection of the session's transaction, for statements that every act runs.

    A statement through it costs half the processor time of one through the ORM session; its errors are asyncpg's own.
    """
    if "driver" not in session.info or session.in_nested_transaction():
        await session.connection()  # of a savepoint: it begins with the session's first use of its connection
    return session.info["driver"]


def fence_of(actor: Actor) -> dict[str, str]:
    """Return the values of the row-level fence: the districts and the applicant whose rows the actor may see."""
    return {"districts": "{" + ",".join(actor.districts) + "}", "applicant": actor.uscc or ""}


async def begin_savepoint(session: AsyncSession) -> AsyncSessionTransaction:
    """Begin a savepoint, and record to which transaction the rows written after it belong.

    They carry a transaction number of the savepoint's own; the sealer asks what their transaction rests on.
    """
    savepoint = await session.begin_nested()
    await session.execute(_SAVEPOINT)
    return savepoint


@asynccontextmanager
async def acting_as(session: AsyncSession, actor: Actor) -> AsyncIterator[None]:
    """Temporarily act as another actor in the same transaction, row-level security included.

    If the block raises, the caller must roll back the transaction, which also restores the row-level security.
    """
    before = actor_of(session)
    await _become(session, actor)
    try:
        yield
    except BaseException:
        session.info["actor"] = before
        raise
    await _become(session, before)


async def _become(session: AsyncSession, actor: Actor) -> None:
    session.info["actor"] = actor
    await session.execute(_FENCE, fence_of(actor))


def is_transient(error: Exception) -> bool:
    """Return whether an error is transient, so that the same work may be tried again.

    Transient are: a lost connection, a serialization failure, a deadlock, a timeout for a lock or a connection, a
    server that starts or stops, a row that another transaction changed meanwhile, and a broken protocol state. A
    missing file is not transient, unless the error names no file: then it is the socket of a stopped server.
    """
    if isinstance(error, (FileNotFoundError, PermissionError)) and error.filename is not None:
        return False
    if isinstance(error, (OperationalError, InterfaceError, OSError, PoolExhausted, StaleDataError, *DRIVER_LOST)):
        return True
    if not isinstance(error, (DBAPIError, asyncpg.PostgresError)):
        return False
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    if state == "55P03" or state[:2] in {"08", "40", "53", "57"} or isinstance(cause, DRIVER_LOST):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or "InternalClientError" in type(cause).__name__
    )


def actor_of(session: AsyncSession) -> Actor:
    """Return the actor of this transaction."""
    actor: Actor = session.info["actor"]
    return actor


def now(session: AsyncSession) -> datetime:
    """Return the current time by the service's clock."""
    clock: Clock = session.info["clock"]
    return clock.now()


def today(session: AsyncSession) -> date:
    """Return the current date in Beijing by the service's clock."""
    clock: Clock = session.info["clock"]
    return clock.today()


def settings_of(session: AsyncSession) -> Settings:
    """Return the settings of the service."""
    settings: Settings = session.info["settings"]
    return settings


async def found(session: AsyncSession, model: type[Row], key: UUID | str | int) -> Row:
    """Return a row. Raises NotFound, also for a row that the actor may not read."""
    row = await session.get(model, key)
    if row is None:
        raise NotFound()
    return row


async def locked(session: AsyncSession, model: type[Row], key: UUID | str | int) -> Row:
    """Read and lock a row until the transaction ends. Raises NotFound."""
    row = await session.get(model, key, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise NotFound()
    return row
