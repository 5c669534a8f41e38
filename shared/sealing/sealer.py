"""Seal what was committed: off the write path, in one transaction of one snapshot, one process at a time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.sealing.declared import SealedTable, Seals
from shared.sealing.judging import Fault, Judge, Marks, oldest_transaction
from shared.sealing.leaves import Leaf, Row, digests_of, fresh_salts, hash_of, matches
from shared.sealing.merkle import CompactRange
from shared.sealing.note import Checkpoint, SigningKey
from shared.sealing.reading import Connection, Layout, grounds, last_leaves, layouts, rows, rows_by_key

GENESIS = "genesis"
"""Ground of rows that were there when sealing of their table began."""
_HEAD = "SELECT size, root, subtrees, note FROM {schema}.seal_checkpoint ORDER BY size DESC LIMIT 2"
_NEW_LAYOUT = """
INSERT INTO {schema}.seal_layout (kind, columns, personal) VALUES ($1, $2, $3)
ON CONFLICT (kind, columns, personal) DO NOTHING
"""
_ACCEPTED = """
SELECT 'operation/' || id AS operation, (detail -> 'rows')::text AS rows FROM {schema}.operation
WHERE command = 'audit accept' AND outcome = 'done'
"""
_CHECKPOINT = "INSERT INTO {schema}.seal_checkpoint (size, root, subtrees, note, at) VALUES ($1, $2, $3, $4, $5)"
_COLUMNS = ("tree_index", "layout", "key", "hash", "rests_on", "salts", "digests")
IN_UTC = "SET LOCAL timezone TO 'UTC'"
"""Moments enter a leaf as the session shows them."""
_SNAPSHOT = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
"""


class BrokenTree(Exception):
    """The stored state of the tree is not what its checkpoint says: nothing is sealed on top of it."""


@dataclass
class Sealed:
    """The outcome of one pass."""

    leaves: int = 0
    faults: list[Fault] = field(default_factory=list)
    next_since: int = 0
    """The oldest transaction that was under way: the next pass reads what it and later ones wrote."""
    size: int = 0


@dataclass
class Pass:
    """One pass over the tables of a service."""

    connection: Connection
    schema: str
    seals: Seals
    key: SigningKey
    at: datetime
    since: int | None
    """Read rows of this transaction and later ones; None: all rows."""

    async def run(self) -> Sealed:
        """Seal every new version that is explained, and sign a checkpoint. Raises BrokenTree."""
        self.done = Sealed()
        await self.connection.execute(IN_UTC)
        state = await self.connection.fetchrow(_SNAPSHOT)
        self.next_transaction, self.done.next_since = state["next"], state["oldest"]
        self.tree, self.marks = await self._head()
        self.layouts, began = await self._layouts()
        self.given = await given_numbers(self.connection, self.seals)
        for table in sorted(self.seals.tables, key=lambda table: table.numbered):
            async for chunk in rows(self.connection, table, self._newest(table.kind), self.since):
                await self._seal(table, chunk, genesis=table.kind in began)
        self.done.size = self.tree.size
        if self.done.leaves:
            await self._sign()
        await self.connection.execute(
            f"DELETE FROM {self.schema}.transaction_part WHERE age(xmin) > age('{state['oldest'] % 2**32}'::xid)"
        )
        return self.done

    async def _head(self) -> tuple[CompactRange, list[Marks]]:
        found = await self.connection.fetch(_HEAD.format(schema=self.schema))
        if not found:
            return CompactRange(), []
        head = found[0]
        tree = CompactRange(head["size"], head["subtrees"])
        if tree.root() != head["root"]:
            raise BrokenTree(f"{self.schema}: the subtrees of checkpoint {head['size']} do not give its root")
        return tree, [marks_of(row["note"]) for row in found]

    async def _layouts(self) -> tuple[dict[int, Layout], set[str]]:
        """Return all layouts, the declared ones included, and the kinds whose first layout this is."""
        known = {layout.kind for layout in (await layouts(self.connection, self.schema)).values()}
        for table in self.seals.tables:
            await self.connection.execute(
                _NEW_LAYOUT.format(schema=self.schema), table.kind, list(table.columns), list(table.personal)
            )
        return await layouts(self.connection, self.schema), {table.kind for table in self.seals.tables} - known

    def _newest(self, kind: str) -> Layout:
        table = self.seals.by_kind()[kind]
        wanted = (kind, table.columns, table.personal)
        return next(each for each in self.layouts.values() if (each.kind, each.columns, each.personal) == wanted)

    async def _seal(self, table: SealedTable, chunk: Sequence[Row], *, genesis: bool) -> None:
        fresh = await self._without_leaf(table, chunk)
        if not fresh:
            return
        if genesis:
            await self._append(table, [(row, GENESIS) for row, _ in fresh])
            return
        judge = await self._judge([row for row, _ in fresh])
        judged = [(row, judge.rests_on(table, row, leaf)) for row, leaf in fresh]
        self.done.faults += [verdict for _, verdict in judged if isinstance(verdict, Fault)]
        await self._append(table, [(row, verdict) for row, verdict in judged if isinstance(verdict, str)])

    async def _without_leaf(self, table: SealedTable, chunk: Sequence[Row]) -> list[tuple[Row, Leaf | None]]:
        """Return the rows whose present version has no leaf, each with the leaf of its last sealed version."""
        leaves = await leaves_of(self.connection, self.schema, self.layouts, table.kind, chunk)
        return await unsealed(self.connection, self.layouts, table, chunk, leaves)

    async def _judge(self, fresh: Sequence[Row]) -> Judge:
        oldest = oldest_transaction(fresh, self.next_transaction)
        return await judge(self.connection, self.schema, oldest, self.marks, self.given)

    async def _append(self, table: SealedTable, explained: Iterable[tuple[Row, str]]) -> None:
        layout = self._newest(table.kind)
        records = []
        for row, rests_on in explained:
            salts = fresh_salts(row)
            digests = digests_of(row, salts)
            hashed = hash_of(row, layout.personal, digests, rests_on)
            records.append((self.tree.size, layout.id, row.key, hashed, rests_on, list(salts), list(digests)))
            self.tree.append(hashed)
        await self.connection.copy_records_to_table(
            "seal_leaf", schema_name=self.schema, columns=_COLUMNS, records=records
        )
        self.done.leaves += len(records)

    async def _sign(self) -> None:
        marks = {"transaction": self.next_transaction, **self.given}
        extra = (f"at {self.at.isoformat()}", f"marks {json.dumps(marks, separators=(',', ':'), sort_keys=True)}")
        checkpoint = Checkpoint(self.key.name, self.tree.size, self.tree.root(), extra)
        await self.connection.execute(
            _CHECKPOINT.format(schema=self.schema),
            checkpoint.size, checkpoint.root, self.tree.roots, self.key.sign(checkpoint.text()), self.at,
        )  # fmt: skip


async def leaves_of(
    connection: Connection, schema: str, known: dict[int, Layout], kind: str, chunk: Sequence[Row]
) -> dict[str, Leaf]:
    """Return the newest leaf of each row."""
    of_kind = [layout.id for layout in known.values() if layout.kind == kind]
    return await last_leaves(connection, schema, of_kind, [row.key for row in chunk])


async def unsealed(
    connection: Connection,
    known: dict[int, Layout],
    table: SealedTable,
    chunk: Sequence[Row],
    leaves: dict[str, Leaf],
) -> list[tuple[Row, Leaf | None]]:
    """Return the rows that have no leaf or differ from it; a leaf is compared by the columns of its own layout."""
    newest = (table.columns, table.personal)
    older: dict[int, list[str]] = {}
    for leaf in leaves.values():
        if (known[leaf.layout].columns, known[leaf.layout].personal) != newest:
            older.setdefault(leaf.layout, []).append(leaf.key)
    as_sealed = {row.key: row for row in chunk}
    for layout, keys in older.items():
        as_sealed |= {row.key: row for row in await rows_by_key(connection, table, known[layout], keys)}
    paired = [(row, leaves.get(row.key)) for row in chunk]
    return [
        (row, leaf)
        for row, leaf in paired
        if leaf is None or not matches(as_sealed[row.key], known[leaf.layout].personal, leaf)
    ]


async def judge(
    connection: Connection, schema: str, oldest: int, marks: Sequence[Marks], given: dict[str, int]
) -> Judge:
    """Return what is needed to judge the versions that the oldest and later transactions wrote."""
    accepted = {
        (kind, key, written_in): row["operation"]
        for row in await connection.fetch(_ACCEPTED.format(schema=schema))
        for kind, key, written_in in json.loads(row["rows"] or "[]")
    }
    last, before_last = (*marks, None, None)[:2]
    return Judge(await grounds(connection, schema, oldest), last, before_last, given, accepted)


async def given_numbers(connection: Connection, seals: Seals) -> dict[str, int]:
    """Return the last number that was given in each table of numbered records."""
    return {
        table.kind: await connection.fetchval(f"SELECT last_value FROM {table.kind}_id_seq")
        for table in seals.tables
        if table.numbered
    }


def marks_of(note: str) -> Marks:
    """Return the marks in the text of a checkpoint. Raises BrokenTree."""
    try:
        line = next(line for line in note.split("\n") if line.startswith("marks "))
        numbers: dict[str, int] = json.loads(line.removeprefix("marks "))
        return Marks(numbers.pop("transaction"), numbers)
    except (StopIteration, ValueError, KeyError) as error:
        raise BrokenTree("a stored checkpoint has no marks") from error
