"""Proofs from the stored leaves: roots of subtrees, with complete blocks of leaves remembered per process."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.errors import DomainError, NotFound
from shared.sealing.declared import SealedTable
from shared.sealing.leaves import Leaf, content, matches
from shared.sealing.merkle import Span, consistency_spans, inclusion_spans, root_of
from shared.sealing.reading import Connection, Layout, last_leaves, layouts, rows_by_key
from shared.sealing.sealer import IN_UTC

_BLOCK = 256
"""Leaves per remembered root: a proof in a tree of a million leaves reads some hundred rows."""
_HASHES = "SELECT hash FROM {schema}.seal_leaf WHERE tree_index >= $1 AND tree_index < $2 ORDER BY tree_index"
_HEAD = "SELECT size, note FROM {schema}.seal_checkpoint ORDER BY size DESC LIMIT 1"


@dataclass
class Subtrees:
    """Roots of the subtrees of one service's tree. Complete blocks never change, so their roots are remembered."""

    schema: str
    blocks: list[bytes] = field(default_factory=list)

    async def roots(self, connection: Connection, spans: Sequence[Span]) -> list[bytes]:
        """Return the root of each subtree."""
        return [await self._root(connection, begin, end) for begin, end in spans]

    async def _root(self, connection: Connection, begin: int, end: int) -> bytes:
        whole = end // _BLOCK if begin % _BLOCK == 0 else 0
        if whole <= begin // _BLOCK:
            return root_of(await self._hashes(connection, begin, end))
        await self._remember(connection, whole)
        parts = self.blocks[begin // _BLOCK : whole]
        if rest := await self._hashes(connection, whole * _BLOCK, end):
            parts = [*parts, root_of(rest)]
        return root_of(parts)

    async def _remember(self, connection: Connection, whole: int) -> None:
        while (known := len(self.blocks)) < whole:
            until = min(whole, known + 64)
            hashes = await self._hashes(connection, known * _BLOCK, until * _BLOCK)
            self.blocks += [root_of(hashes[at : at + _BLOCK]) for at in range(0, len(hashes), _BLOCK)]

    async def _hashes(self, connection: Connection, begin: int, end: int) -> list[bytes]:
        found = await connection.fetch(_HASHES.format(schema=self.schema), begin, end)
        return [row["hash"] for row in found]


@dataclass(frozen=True)
class Proof:
    """The proof that a version of a record is in the tree of a signed checkpoint."""

    content: str
    index: int
    path: tuple[str, ...]
    checkpoint: str
    salts: dict[str, str | None]
    """Salts by personal column, in hex: with a salt, the digest in `content` can be checked against the value."""


class NotSealed(DomainError):
    """The present version of the record is not sealed yet."""

    status, code, title = 409, "not_sealed", "尚未封存"


async def prove(connection: Connection, subtrees: Subtrees, table: SealedTable, key: str) -> Proof:
    """Return the inclusion proof of a record's present version, as far as the connection's role sees the record.

    Raises NotFound for a record that it does not see, NotSealed for a version that has no leaf.
    """
    await connection.execute(IN_UTC)
    known = {id: each for id, each in (await layouts(connection, subtrees.schema)).items() if each.kind == table.kind}
    leaf = (await last_leaves(connection, subtrees.schema, known, [key])).get(key)
    layout = known[leaf.layout] if leaf else Layout(0, table.kind, table.columns, table.personal)
    seen = await rows_by_key(connection, table, layout, [key])
    if not seen:
        raise NotFound()
    head = await connection.fetchrow(_HEAD.format(schema=subtrees.schema))
    if leaf is None or not matches(seen[0], layout.personal, leaf):
        raise NotSealed("该记录的现行内容尚未封存，封存在写入后一分钟内完成，请稍后重试")
    roots = await subtrees.roots(connection, inclusion_spans(leaf.index, head["size"]))
    return Proof(
        content(seen[0], layout.personal, leaf.digests, leaf.rests_on).decode(),
        leaf.index,
        tuple(b64encode(root).decode() for root in roots),
        head["note"],
        _salts(layout.personal, leaf),
    )


def _salts(names: Sequence[str], leaf: Leaf) -> dict[str, str | None]:
    return {name: salt.hex() if salt else None for name, salt in zip(names, leaf.salts, strict=True)}


async def consistency(connection: Connection, subtrees: Subtrees, old_size: int, size: int) -> list[bytes]:
    """Return the proof that the tree of `size` leaves begins with the tree of `old_size`."""
    return await subtrees.roots(connection, consistency_spans(old_size, size))
