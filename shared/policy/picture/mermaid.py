"""Mermaid flowchart of a decision's tree, for copying into a document. Text cannot leave its quotes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.policy.picture.listing import said
from shared.policy.picture.outline import Branch, State

STYLES: Final[dict[State, str]] = {
    "yes": "fill:#e8f3ec,stroke:#1b5e37,color:#111",
    "no": "fill:#fbe9e7,stroke:#8c1d18,color:#111",
    "open": "fill:#fdf3d8,stroke:#6b4e00,color:#111",
    "skipped": "fill:#f2f2f2,stroke:#6b6b6b,color:#333,stroke-dasharray:4 3",
}
SHAPES: Final[dict[State, tuple[str, str]]] = {
    "yes": ("(", ")"), "no": ("[", "]"), "open": ("{{", "}}"), "skipped": ("([", "])"),
}  # fmt: skip
"""Round, square, hexagonal and stadium boxes, so that a state shows without its colour."""
ENTITIES: Final = str.maketrans(
    {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "&": "#amp;", "\n": " "}
)


def flowchart(tree: Branch) -> str:
    """Return the tree as a Mermaid flowchart; thick arrows lead along the deciding path, dotted ones do not."""
    head = ["flowchart LR", f"  accTitle: {_line(tree.text)}", f"  accDescr: {_line(tree.note)}"]
    styles = [f"  classDef {state} {style}" for state, style in STYLES.items()]
    return "\n".join([*head, *_nodes(tree, "n"), *styles, "  classDef decides stroke-width:3px"]) + "\n"


def _nodes(branch: Branch, name: str) -> Iterator[str]:
    opening, closing = SHAPES[branch.state]
    yield f'  {name}{opening}"{said(branch).translate(ENTITIES)}"{closing}:::{branch.state}'
    if branch.decides:
        yield f"  class {name} decides"
    for number, part in enumerate(branch.parts, 1):
        own = f"{name}_{number}"
        yield from _nodes(part, own)
        yield f"  {name} {'==>' if branch.decides and part.decides else '-.->'} {own}"


def _line(text: str) -> str:
    return " ".join(text.split()).replace(";", "；") or "－"
