"""SVG of a decision's tree: clauses, rules and conditions in three columns, for a screen of 1280 px or A4 upright.

State shows by shape and word, the deciding path by thick lines and bold text; colour only repeats it. The file needs
no style sheet, script, font file or network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.policy.picture.layout import BASE, LINE, MARGIN, WIDTH, Box, Layout, laid_out
from shared.policy.picture.listing import nested_list
from shared.policy.picture.marks import COLOURS, INK, LEGEND, mark
from shared.policy.picture.outline import CONDITION_WORDS, RULE_WORDS, Branch, State
from shared.policy.picture.text import FONTS, escaped


@dataclass(frozen=True, slots=True)
class _Stroke:
    width: str
    colour: str
    dashes: str


PATH: Final = {
    True: _Stroke("3.2", INK, ""),
    False: _Stroke("1.1", "#8a8a8a", ' stroke-dasharray="4 3"'),
}


def drawing(tree: Branch) -> str:
    """Return the tree as an SVG document with title and description; the description is the nested list."""
    layout = laid_out(tree)
    height = layout.height + 2 * LINE + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="zh-CN" lang="zh-CN" role="img" '
            f'aria-labelledby="title description" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="{FONTS}" font-size="15" fill="{INK}">',
            f'<title id="title">{escaped(tree.text)}（{escaped(tree.note)}）</title>',
            f'<desc id="description">{escaped(nested_list(tree))}</desc>',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            '<g aria-hidden="true">',
            *_connectors(layout),
            *(line for box in layout.boxes for line in _box(box)),
            *_legend(layout.height + LINE),
            "</g>",
            "</svg>\n",
        ]
    )


def _connectors(layout: Layout) -> Iterator[str]:
    """Yield the lines between boxes; those of the deciding path last, so that nothing lies over them."""
    for link in sorted(layout.links, key=lambda each: each.decides):
        stroke = PATH[link.decides]
        yield (
            f'<path d="M{link.x1} {link.y1} H{link.bend} V{link.y2} H{link.x2}" fill="none" '
            f'stroke="{stroke.colour}" stroke-width="{stroke.width}"{stroke.dashes}/>'
        )


def _box(box: Box) -> Iterator[str]:
    fill, edge = COLOURS[box.branch.state]
    dashes = ' stroke-dasharray="5 3"' if box.branch.state == "skipped" else ""
    width = "2.6" if box.branch.decides else "1"
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="4" fill="{fill}" '
        f'stroke="{edge}" stroke-width="{width}"{dashes}/>'
    )
    yield mark(box.branch.state, box.x + 16, box.port)
    yield from _words(box.lines, box, 15, box.y + BASE, "700" if box.strong else "400")
    yield from _words(box.notes, box, 13, box.y + BASE + LINE * len(box.lines), "400")


def _words(lines: Sequence[str], box: Box, size: int, first: int, weight: str) -> Iterator[str]:
    for number, text in enumerate(lines):
        yield (
            f'<text x="{box.x + 32}" y="{first + LINE * number}" font-size="{size}" font-weight="{weight}">'
            f"{escaped(text)}</text>"
        )


def _legend(top: int) -> Iterator[str]:
    x = MARGIN
    for state in LEGEND:
        yield from _entry(state, x, top)
        x += 140
    for decides, words in ((True, "粗线、粗体：决定结论的路径"), (False, "虚线：不决定结论")):
        stroke = PATH[decides]
        yield (
            f'<path d="M{x} {top} h44" stroke="{stroke.colour}" stroke-width="{stroke.width}"{stroke.dashes}/>'
            f'<text x="{x + 54}" y="{top + 5}" font-size="14">{words}</text>'
        )
        x += 300


def _entry(state: State, x: int, top: int) -> Iterator[str]:
    words = "／".join(dict.fromkeys((RULE_WORDS[state], CONDITION_WORDS[state])))
    yield mark(state, x + 8, top)
    yield f'<text x="{x + 24}" y="{top + 5}" font-size="14">{words}</text>'
