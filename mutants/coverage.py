"""Choose the tests that enter the code that a mutant changes, from what `mutants.recording` wrote."""

import ast
import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mutants.source import ROOT, Mutant, Source
from services import SERVICES

FOLDERS = ("services", "shared", "deploy")
Place = tuple[str, str]
"""Path of a file, and the qualified name of a function, class or constant in it."""
SCHEMA_BUDGET = 8.0
SCHEMA_TESTS = ("tests/deploy/test_catalogue.py", "tests/deploy/test_migrations.py")
_ADMISSION, _ANSWERS = "tests/journeys/test_admission.py", "tests/journeys/test_answers.py"
_DECLARED, _DUTIES = "tests/journeys/test_declared_routes.py", "tests/deploy/test_duties.py"
ENUMERATING = {
    **dict.fromkeys(("add_role", "swap_role", "drop_role"), (_ADMISSION,)),
    **dict.fromkeys(("drop_idempotency", "drop_route_class", "other_status"), (_DECLARED,)),
    **dict.fromkeys(("drop_duty", "other_duty"), (_DUTIES,)),
    **dict.fromkeys(("swap_fields", "other_field"), (_ANSWERS,)),
}
"""Files of tests that go through every operation, by operator: they run before others."""
DDL_SERVICE = "monitoring"
"""The service that is migrated for a mutant of the DDL that all share."""


@dataclass
class Coverage:
    """Tests that passed without a mutant, their seconds, and the functions that each enters."""

    seconds: dict[str, float] = field(default_factory=dict)
    entering: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def read(cls, path: Path) -> "Coverage":
        """Return what was recorded; the last record of a test counts."""
        records = {}
        for line in path.read_text("utf-8").splitlines():
            record = json.loads(line)
            records[record["test"]] = record
        coverage = cls()
        for test, record in records.items():
            if record["passed"] and stands(test):
                coverage.seconds[test] = record["seconds"]
                for function in record["functions"]:
                    coverage.entering[tuple(function.split(" ", 1))].add(test)
        return coverage

    def tests_for(self, mutant: Mutant, budget: float) -> list[str]:
        """Return tests of at most `budget` seconds that enter the changed code: those of its own folder first."""
        service = Path(mutant.path).parts[1]
        if mutant.area == "migrations":
            service = service if mutant.path.startswith("services/") else DDL_SERVICE
            tests = {test for test in self.seconds if test.startswith((*SCHEMA_TESTS, f"tests/{service}/"))}
            budget = min(budget, SCHEMA_BUDGET)
        else:
            tests = self.tests_of((mutant.path, mutant.where))
            if "/models/" in mutant.path or mutant.path.endswith("/tables.py"):
                tests = tests | {test for test in self.seconds if test.startswith(SCHEMA_TESTS)}

        first = ENUMERATING.get(mutant.operator.removesuffix("_everywhere"), SCHEMA_TESTS)
        others = tuple(f"[{name}" for name in SERVICES if mutant.path.startswith("services/") and name != service)
        enumerating = {
            test for test in self.seconds if test.startswith(first) and not any(other in test for other in others)
        }
        if first != SCHEMA_TESTS:  # such a test may be refused before it enters the operation
            tests = tests | enumerating

        def order(test: str) -> tuple[bool, bool, float]:
            return test not in enumerating, service not in test, self.seconds[test]

        chosen: list[str] = []
        left = budget
        for test in sorted(tests, key=order):
            if not chosen or self.seconds[test] < left or (test in enumerating and first != SCHEMA_TESTS):
                chosen.append(test)
                left -= self.seconds[test] + 0.02
        return chosen

    def tests_of(self, place: Place) -> set[str]:
        """Return the tests that enter a function, or any function that uses a constant or a class."""
        found: set[str] = set()
        waiting, seen = [place], set()
        while waiting:
            path, where = waiting.pop()
            if (path, where) in seen:
                continue
            seen.add((path, where))
            name = where
            while name and (path, name) not in self.entering:
                name = name.rpartition(".")[0]
            found |= self.entering.get((path, name), set())
            if not name or "." not in where:
                waiting += users(path, where.split(".")[0])
        return found


@cache
def _text(path: str) -> str:
    return (ROOT / path).read_text("utf-8") if (ROOT / path).exists() else ""


def stands(test: str) -> bool:
    """Return whether the file of a test still has a function of its name."""
    path, _, name = test.partition("::")
    return f"def {name.rpartition('::')[2].partition('[')[0]}(" in _text(path)


@cache
def users(path: str, name: str) -> tuple[Place, ...]:
    """Return the functions, classes and constants that use a module's name."""
    found = []
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for other, (imported, used) in _uses().items():
        if other == path or (module, name) in imported:
            found += [(other, where) for where, names in used.items() if name in names and where != name]
    return tuple(found)


@cache
def _uses() -> dict[str, tuple[set[tuple[str, str]], dict[str, set[str]]]]:
    """Return by file what it imports, and the names that each function, class and constant uses."""
    found = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            imported: set[tuple[str, str]] = set()
            used: dict[str, set[str]] = defaultdict(set)
            for node, where in Source.read(path).places:
                if isinstance(node, ast.ImportFrom):
                    imported.update((str(node.module), alias.name) for alias in node.names)
                elif isinstance(node, ast.Name) and where:
                    used[where].add(node.id)
            found[path] = (imported, used)
    return found
