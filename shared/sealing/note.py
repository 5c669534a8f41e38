"""Signed notes and checkpoints in the form of C2SP (signed-note, tlog-checkpoint), with Ed25519 keys."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_SIGNED_BY = "\n\u2014 "
"""Separator of text and signatures: an empty line, then an em dash before each signature."""


class UnreadableNote(ValueError):
    """A note, checkpoint or key does not have the form of its specification."""


class NotSigned(ValueError):
    """No known key of the origin has signed the note."""


@dataclass(frozen=True)
class PublicKey:
    """A verifier key `name+id+key`, as signed-note writes it."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """Return the four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.raw).decode()}"

    @classmethod
    def read(cls, text: str) -> "PublicKey":
        """Parse a verifier key. Raises UnreadableNote."""
        name, key_id, raw = _parts(text)
        key = cls(name, raw)
        if key.id.hex() != key_id:
            raise UnreadableNote(f"the id of the key {name!r} does not fit the key")
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        """Return whether the signature over the text was made with this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key `PRIVATE+KEY+name+id+seed`, as signed-note writes it."""

    name: str
    seed: bytes

    @property
    def public(self) -> PublicKey:
        """Return the key that verifies its signatures."""
        return PublicKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def text(self) -> str:
        """Return the secret as one line."""
        return f"{_PRIVATE}{self.name}+{self.public.id.hex()}+{b64encode(_ED25519 + self.seed).decode()}"

    def sign(self, text: str) -> str:
        """Return the text with its signature. The text ends with a line break."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}{_SIGNED_BY}{self.name} {b64encode(self.public.id + signature).decode()}\n"

    @classmethod
    def read(cls, text: str) -> "SigningKey":
        """Parse a private key. Raises UnreadableNote, whose message does not quote the key."""
        if not text.startswith(_PRIVATE):
            raise UnreadableNote(f"a signing key begins with {_PRIVATE}")
        name, key_id, seed = _parts(text.removeprefix(_PRIVATE))
        key = cls(name, seed)
        if key.public.id.hex() != key_id:
            raise UnreadableNote(f"the id of the signing key {name!r} does not fit the key")
        return key

    @classmethod
    def new(cls, name: str) -> "SigningKey":
        """Return a fresh key. Raises UnreadableNote for a name with a space or a plus sign."""
        if not name or "+" in name or any(letter.isspace() for letter in name):
            raise UnreadableNote(f"{name!r} is no name of a key")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())


def _parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if not name or len(raw) != 33 or raw[:1] != _ED25519:
        raise UnreadableNote("a key reads name+id+base64, with an Ed25519 key")
    return name, key_id, raw[1:]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a tree: its origin, number of leaves and root, with lines such as the time."""

    origin: str
    size: int
    root: bytes
    extra: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text to sign."""
        return "\n".join([self.origin, str(self.size), b64encode(self.root).decode(), *self.extra]) + "\n"

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """Parse the text of a checkpoint. Raises UnreadableNote."""
        lines = text.removesuffix("\n").split("\n")
        try:
            origin, size, root, *extra = lines
            checkpoint = cls(origin, int(size), b64decode(root, validate=True), tuple(extra))
        except ValueError:
            raise UnreadableNote("a checkpoint reads origin, size and root, each on a line") from None
        if len(checkpoint.root) != 32 or checkpoint.text() != text or checkpoint.size < 0:
            raise UnreadableNote("a checkpoint reads origin, size and root, each on a line")
        return checkpoint


Keys = Mapping[str, list[PublicKey]]
"""Verifier keys by name. A name has several after a rotation."""


def keys_by_name(keys: Iterable[PublicKey]) -> Keys:
    """Group keys by their name."""
    grouped: dict[str, list[PublicKey]] = {}
    for key in keys:
        grouped.setdefault(key.name, []).append(key)
    return grouped


def open_checkpoint(note: str, keys: Keys) -> Checkpoint:
    """Return the checkpoint of a note that a key of its origin has signed. Raises UnreadableNote, NotSigned."""
    text, separator, signatures = note.partition("\n" + _SIGNED_BY)
    if not separator:
        raise UnreadableNote("the note has no signature")
    text += "\n"
    checkpoint = Checkpoint.read(text)
    for line in (_SIGNED_BY + signatures).removesuffix("\n").split(_SIGNED_BY)[1:]:
        name, _, encoded = line.partition(" ")
        if name == checkpoint.origin and _signed(text, encoded, keys.get(name, [])):
            return checkpoint
    raise NotSigned(f"no known key of {checkpoint.origin!r} has signed this checkpoint")


def _signed(text: str, encoded: str, keys: Iterable[PublicKey]) -> bool:
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        return False
    return any(raw[:4] == key.id and key.verifies(text, raw[4:]) for key in keys)


def lines_of(source: str) -> list[str]:
    """Return the keys of a setting: one a line, given as text or as the path of a file."""
    text = source if "+" in source else Path(source).read_text() if source else ""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
