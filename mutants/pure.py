"""Mutants of pure code, made by the operators of mutmut; prose and annotations are left alone.

mutmut's own runner is not used: it switches between copies of a function when it is called, so that code that runs at
import, decorated functions and constants of modules keep their mutants alive (DECISIONS.md).
"""

import ast
import hashlib
import pickle
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

from mutants.coverage import Coverage
from mutants.source import FOLDER, ROOT, Definition, Edit, Mutant, Source, numbered

PATTERNS = (
    "services/*/rules/**/*.py",
    "services/funding/interest/**/*.py",
    "services/funding/ledger/postings.py",
    "services/funding/ledger/case_statement.py",
    "shared/policy/*.py",
    "shared/events/ordering.py",
    "shared/events/batch.py",
    "shared/web/cursors.py",
    "shared/web/filters.py",
    "shared/web/memory_paging.py",
    "shared/web/paging.py",
    *(f"shared/{name}.py" for name in ("backoff", "clock", "dates", "deadlines", "districts")),
    *(f"shared/{name}.py" for name in ("identifiers", "money", "text")),
)
TESTS = ("tests/intake", "tests/eligibility", "tests/funding", "tests/monitoring", "tests/rules", "tests/shared")
EDITION = 3
"""Counted up with each change of what is left alone, so that no list kept before is used."""
_PROSE = re.compile(r"""[rf]?("[^"\n]*[ \u3000-\u9fff\uff00-\uffef][^"\n]*"|'[^'\n]*[ \u3000-\uffef][^'\n]*')""")
"""A text for people: it has a space or a Chinese character."""


_TYPES = frozenset({"Literal", "tuple", "dict", "list", "Callable", "Mapping", "Sequence"})


class Visitor(MutationVisitor):
    """Visitor of mutmut that enters decorated functions too, but no asynchronous one and no name of a type."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.asynchronous:
            return True
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return False
        if isinstance(node, cst.Assign) and _is_type(node.value):
            return True
        return super()._skip_node_and_children(node)


def _is_type(node: cst.BaseExpression) -> bool:
    """Return whether a value only names a type, such as a `Literal`; an `Annotated` type checks values."""
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Name) and node.func.value == "TypeVar"
    return isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name) and node.value.value in _TYPES


def files() -> list[str]:
    """Return the files of pure code."""
    return sorted({path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in ROOT.glob(pattern)})


def mutants(source: Source) -> list[Mutant]:
    """Return the mutants of a file that change more than prose. They are kept in a file: libcst takes its time."""
    state = (version("mutmut"), EDITION, source.path, source.text)
    kept = FOLDER / "pure" / f"{hashlib.sha256(repr(state).encode()).hexdigest()}.pickle"
    if kept.exists():
        return pickle.loads(kept.read_bytes())  # type: ignore[no-any-return]
    found = _mutants(source)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(found))
    return found


def tests_for(coverage: Coverage, mutant: Mutant, budget: float) -> list[str]:
    """Return tests of at most `budget` seconds that enter the changed code or import its module, its own file first."""
    path = Path(mutant.path)
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    importing = _importers().get(module, set())
    found = coverage.tests_of((mutant.path, mutant.where))
    found |= {test for test in coverage.seconds if test.partition("::")[0] in importing}

    def order(test: str) -> tuple[bool, bool, float]:
        file = test.partition("::")[0]
        return f"test_{path.stem}." not in file, file not in importing, coverage.seconds[test]

    chosen, sum_seconds = [], 0.0
    for test in sorted(found, key=order):
        seconds = coverage.seconds[test] + 0.02
        if sum_seconds + seconds <= budget:
            sum_seconds += seconds
            chosen.append(test)
    return chosen


@cache
def _importers() -> dict[str, set[str]]:
    """Return by module the files of tests that import it or something of it."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                    found[name].add(file.relative_to(ROOT).as_posix())
    return found


def _mutants(source: Source) -> list[Mutant]:
    wrapper = MetadataWrapper(cst.parse_module(source.text), unsafe_skip_copy=True)
    visitor = Visitor(mutation_operators, IgnoredCode(set(), set(), set()))
    wrapper.visit(visitor)
    spans = wrapper.resolve(ByteSpanPositionProvider)
    holders = sorted(_holders(source), key=lambda each: each[1] - each[0])
    encoded = source.text.encode()
    found = []
    for mutation in visitor.mutations:
        span = spans[mutation.original_node]
        start = len(encoded[: span.start].decode())
        old = encoded[span.start : span.start + span.length].decode()
        edit = Edit(start, start + len(old), _code(wrapper.module, mutation.mutated_node, source.text, start))
        where = next((name for begin, end, name in holders if begin <= start and edit.end <= end), "")
        if where and _PROSE.sub("None", old) != _PROSE.sub("None", edit.text):
            found.append(source.mutant("pure", type(mutation.original_node).__name__.lower(), where, edit))
    return numbered(each for each in found if _parses(each.apply(source.text)))


def _code(module: cst.Module, node: cst.CSTNode, text: str, start: int) -> str:
    """Return the code of a node without parentheses around it, indented as the line on which it begins."""
    bare = node.with_changes(lpar=(), rpar=()) if getattr(node, "lpar", ()) else node
    line = text[text.rfind("\n", 0, start) + 1 :]
    indent = line[: len(line) - len(line.lstrip(" "))]
    return module.code_for_node(bare).strip().replace("\n", f"\n{indent}")


def _holders(source: Source) -> Iterator[tuple[int, int, str]]:
    """Yield the span and the name of every function, class and constant of a module."""
    for node, where in source.places:
        if isinstance(node, Definition) or (isinstance(node, ast.Assign | ast.AnnAssign) and "." not in where):
            yield *source.span(node), where


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
