"""Every fenced table: rows of another district or owner can be neither read, written, changed nor removed."""

import asyncpg
import pytest

from services import SERVICES
from tests.postgres import Server

P, Q = "91110000600037341L", "91110000802100433B"
ROWS = (("110105", P), ("110105", Q), ("110106", P), ("110000", None))
CITY = "{110105,110106,110000}"
Row = tuple[str, str | None]
"""District and owner."""
SESSIONS: dict[str, tuple[str, str, set[Row]]] = {
    "a district's office": ("{110105}", "", {("110105", P), ("110105", Q)}),
    "another district's office": ("{110106}", "", {("110106", P)}),
    "two districts' system": ("{110106,110000}", "", {("110106", P), ("110000", None)}),
    "the city's office": (CITY, "", set(ROWS)),
    "an owner": (CITY, P, {("110105", P), ("110106", P)}),
    "another owner": (CITY, Q, {("110105", Q)}),
    "nobody": ("{}", "", set()),
}
"""Districts and owner of a session, and the rows that it sees in a table fenced by both."""
_FENCED = """
SELECT c.relname AS name, count(*) FILTER (WHERE p.polname = 'own_applicant') = 1 AS by_owner
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = $1::regnamespace AND c.relrowsecurity GROUP BY 1 ORDER BY 1
"""
_COLUMNS = """
SELECT quote_ident(attname) AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
AND attname NOT IN ('district', 'applicant_uscc')
"""
_RULES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', $1::text, conname)
FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype <> 'n'
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index WHERE indrelid = $1::text::regclass AND indisunique
AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE conrelid = $1::text::regclass)
UNION ALL
SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', $1::text, attname) FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''
"""
NO_ACTOR = (asyncpg.UndefinedObjectError, asyncpg.InvalidTextRepresentationError)
"""The setting does not exist, or is empty after a transaction that had it."""
VALUES = {
    "uuid": "gen_random_uuid()",
    "jsonb": "'{}'",
    "bytea": "''",
    "date": "'2024-03-01'",
    "timestamp with time zone": "'2024-03-01'",
    "boolean": "false",
    "text": "gen_random_uuid()::text",
}


def value(kind: str, number: int) -> str:
    return VALUES.get(kind, "'{}'" if kind.endswith("[]") else str(number))


class Table:
    """A fenced table without its other rules, in a transaction that is rolled back."""

    def __init__(self, connection: asyncpg.Connection, name: str, role: str, *, by_owner: bool) -> None:
        self.connection, self.name, self.role, self.by_owner = connection, name, role, by_owner
        self.columns: list[tuple[str, str]] = []

    async def prepare(self) -> None:
        """Leave nothing but the policies in the way, and insert the rows."""
        for rule in await self.connection.fetch(_RULES, self.name):
            await self.connection.execute(rule[0])
        await self.connection.execute(f"GRANT ALL ON {self.name} TO {self.role}")
        found = await self.connection.fetch(_COLUMNS, self.name)
        self.columns = [(row["name"], row["type"]) for row in found]
        has_owner = "SELECT FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'applicant_uscc'"
        self.by_owner_column = bool(await self.connection.fetch(has_owner, self.name))
        for number, (district, owner) in enumerate(ROWS, 1):
            await self.insert(number, district, owner)

    async def insert(self, number: int, district: str, owner: str | None) -> None:
        names = [name for name, _ in self.columns] + ["district"] + ["applicant_uscc"] * self.by_owner_column
        values = [value(kind, number) for _, kind in self.columns] + [f"'{district}'"]
        values += [f"'{owner}'" if owner else "NULL"] * self.by_owner_column
        await self.connection.execute(f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({', '.join(values)})")

    def seen(self, visible: set[Row], districts: str) -> set[Row]:
        """Return the rows that a session must see: by its districts alone where the table has no fence by owner."""
        if self.by_owner:
            return visible
        return {(district, owner) for district, owner in ROWS if district in districts}

    async def check(self, who: str) -> None:
        """Compare what a session reads, and what its writes do, with the rows that it may see."""
        districts, owner, visible = SESSIONS[who]
        mine = self.seen(visible, districts)
        setting = "SELECT set_config('app.districts', $1, true), set_config('app.applicant', $2, true)"
        await self.connection.fetch(setting, districts, owner)
        names = "district, applicant_uscc" if self.by_owner_column else "district"
        read = [tuple(row) for row in await self.connection.fetch(f"SELECT {names} FROM {self.name}")]
        width = 2 if self.by_owner_column else 1
        assert sorted(map(str, read)) == sorted(str(row[:width]) for row in mine), (self.name, who)
        for act in (f"UPDATE {self.name} SET district = district", f"DELETE FROM {self.name}"):
            changed = await self.undone(act)
            assert changed == str(len(mine)), (self.name, who, act)
        for number, (district, of) in enumerate(ROWS, 5):
            if (district, of) not in mine:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    async with self.connection.transaction():
                        await self.insert(number, district, of)
        if mine and districts != CITY:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await self.undone(f"UPDATE {self.name} SET district = 'BDA'")
        if mine and owner and self.by_owner:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await self.undone(f"UPDATE {self.name} SET applicant_uscc = 'another'")

    async def undone(self, act: str) -> str:
        """Return how many rows an act changes, and undo it."""
        savepoint = self.connection.transaction()
        await savepoint.start()
        try:
            return str(await self.connection.execute(act)).split()[-1]
        finally:
            await savepoint.rollback()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_session_meets_the_fence_of_every_table(server: Server, database: str, service: str) -> None:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        await connection.execute(f"SET session_replication_role = replica; SET search_path TO {service}")
        fenced = await connection.fetch(_FENCED, service)
        assert len(fenced) > 10
        for name, by_owner in fenced:
            table = Table(connection, name, f"app_{service}", by_owner=by_owner)
            everything = connection.transaction()
            await everything.start()
            await table.prepare()
            await connection.execute(f"SET LOCAL ROLE app_{service}")
            with pytest.raises(NO_ACTOR):
                await table.undone(f"DELETE FROM {name}")
            for who in SESSIONS:
                await table.check(who)
            await everything.rollback()
    finally:
        await connection.close()
