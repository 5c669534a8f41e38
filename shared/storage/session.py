"""Sessions that carry who acts and when, and the row-level fence that follows from it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json
from sqlalchemy import URL, DateTime, MetaData, Numeric, Text, event, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session

from shared.actors import Actor
from shared.clock import Clock
from shared.errors import NotFound, PreconditionRequired, Stale
from shared.settings import Settings

Row = TypeVar("Row", bound=DeclarativeBase)

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
TYPES: dict[Any, Any] = {
    str: Text,
    Decimal: Numeric(18, 2),
    datetime: DateTime(timezone=True),
    dict[str, Any]: JSONB,
    list[dict[str, Any]]: JSONB,
    list[str]: ARRAY(Text),
}


def new_metadata() -> MetaData:
    """Metadata with our constraint names. Tables carry no schema: the service's role decides by its search path."""
    return MetaData(naming_convention=NAMING)


STATEMENT_SECONDS = 300.0
"""A statement without an answer for so long is given up: the machine behind the connection may be gone."""


class Database:
    """The connections of one service, under its own role and schema."""

    def __init__(self, service: str, url: URL, clock: Clock, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.clock = clock
        self.woken: list[Callable[[], None]] = []
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=settings.pool_overflow,
            hide_parameters=True,  # values of rows stay out of errors, hence out of logs
            json_serializer=lambda value: to_json(value).decode(),
            json_deserializer=from_json,
            connect_args={
                "server_settings": {"search_path": service, "application_name": f"tenghuan-{service}"},
                "command_timeout": STATEMENT_SECONDS,
            },
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self, actor: Actor, *, fenced: bool = True) -> AsyncIterator[AsyncSession]:
        """Open one transaction in the actor's name: commits when the block ends, rolls back when it raises.

        With `fenced=False` the caller's first statement sets the row-level fence itself (`sight`).
        """
        async with self._sessions() as session:
            session.info.update(actor=actor, clock=self.clock, service=self.service, settings=self.settings)
            session.info["fenced"] = fenced
            async with session.begin():
                yield session
            if session.info.get("emitted"):
                self.wake()

    def wake(self) -> None:
        """Tell the relay and the feed that events were committed: no NOTIFY, which takes a global lock."""
        for waker in self.woken:
            waker()

    async def close(self) -> None:
        await self.engine.dispose()


DRIVER_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The driver's own errors: the connection is closed or in an unknown state."""
_FENCE = text("SELECT set_config('app.districts', :districts, true), set_config('app.applicant', :applicant, true)")


@event.listens_for(Session, "after_begin")
def _fence(session: Session, _transaction: Any, connection: Any) -> None:
    session.info["driver"] = connection.connection.driver_connection
    actor: Actor | None = session.info.get("actor")
    if actor is not None and session.info.get("fenced", True):
        connection.execute(_FENCE, sight(actor))


async def driver(session: AsyncSession) -> Any:
    """Return the asyncpg connection of the session's transaction, for statements that every act runs.

    A statement through it costs half the processor time of one through the ORM session; its errors are asyncpg's own.
    """
    if "driver" not in session.info:
        await session.connection()
    return session.info["driver"]


def sight(actor: Actor) -> dict[str, str]:
    """Return the values of the row-level fence: the districts and the applicant whose rows the actor may see."""
    return {"districts": "{" + ",".join(actor.districts) + "}", "applicant": actor.uscc or ""}


@asynccontextmanager
async def acting_as(session: AsyncSession, actor: Actor) -> AsyncIterator[None]:
    """Go on in the same transaction in another's name and sight; after the block in one's own again.

    Where the block raises, what it did is to be rolled back, and the sight goes back with it.
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
    await session.execute(_FENCE, sight(actor))


def is_passing(error: Exception) -> bool:
    """Whether the database is away or refuses for now, so that the same may be tried again.

    A lost connection, a serialization failure, a deadlock, a lock or a connection waited for in vain, a server on its
    way down or up, or a connection cut in mid-protocol. A file that is missing is not the database's: the socket of a
    server that is down is missing too, but then the error names no file.
    """
    if isinstance(error, (FileNotFoundError, PermissionError)) and error.filename is not None:
        return False
    if isinstance(error, (OperationalError, InterfaceError, OSError, PoolExhausted, *DRIVER_LOST)):
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
    """Who acts in this transaction."""
    actor: Actor = session.info["actor"]
    return actor


def now(session: AsyncSession) -> datetime:
    """The instant of this transaction, by the clock of the service."""
    clock: Clock = session.info["clock"]
    return clock.now()


def today(session: AsyncSession) -> date:
    """The Beijing day of this transaction."""
    clock: Clock = session.info["clock"]
    return clock.today()


def settings_of(session: AsyncSession) -> Settings:
    """The settings of the service this transaction belongs to."""
    settings: Settings = session.info["settings"]
    return settings


async def found(session: AsyncSession, model: type[Row], key: UUID | str | int) -> Row:
    """The row, or NotFound; a row the actor may not see is not found either."""
    row = await session.get(model, key)
    if row is None:
        raise NotFound()
    return row


async def locked(session: AsyncSession, model: type[Row], key: UUID | str | int) -> Row:
    """The row, locked until the transaction ends, freshly read; or NotFound."""
    row = await session.get(model, key, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise NotFound()
    return row


def expect_version(row: Any, if_match: str | None) -> None:
    """Refuse a change made on an old reading of the row. Raises PreconditionRequired or Stale."""
    if if_match is None:
        raise PreconditionRequired("请先读取记录，并以 If-Match 带回其 ETag")
    if if_match.strip() != etag(row):
        raise Stale()


def etag(row: Any) -> str:
    """The strong entity tag of a row with a `version`."""
    return f'"{row.version}"'
