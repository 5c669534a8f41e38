"""Markdown documents of the repository: their fenced blocks, links and inline code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.settings import ROOT

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Step:
    """A block of shell commands and the output that the document promises; None where it promises none."""

    commands: str
    output: str | None


def steps(name: str) -> Iterator[Step]:
    """Yield the shell blocks of a document in order, each with the `text` block that follows it."""
    blocks = _FENCED.findall((ROOT / name).read_text())
    for (kind, content), (next_kind, next_content) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            yield Step(content, next_content if next_kind == "text" else None)
