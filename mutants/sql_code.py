"""Operators on SQLAlchemy expressions and on the calls of migrations; the literals among them go to `sql_text`."""

import ast
from collections.abc import Iterator

from mutants.declared import columns, files
from mutants.source import Edit, Mutant, Source, numbered
from mutants.sql_splitter import is_sql
from mutants.sql_text import FLIPS, mutations

__all__ = ["files", "mutants"]
DROPPED_CALLS = {
    "with_for_update",
    "order_by",
    "limit",
    "distinct",
    "on_conflict_do_nothing",
    "desc",
    "where",
    "filter_by",
}
DROPPED_KEYWORDS = {"with_for_update", "populate_existing", "postgresql_where", "index_where"}
DDL_CALLS = {"protect", "append_only"}
CONSTRAINTS = {"CheckConstraint", "UniqueConstraint", "ForeignKeyConstraint", "ForeignKey"}
WEAKENED = {("nullable", "False"), ("applicant", "True"), ("unique", "True")}
_FLIPS = {ast.LtE: "<=", ast.GtE: ">=", ast.Lt: "<", ast.Gt: ">"}


def mutants(source: Source) -> list[Mutant]:
    """Return the SQL mutants of a file."""
    found: list[Mutant] = []
    passed_over: set[int] = set()
    """Parts of f-strings, and docstrings."""
    for node, where in source.places:
        if where.startswith("downgrade"):
            continue
        if isinstance(node, ast.JoinedStr):
            passed_over.update(map(id, node.values))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(id(node.value))
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            edits = [] if id(node) in passed_over else list(_of_literal(source, node))
        else:
            edits = list(_of_node(source, node))
        found += [source.mutant("sql", name, where, edit) for name, edit in edits]
    return numbered(each for each in found if each.old != each.new)


def _of_literal(source: Source, node: ast.expr) -> Iterator[tuple[str, Edit]]:
    start, end = source.span(node)
    if is_sql(literal := source.text[start:end]):
        for name, edit in mutations(literal):
            yield name, Edit(start + edit.start, start + edit.end, edit.text)


def _of_node(source: Source, node: ast.AST) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, ast.Call):
        yield from _of_call(source, node)
    elif isinstance(node, ast.Attribute):
        yield from _other_column(source, node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if ast.unparse(node.value.func) in DDL_CALLS and "migrations" in source.path:
            yield "drop_statement", Edit(*source.span(node), "pass")
    elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple) and "migrations" in source.path:
        for index in range(len(node.iter.elts)):
            yield "drop_element", source.without(node.iter.elts, index)


def _of_call(source: Source, node: ast.Call) -> Iterator[tuple[str, Edit]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Constant):
        chain = (source.span(node.func.value)[1], source.span(node)[1])
        if name in DROPPED_CALLS:
            yield f"drop_{name}", Edit(*chain)
        if name == "on_conflict_do_update":
            yield "weaken", Edit(*chain, ".on_conflict_do_nothing()")
    if name in {"where", "and_", "or_", "filter_by", "order_by"}:
        items = node.keywords if name == "filter_by" else node.args
        for index in range(len(items) if len(items) > 1 else 0):
            yield "drop_conjunct", source.without(items, index)
        yield from _flips(source, node)
    if name == "in_" and node.args and isinstance(node.args[0], ast.Tuple | ast.List) and len(node.args[0].elts) > 1:
        for index in range(len(node.args[0].elts)):
            yield "drop_element", source.without(node.args[0].elts, index)
    yield from _of_arguments(source, node)


def _of_arguments(source: Source, node: ast.Call) -> Iterator[tuple[str, Edit]]:
    migration = "migrations" in source.path
    for index, argument in enumerate(node.args if migration else ()):
        if isinstance(argument, ast.Call) and ast.unparse(argument.func).rpartition(".")[2] in CONSTRAINTS:
            yield "drop_constraint", source.without(node.args, index)
    for keyword in node.keywords:
        weakened = (migration or keyword.arg == "unique") and (keyword.arg, ast.unparse(keyword.value)) in WEAKENED
        if keyword.arg in DROPPED_KEYWORDS or weakened:
            start, end = source.span(keyword)
            before = source.text[:start].rstrip()
            yield f"drop_{keyword.arg}", Edit(len(before) - 1 if before.endswith(",") else start, end)


def _flips(source: Source, call: ast.Call) -> Iterator[tuple[str, Edit]]:
    for node in (node for argument in call.args for node in ast.walk(argument)):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _FLIPS:
            sign = _FLIPS[type(node.ops[0])]
            left, right = source.span(node.left)[1], source.span(node.comparators[0])[0]
            yield "flip", Edit(left, right, source.text[left:right].replace(sign, FLIPS[sign]))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            yield "drop_conjunct", Edit(*source.span(node), source.text[slice(*source.span(node.left))])
            yield "drop_conjunct", Edit(*source.span(node), source.text[slice(*source.span(node.right))])


def _other_column(source: Source, node: ast.Attribute) -> Iterator[tuple[str, Edit]]:
    """Take the next column of the same type instead of this one."""
    holder = node.value
    if isinstance(holder, ast.Attribute) and holder.attr == "c":
        holder = holder.value
    types = columns().get(holder.id, {}) if isinstance(holder, ast.Name) else {}
    alike = [name for name, kind in types.items() if kind == types.get(node.attr)]
    if len(alike) > 1 and node.attr in alike:
        end = source.span(node)[1]
        yield "swap_columns", Edit(end - len(node.attr), end, alike[(alike.index(node.attr) + 1) % len(alike)])
