"""Erasure of one account on a written order: names and accounts in the tables, and the salts of what is sealed.

个人信息保护法 art. 47. A sealed value goes with its salt, so that the leaf keeps its hash and proofs stay valid
(docs/audit.md). Where one value cannot go without the rest of a fact, it is kept and counted.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg

from services import load
from shared.privacy import Register
from shared.sealing.declared import SealedTable
from shared.sealing.reading import Layout, layouts, rows_by_key
from shared.sealing.sealer import IN_UTC, leaves_of, unsealed
from shared.storage.retention import ERASED

Connection = Any
KEPT_CONTENT = "a part of a fact that is sealed whole"
KEPT_OPEN = "a part of the record's key or sealed in clear"
KEPT_APART = "the record keeps people apart who are erased already"
KEPT_ACCOUNT = "a closed account stays refused"
_STANDING_FOR = (ERASED, "")
_KEY_COLUMNS = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = $1::regclass AND i.indisprimary"""
_FORGET = """
UPDATE {schema}.seal_leaf SET salts[$1] = NULL WHERE layout = $2 AND key = ANY($3::text[]) AND salts[$1] IS NOT NULL"""


class NotSealedYet(Exception):
    """A record that holds the account has a version without a leaf: erased now, it would be reported as altered."""


@dataclass(frozen=True)
class Place:
    """A column that holds accounts, and the column of the name beside it."""

    table: str
    account: str
    name: str | None = None


@dataclass(frozen=True)
class Found:
    """Records found in a place, and the reason if they were kept."""

    table: str
    column: str
    number: int
    kept: str = ""
    """Reason for which it is kept; empty: erased."""


def places(register: Register, service: str) -> list[Place]:
    """Return the plain columns with accounts of handlers; a path into JSON is a part of a fact."""
    plain = {(table, column) for table, kind, column in register.columns(service) if kind == "handler"}
    names = {(table, _account_of(column)): column for table, column in plain if column.endswith("_name")}
    accounts = sorted((table, column) for table, column in plain if not column.endswith("_name") and "." not in column)
    more = [("person", "recorded_by"), ("person", "closed_by")]
    return [Place(table, column, names.get((table, column))) for table, column in [*accounts, *more]]


def _account_of(name: str) -> str:
    """Return the column of the account to which a column of a name belongs: recorder_name names recorded_by."""
    base = name.removesuffix("_name")
    return re.sub("er$", "ed_by", base) if base == "recorder" else base


async def erase(connection: Connection, service: str, register: Register, account: str) -> list[Found]:
    """Erase an account in a transaction of a database administrator; return what was erased and what is kept.

    Triggers rest meanwhile, for they refuse every change of a record. Raises NotSealedYet, and asyncpg's
    InsufficientPrivilegeError for a login that may not do this.
    """
    await connection.execute("SET LOCAL session_replication_role = replica")
    await connection.execute(IN_UTC)
    await connection.execute(f"SET LOCAL search_path = {service}")
    sealed = load(service).seals.by_kind()
    known = [*(await layouts(connection, service)).values()]
    found = await _unsealed_records(connection, account)
    for place in places(register, service):
        table = sealed.get(f"{service}.{place.table}")
        found.append(await _Erasure(connection, service, place, account, table, known).run())
    found += await _kept(connection, service, register, account)
    return [each for each in found if each.number]


@dataclass(frozen=True)
class _Erasure:
    """Erasure of an account in one place."""

    connection: Connection
    service: str
    place: Place
    account: str
    table: SealedTable | None
    layouts: Sequence[Layout]

    async def run(self) -> Found:
        """Erase the account, with the name beside it; raises NotSealedYet."""
        name, column = self.place.table, self.place.account
        number = await self.connection.fetchval(f"SELECT count(*) FROM {name} WHERE {column} = $1", self.account)
        own = [layout for layout in self.layouts if self.table is not None and layout.kind == self.table.kind]
        in_clear = any(column in layout.columns and column not in layout.personal for layout in own)
        if number and (in_clear or column in await self._key()):
            return Found(name, column, number, KEPT_OPEN)
        keys = await self._sealed_keys(own) if number else []
        if number and not await self._overwritten():
            return Found(name, column, number, KEPT_APART)
        await self._forget_salts(own, keys)
        return Found(name, column, number)

    async def _key(self) -> set[str]:
        return {row[0] for row in await self.connection.fetch(_KEY_COLUMNS, f"{self.service}.{self.place.table}")}

    @property
    def _columns(self) -> list[str]:
        return [each for each in (self.place.account, self.place.name) if each is not None]

    async def _sealed_keys(self, own: Sequence[Layout]) -> list[str]:
        """Return the keys of the records under a seal. Raises NotSealedYet."""
        if self.table is None:
            return []
        key = " || '/' || ".join(f"{name}::text" for name in self.table.key)
        query = f"SELECT {key} FROM {self.place.table} WHERE {self.place.account} = $1"
        keys = [row[0] for row in await self.connection.fetch(query, self.account)]
        await self._expect_sealed(self.table, own, keys)
        return keys

    async def _expect_sealed(self, table: SealedTable, own: Sequence[Layout], keys: Sequence[str]) -> None:
        wanted = (table.columns, table.personal)
        newest = next((each for each in own if (each.columns, each.personal) == wanted), None)
        if newest is None:
            raise NotSealedYet(table.kind)
        by_id = {layout.id: layout for layout in self.layouts}
        rows = await rows_by_key(self.connection, table, newest, keys)
        leaves = await leaves_of(self.connection, self.service, by_id, table.kind, rows)
        if left := await unsealed(self.connection, by_id, table, rows, leaves):
            raise NotSealedYet(f"{table.kind} {left[0][0].key}")

    async def _forget_salts(self, own: Sequence[Layout], keys: Sequence[str]) -> None:
        """Forget the salts of the values in all versions of the records."""
        for layout in own:
            for column in set(self._columns) & set(layout.personal):
                position = layout.personal.index(column) + 1
                await self.connection.execute(_FORGET.format(schema=self.service), position, layout.id, keys)

    async def _overwritten(self) -> bool:
        """Write one of the values that stand for an erased one; an empty one where two erased people stand apart."""
        changed = ", ".join(f"{column} = $2" for column in self._columns)
        statement = f"UPDATE {self.place.table} SET {changed} WHERE {self.place.account} = $1"
        for value in _STANDING_FOR:
            with suppress(asyncpg.IntegrityConstraintViolationError):
                async with self.connection.transaction():
                    await self.connection.execute(statement, self.account, value)
                return True
        return False


_STATEMENTS = {
    ("person", "name"): """
        UPDATE person SET name = $2, uscc = NULL, closed_reason = CASE WHEN closed_reason IS NOT NULL THEN $2 END
        WHERE subject = $1 AND name <> $2""",
    ("agent", "name"): """
        UPDATE agent SET name = $2, reason = $2, withdrawn_reason = CASE WHEN withdrawn_reason IS NOT NULL THEN $2 END
        WHERE subject = $1""",
    ("idempotency_key", "body"): "DELETE FROM idempotency_key WHERE tenant = $1 AND $2 <> ''",
    ("stream_ticket", "actor"): "DELETE FROM stream_ticket WHERE actor ->> 'subject' = $1 AND $2 <> ''",
}
"""Erasure in records of the account that no seal covers, by what goes."""
_FACTS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = $1 AND data_type IN ('jsonb', 'bytea') ORDER BY 1, 2"""
_FACT_KINDS = ("content", "words", "handler")


async def _unsealed_records(connection: Connection, account: str) -> list[Found]:
    found = []
    for (table, column), statement in _STATEMENTS.items():
        done = await connection.execute(statement, account, ERASED)
        found.append(Found(table, column, int(done.rsplit(" ", 1)[1])))
    kept = await connection.fetchval("SELECT count(*) FROM person WHERE subject = $1", account)
    return [*found, Found("person", "subject", kept, KEPT_ACCOUNT)]


async def _kept(connection: Connection, service: str, register: Register, account: str) -> list[Found]:
    """Count the records that name the account inside of a fact: events, details of acts, JSON columns."""
    columns = ((table, column) for table, kind, column in register.columns(service) if kind in _FACT_KINDS)
    listed = {(table, column.split(".", 1)[0]) for table, column in columns}
    found = []
    for table, column, form in await connection.fetch(_FACTS, service):
        if (table, column) in listed:
            has = f"strpos({column}::text, $1)" if form == "jsonb" else f"position(convert_to($1, 'UTF8') IN {column})"
            number = await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {has} > 0", f'"{account}"')
            found.append(Found(table, column, number, KEPT_CONTENT))
    return found
