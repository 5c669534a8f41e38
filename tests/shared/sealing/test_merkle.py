"""Merkle trees: the published vectors of Certificate Transparency, and every proof of every tree up to 24 leaves."""

import hashlib

import pytest

from shared.sealing.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_spans,
    inclusion_spans,
    is_consistent,
    leaf_hash,
    root_by_inclusion,
    root_of,
)

# Test vectors of RFC 6962 as certificate-transparency-go and its predecessors publish them; RFC 9162 hashes alike.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]


def inclusion_path(index: int, hashes: list[bytes]) -> list[bytes]:
    return [root_of(hashes[begin:end]) for begin, end in inclusion_spans(index, len(hashes))]


def consistency_path(old: int, hashes: list[bytes]) -> list[bytes]:
    return [root_of(hashes[begin:end]) for begin, end in consistency_spans(old, len(hashes))]


MANY = [leaf_hash(bytes([number])) for number in range(24)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_published_vectors(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_root_of_no_leaf_is_the_hash_of_nothing() -> None:
    assert CompactRange().root() == EMPTY_ROOT == hashlib.sha256().digest()


def test_the_published_inclusion_proof_of_the_last_of_three_leaves() -> None:
    assert [step.hex() for step in inclusion_path(2, LEAVES[:3])] == [ROOTS[1]]
    assert [step.hex() for step in inclusion_path(0, LEAVES)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_the_published_consistency_proofs() -> None:
    assert [step.hex() for step in consistency_path(6, LEAVES)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [step.hex() for step in consistency_path(1, LEAVES)] == [step.hex() for step in inclusion_path(0, LEAVES)]


def test_every_leaf_is_included_in_every_tree_and_no_other_leaf_is() -> None:
    for size in range(1, len(MANY) + 1):
        root = root_of(MANY[:size])
        for index in range(size):
            path = inclusion_path(index, MANY[:size])
            assert root_by_inclusion(index, size, MANY[index], path) == root
            assert root_by_inclusion(index, size, MANY[index - 1], path) != root or size == 1


@pytest.mark.parametrize(("index", "size", "steps"), [(0, 8, 2), (0, 8, 4), (8, 8, 3), (-1, 8, 3), (0, 1, 1)])
def test_a_proof_of_the_wrong_length_or_place_is_refused(index: int, size: int, steps: int) -> None:
    with pytest.raises(ValueError, match=r"proof|outside"):
        root_by_inclusion(index, size, LEAVES[0], [LEAVES[1]] * steps)


def test_every_tree_is_consistent_with_every_older_one_and_with_no_other() -> None:
    for size in range(len(MANY) + 1):
        root = root_of(MANY[:size])
        for old in range(size + 1):
            path, old_root = consistency_path(old, MANY[:size]), root_of(MANY[:old])
            assert is_consistent(old, old_root, size, root, path)
            if old:
                assert not is_consistent(old, leaf_hash(b"x"), size, root, path)
            if 0 < old < size:
                assert not is_consistent(old, old_root, size, leaf_hash(b"x"), path)
                assert not is_consistent(old, old_root, size, root, path[:-1])
                assert not is_consistent(old, old_root, size, root, [*path, root])


def test_an_older_tree_is_not_consistent_with_a_newer_one() -> None:
    assert not is_consistent(3, root_of(MANY[:3]), 2, root_of(MANY[:2]), [])


def test_a_compact_range_goes_on_where_another_ended() -> None:
    first = CompactRange()
    for hashed in MANY[:13]:
        first.append(hashed)
    second = CompactRange(first.size, first.roots)
    for hashed in MANY[13:]:
        second.append(hashed)
    assert second.root() == root_of(MANY)


def test_a_compact_range_with_a_subtree_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="3 complete subtrees"):
        CompactRange(7, MANY[:2])
