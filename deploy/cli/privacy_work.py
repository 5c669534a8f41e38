"""The work of `tenghuan privacy`."""

from collections.abc import Iterable

import asyncpg
from sqlalchemy import select

from deploy.cli.erasure import Found, NotSealedYet, erase
from deploy.cli.operation import Operation, Refused, Result
from deploy.cli.output import Row
from services import SERVICES
from shared.privacy import register
from shared.storage.retention import COMMAND
from shared.storage.tables import operation as recorded
from shared.storage.tables import person


async def shown(operation: Operation, limit: int) -> Result:
    """Return a row for each rule of the newest runs of each service, newest first."""
    rows: list[Row] = []
    for service in operation.command.services:
        async with operation.session(service) as session:
            query = select(recorded).where(recorded.c.command == COMMAND).order_by(recorded.c.id.desc()).limit(limit)
            found = (await session.execute(query)).all()
        rows += [
            {"service": service, "at": run.at, "rule": rule, "erased": number, "before": run.detail["before"][rule]}
            for run in found
            for rule, number in run.detail["erased"].items()
        ]
    return Result(rows)


async def erased(operation: Operation, account: str, *, yes: bool, dry_run: bool) -> Result:
    """Erase an account in each service, and return what went and what is kept. Raises Refused."""
    await _expect_closed(operation, account)
    rows = await _run(operation, account, keep=False)
    if not dry_run and any(row["erased"] for row in rows):
        operation.confirm(f"Erase {sum(row['erased'] for row in rows)} values for good?", yes)
        rows = await _run(operation, account, keep=True)
    return Result(rows, detail={"erased": sum(row["erased"] for row in rows), "kept": sum(row["kept"] for row in rows)})


async def _expect_closed(operation: Operation, account: str) -> None:
    """Raise Refused while a directory has an open entry: the next sign-in would name the person anew."""
    for service in operation.command.services:
        async with operation.session(service) as session:
            query = select(person.c.subject).where(person.c.subject == account, person.c.closed_at.is_(None))
            if await session.scalar(query) is not None:
                raise Refused(f"{service}: the entry is open; a city supervisor closes it first (docs/identity.md)")


async def _run(operation: Operation, account: str, *, keep: bool) -> list[Row]:
    """Erase in each service as the administrator of the database; without `keep` everything is rolled back."""
    if not operation.settings.database_url:
        raise Refused("TENGHUAN_DATABASE_URL is empty: give the login of the database's administrator")
    connection = await asyncpg.connect(operation.settings.database_url)
    try:
        return [row for each in operation.command.services for row in await _erased(connection, each, account, keep)]
    except NotSealedYet as early:
        raise Refused(f"{early} has a version that is not sealed yet; repeat the command in a minute") from early
    except asyncpg.InsufficientPrivilegeError as error:
        raise Refused(f"this takes a superuser of the database: {error}") from error
    finally:
        await connection.close()


async def _erased(connection: asyncpg.Connection, service: str, account: str, keep: bool) -> list[Row]:
    transaction = connection.transaction(isolation="serializable")
    await transaction.start()
    try:
        found = await erase(connection, service, register(SERVICES), account)
    except BaseException:
        await transaction.rollback()
        raise
    await (transaction.commit if keep else transaction.rollback)()
    return _shown(service, found)


def _shown(service: str, found: Iterable[Found]) -> list[Row]:
    return [
        {
            "service": service,
            "table": each.table,
            "column": each.column,
            "erased": 0 if each.kept else each.number,
            "kept": each.number if each.kept else 0,
            "why": each.kept,
        }
        for each in found
    ]
