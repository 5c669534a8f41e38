"""Leaves: the bytes that stand for one version of a row, with salted digests in place of personal values."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.sealing.merkle import leaf_hash

_SALT_BYTES = 16
Digests = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the database shows it: the open columns as canonical JSON, the personal ones as text."""

    kind: str
    key: str
    body: str
    personal: tuple[str | None, ...]
    written_in: int
    """Number of the transaction that wrote this version (xmin), modulo 2**32."""
    number: int | None = None
    """The `id` of a numbered record."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A sealed version of a row. A salt is None where the personal value was NULL or has been erased."""

    index: int
    layout: int
    key: str
    hash: bytes
    rests_on: str
    salts: Digests
    digests: Digests


def fresh_salts(row: Row) -> Digests:
    """Return a random salt for each personal value that is not NULL."""
    return tuple(None if value is None else secrets.token_bytes(_SALT_BYTES) for value in row.personal)


def digests_of(row: Row, salts: Digests) -> Digests:
    """Return the salted digests of the personal values."""
    return tuple(
        None if value is None or salt is None else hashlib.sha256(salt + value.encode()).digest()
        for value, salt in zip(row.personal, salts, strict=True)
    )


def content(row: Row, names: Sequence[str], digests: Digests, rests_on: str) -> bytes:
    """Return the sealed bytes: JSON of kind, key, digests by column, what the version rests on, and the open columns.

    The open columns are PostgreSQL's text of a jsonb value: one form for one content, and money keeps its decimals.
    """
    personal = {name: each.hex() if each else None for name, each in zip(names, digests, strict=True)}
    return (
        f'{{"key":{_json(row.key)},"kind":{_json(row.kind)},"personal":{_json(personal)},'
        f'"rests_on":{_json(rests_on)},"row":{row.body}}}'
    ).encode()


def _json(value: str | Mapping[str, str | None]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def hash_of(row: Row, names: Sequence[str], digests: Digests, rests_on: str) -> bytes:
    """Return the leaf hash of a row."""
    return leaf_hash(content(row, names, digests, rests_on))


ERASED = frozenset({None, "", "已删除", "{}", "[]", "null"})
"""Values that may stand in place of a personal value whose salt was erased: nothing, or that it was erased."""


def matches(row: Row, names: Sequence[str], leaf: Leaf) -> bool:
    """Return whether the row still has the content that the leaf seals.

    Of a personal value whose salt was erased the digest alone is left, and the column must hold none (`ERASED`).
    """
    personal = zip(row.personal, leaf.salts, leaf.digests, strict=True)
    kept = all(_is_kept(value, salt, digest) for value, salt, digest in personal)
    return kept and hash_of(row, names, leaf.digests, leaf.rests_on) == leaf.hash


def _is_kept(value: str | None, salt: bytes | None, digest: bytes | None) -> bool:
    if digest is None:
        return value is None
    if salt is None:
        return value in ERASED
    return value is not None and hashlib.sha256(salt + value.encode()).digest() == digest
