"""Measure file and function lengths and check docstrings: `python -m deploy.checks.shape`.

Exits 3 for a Python file over 300 lines or a docstring whose first line breaks the first-line rule.
"""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from shared.settings import ROOT

LONGEST_FILE = 300
OPENINGS = frozenset(
    "what how who whose whoever which where when while why so ever whether whatever whenever wherever "  # noqa: SIM905
    "it its they their this these those that he she".split()
)
"""First words that hide what a thing does: "Return whether …" says it, "Whether …" does not."""
ARTICLES = frozenset(["The", "A", "An", "All", "Every", "Each", "One", "No", "Nothing"])
"""First words of a noun phrase, which a function's docstring may not be: it says "Return the …". Properties may."""
PRODUCT = ("services", "shared", "deploy")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def python_files() -> list[Path]:
    """Return the Python files under version control, relative to the project's root."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def opening_faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield line number and first line of each docstring that breaks the first-line rule."""
    for node, line, docstring in docstrings(ast.parse(source)):
        first = docstring.splitlines()[0]
        word = first.split(maxsplit=1)[0].strip(",.:;'’").split("'")[0]
        if (
            word.lower() in OPENINGS
            or word[:1].islower()
            or (
                word in ARTICLES and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_property(node)
            )
        ):
            yield line, first


def docstrings(tree: ast.Module) -> Iterator[tuple[ast.AST, int, str]]:
    """Yield node, line number and docstring of each module, class, function, attribute and constant that has one."""
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and (docstring := ast.get_docstring(node)):
            yield node, getattr(node, "lineno", 1), docstring
        body = getattr(node, "body", None)
        for named, described in pairwise(body if isinstance(body, list) else []):
            text = described.value if isinstance(described, ast.Expr) else None
            if isinstance(named, ast.Assign | ast.AnnAssign) and isinstance(text, ast.Constant) and text.value:
                yield named, described.lineno, str(text.value).strip()


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def function_lengths(source: str) -> Iterator[tuple[bool, int]]:
    """Yield for each function whether it is an endpoint, and the lines of its body without the docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            endpoint = any("router." in ast.unparse(decorator) for decorator in node.decorator_list)
            yield endpoint, (body[-1].end_lineno or 0) - body[0].lineno + 1


def distribution(values: list[int]) -> str:
    """Return count, median, 90th percentile and maximum in one line."""
    if not values:
        return "none"
    ordered = sorted(values)
    p90 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]
    return f"{len(ordered)}; median {statistics.median(ordered):g}, p90 {p90}, max {ordered[-1]}"


def main() -> int:
    """Print the figures and the faults; return 3 when there are faults."""
    sources = {path: (ROOT / path).read_text("utf-8") for path in python_files()}
    product = {path: text for path, text in sources.items() if path.parts[0] in PRODUCT}
    lengths = {path: text.count("\n") for path, text in sources.items()}
    bodies = [pair for text in product.values() for pair in function_lengths(text)]
    faults = [
        f"{path}: {lines} lines, at most {LONGEST_FILE}" for path, lines in lengths.items() if lines > LONGEST_FILE
    ]
    for path, text in sources.items():
        faults += [f"{path}:{line}: docstring opens with {first!r}" for line, first in opening_faults(text)]
    print_line = sys.stdout.write
    print_line(f"files      {distribution([lengths[path] for path in product if lengths[path]])}\n")
    print_line(f"functions  {distribution([lines for _, lines in bodies])}\n")
    print_line(f"endpoints  {distribution([lines for endpoint, lines in bodies if endpoint])}\n")
    print_line(f"docstring openings to rewrite  {sum('docstring' in fault for fault in faults)}\n")
    for fault in faults:
        sys.stderr.write(fault + "\n")
    return 3 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
