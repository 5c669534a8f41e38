"""Alterations of sealed tables and files by hand, as a superuser without triggers makes them."""

import json
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from shared.sealing.declared import SealedTable
from tests.world import World

_COLUMNS = """
SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""
_UNIQUE = """
SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1::regclass AND i.indisunique
"""
_CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'"
_UNSET = ("position",)
"""Columns that are empty in what is sealed."""
REFUSED = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError)


@dataclass(frozen=True)
class Altered:
    """One alteration: the kind and the keys that verifying must name."""

    how: str
    kind: str
    keys: tuple[str, ...]


class Hand:
    """Alters rows of one table on the superuser's connection, seeded."""

    def __init__(self, connection: asyncpg.Connection, table: SealedTable, chance: random.Random) -> None:
        self.connection, self.table, self.chance = connection, table, chance

    async def prepare(self) -> bool:
        """Read the table; return whether it has sealed rows."""
        kind, where = self.table.kind, self.table.where
        found = await self.connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {kind} t WHERE {where}")
        self.rows = [json.loads(row["row"], parse_float=str) for row in found]
        self.types = {row["name"]: row["type"] for row in await self.connection.fetch(_COLUMNS, kind)}
        self.unique = {row["attname"] for row in await self.connection.fetch(_UNIQUE, kind)} | set(self.table.key)
        return bool(self.rows)

    async def fill(self) -> None:
        """Insert a record of any content, once the table's checks, which no superuser is bound by, are gone."""
        for check in await self.connection.fetch(_CHECKS, self.table.kind):
            await self.connection.execute(f'ALTER TABLE {self.table.kind} DROP CONSTRAINT "{check["conname"]}"')
        await self._put({name: None if name in _UNSET else self._other({name: None}, name) for name in self.types})
        await self.prepare()

    async def alter(self, how: str) -> Altered | None:
        """Make one alteration; None where the table's own constraints refuse all that were tried."""
        for _ in range(20):
            try:
                async with self.connection.transaction():
                    altered: Altered | None = await getattr(self, f"_{how}")()
                    return altered
            except REFUSED:
                continue
        return None

    def _key(self, row: dict[str, Any]) -> str:
        return "/".join(self._shown(row[name], self.types[name]) for name in self.table.key)

    @staticmethod
    def _shown(value: Any, kind: str) -> str:
        """Return a value as PostgreSQL writes it."""
        return str(datetime.fromisoformat(value)).removesuffix(":00") if kind.startswith("timestamp") else str(value)

    async def _remove(self, row: dict[str, Any]) -> None:
        named = " AND ".join(f't."{name}" = p."{name}"' for name in self.table.key)
        await self.connection.execute(
            f"DELETE FROM {self.table.kind} t USING jsonb_populate_record(NULL::{self.table.kind}, $1) p WHERE {named}",
            json.dumps(row),
        )

    async def _put(self, row: dict[str, Any]) -> None:
        columns = ", ".join(f'"{name}"' for name in self.types)
        await self.connection.execute(
            f"INSERT INTO {self.table.kind} ({columns}) OVERRIDING SYSTEM VALUE "
            f"SELECT {columns} FROM jsonb_populate_record(NULL::{self.table.kind}, $1)",
            json.dumps(row),
        )

    async def _value(self) -> Altered:
        row = self.chance.choice(self.rows)
        name = self.chance.choice([name for name in self.table.columns if name not in self.table.key])
        await self._remove(row)
        await self._put({**row, name: self._other(row, name)})
        return Altered("value", self.table.kind, (self._key(row),))

    async def _delete(self) -> Altered:
        row = self.chance.choice(self.rows)
        await self._remove(row)
        return Altered("delete", self.table.kind, (self._key(row),))

    async def _insert(self) -> Altered:
        row = self.chance.choice(self.rows)
        row = {**row, **{name: self._other(row, name) for name in self.unique}}
        await self._put(row)
        return Altered("insert", self.table.kind, (self._key(row),))

    async def _reorder(self) -> Altered | None:
        """Swap the keys of two rows, or all that is not their key."""
        if len(self.rows) < 2:
            return None
        one, other = self.chance.sample(self.rows, 2)
        key = self.table.key
        if all(one[name] == other[name] for name in self.table.columns if name not in key):
            return None  # rows that differ by their keys alone have no order
        for row in (one, other):
            await self._remove(row)
        await self._put({**one, **{name: other[name] for name in key}})
        await self._put({**other, **{name: one[name] for name in key}})
        return Altered("reorder", self.table.kind, (self._key(one), self._key(other)))

    def _other(self, row: dict[str, Any], name: str) -> Any:
        """Return another value of the column's type."""
        value, kind, draw = row[name], self.types[name], self.chance.randrange(1, 1000)
        if kind in ("bigint", "integer", "smallint"):
            return (value or 0) + self.chance.choice((-1, 1)) * (draw % 100 + 1)
        if kind == "numeric":
            return str(round(float(value or 0) + draw / 100 + 0.01, 2))
        if kind == "boolean":
            return not value
        if kind == "uuid":
            return str(UUID(int=self.chance.getrandbits(128)))
        if kind == "date":
            return f"20{draw % 80 + 10:02}-01-02"
        if kind == "timestamp with time zone":
            return f"20{draw % 80 + 10:02}-01-02T03:{draw % 60:02}:05+00:00"
        if kind == "bytea":
            return f"\\x{draw:04}"
        if kind == "jsonb":
            return {"altered": draw}
        if kind.endswith("[]"):
            return [*(value or []), value[0] if value else self._element(kind, draw)]
        return f"{value or ''}{draw}"

    def _element(self, kind: str, draw: int) -> str:
        return "2024-01-01" if kind.startswith("date") else str(draw)


class FileHand:
    """Alters and removes stored files; `restore` brings the last one back."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.paths = sorted(path for path in (world.folder / "files" / "sha256").rglob("*") if path.is_file())
        self.chance = chance

    def alter(self, how: str) -> Altered:
        """Change one byte of a file, or remove the file."""
        self.path: Path = self.chance.choice(self.paths)
        self.content = self.path.read_bytes()
        if how == "delete":
            self.path.unlink()
        else:
            at = self.chance.randrange(len(self.content))
            changed = bytes([self.content[at] ^ (1 << self.chance.randrange(8))])
            self.path.write_bytes(self.content[:at] + changed + self.content[at + 1 :])
        return Altered(how, "file", (self.path.name,))

    def restore(self) -> None:
        """Undo the alteration."""
        self.path.write_bytes(self.content)
