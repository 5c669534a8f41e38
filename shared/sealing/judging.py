"""Judge row versions without a leaf: made by an act or message of the service, or by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.sealing.declared import SealedTable
from shared.sealing.leaves import Leaf, Row
from shared.sealing.reading import Grounds

_XID = 2**32
ITSELF = "itself"
"""Ground of the record of an act or event."""


@dataclass(frozen=True)
class Fault:
    """A row that is not what was sealed, or that nothing explains."""

    kind: str
    key: str
    fault: str
    """`altered`, `missing`, `inserted`, or `unexplained` for a change or row without act, event or message."""
    detail: str
    written_in: int | None = None
    """Transaction that wrote the record as it is now; None for one that is gone."""


@dataclass(frozen=True)
class Marks:
    """State of the database when a checkpoint was made: the next transaction, and the last number of each record."""

    transaction: int
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Judge:
    """Facts by which rows are judged: grounds, the two latest checkpoints' marks, and the numbers given so far."""

    grounds: Grounds
    last: Marks | None
    before_last: Marks | None
    given: Mapping[str, int]
    accepted: Mapping[tuple[str, str, int], str]
    """Operations by which an operator accepted a version of a row: by kind, key and transaction."""

    def rests_on(self, table: SealedTable, row: Row, leaf: Leaf | None) -> str | Fault:
        """Return what a version without a leaf rests on, or the fault."""
        if operation := self.accepted.get((row.kind, row.key, row.written_in)):
            return operation
        if leaf is not None and table.append_only:
            return _fault(row, "altered", "the record is append-only and differs from what was sealed")
        if table.numbered:
            return self._number_fault(row) or ITSELF
        ground = self.grounds.of(row.written_in)
        if ground is None:
            word = "changed" if leaf else "inserted"
            return _fault(row, "unexplained", f"{word} without an act, event or message of the service")
        return ground

    def _number_fault(self, row: Row) -> Fault | None:
        """Return a fault for a record numbered before records that were committed when its transaction began.

        The mark of the checkpoint before the last counts: a number is drawn shortly before the transaction is numbered.
        """
        number = row.number or 0
        if number > self.given.get(row.kind, number):
            return _fault(row, "inserted", f"number {number} was never given")
        if self.last is None or self.before_last is None or self._began_before(row, self.last):
            return None
        given = self.before_last.numbers.get(row.kind, 0)
        if number <= given and (number, given) != (1, 1):  # a sequence that gave none yet shows 1 too
            return _fault(row, "inserted", f"number {number} belongs before records sealed earlier")
        return None

    @staticmethod
    def _began_before(row: Row, marks: Marks) -> bool:
        return (row.written_in - marks.transaction) % _XID >= _XID // 2


def _fault(row: Row, fault: str, detail: str) -> Fault:
    return Fault(row.kind, row.key, fault, detail, row.written_in)


def oldest_transaction(rows: Iterable[Row], newest: int) -> int:
    """Return the oldest of the rows' transactions, counted back from the newest one."""
    return newest - max(((newest - row.written_in) % _XID for row in rows), default=0)
