"""Reads of the sealed tables: rows as leaves need them, the leaves, and what each transaction rests on."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.sealing.declared import SealedTable
from shared.sealing.leaves import Leaf, Row

Connection = Any
"""An asyncpg connection in a transaction of one snapshot."""
CHUNK = 2000
_XID = 2**32
_LEAVES = """
SELECT DISTINCT ON (key) tree_index, layout, key, hash, rests_on, salts, digests
FROM {schema}.seal_leaf WHERE layout = ANY($1::smallint[]) AND key = ANY($2::text[]) ORDER BY key, tree_index DESC
"""
_LAST_LEAVES = """
SELECT DISTINCT ON (layout, key) tree_index, layout, key, hash, rests_on, salts, digests
FROM {schema}.seal_leaf ORDER BY layout, key, tree_index DESC
"""
# Every version of a row names its transaction in xmin; placing an event writes it again, hence the column.
_RESTS = """
SELECT mod(coalesce(p.written_in, w.written_in), {modulus}) AS written_in, w.rests_on, w.part FROM (
    SELECT xmin::text::bigint AS written_in, 'act/' || id AS rests_on, 1 AS part FROM {schema}.act
    WHERE age(xmin) <= $1
    UNION ALL SELECT xmin::text::bigint, 'operation/' || id, 2 FROM {schema}.operation WHERE age(xmin) <= $1
    UNION ALL SELECT written_in, 'event_log/' || id, 3 FROM {schema}.event_log
    WHERE written_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint - $1
    UNION ALL SELECT xmin::text::bigint, 'message/' || event_id, 4 FROM {schema}.inbox WHERE age(xmin) <= $1
    UNION ALL SELECT xmin::text::bigint, 'message/' || id, 5 FROM {schema}.dead_letter WHERE age(xmin) <= $1
) AS w LEFT JOIN {schema}.transaction_part AS p ON p.xmin::text::bigint = w.written_in
ORDER BY part DESC
"""
_PARTS = "SELECT xmin::text::bigint AS part, written_in FROM {schema}.transaction_part"


@dataclass(frozen=True)
class Layout:
    """The columns by which leaves of a kind were made."""

    id: int
    kind: str
    columns: tuple[str, ...]
    personal: tuple[str, ...]


async def layouts(connection: Connection, schema: str) -> dict[int, Layout]:
    """Return the layouts of a service by id."""
    rows = await connection.fetch(f"SELECT id, kind, columns, personal FROM {schema}.seal_layout ORDER BY id")
    return {row["id"]: Layout(row["id"], row["kind"], tuple(row["columns"]), tuple(row["personal"])) for row in rows}


def _query(table: SealedTable, layout: Layout) -> str:
    shown = [name for name in layout.columns if name not in layout.personal]
    parts = ", ".join(f"{_shown(table, name)} AS {_quoted(name)}" for name in shown)
    personal = ", ".join(f"({_shown(table, name)})::text" for name in layout.personal)
    return (
        f"SELECT {_key(table)} AS key, t.xmin::text::bigint AS written_in, to_jsonb(r)::text AS body, "
        f"ARRAY[{personal}]::text[] AS personal, {'t.id' if table.numbered else 'NULL'}::bigint AS number "
        f"FROM {table.kind} AS t CROSS JOIN LATERAL (SELECT {parts}) AS r WHERE ({table.where})"
    )


def _key(table: SealedTable) -> str:
    return " || '/' || ".join(f"t.{_quoted(name)}::text" for name in table.key)


def _shown(table: SealedTable, name: str) -> str:
    column = f"t.{_quoted(name)}"
    return f"encode(sha256({column}), 'hex')" if name in table.digested else column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def rows(
    connection: Connection, table: SealedTable, layout: Layout, since: int | None = None
) -> AsyncIterator[list[Row]]:
    """Yield the rows of a table in chunks; with `since`, those written by that transaction or later ones."""
    query = _query(table, layout)
    if since is not None:
        query += f" AND age(t.xmin) <= age('{since % _XID}'::xid)"
    cursor = await connection.cursor(query)
    while found := await cursor.fetch(CHUNK):
        yield [_row(table.kind, each) for each in found]


async def rows_by_key(connection: Connection, table: SealedTable, layout: Layout, keys: Sequence[str]) -> list[Row]:
    """Return the rows with these keys by another layout."""
    found = await connection.fetch(f"{_query(table, layout)} AND {_key(table)} = ANY($1::text[])", keys)
    return [_row(table.kind, each) for each in found]


def _row(kind: str, row: Any) -> Row:
    return Row(kind, row["key"], row["body"], tuple(row["personal"]), row["written_in"], row["number"])


def leaf_of(row: Any) -> Leaf:
    """Return a leaf of its stored row."""
    return Leaf(
        row["tree_index"], row["layout"], row["key"], row["hash"], row["rests_on"],
        tuple(row["salts"]), tuple(row["digests"]),
    )  # fmt: skip


async def last_leaves(
    connection: Connection, schema: str, of_kind: Iterable[int], keys: Sequence[str]
) -> dict[str, Leaf]:
    """Return the newest leaf of each key."""
    found = await connection.fetch(_LEAVES.format(schema=schema), list(of_kind), keys)
    return {row["key"]: leaf_of(row) for row in found}


async def all_last_leaves(connection: Connection, schema: str) -> list[Leaf]:
    """Return the newest leaf of every key and layout."""
    return [leaf_of(row) for row in await connection.fetch(_LAST_LEAVES.format(schema=schema))]


class Grounds:
    """Grounds of transactions: an act, an operator's operation, an event or a received message written in them."""

    def __init__(self, found: dict[int, str], parts: dict[int, int]) -> None:
        self._found, self._parts = found, parts

    def of(self, written_in: int) -> str | None:
        """Return what the transaction rests on; None for a change by hand."""
        return self._found.get(self._parts.get(written_in, written_in))


async def grounds(connection: Connection, schema: str, oldest: int) -> Grounds:
    """Return the grounds of all transactions from the oldest on."""
    age = await connection.fetchval("SELECT age(($1::text)::xid)", str(oldest % _XID))
    found = await connection.fetch(_RESTS.format(schema=schema, modulus=_XID), age)
    parts = await connection.fetch(_PARTS.format(schema=schema))
    return Grounds(
        {row["written_in"]: row["rests_on"] for row in found},
        {row["part"]: row["written_in"] % _XID for row in parts},
    )
