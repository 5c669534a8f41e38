"""Clauses that the source cites, read from the syntax tree: rule modules, database tables, acts, tests.

A docstring cites a clause by its number, as 二（四）2; an endpoint also by its Chinese description; a test by the mark
`@pytest.mark.clause("二（四）2")` or by the module's `pytestmark`. Nothing is imported.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.settings import ROOT

_CLAUSE = re.compile(r"[一二三四](?:（[一二三四五]）)?[1-4]?(?![一-龥])")
_PURE = (
    "services/*/rules/**/*.py",
    "services/funding/interest/**/*.py",
    "services/funding/ledger/postings.py",
    "services/funding/ledger/case_statement.py",
    "shared/dates.py",
    "shared/policy/*.py",
)
"""Modules that calculate and judge; import-linter holds them pure."""
_READ_IN_EDITION = re.compile(r"(?:\bi\.|by = \")([a-z0-9_]+)")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Cited = dict[str, list[str]]


def cited_clauses(text: str) -> list[str]:
    """Return the clause numbers in a text, each once."""
    return list(dict.fromkeys(_CLAUSE.findall(text)))


def rule_modules(root: Path = ROOT) -> Cited:
    """Return the pure modules that cite each clause in a docstring of module, class or function."""
    found = defaultdict(list)
    for path in sorted({path for pattern in _PURE for path in root.glob(pattern)}):
        docstrings = [
            ast.get_docstring(node) or "" for node in ast.walk(_parsed(path)) if isinstance(node, _Documented)
        ]
        for clause in cited_clauses("\n".join(docstrings)):
            found[clause].append(path.relative_to(root).as_posix())
    return dict(found)


def tables(root: Path = ROOT) -> Cited:
    """Return the tables, as service.table, that cite each clause: in the class docstring, else in the module's."""
    found = defaultdict(list)
    for path in sorted(root.glob("services/*/models/*.py")):
        tree = _parsed(path)
        for model in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            if name := _assigned(model, "__tablename__"):
                cited = cited_clauses(ast.get_docstring(model) or "") or cited_clauses(ast.get_docstring(tree) or "")
                for clause in cited:
                    found[clause].append(f"{path.relative_to(root).parts[1]}.{name}")
    return dict(found)


def acts(root: Path = ROOT) -> Cited:
    """Return the operations, as service.operation, whose docstring or description cites each clause."""
    found = defaultdict(list)
    for path in sorted(root.glob("services/*/api/*.py")):
        for function, route in _routes(_parsed(path)):
            name = _keyword(route, "name") or function.name
            for clause in cited_clauses(f"{ast.get_docstring(function) or ''}\n{_keyword(route, 'description')}"):
                found[clause].append(f"{path.relative_to(root).parts[1]}.{name}")
    return dict(found)


def marked_tests(root: Path = ROOT) -> Cited:
    """Return the tests, as path::function or path for a whole module, that a mark `clause` ties to each clause."""
    found = defaultdict(list)
    for path in sorted(root.glob("tests/**/test_*.py")):
        tree, place = _parsed(path), path.relative_to(root).as_posix()
        for clause in _marked(node for statement in tree.body for node in _pytestmark(statement)):
            found[clause].append(place)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for clause in _marked(node.decorator_list):
                    found[clause].append(f"{place}::{node.name}")
    return dict(found)


def reading_cases(root: Path = ROOT) -> dict[str, str]:
    """Return for each reading what changes with it, from the calls `Switch(key, outcome, …)` in tests/rules."""
    found: dict[str, str] = {}
    for path in sorted(root.glob("tests/rules/readings_*.py")):
        for node in ast.walk(_parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Switch":
                key, outcome = (ast.literal_eval(argument) for argument in node.args[:2])
                found[key] = f"{found[key]}; {outcome}" if key in found else outcome
    return found


def readers(keys: Iterable[str], root: Path = ROOT) -> Cited:
    """Return the files that read each of the keys: as a string constant of a module, or as i.key in an edition."""
    known, found = set(keys), defaultdict(list)
    for path in sorted([*root.glob("services/**/*.py"), *root.glob("shared/policy/*.py")]):
        constants = {node.value for node in ast.walk(_parsed(path)) if isinstance(node, ast.Constant)}
        for key in sorted(known & {value for value in constants if isinstance(value, str)}):
            found[key].append(path.relative_to(root).as_posix())
    for path in sorted(root.glob("shared/policy/editions/*.toml")):
        for key in sorted(set(_READ_IN_EDITION.findall(path.read_text("utf-8")))):
            found[key].append(path.relative_to(root).as_posix())
    return dict(found)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _assigned(model: ast.ClassDef, name: str) -> str | None:
    for node in model.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return str(ast.literal_eval(node.value))
    return None


def _routes(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and "router." in ast.unparse(decorator.func):
                    yield node, decorator


def _keyword(call: ast.Call, name: str) -> str:
    for keyword in call.keywords:
        if keyword.arg == name:
            constants = (node.value for node in ast.walk(keyword.value) if isinstance(node, ast.Constant))
            return "".join(value for value in constants if isinstance(value, str))
    return ""


def _pytestmark(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
        value = statement.value
        return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return []


def _marked(expressions: Iterator[ast.expr] | list[ast.expr]) -> Iterator[str]:
    for node in expressions:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.clause":
            yield from (str(ast.literal_eval(argument)) for argument in node.args)
