"""Markdown documents of the repository: their fenced blocks, code, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.settings import ROOT

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Step:
    """A block of shell commands and the output that the document promises; None where it promises none."""

    commands: str
    output: str | None


def documents() -> list[Path]:
    """Return the documents for readers, without the lists of changes and decisions: those name what is gone."""
    ours = [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").rglob("*.md")]
    return [path for path in ours if "node_modules" not in path.parts]


def steps(name: str) -> Iterator[Step]:
    """Yield the shell blocks of a document in order, each with the `text` block that follows it."""
    blocks = _FENCED.findall((ROOT / name).read_text())
    for (kind, content), (next_kind, next_content) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            yield Step(content, next_content if next_kind == "text" else None)


def code(path: Path) -> str:
    """Return the code of a document, a line for each inline piece and each line of a block."""
    text = path.read_text()
    blocks = [content for _, content in _FENCED.findall(text)]
    return "\n".join([*blocks, *_INLINE.findall(_FENCED.sub("", text))])


def links(path: Path) -> list[str]:
    """Return the relative links of a document."""
    found = _LINK.findall(_FENCED.sub("", path.read_text()))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def headings(path: Path) -> set[str]:
    """Return the anchors that Markdown viewers give the headings of a document."""
    found = re.findall(r"^#+ (.*)$", _FENCED.sub("", path.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
