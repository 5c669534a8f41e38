"""Operators on routes: admission, dependencies, duties, guards, statuses, and the fields of answers and events."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from mutants.declared import fields
from mutants.declared import files as product_files
from mutants.source import Edit, Mutant, Source, numbered
from shared.actors import ROLES
from shared.web import auth

AUTH = "shared/web/auth.py"
_MODULE = '__import__("shared.web.auth", fromlist=["_"])'
_ADMITTING = f"{_MODULE}.Annotated[{_MODULE}.Actor, {_MODULE}.Depends({_MODULE}.RoleCheck({{roles}}))]"
GUARDS = ("expect", "require", "check", "refuse", "take_duty", "visible_")
CHECKS = {"expect_version", "take_duty", "check_writes", "check_parameters"}
EFFECTS = {"emit", "record_act", "store_hands"}
_PARAMETERS = '__import__("shared.web.parameters", fromlist=["_"]).KnownParametersRoute'
_ADMITTING_ROUTE = f"{_MODULE}.AdmittingRoute"
ROUTE_CLASSES = {
    "ActRoute": (_PARAMETERS, _ADMITTING_ROUTE),
    "KnownParametersRoute": (_ADMITTING_ROUTE,),
    "PushRoute": (_PARAMETERS, _ADMITTING_ROUTE),
}
"""Route classes that do less: no answer is kept for a key, no unknown parameter refused, no body bounded."""
FORGOTTEN = {"Session": '__import__("shared.web.idempotency", fromlist=["_"]).ReadSession'}
"""A session that claims no idempotency key instead of one that does."""


def files() -> list[str]:
    """Return the files of the services and of what their routes share."""
    left_out = ("/migrations/", "/rules/", "/interest/", "shared/storage/ddl", "shared/storage/migrate.py")
    found = (path for path in product_files() if path.startswith(("services/", "shared/web/", "shared/storage/")))
    return [
        path for path in [*found, "shared/errors.py", "shared/actors.py"] if not any(part in path for part in left_out)
    ]


@cache
def admissions() -> dict[str, tuple[str, ...]]:
    """Return the roles of each named admission of shared/web/auth.py."""
    found = {}
    for name, value in vars(auth).items():
        checks = [each.dependency for each in getattr(value, "__metadata__", ()) if hasattr(each, "dependency")]
        if checks and isinstance(checks[0], auth.RoleCheck):
            found[name] = checks[0].roles
    return found


def mutants(source: Source) -> list[Mutant]:
    """Return the route mutants of a file."""
    edits = [(where, *each) for node, where in source.places for each in _of_node(source, node)]
    found = (source.mutant("routes", name, where, *places) for where, name, *places in edits)
    return numbered(each for each in found if each.old != each.new)


def _of_node(source: Source, node: ast.AST) -> Iterator[tuple[str, *tuple[Edit, ...]]]:
    if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name):
        yield from _of_parameter(source, node.annotation)
    elif isinstance(node, ast.Call):
        yield from _of_call(source, node)
    elif isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise):
        yield "drop_guard", Edit(*source.span(node.test), "False")
    elif isinstance(node, ast.Expr | ast.Assign):
        yield from _of_statement(source, node)
    elif isinstance(node, ast.Dict):
        yield from _of_dict(source, node)
    elif isinstance(node, ast.ClassDef) and node.name.endswith("Out"):
        yield from _of_answer(source, node)


def _of_parameter(source: Source, annotation: ast.Name) -> Iterator[tuple[str, Edit]]:
    place = source.span(annotation)
    if annotation.id in FORGOTTEN:
        yield "drop_idempotency", Edit(*place, FORGOTTEN[annotation.id])
    elif listed := admissions().get(annotation.id):
        for name, changed in role_lists(listed, source.path + annotation.id):
            yield name, Edit(*place, _ADMITTING.format(roles=", ".join(map(repr, changed))))


def role_lists(listed: tuple[str, ...], key: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the admission with a role more, with another role, and with a role less."""
    if others := [role for role in ROLES if role not in listed]:
        other = others[sum(map(ord, key)) % len(others)]
        yield "add_role", (*listed, other)
        yield "swap_role", (*listed[:-1], other)
    if len(listed) > 1:
        yield "drop_role", listed[:-1]


def _of_call(source: Source, node: ast.Call) -> Iterator[tuple[str, *tuple[Edit, ...]]]:
    name = ast.unparse(node.func).rpartition(".")[2]
    if name == "RoleCheck" and source.path == AUTH and all(isinstance(each, ast.Constant) for each in node.args):
        listed = tuple(str(each.value) for each in node.args if isinstance(each, ast.Constant))
        for operator, changed in role_lists(listed, str(node.lineno % 7)):
            yield f"{operator}_everywhere", Edit(*source.span(node), f"RoleCheck({', '.join(map(repr, changed))})")
    for keyword in node.keywords:
        yield from _of_keyword(source, name, keyword)
    if ast.unparse(node.func).startswith("router.") and not any(each.arg == "status_code" for each in node.keywords):
        place = source.span(node.keywords[0])
        yield "other_status", Edit(place[0], place[0], "status_code=202, ")
    yield from _swapped_fields(source, name, node.keywords)


def _of_keyword(source: Source, name: str, keyword: ast.keyword) -> Iterator[tuple[str, Edit]]:
    place = source.span(keyword)
    value = ast.unparse(keyword.value)
    if keyword.arg == "route_class" and value in ROUTE_CLASSES:
        for lesser in ROUTE_CLASSES[value]:
            if lesser == _ADMITTING_ROUTE or value != "ActRoute" or "session: Session" in source.text:
                yield "drop_route_class", Edit(*place, f"route_class={lesser}")
    elif keyword.arg == "status_code" and value.isdigit():
        yield "other_status", Edit(*place, f"status_code={200 if value != '200' else 202}")
    elif keyword.arg == "duty" and name == "record_act" and isinstance(keyword.value, ast.Constant):
        yield "drop_duty", Edit(*place, "duty=None")
        yield "other_duty", Edit(*place, 'duty="evaluate"')
    elif keyword.arg == "dependencies":
        yield "drop_dependency", Edit(*place, "dependencies=[]")


def _swapped_fields(source: Source, name: str, keywords: list[ast.keyword]) -> Iterator[tuple[str, Edit, Edit]]:
    """Swap the values of two fields of one type in the construction of an answer, event or row."""
    types = fields().get(name, {})
    plain = [each for each in keywords if each.arg in types and not isinstance(each.value, ast.Constant)]
    by_type: dict[str, list[ast.keyword]] = {}
    for keyword in plain:
        by_type.setdefault(types[str(keyword.arg)].removesuffix(" | None"), []).append(keyword)
    for alike in by_type.values():
        for first, second in pairwise(alike):
            yield "swap_fields", *_swap(source, first.value, second.value)


def _swap(source: Source, first: ast.expr, second: ast.expr) -> tuple[Edit, Edit]:
    one, two = source.span(first), source.span(second)
    return Edit(*one, source.text[slice(*two)]), Edit(*two, source.text[slice(*one)])


def _of_dict(source: Source, node: ast.Dict) -> Iterator[tuple[str, *tuple[Edit, ...]]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "duty" and isinstance(value, ast.Constant):
            yield "drop_duty", Edit(*source.span(value), "None")
    if "api/" in source.path or source.path.endswith("events.py"):
        plain = [
            value for key, value in zip(node.keys, node.values, strict=True) if key and isinstance(value, ast.Attribute)
        ]
        for first, second in pairwise(plain):
            if ast.unparse(first.value) == ast.unparse(second.value):
                yield "swap_fields", *_swap(source, first, second)


def _of_answer(source: Source, node: ast.ClassDef) -> Iterator[tuple[str, Edit]]:
    """Read a field of an answer from another column of the same type."""
    lines = [each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.value, ast.Call)]
    for first, second in zip(lines, lines[1:] + lines[:1], strict=True):
        call, same = first.value, ast.unparse(first.annotation) == ast.unparse(second.annotation)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Field" and same and first is not second:
            end = source.span(call)[1] - 1
            comma = "" if source.text[:end].rstrip().endswith((",", "(")) else ", "
            other = ast.unparse(second.target)
            yield "other_field", Edit(end, end, f'{comma}validation_alias="{other}"')


def _of_statement(source: Source, node: ast.Expr | ast.Assign) -> Iterator[tuple[str, Edit]]:
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    if isinstance(node, ast.Expr) and isinstance(value, ast.Call):
        name = ast.unparse(value.func).rpartition(".")[2]
        if name in CHECKS or (name.startswith(GUARDS) and "raise" not in name):
            yield "drop_check", Edit(*source.span(node), "pass")
        elif name in EFFECTS:
            yield "drop_effect", Edit(*source.span(node), "pass")
    elif isinstance(node, ast.Assign):
        target = ast.unparse(node.targets[0])
        if "headers[" in target:
            yield "drop_header", Edit(*source.span(node), "pass")
        elif target.startswith("(status, code") and isinstance(value, ast.Tuple):
            status = value.elts[0]
            yield "other_status", Edit(*source.span(status), "400" if ast.unparse(status) != "400" else "422")
