"""Duties that a service's operations take, read from the syntax tree: an argument of `record_act` or `take_duty`.

Calls are followed through the functions of the service, and through shared modules of endpoints that it mounts by
importing them. Nothing is imported.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.settings import ROOT

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Module:
    """A module's functions, constant dicts, and the names it imports from the service."""

    functions: dict[str, _Function] = field(default_factory=dict)
    dicts: dict[str, ast.Dict] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


class Unresolved(ValueError):
    """A duty that the source does not state as a constant."""


def operation_duties(service: str, root: Path = ROOT) -> dict[str, list[str]]:
    """Return the duties of each operation that takes one. Raises Unresolved."""
    modules = {
        ".".join(path.relative_to(root).with_suffix("").parts): _module(ast.parse(path.read_text("utf-8")))
        for path in sorted((root / "services" / service).rglob("*.py"))
        if "migrations" not in path.parts
    }
    modules |= _mounted(modules, root)
    found = {}
    for name, module in modules.items():
        for function in module.functions.values():
            operation = _operation(function)
            if operation and (duties := list(dict.fromkeys(_duties(modules, name, function, ())))):
                found[operation] = duties
    return dict(sorted(found.items()))


def _mounted(modules: Mapping[str, _Module], root: Path) -> dict[str, _Module]:
    """Return the modules of shared endpoints that the service's own modules import by name."""
    named = {f"{home}.{name}" for module in modules.values() for home, name in module.imports.values()}
    files = {name: root.joinpath(*name.split(".")).with_suffix(".py") for name in named if name.startswith("shared.")}
    return {name: _module(ast.parse(file.read_text("utf-8"))) for name, file in files.items() if file.is_file()}


def _module(tree: ast.Module) -> _Module:
    module = _Module()
    for node in tree.body:
        if isinstance(node, _Function):
            module.functions[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            module.dicts[ast.unparse(node.targets[0])] = node.value
        elif isinstance(node, ast.ImportFrom) and node.module:
            module.imports.update({each.asname or each.name: (node.module, each.name) for each in node.names})
    return module


def _operation(function: _Function) -> str | None:
    """Return the name of the route that the function answers."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).startswith("router."):
            return next(str(ast.literal_eval(k.value)) for k in decorator.keywords if k.arg == "name")
    return None


def _duties(modules: dict[str, _Module], name: str, function: _Function, calls: tuple[_Function, ...]) -> Iterator[str]:
    """Yield the duties that a function of a module takes; `calls` are the functions that lead to it."""
    module = modules[name]
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        called = call.func.id  # type: ignore[attr-defined]
        if called in ("record_act", "take_duty"):
            value = _argument(call, "duty", 2 if called == "take_duty" else None) or _spread(function, call, "duty")
            yield from _constants(module, function, value)
            continue
        home, own_name = (name, called) if called in module.functions else module.imports.get(called, ("", ""))
        target = modules[home].functions.get(own_name) if home in modules else None
        if target is not None and target not in calls:
            parameters = [each.arg for each in target.args.args]
            if "duty" in parameters:
                yield from _constants(module, function, _argument(call, "duty", parameters.index("duty")))
            yield from _duties(modules, home, target, (*calls, function))


def _argument(call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position is not None and position < len(call.args) else None


def _spread(function: _Function, call: ast.Call, name: str) -> ast.expr | None:
    """Return the argument that a call takes from a dict of the function: `act = {"duty": …}`, `**act`."""
    spread = {ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Dict):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        items = zip(node.value.keys, node.value.values, strict=True) if ast.unparse(target) in spread else ()
        for key, value in items:
            if isinstance(key, ast.Constant) and key.value == name:
                return value
    return None


def _constants(module: _Module, function: _Function, value: ast.expr | None) -> list[str]:
    """Return the duties that an expression can be; none for a parameter, whose callers state it. Raises Unresolved."""
    match value:
        case None | ast.Constant(value=None):
            return []
        case ast.Constant(value=str(duty)):
            return [duty]
        case ast.Subscript(value=ast.Name(id=name)) if name in module.dicts:
            return [str(ast.literal_eval(each)) for each in module.dicts[name].values]
        case ast.Name(id="duty") if "duty" in [each.arg for each in function.args.args]:
            return []
    raise Unresolved(f"{function.name}: duty={ast.unparse(value)}")
