"""Files of the product that mutants change, and the types of the fields and columns that they declare."""

import ast
from functools import cache

from mutants.source import ROOT, Source

FOLDERS = ("services", "shared", "deploy")
LEFT_OUT = ("deploy/demo", "deploy/sdk", "deploy/checks", "shared/contracts", "shared/policy")


def files() -> list[str]:
    """Return the files whose statements and routes are changed."""
    found = (path.relative_to(ROOT).as_posix() for each in FOLDERS for path in sorted((ROOT / each).rglob("*.py")))
    return [path for path in found if not path.startswith(LEFT_OUT)]


@cache
def columns() -> dict[str, dict[str, str]]:
    """Return the type of each column, by model class or table, in the order of their declaration."""
    found: dict[str, dict[str, str]] = {}
    for path in (path for path in files() if "/models/" in path or path.endswith("storage/tables.py")):
        for node in ast.walk(Source.read(path).tree):
            if isinstance(node, ast.ClassDef):
                found[node.name] = {
                    line.target.id: ast.unparse(line.annotation).replace(" | None", "")
                    for line in node.body
                    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
                }
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and "Table(" in ast.unparse(node):
                calls = [each for each in node.value.args if isinstance(each, ast.Call) and len(each.args) > 1]
                found[ast.unparse(node.targets[0])] = {
                    ast.literal_eval(each.args[0]): ast.unparse(each.args[1])
                    for each in calls
                    if "Column" in ast.unparse(each.func) and isinstance(each.args[0], ast.Constant)
                }
    return found


@cache
def fields() -> dict[str, dict[str, str]]:
    """Return the type of each field by class, over all answers, events and rows."""
    found: dict[str, dict[str, str]] = {}
    bases: dict[str, list[str]] = {}
    contracts = [f"shared/contracts/{name}.py" for name in ("eligibility", "funding", "intake", "monitoring")]
    for path in [*files(), *contracts]:
        for node in ast.walk(Source.read(path).tree):
            if isinstance(node, ast.ClassDef):
                lines = [each for each in node.body if isinstance(each, ast.AnnAssign)]
                found[node.name] = {ast.unparse(each.target): ast.unparse(each.annotation) for each in lines}
                bases[node.name] = [ast.unparse(base) for base in node.bases]
    for name in found:
        for base in bases[name]:
            found[name] = found.get(base, {}) | found[name]
    return found
