"""Verify records, leaves and checkpoints of one service against each other and against checkpoints held elsewhere."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.sealing.declared import SealedTable, Seals
from shared.sealing.judging import Fault, Judge, oldest_transaction
from shared.sealing.leaves import Leaf, Row
from shared.sealing.merkle import EMPTY_ROOT, CompactRange
from shared.sealing.note import Checkpoint, Keys, NotSigned, UnreadableNote, open_checkpoint
from shared.sealing.reading import Connection, Layout, all_last_leaves, layouts, rows
from shared.sealing.sealer import IN_UTC, given_numbers, judge, marks_of, unsealed
from shared.storage.files import FileStore

_CHUNK = 10_000
_CHECKPOINTS = "SELECT size, root, note FROM {schema}.seal_checkpoint ORDER BY size"
_LEAVES = "SELECT tree_index, hash FROM {schema}.seal_leaf ORDER BY tree_index"
_OF_BATCH = """
SELECT l.kind || ' ' || s.key AS named FROM {schema}.seal_leaf s JOIN {schema}.seal_layout l ON l.id = s.layout
WHERE s.tree_index >= $1 AND s.tree_index < $2 ORDER BY s.tree_index LIMIT 5
"""
_NEXT = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Held:
    """A checkpoint as somebody holds it: the service's own table, another service, or an exported file."""

    holder: str
    note: str


@dataclass
class Report:
    """Counts of a verification, and every fault with the size of the first checkpoint that covers the record."""

    leaves: int = 0
    records: int = 0
    pending: int = 0
    """Versions that an act, event or message explains and that are not sealed yet."""
    checkpoints: int = 0
    files: int = 0
    faults: list[tuple[Fault, int | None]] = field(default_factory=list)


@dataclass
class Verification:
    """One verification in a transaction of one snapshot."""

    connection: Connection
    schema: str
    seals: Seals
    keys: Keys
    held: Sequence[Held] = ()
    """Checkpoints of this service that others hold."""
    store: FileStore | None = None
    """The store of uploaded files; None leaves them unread."""

    async def run(self) -> Report:
        """Return what was found."""
        self.report = Report()
        await self.connection.execute(IN_UTC)
        self.own = await self.connection.fetch(_CHECKPOINTS.format(schema=self.schema))
        self.sizes = [row["size"] for row in self.own]
        await self._check_tree()
        await self._check_records()
        await self._check_files()
        return self.report

    def _fault(self, fault: Fault, index: int | None = None) -> None:
        """Record a fault; `index` is the place of its leaf in the tree."""
        place = None if index is None else bisect_right(self.sizes, index)
        self.report.faults.append((fault, None if place is None or place >= len(self.sizes) else self.sizes[place]))

    async def _check_tree(self) -> None:
        own = [Held("the service itself", row["note"]) for row in self.own]
        opened = [each for held in (*own, *self.held) if (each := self._opened(held))]
        self.signed_notes = [row["note"] for row in self.own if self._is_signed(row["note"])]
        roots, size = await self._roots({checkpoint.size for _, checkpoint in opened} | {0})
        self.report.leaves, self.report.checkpoints = size, len(opened)
        if size != (self.sizes[-1] if self.sizes else 0):
            self._fault(
                Fault("seal_leaf", str(size), "missing", f"the newest checkpoint counts {self.sizes[-1:]} leaves")
            )
        for row in self.own:
            if (row["size"], row["root"]) not in {(each.size, each.root) for _, each in opened}:
                self._fault(Fault("seal_checkpoint", str(row["size"]), "altered", "the row is not what its note says"))
        for holder in dict.fromkeys(holder for holder, _ in opened):
            await self._compare(holder, [each for name, each in opened if name == holder], roots)

    def _opened(self, held: Held) -> tuple[str, Checkpoint] | None:
        """Return the checkpoint if its signature holds; record a fault otherwise."""
        try:
            return held.holder, open_checkpoint(held.note, self.keys)
        except (UnreadableNote, NotSigned) as error:
            size = held.note.split("\n")[1:2]
            self._fault(Fault("seal_checkpoint", "".join(size), "altered", f"held by {held.holder}: {error}"))
            return None

    def _is_signed(self, note: str) -> bool:
        try:
            return bool(open_checkpoint(note, self.keys))
        except ValueError:
            return False

    async def _roots(self, sizes: set[int]) -> tuple[dict[int, bytes], int]:
        """Return the roots of the stored leaves at these sizes, and the number of leaves up to the first gap."""
        tree, roots = CompactRange(), {0: EMPTY_ROOT}
        cursor = await self.connection.cursor(_LEAVES.format(schema=self.schema))
        while chunk := await cursor.fetch(_CHUNK):
            for row in chunk:
                if row["tree_index"] != tree.size:
                    self._fault(Fault("seal_leaf", str(tree.size), "missing", "a leaf was removed"), tree.size)
                    return roots, tree.size
                tree.append(row["hash"])
                if tree.size in sizes:
                    roots[tree.size] = tree.root()
        return roots, tree.size

    async def _compare(self, holder: str, checkpoints: Iterable[Checkpoint], roots: dict[int, bytes]) -> None:
        """Record the first checkpoint of a holder that the leaves contradict."""
        before = 0
        for checkpoint in sorted(checkpoints, key=lambda each: each.size):
            if roots.get(checkpoint.size) != checkpoint.root:
                named = await self.connection.fetch(_OF_BATCH.format(schema=self.schema), before, checkpoint.size)
                records = ", ".join(row["named"] for row in named)
                detail = (
                    f"checkpoint {checkpoint.size} held by {holder} contradicts the leaves from {before} on: {records}"
                )
                self._fault(Fault("seal_leaf", f"{before}-{checkpoint.size - 1}", "altered", detail), before)
                return
            before = checkpoint.size

    async def _check_records(self) -> None:
        self.layouts = await layouts(self.connection, self.schema)
        self.given = await given_numbers(self.connection, self.seals)
        self.next = await self.connection.fetchval(_NEXT)
        by_kind: dict[str, dict[str, Leaf]] = {table.kind: {} for table in self.seals.tables}
        for leaf in sorted(await all_last_leaves(self.connection, self.schema), key=lambda leaf: leaf.index):
            by_kind.setdefault(self.layouts[leaf.layout].kind, {})[leaf.key] = leaf
        for table in self.seals.tables:
            await self._check_table(table, by_kind[table.kind])

    async def _check_table(self, table: SealedTable, leaves: dict[str, Leaf]) -> None:
        layout = Layout(0, table.kind, table.columns, table.personal)
        seen: Counter[str] = Counter()
        async for chunk in rows(self.connection, table, layout):
            seen.update(row.key for row in chunk)
            fresh = await unsealed(self.connection, self.layouts, table, chunk, leaves)
            if fresh:
                await self._judge(table, fresh)
        self.report.records += seen.total()
        for key, leaf in leaves.items():
            if not seen[key]:
                self._fault(Fault(table.kind, key, "missing", "the record was removed"), leaf.index)
        for key, times in seen.items():
            if times > 1:
                self._fault(Fault(table.kind, key, "inserted", f"there are {times} records of one key"))

    async def _check_files(self) -> None:
        """Hash every stored file again that a record names."""
        for kind in self.seals.files if self.store else ():
            for row in await self.connection.fetch(f"SELECT DISTINCT sha256 FROM {kind} ORDER BY 1"):
                assert self.store is not None
                intact = await self.store.is_intact(row["sha256"])
                self.report.files += 1
                if not intact:
                    fault = "missing" if intact is None else "altered"
                    self._fault(Fault("file", row["sha256"], fault, f"the content of a file that {kind} names"))

    async def _judge(self, table: SealedTable, fresh: Sequence[tuple[Row, Leaf | None]]) -> None:
        judged_by = await self._judge_since(oldest_transaction([row for row, _ in fresh], self.next))
        for row, leaf in fresh:
            verdict = judged_by.rests_on(table, row, leaf)
            if isinstance(verdict, Fault):
                self._fault(verdict, leaf.index if leaf else None)
            else:
                self.report.pending += 1

    async def _judge_since(self, oldest: int) -> Judge:
        """Return the judge of transactions from the oldest on, by marks of checkpoints whose signature holds."""
        marks = [marks_of(note) for note in reversed(self.signed_notes[-2:])]
        return await judge(self.connection, self.schema, oldest, marks, self.given)
