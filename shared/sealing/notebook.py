"""Files of checkpoints: several notes in one text, as printed, notarised and read again."""

from collections.abc import Iterable

from shared.sealing.note import UnreadableNote

_SIGNATURE = "\u2014 "


def joined(notes: Iterable[str]) -> str:
    """Return the notes as one text, an empty line between them."""
    return "\n".join(notes)


def split(text: str) -> list[str]:
    """Return the notes of a text. Raises UnreadableNote for a text that does not end with a signature."""
    notes: list[str] = []
    lines: list[str] = []
    signed = False
    for line in text.replace("\r\n", "\n").splitlines():
        if signed and not line.startswith(_SIGNATURE):
            notes.append("\n".join(lines) + "\n")
            lines, signed = [], False
        if lines or line:
            lines.append(line)
        signed = line.startswith(_SIGNATURE)
    if lines and not signed:
        raise UnreadableNote("the text of checkpoints does not end with a signature")
    return [*notes, "\n".join(lines) + "\n"] if lines else notes
