"""A mutant, its id, and the text spans of a module's syntax tree."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "mutants"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Edit:
    """Replacement of the characters from `start` to `end`."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True)
class Mutant:
    """One change of one file. `where` is the qualified name of the function, class or constant that holds it."""

    suite: str
    operator: str
    path: str
    where: str
    edits: tuple[Edit, ...]
    old: str
    new: str
    ordinal: int = 0

    @property
    def id(self) -> str:
        """Return an id that does not depend on where in the file the place stands."""
        parts = (self.suite, self.operator, self.path, self.where, self.old, self.new, str(self.ordinal))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    @property
    def area(self) -> str:
        """Return the part of the product, by which scores are stated."""
        parts = Path(self.path).parts
        if "migrations" in parts or self.path.startswith("shared/storage/ddl"):
            return "migrations"
        return "/".join(parts[:2])

    def apply(self, text: str) -> str:
        """Return the file's text with the change."""
        for edit in sorted(self.edits, key=lambda each: each.start, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


class Source:
    """The text and the syntax tree of one file."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.tree = ast.parse(text)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]

    @classmethod
    def read(cls, path: str) -> "Source":
        return cls(path, (ROOT / path).read_text("utf-8"))

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a line and a column in UTF-8 bytes."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return the start and end of a node that has a position."""
        return (
            self.offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self.offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    @cached_property
    def places(self) -> list[tuple[ast.AST, str]]:
        """Return every node with the qualified name of the function, class or constant that holds it."""
        return list(self._walk(self.tree, ""))

    def _walk(self, node: ast.AST, where: str) -> Iterator[tuple[ast.AST, str]]:
        for child in ast.iter_child_nodes(node):
            name = where
            if isinstance(child, Definition):
                name = f"{where}.{child.name}" if where else child.name
            elif not where and isinstance(child, ast.Assign | ast.AnnAssign):
                target = child.targets[0] if isinstance(child, ast.Assign) else child.target
                name = ast.unparse(target).partition("[")[0]
            yield child, name
            yield from self._walk(child, name)

    def mutant(self, suite: str, operator: str, where: str, *edits: Edit) -> Mutant:
        """Return a mutant of this file; its text is what the edits replace, without regard to line breaks."""
        old = " … ".join(" ".join(self.text[each.start : each.end].split()) for each in edits)
        new = " … ".join(" ".join(each.text.split()) for each in edits)
        return Mutant(suite, operator, self.path, where, edits, old, new)

    def without(self, items: list[ast.expr] | list[ast.keyword], index: int) -> Edit:
        """Return the removal of one of several arguments or elements, with its comma."""
        start, end = self.span(items[index])
        if index + 1 < len(items):
            return Edit(start, self.span(items[index + 1])[0])
        if index:
            return Edit(self.span(items[index - 1])[1], end)
        rest = self.text[end:].lstrip()
        return Edit(start, len(self.text) - len(rest) + 1 if rest.startswith(",") else end)


def numbered(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Return the mutants in the order of the file, those alike within one function told apart by their ordinal."""
    count: Counter[str] = Counter()
    result = []
    for each in sorted(mutants, key=lambda mutant: (mutant.path, mutant.edits[0].start, mutant.operator)):
        result.append(replace(each, ordinal=count[each.id]))
        count[each.id] += 1
    return result
