"""One operation of the operator's command: its databases, its audit rows, its exit code."""

import asyncio
import os
import pwd
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn
from uuid import UUID

import typer
from sqlalchemy import insert
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from deploy.cli.output import Row, print_rows
from deploy.local.postgres_site import PostgresError
from deploy.local.settings import existing_database_settings
from deploy.local.signals import STOPPED, run, stop_signals
from services import load
from shared import logs
from shared.actors import system_actor
from shared.clock import Clock, uuid7
from shared.events.inbox import Consumer
from shared.settings import NoLogin, Settings
from shared.storage import tables
from shared.storage.roles import trying_also
from shared.storage.session import Database, is_transient, now

Outcome = Literal["begun", "done", "partial", "check_failed", "refused", "failed", "away", "interrupted"]
EXIT_CODES: dict[Outcome, int] = {
    "done": 0,
    "failed": 1,
    "refused": 1,
    "check_failed": 3,
    "away": 4,
    "partial": 5,
    "interrupted": STOPPED,
}
_AWAY = ("08", "28", "3D", "53", "57")
"""SQLSTATE: no connection, no login, no such database, no resources, going down."""
_NO_TABLE = ("3F", "42P01", "42501")


class Refused(Exception):
    """The command is refused and nothing was changed; the message says why."""


class Away(Exception):
    """A database or broker that the command needs does not answer."""


@dataclass(frozen=True)
class Command:
    """A command line. One that `changes` something is recorded before it begins and again with its outcome."""

    command: str
    services: tuple[str, ...]
    arguments: dict[str, Any]
    operator: str = ""
    reason: str = ""
    form: str = "table"
    changes: bool = False
    records_itself: bool = False
    """True if the work writes the audit rows itself: before a restore there is no table to write to."""


@dataclass(frozen=True)
class Result:
    """Rows to print, the outcome, and details for the audit row."""

    rows: list[Row] = field(default_factory=list)
    outcome: Outcome = "done"
    detail: dict[str, Any] = field(default_factory=dict)
    upright: bool = False
    """True if each value is printed on a line of its own."""


class Operation:
    """The databases and the audit log of one command."""

    def __init__(self, command: Command, settings: Settings) -> None:
        self.command, self.settings, self.clock = command, settings, Clock()
        self.operation_id: UUID = uuid7(self.clock.now())
        self._databases: dict[str, Database] = {}

    def database(self, service: str) -> Database:
        """Return the service's database under its application role."""
        if service not in self._databases:
            url = self.settings.service_url(service)
            self._databases[service] = Database(service, url, self.clock, self.settings)
        return self._databases[service]

    def session(self, service: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Return a transaction in the service's schema, as its system actor."""
        return self.database(service).session(system_actor(service))

    @asynccontextmanager
    async def as_relay(self, service: str) -> AsyncIterator[AsyncConnection]:
        """Connect as the relay's role, which alone may read the outbox."""
        named = {"server_settings": {"search_path": service, "application_name": "tenghuan-cli"}}
        either = trying_also(self.settings.next_password(f"relay_{service}"))
        engine = create_async_engine(
            self.settings.service_url(service, "relay"), poolclass=NullPool, connect_args={**named, **either}
        )
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    def consumer(self, service: str) -> Consumer:
        """Return a consumer with the service's handlers."""
        made = load(service)
        return Consumer(self.database(service), made.handlers, made.read_topics().values(), made.series.reads)

    def confirm(self, question: str, yes: bool) -> None:
        """Ask the operator unless `yes` is set. Raises Refused."""
        try:
            if not (yes or typer.confirm(question, err=True)):
                raise Refused("nothing was changed")
        except typer.Abort:
            raise Refused("there is no terminal to ask at; pass --yes") from None

    async def record(self, outcome: Outcome, detail: dict[str, Any]) -> None:
        """Insert an audit row into the `operation` table of each service concerned."""
        command, login = self.command, login_name()
        for service in command.services:
            async with self.session(service) as session:
                await session.execute(
                    insert(tables.operation).values(
                        operation_id=self.operation_id,
                        at=now(session),
                        operator=command.operator or login,
                        login=login,
                        command=command.command,
                        arguments=command.arguments,
                        reason=command.reason or None,
                        outcome=outcome,
                        detail=detail,
                    )
                )

    async def close(self) -> None:
        """Close the connections."""
        for database in self._databases.values():
            await database.close()


Work = Callable[[Operation], Awaitable[Result]]


def say(text: str) -> None:
    """Print a line on stderr."""
    sys.stderr.write(f"{text}\n")


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar when stderr is a terminal; yield the function that advances it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=total, file=sys.stderr) as bar:
        yield bar.update


def login_name() -> str:
    """Return the login of the process; in a container there may be only a number."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def run_command(
    command: Command,
    work: Work,
    database: Callable[[], AbstractContextManager[Settings]] = existing_database_settings,
) -> NoReturn:
    """Run the work on the database, print its result and exit with its code."""
    with stop_signals():
        try:
            with database() as settings:
                logs.configure(settings, usual_level="warning")
                code = run(_exit_code(Operation(command, settings), work), asyncio.run)
        except PostgresError as error:
            say(f"{error}. Set TENGHUAN_DATABASE_URL, or start the suite (make run) first.")
            code = EXIT_CODES["away"]
        except Refused as refusal:
            say(str(refusal))
            code = EXIT_CODES["refused"]
        except KeyboardInterrupt:
            code = STOPPED
    raise typer.Exit(code)


async def _exit_code(operation: Operation, work: Work) -> int:
    return EXIT_CODES[await _finished(operation, work)]


async def _finished(operation: Operation, work: Work) -> Outcome:
    try:
        return await (_printed if operation.command.records_itself else _recorded)(operation, work)
    except Refused as refusal:
        say(str(refusal))
        return "refused"
    except Exception as error:
        explanation = _explained(error)
        if explanation is None:
            raise
        say(explanation)
        return "away" if _is_away(error) else "failed"
    finally:
        await operation.close()


async def _printed(operation: Operation, work: Work) -> Outcome:
    result = await work(operation)
    _print(result, operation.command.form)
    return result.outcome


async def _recorded(operation: Operation, work: Work) -> Outcome:
    """Run the work between its audit rows: one before a change, one at the end, whatever the end is."""
    if operation.command.changes:
        await operation.record("begun", {})
    try:
        result = await work(operation)
    except Refused as refusal:
        await operation.record("refused", {"error": str(refusal)})
        raise
    except Exception as error:
        await operation.record("away" if _is_away(error) else "failed", {"error": repr(error)})
        raise
    except BaseException:
        await operation.record("interrupted", {})
        raise
    try:
        await operation.record(result.outcome, result.detail)
    finally:
        _print(result, operation.command.form)
    return result.outcome


def _print(result: Result, form: str) -> None:
    """Print the rows; a reader that closes the pipe (`| head`) changes neither outcome nor audit row."""
    try:
        print_rows(result.rows, form, upright=result.upright)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explained(error: Exception) -> str | None:
    """Return one line for an error that an operator can fix; None for one that needs a programmer."""
    if isinstance(error, Away | NoLogin):
        return str(error)
    if isinstance(error, ArgumentError):
        return f"TENGHUAN_DATABASE_URL or the URL of a service is not a database URL: {error}"
    if isinstance(error, DBAPIError) and _state(error).startswith(_NO_TABLE):
        return f"The database does not fit this command; has it been migrated? {error.orig}"
    if _is_away(error):
        return f"The database is away or refuses: {getattr(error, 'orig', None) or error!r}"
    return None


def _is_away(error: Exception) -> bool:
    refused = isinstance(error, DBAPIError) and _state(error).startswith(_AWAY)
    return isinstance(error, Away | NoLogin) or refused or is_transient(error)


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
