"""Verify the proof of a record without the suite: python verify_proof.py PROOF.json PUBLIC_KEY [CHECKPOINT.txt]

PROOF.json is the answer of GET /v1/proofs/{kind}/{key}; PUBLIC_KEY is a line of `public_keys` in GET /v1/checkpoints,
better from the office's notice or a notary. CHECKPOINT.txt is a checkpoint that you hold from another source.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(content: str, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that the record and its path lead to (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        sys.exit("FALSE: the record lies outside of the tree")
    hashed, last = hashlib.sha256(b"\x00" + content.encode()).digest(), size - 1
    for step in path:
        if not last:
            sys.exit("FALSE: the path is too long")
        if index & 1 or index == last:
            hashed = node(step, hashed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hashed = node(hashed, step)
        index, last = index >> 1, last >> 1
    return hashed if not last else sys.exit("FALSE: the path is too short")


def opened(note: str, public_key: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint whose signature holds (C2SP signed-note)."""
    name, _, key = public_key.strip().split("+", 2)
    text, _, signatures = note.partition("\n\n")
    signed = [line.split() for line in signatures.splitlines() if line.startswith("\u2014 ")]
    signature = next((base64.b64decode(value) for _, by, value in signed if by == name), b"")
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature[4:], f"{text}\n".encode())
    origin, size, root = text.split("\n")[:3]
    return (
        (int(size), base64.b64decode(root)) if origin == name else sys.exit(f"FALSE: {name} did not sign for {origin}")
    )


if __name__ == "__main__":
    proof = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    size, root = opened(Path(sys.argv[3]).read_text("utf-8") if sys.argv[3:] else proof["checkpoint"], sys.argv[2])
    if root_of(proof["content"], proof["index"], size, [base64.b64decode(step) for step in proof["path"]]) != root:
        sys.exit("FALSE: the record is not in the tree of this checkpoint")
    print(f"TRUE: sealed as record {proof['index']} of {size}:\n{proof['content']}")
