"""Evaluation of one declaration with a full trace, in strong Kleene logic: None is unknown and never becomes false.

`bind` turns a rule tree with the parameters and readings of a rule set into a function from facts to a trace. From the
trace, `deciding_leaves` gives the comparisons that decide the result, `unknowns` what an undecided result lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from shared.policy.language import (
    And,
    Arithmetic,
    Choose,
    Compare,
    Constant,
    Extreme,
    Fact,
    Interpretation,
    Member,
    Node,
    Not,
    Or,
    Parameter,
    Published,
)

Value = bool | Decimal | int | str | tuple[str, ...] | None
Trace = tuple[Value, Node, tuple[Any, ...]]
"""Value, node, and the traces of the node's parts."""
Facts = Mapping[str, Any]
Judge = Callable[[Facts], Trace]

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": gt, ">=": ge, "<": lt, "<=": le, "==": eq, "!=": ne,
}  # fmt: skip


def bind(node: Node, parameters: Mapping[str, Any], interpretations: Mapping[str, str]) -> Judge:
    """Return a function from facts by name to a trace of `node`; an absent or None fact is unknown. It never raises."""

    def part(child: Node) -> Judge:
        return bind(child, parameters, interpretations)

    match node:
        case Compare(sign, left, right):
            return _two(COMPARISONS[sign], part(left), part(right), node)
        case Member(how, item, options):
            return _two(MEMBERSHIPS[how], part(item), part(options), node)
        case Arithmetic(sign, left, right):
            return _two(ARITHMETIC[sign], part(left), part(right), node)
        case Extreme(how, left, right):
            return _two(min if how == "min" else max, part(left), part(right), node)
        case And(parts):
            return _all(tuple(map(part, parts)), node)
        case Or(parts):
            return _any(tuple(map(part, parts)), node)
        case Not(inner):
            return _not(part(inner), node)
        case Choose(condition, then, otherwise):
            return _choose(part(condition), part(then), part(otherwise), node)
        case _:
            return _leaf(node, parameters, interpretations)


def deciding_leaves(trace: Trace) -> Iterator[Trace]:
    """Yield the comparisons and facts that decide the result or, if it is undecided, leave it open."""
    value, node, parts = trace
    match node:
        case And() | Or():
            for part in parts:
                if part[0] is value:
                    yield from deciding_leaves(part)
        case Not():
            yield from deciding_leaves(parts[0])
        case Choose() if parts[0][0] is None:
            for part in parts:
                yield from deciding_leaves(part)
        case Choose():
            yield from deciding_leaves(parts[1] if parts[0][0] else parts[2])
        case Compare(left=Interpretation()) | Published():
            return
        case _:
            yield trace


def unknowns(trace: Trace) -> Iterator[Fact | Parameter]:
    """Yield the unknown facts and unpublished parameters of undecided branches; none for a decided result."""
    value, node, parts = trace
    if value is not None:
        return
    if isinstance(node, (Fact, Parameter)):
        yield node
        return
    if isinstance(node, Choose) and parts[0][0] is not None:
        condition = parts[0][1]
        if isinstance(condition, Published) and not parts[0][0]:
            yield Parameter(condition.name)
        parts = (parts[1] if parts[0][0] else parts[2],)
    for part in parts:
        yield from unknowns(part)


def _leaf(node: Node, parameters: Mapping[str, Any], interpretations: Mapping[str, str]) -> Judge:
    match node:
        case Fact(name):
            return lambda facts: (facts.get(name), node, ())
        case Parameter(name):
            return _fixed(parameters[name], node)
        case Published(name):
            return _fixed(parameters[name] is not None, node)
        case Interpretation(name):
            return _fixed(interpretations[name], node)
        case Constant(value):
            return _fixed(value, node)
    raise TypeError(node)


def _fixed(value: Any, node: Node) -> Judge:
    trace: Trace = (value, node, ())
    return lambda facts: trace


def _two(operation: Callable[[Any, Any], Value], left: Judge, right: Judge, node: Node) -> Judge:
    def judge(facts: Facts) -> Trace:
        first, second = left(facts), right(facts)
        if first[0] is None or second[0] is None:
            return None, node, (first, second)
        return operation(first[0], second[0]), node, (first, second)

    return judge


def _all(parts: tuple[Judge, ...], node: Node) -> Judge:
    def judge(facts: Facts) -> Trace:
        traces = tuple([part(facts) for part in parts])
        values = [trace[0] for trace in traces]
        return False if False in values else None if None in values else True, node, traces

    return judge


def _any(parts: tuple[Judge, ...], node: Node) -> Judge:
    def judge(facts: Facts) -> Trace:
        traces = tuple([part(facts) for part in parts])
        values = [trace[0] for trace in traces]
        return True if True in values else None if None in values else False, node, traces

    return judge


def _not(part: Judge, node: Node) -> Judge:
    def judge(facts: Facts) -> Trace:
        trace = part(facts)
        return None if trace[0] is None else not trace[0], node, (trace,)

    return judge


def _choose(condition: Judge, then: Judge, otherwise: Judge, node: Node) -> Judge:
    def judge(facts: Facts) -> Trace:
        traces = condition(facts), then(facts), otherwise(facts)
        chosen, first, second = traces[0][0], traces[1][0], traces[2][0]
        if chosen is None:
            return first if first == second else None, node, traces
        return first if chosen else second, node, traces

    return judge


def _divide(left: Decimal, right: Decimal) -> Decimal | None:
    return None if right == 0 else left / right


ARITHMETIC: Final[dict[str, Callable[[Any, Any], Value]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
}
MEMBERSHIPS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "one": lambda item, options: item in options,
    "within": lambda items, options: all(item in options for item in items),
    "meets": lambda items, options: any(item in options for item in items),
}
