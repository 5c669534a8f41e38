"""Layout of a decision's tree: the conclusion above, then columns of clauses, rules and conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from shared.policy.picture.outline import Branch
from shared.policy.picture.text import wrapped

WIDTH: Final = 1280
MARGIN: Final = 24
GAP: Final = 4
LINE: Final = 18
PADDING: Final = 8
BASE: Final = 18
"""Depth of the first line's base in a box."""
SPINE: Final = 10
INDENT: Final = 26
COLUMNS: Final = ((44, 136), (216, 396), (650, 606))
"""Left edge and width of the columns of clauses, rules and conditions."""
_MARK: Final = 40
"""Pixels beside the words of a box: its mark and its right edge."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its words in lines; `strong` words are bold."""

    branch: Branch
    x: int
    y: int
    width: int
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    strong: bool

    @property
    def height(self) -> int:
        return LINE * (len(self.lines) + len(self.notes)) + PADDING

    @property
    def port(self) -> int:
        """Return the ordinate at which lines meet the box: that of its mark."""
        return self.y + 13

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Link:
    """A line from one box to the next, bent twice at the abscissa `bend`."""

    x1: int
    y1: int
    bend: int
    y2: int
    x2: int
    decides: bool


@dataclass(slots=True)
class Layout:
    """All boxes and links, and the height that they take."""

    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    height: int = 0

    def add(self, branch: Branch, x: int, y: int, width: int) -> Box:
        most = (width - _MARK) / 15.4
        notes = wrapped(branch.note, (width - _MARK) / 13.4)
        made = Box(branch, x, y, width, wrapped(branch.text, most), notes, branch.decides)
        self.boxes.append(made)
        self.height = max(self.height, made.bottom)
        return made


def laid_out(tree: Branch) -> Layout:
    """Return the places of all boxes and links of a tree."""
    layout = Layout()
    root = layout.add(tree, MARGIN, MARGIN, WIDTH - 2 * MARGIN)
    spine, y = MARGIN + SPINE, root.bottom + 3 * GAP
    for clause in tree.parts:
        x, width = COLUMNS[0]
        box = layout.add(clause, x, y, width if clause.parts else WIDTH - MARGIN - x)
        layout.links.append(Link(spine, root.bottom, spine, box.port, x, clause.decides))
        y = max(box.bottom, _column(layout, box, 1)) + 2 * GAP
    return layout


def _column(layout: Layout, parent: Box, column: int) -> int:
    """Place the branches of a box in a column beside it; return where the next row begins."""
    x, width = COLUMNS[column]
    y = parent.y
    for branch in parent.branch.parts:
        box = layout.add(branch, x, y, width)
        right = parent.x + parent.width
        layout.links.append(Link(right, parent.port, x - 18, box.port, x, branch.decides))
        below = _column(layout, box, column + 1) if column + 1 < len(COLUMNS) else _nested(layout, box)
        y = max(box.bottom, below) + GAP
    return y - GAP


def _nested(layout: Layout, parent: Box) -> int:
    """Place the branches of a condition below it, indented; return where the next row begins."""
    y = parent.bottom
    for branch in parent.branch.parts:
        box = layout.add(branch, parent.x + INDENT, y + GAP // 2, parent.width - INDENT)
        spine = parent.x + SPINE
        layout.links.append(Link(spine, parent.bottom, spine, box.port, box.x, branch.decides))
        y = _nested(layout, box)
    return y
