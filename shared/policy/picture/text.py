"""Text in a picture: its width in ems, its lines, its form in XML."""

from __future__ import annotations

from html import escape
from typing import Final
from unicodedata import category, east_asian_width

FONTS: Final = (
    "PingFang SC, Microsoft YaHei, Source Han Sans SC, Noto Sans CJK SC, Noto Sans SC, WenQuanYi Micro Hei, sans-serif"
)
_NARROW: Final = 0.58
"""Ems of a Latin letter or digit, somewhat above their mean width in the fonts named."""
_NEVER_LAST: Final = "（〔《“‘"
_NEVER_FIRST: Final = "，。；：、！？）〕》”’%％"


def ems(text: str) -> float:
    """Return the width of a line in ems: Chinese characters are one wide."""
    return sum(_em(letter) for letter in text)


def wrapped(text: str, most: float) -> tuple[str, ...]:
    """Return the text in lines of at most so many ems; none begins with a closing mark or ends with an opening one."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and ems(line + piece) > most and piece not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def escaped(text: str) -> str:
    """Return the text for XML, without the control characters that XML forbids."""
    return escape("".join(letter for letter in text if letter in "\n\t" or category(letter) not in ("Cc", "Cs")))


def _pieces(text: str) -> list[str]:
    """Return the text in pieces that stay whole: runs of Latin letters and digits, single Chinese characters."""
    pieces: list[str] = []
    for letter in text:
        if pieces and ((_joins(pieces[-1][-1]) and _joins(letter)) or pieces[-1][-1] in _NEVER_LAST):
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def _joins(letter: str) -> bool:
    return letter.isascii() and not letter.isspace()


def _em(letter: str) -> float:
    return 1.0 if east_asian_width(letter) in "WFA" else _NARROW
