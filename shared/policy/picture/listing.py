"""Nested list of a decision's tree: plain text for a reader without the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.policy.picture.outline import Branch, State

MARKS: Final[dict[State, str]] = {"yes": "✔", "no": "✘", "open": "？", "skipped": "－"}
DECIDES: Final = "【决定结论】"


def nested_list(tree: Branch) -> str:
    """Return the tree as an indented list, one branch a line: mark, text, state, note, and whether it decides."""
    return "\n".join(_lines(tree, 0)) + "\n"


def said(branch: Branch) -> str:
    """Return mark, text, state and note of a branch in one line."""
    note = f"（{branch.note}）" if branch.note else ""
    return f"{MARKS[branch.state]} {branch.word}｜{branch.text}{note}"


def _lines(branch: Branch, depth: int) -> Iterator[str]:
    decisive = DECIDES if branch.decides and depth else ""
    yield f"{'  ' * depth}- {said(branch)}{decisive}"
    for part in branch.parts:
        yield from _lines(part, depth + 1)
