"""The database part of a backup: pg_dump and pg_restore of the services' schemas, and the counts that check them."""

import asyncio
import os
from collections.abc import Iterable
from typing import IO, Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.backup.archive import ArchiveError, chunks_of
from deploy.local.postgres_site import wheel_programs
from shared.settings import Settings

_COUNTED = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY (:schemas) ORDER BY 1
"""


async def dump(settings: Settings, snapshot: str, schemas: Iterable[str], into: IO[bytes]) -> None:
    """Write a dump (pg_dump's custom format) of the schemas as of an exported snapshot. Raises ArchiveError."""
    chosen = [f"--schema={schema}" for schema in schemas]
    process = await _client(settings, "pg_dump", "--format=custom", f"--snapshot={snapshot}", *chosen, stdout=into)
    await _succeeded(process, "pg_dump")


async def load(settings: Settings, content: IO[bytes]) -> None:
    """Restore a dump in one transaction: all of it or nothing. Raises ArchiveError."""
    process = await _client(
        settings, "pg_restore", "--single-transaction", "--exit-on-error", stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        for chunk in chunks_of(content):
            process.stdin.write(chunk)
            await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # pg_restore ended; its own message says why
    except asyncio.CancelledError:
        await _killed(process)
        raise
    await _succeeded(process, "pg_restore")


async def counts(connection: AsyncConnection, schemas: Iterable[str]) -> dict[str, int]:
    """Return the number of rows of every table."""
    tables = (await connection.scalars(text(_COUNTED), {"schemas": list(schemas)})).all()
    return {str(table): int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in tables}


async def present_schemas(connection: AsyncConnection, schemas: Iterable[str]) -> list[str]:
    """Return those of the schemas that the database has."""
    query = text("SELECT nspname FROM pg_namespace WHERE nspname = ANY (:schemas) ORDER BY 1")
    return list((await connection.scalars(query, {"schemas": list(schemas)})).all())


async def _client(
    settings: Settings, program: str, *arguments: str, stdin: Any = asyncio.subprocess.DEVNULL, stdout: Any = None
) -> asyncio.subprocess.Process:
    url = settings.admin_url().set(drivername="postgresql")
    password = str(url.password or "")  # by the environment: arguments are visible to every user of the machine
    target = url._replace(password=None).render_as_string()
    return await asyncio.create_subprocess_exec(
        wheel_programs() / program, "--no-password", f"--dbname={target}", *arguments,
        env={**os.environ, "PGPASSWORD": password, "LC_ALL": "C"},
        stdin=stdin, stdout=stdout or asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in a terminal goes to every process in front
    )  # fmt: skip


async def _succeeded(process: asyncio.subprocess.Process, program: str) -> None:
    assert process.stderr is not None
    try:
        errors = await process.stderr.read()
        code = await process.wait()
    except asyncio.CancelledError:
        await _killed(process)
        raise
    if code:
        lines = errors.decode(errors="replace").strip().splitlines() or [f"exit code {code}"]
        raise ArchiveError(f"{program} failed: {lines[0]}")


async def _killed(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
