"""Merkle trees as RFC 9162 (section 2.1) defines them: hashes, compact ranges, inclusion and consistency proofs."""

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf. The prefix keeps a leaf from being taken for a node."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The roots of the largest complete subtrees of a tree, from left to right: all that appending needs."""

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        """Raise ValueError when the number of roots does not fit the size."""
        self.size, self.roots = size, list(roots)
        if len(self.roots) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees, not {len(self.roots)}")

    def append(self, hashed: bytes) -> None:
        """Append a leaf by its hash, and join the subtrees that become complete."""
        size = self.size
        while size & 1:
            hashed = node_hash(self.roots.pop(), hashed)
            size >>= 1
        self.roots.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.roots:
            return EMPTY_ROOT
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over leaf hashes."""
    tree = CompactRange()
    for hashed in hashes:
        tree.append(hashed)
    return tree.root()


Span = tuple[int, int]
"""Leaves from the first number up to, not including, the second; a subtree of the tree."""


def inclusion_spans(index: int, size: int, begin: int = 0) -> list[Span]:
    """Return the subtrees whose roots prove that the leaf at `index` is in the tree. RFC 9162 §2.1.3.1"""
    if size == 1:
        return []
    split = _split(size)
    if index < split:
        return [*inclusion_spans(index, split, begin), (begin + split, begin + size)]
    return [*inclusion_spans(index - split, size - split, begin + split), (begin, begin + split)]


def root_by_inclusion(index: int, size: int, hashed: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf and its proof lead to. Raises ValueError for a malformed proof. RFC 9162 §2.1.3.2"""
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside of the tree")
    node, last = index, size - 1
    for step in path:
        if not last:
            raise ValueError("the proof is too long")
        if node & 1 or node == last:
            hashed = node_hash(step, hashed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return hashed


def consistency_spans(old_size: int, size: int) -> list[Span]:
    """Return the subtrees whose roots prove that the tree begins with `old_size` leaves. RFC 9162 §2.1.4.1"""
    return _subproof(old_size, size, 0, known=True) if 0 < old_size < size else []


def _subproof(old_size: int, size: int, begin: int, *, known: bool) -> list[Span]:
    if old_size == size:
        return [] if known else [(begin, begin + size)]
    split = _split(size)
    if old_size <= split:
        return [*_subproof(old_size, split, begin, known=known), (begin + split, begin + size)]
    return [*_subproof(old_size - split, size - split, begin + split, known=False), (begin, begin + split)]


def is_consistent(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether the proof shows that the newer tree begins with the older one. RFC 9162 §2.1.4.2"""
    if old_size == 0 or old_size == size:
        return not path and (old_size == 0 or old_root == root)
    if old_size > size or not path:
        return False
    steps = [old_root, *path] if old_size.bit_count() == 1 else list(path)
    return _roots_by_consistency(old_size - 1, size - 1, steps) == (old_root, root)


def _roots_by_consistency(node: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the roots of the older and the newer tree; None for a malformed proof."""
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = steps[0]
    for step in steps[1:]:
        if not last:
            return None
        if node & 1 or node == last:
            older, newer = node_hash(step, older), node_hash(step, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, step)
        node, last = node >> 1, last >> 1
    return None if last else (older, newer)


def _split(size: int) -> int:
    """Return the largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
