"""Shared code names no service; what differs by service comes from its Service object."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import SERVICES
from shared.settings import ROOT

DATA = ("shared/contracts/", "shared/policy/")
"""Packages that hold event classes and the notice: each event belongs to a service by its type."""
NAME = re.compile(rf"(?<![A-Za-z])({'|'.join(SERVICES)})(?![A-Za-z])")
CODE = sorted(
    path for path in (ROOT / "shared").rglob("*.py") if not path.relative_to(ROOT).as_posix().startswith(DATA)
)


def _docstrings(tree: ast.AST) -> set[int]:
    """Return the identities of the string nodes that stand as statements of their own."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def named_services(source: str) -> Iterator[str]:
    """Yield each service name in an identifier, an import or a string that is no docstring."""
    tree = ast.parse(source)
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                yield from NAME.findall(text)
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text) | ast.keyword(arg=str(text)):
                yield from NAME.findall(text)
            case ast.ImportFrom(module=str(text)) | ast.alias(name=text):
                yield from NAME.findall(text)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_shared_code_names_no_service(path: Path) -> None:
    assert list(named_services(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        'if service == "funding": ...',
        "intake_database_url = 1",
        'text("SELECT FROM intake.outbox")',
        "from services.funding import x",
    ],
)
def test_a_service_name_in_code_is_found(source: str) -> None:
    assert len(list(named_services(source))) == 1
