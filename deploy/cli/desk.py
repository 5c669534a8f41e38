"""Where a command is carried out: its databases, who gave it, the record of it, and how it ends."""

import asyncio
import os
import pwd
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn
from uuid import UUID

import typer
from sqlalchemy import insert
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from deploy.cli.showing import Row, show
from deploy.local.postgres_site import PostgresError
from deploy.local.settings import existing_database_settings
from deploy.local.signals import STOPPED, run, stop_signals
from services import load
from shared import logs
from shared.actors import system_actor
from shared.clock import Clock, uuid7
from shared.events.inbox import Consumer
from shared.runtime import Service
from shared.settings import Settings
from shared.storage.session import Database, is_transient, now
from shared.storage.tables import operation

Outcome = Literal["begun", "done", "partial", "check_failed", "refused", "failed", "away", "interrupted"]
EXIT_CODES: dict[Outcome, int] = {
    "done": 0,
    "failed": 1,
    "refused": 1,
    "check_failed": 3,
    "away": 4,
    "partial": 5,
    "interrupted": 130,
}
_AWAY = ("08", "28", "3D", "53", "57")
"""SQLSTATE: no connection, no login, no such database, no resources, going down."""
_NO_TABLE = ("3F", "42P01", "42501")


class Refused(Exception):
    """What was asked for is not done, and nothing was changed; the message says why."""


class Away(Exception):
    """A database or broker that is needed does not answer."""


@dataclass(frozen=True)
class Order:
    """What an operator asks for. One that `changes` something is recorded before anything is done about it."""

    command: str
    services: tuple[str, ...]
    arguments: dict[str, Any]
    operator: str = ""
    reason: str = ""
    form: str = "table"
    changes: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of it: rows to print, the outcome, and what the record says beside it."""

    rows: list[Row] = field(default_factory=list)
    outcome: Outcome = "done"
    detail: dict[str, Any] = field(default_factory=dict)
    upright: bool = False


class Desk:
    """What the work on an order is done with."""

    def __init__(self, order: Order, settings: Settings) -> None:
        self.order, self.settings, self.clock = order, settings, Clock()
        self.operation_id: UUID = uuid7(self.clock.now())
        self._databases: dict[str, Database] = {}

    def database(self, service: str) -> Database:
        if service not in self._databases:
            url = self.settings.service_url(service)
            self._databases[service] = Database(service, url, self.clock, self.settings)
        return self._databases[service]

    def session(self, service: str) -> AbstractAsyncContextManager[AsyncSession]:
        """One transaction in the service's schema, in its own name and sight."""
        return self.database(service).session(system_actor(service))

    @asynccontextmanager
    async def as_relay(self, service: str) -> AsyncIterator[AsyncConnection]:
        """A connection of the relay's role, which alone may read the outbox."""
        named = {"server_settings": {"search_path": service, "application_name": "tenghuan-cli"}}
        engine = create_async_engine(
            self.settings.service_url(service, "relay"), poolclass=NullPool, connect_args=named
        )
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    def consumer(self, service: str) -> Consumer:
        """What the service does about messages, at this desk."""
        made = service_of(service)
        return Consumer(self.database(service), made.handlers, made.inlets.values())

    def ask(self, question: str, yes: bool) -> None:
        """Go on only if the operator agrees. Raises Refused."""
        try:
            if not (yes or typer.confirm(question, err=True)):
                raise Refused("nothing was changed")
        except typer.Abort:
            raise Refused("nobody is there to agree; --yes does without") from None

    async def note(self, outcome: Outcome, detail: dict[str, Any]) -> None:
        """Write into every service concerned what was ordered by whom and how it goes."""
        order, login = self.order, login_name()
        for service in order.services:
            async with self.session(service) as session:
                await session.execute(
                    insert(operation).values(
                        operation_id=self.operation_id,
                        at=now(session),
                        operator=order.operator or login,
                        login=login,
                        command=order.command,
                        arguments=order.arguments,
                        reason=order.reason or None,
                        outcome=outcome,
                        detail=detail,
                    )
                )

    async def close(self) -> None:
        for database in self._databases.values():
            await database.close()


Work = Callable[[Desk], Awaitable[Answer]]


def service_of(name: str) -> Service:
    """The service with its handlers; a second to import, so only who needs them asks."""
    service: Service = load(name)
    return service


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how far long work has come; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=total, file=sys.stderr) as bar:
        yield bar.update


def login_name() -> str:
    """The system's name for who runs this; in a container there may be only a number."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def carry_out(order: Order, work: Work) -> NoReturn:
    """Do the work and end with its exit code."""
    with stop_signals():
        try:
            with existing_database_settings() as settings:
                logs.configure(settings, usual_level="warning")
                code = run(_exit_code(Desk(order, settings), work), asyncio.run)
        except PostgresError as error:
            say(f"{error}. Set TENGHUAN_DATABASE_URL, or start the suite (make run) first.")
            code = EXIT_CODES["away"]
        except KeyboardInterrupt:
            code = STOPPED
    raise typer.Exit(code)


async def _exit_code(desk: Desk, work: Work) -> int:
    return EXIT_CODES[await _recorded(desk, work)]


async def _recorded(desk: Desk, work: Work) -> Outcome:
    try:
        answer = await _worked(desk, work)
    except Exception as error:
        known = _explained(error)
        if known is None:
            raise
        say(known)
        return "away" if _is_away(error) else "failed"
    finally:
        await desk.close()
    if answer is None:
        return "refused"
    return answer.outcome


async def _worked(desk: Desk, work: Work) -> Answer | None:
    """Do it, with a row in the record before a change and one at the end, whatever the end is. None: refused."""
    if desk.order.changes:
        await desk.note("begun", {})
    try:
        answer = await work(desk)
    except Refused as refusal:
        say(str(refusal))
        await desk.note("refused", {"error": str(refusal)})
        return None
    except Exception as error:
        await desk.note("away" if _is_away(error) else "failed", {"error": repr(error)})
        raise
    except BaseException:
        await desk.note("interrupted", {})
        raise
    try:
        await desk.note(answer.outcome, answer.detail)
    finally:
        _show(answer, desk.order.form)
    return answer


def _show(answer: Answer, form: str) -> None:
    """Whoever reads it may stop reading, into `head` say: what was done is done and on record all the same."""
    try:
        show(answer.rows, form, upright=answer.upright)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explained(error: Exception) -> str | None:
    """A line for what an operator can mend; None for what only a programmer can."""
    if isinstance(error, Away):
        return str(error)
    if isinstance(error, ArgumentError):
        return f"TENGHUAN_DATABASE_URL or a service's own URL is none: {error}"
    if isinstance(error, DBAPIError) and _state(error).startswith(_NO_TABLE):
        return f"The database does not fit this command; has it been migrated? {error.orig}"
    if _is_away(error):
        return f"The database is away or refuses: {getattr(error, 'orig', None) or error!r}"
    return None


def _is_away(error: Exception) -> bool:
    refused = isinstance(error, DBAPIError) and _state(error).startswith(_AWAY)
    return isinstance(error, Away) or refused or is_transient(error)


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
