"""The import rules that import-linter cannot express: frozen migrations, and modules that call themselves pure."""

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from shared.settings import ROOT

MIGRATIONS = sorted([*ROOT.glob("services/*/migrations/versions/*.py"), *ROOT.glob("services/*/migrations/*_v*.py")])
MODULES = sorted([*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")])
PURE = re.compile(r"\bpure\b|\bplain functions\b", re.IGNORECASE)


def imported(source: str) -> Iterator[str]:
    """Yield the dotted name of each imported module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "."
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def live_imports(source: str, service: str) -> list[str]:
    """Return the imports of a migration beyond Alembic, SQLAlchemy, its own folder and the frozen DDL."""
    frozen = ("alembic", "sqlalchemy", "shared.storage.ddl", f"services.{service}.migrations")
    return [
        name
        for name in imported(source)
        if not any(name == each or name.startswith((f"{each}.", f"{each}_")) for each in frozen)
    ]


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_migration_imports_no_live_code(path: Path) -> None:
    assert live_imports(path.read_text(), path.relative_to(ROOT).parts[1]) == []


@pytest.mark.parametrize(
    "source",
    [
        "from services.intake.models import Base",
        "import shared.storage.tables",
        "from services.funding.migrations import x",
    ],
)
def test_live_code_in_a_migration_is_found(source: str) -> None:
    assert len(live_imports(source, "intake")) == 1


def _held_as_pure() -> list[str]:
    """Return the modules and patterns of the contracts that keep code pure."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return [
        module
        for contract in contracts
        if contract["type"] == "forbidden"
        and {"sqlalchemy", "fastapi", "aiokafka"} <= set(contract["forbidden_modules"])
        for module in contract["source_modules"]
    ]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_each_module_that_calls_itself_pure_is_held_by_the_linter() -> None:
    held = _held_as_pure()
    docstrings = {_module(path): ast.get_docstring(ast.parse(path.read_text())) or "" for path in MODULES}
    claims = [module for module, text in docstrings.items() if PURE.search(text)]
    assert claims, "the docstrings no longer say which modules are pure"
    free = [
        module for module in claims if not any(fnmatch(module, each) or fnmatch(module, f"{each}.*") for each in held)
    ]
    assert free == []
