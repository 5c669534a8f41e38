"""Evaluation of rule trees as polars expressions: a whole library in one pass; null is unknown, never false.

A row holds the inputs of one project. A project with several buildings or factories has several rows with the same
`project` and repeated totals; a rule holds for the project if it holds on all its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add, and_, ge, gt, le, lt, mul, or_, sub
from typing import Any, Final

import polars as pl

from shared.policy.facts import Project, read
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
from shared.policy.ruleset import PROJECT_TYPES, Input, Ruleset

PROJECT: Final = "project"
OPERATORS: Final[Mapping[str, Any]] = {">": gt, ">=": ge, "<": lt, "<=": le, "+": add, "-": sub, "*": mul}
UNLISTED_BIT: Final = 62


def expression(node: Node, ruleset: Ruleset) -> pl.Expr:
    """Return the tree as a polars expression in Kleene logic, where null is unknown."""
    match node:
        case And(parts):
            return reduce(and_, [expression(part, ruleset) for part in parts])
        case Or(parts):
            return reduce(or_, [expression(part, ruleset) for part in parts])
        case Not(part):
            return ~expression(part, ruleset)
        case Compare(sign, left, right):
            return _comparison(sign, left, right, ruleset)
        case Member(how, item, options):
            return _membership(how, item, options, ruleset)
        case Choose():
            return _choice(node, ruleset)
        case Extreme(how, left, right):
            first, second = expression(left, ruleset), expression(right, ruleset)
            smaller, larger = (first, second) if how == "min" else (second, first)
            # pl.min_horizontal skips nulls; two conditions keep them.
            return pl.when(first < second).then(smaller).when(first >= second).then(larger)
        case Arithmetic():
            return _arithmetic(node, ruleset)
        case _:
            return _leaf(node, ruleset)


def outcomes(frame: pl.DataFrame, ruleset: Ruleset, rules: Iterable[str]) -> pl.DataFrame:
    """Return one nullable boolean column per rule and one row per project, in the frame's order."""
    columns = [expression(ruleset.rules[rule].tree, ruleset).alias(rule) for rule in rules]
    if PROJECT not in frame.columns:
        return frame.lazy().select(columns).collect()
    judged = frame.lazy().select(pl.col(PROJECT), *columns)
    every = pl.exclude(PROJECT).all(ignore_nulls=False)
    return judged.group_by(PROJECT, maintain_order=True).agg(every).drop(PROJECT).collect()


def eligible(frame: pl.DataFrame, ruleset: Ruleset, found: pl.DataFrame) -> pl.Series:
    """Return per project whether it meets every `must` rule: true, false, or null if undetermined."""
    must = [rule.id for rule in ruleset.phase("declare") if rule.strength == "must"]
    answer = found.select(eligible=pl.all_horizontal(must))["eligible"]
    untyped = frame.filter(pl.col("project_type").is_null())
    if untyped.is_empty():
        return answer
    # An unknown project type does not matter where all three types give the same answer.
    each = [_of_type(untyped, kind, ruleset, must) for kind in PROJECT_TYPES]
    yes, no = reduce(and_, each), reduce(and_, [~one for one in each])
    whichever = pl.select(pl.when(yes).then(True).when(no).then(False)).to_series()
    places = projects(frame)["project_type"].is_null().arg_true()
    return answer.scatter(places, whichever)


def projects(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the first row of each project, which holds its totals and project-level inputs."""
    return frame.unique(PROJECT, keep="first", maintain_order=True) if PROJECT in frame.columns else frame


def sanitized(frame: pl.DataFrame, ruleset: Ruleset) -> pl.DataFrame:
    """Return the frame with all inputs; absent ones, NaN and infinity become null, as polars takes NaN > x as true."""
    columns = [_column(frame, item) for item in ruleset.inputs.values()]
    kept = [pl.col(PROJECT)] if PROJECT in frame.columns else []
    return frame.lazy().select(*kept, *columns).collect()


def frame_of(declared: Iterable[Mapping[str, Any]], ruleset: Ruleset) -> pl.DataFrame:
    """Return projects' facts as a frame, in the given order. Raises UnreadableFact."""
    rows: list[dict[str, Any]] = []
    for number, facts in enumerate(declared):
        rows += [{PROJECT: number, **row} for row in _rows(read(facts, ruleset))]
    columns = {
        item.name: pl.Series(item.name, [_cell(row.get(item.name), item) for row in rows], _dtype(item))
        for item in ruleset.inputs.values()
    }
    frame = pl.DataFrame(columns)
    numbers = pl.Series(PROJECT, [row[PROJECT] for row in rows], pl.UInt32)
    return frame if numbers.n_unique() == len(rows) else frame.insert_column(0, numbers)


def mask(words: Sequence[str], options: Iterable[str]) -> int:
    """Return the words as a bit mask in the order of the options; words outside the options share one more bit."""
    places = {word: place for place, word in enumerate(options)}
    return reduce(or_, (1 << places.get(word, UNLISTED_BIT) for word in words), 0)


def _rows(project: Project) -> Iterable[dict[str, Any]]:
    """Yield rows of buildings and factories in parallel; the shorter list repeats its last, as no rule reads both."""
    lists = [parts for parts in project.parts.values() if parts]
    for place in range(max(len(parts) for parts in lists)):
        row: dict[str, Any] = {}
        for parts in lists:
            row |= parts[min(place, len(parts) - 1)].inputs
        yield row


def _of_type(frame: pl.DataFrame, kind: str, ruleset: Ruleset, must: Sequence[str]) -> pl.Series:
    typed = frame.with_columns(project_type=pl.lit(kind).cast(frame.schema["project_type"]))
    return outcomes(typed, ruleset, must).select(pl.all_horizontal(must)).to_series()


def _comparison(sign: str, left: Node, right: Node, ruleset: Ruleset) -> pl.Expr:
    if isinstance(left, Interpretation) and isinstance(right, Constant):
        return pl.lit((ruleset.interpretations[left.name] == right.value) is (sign == "=="))
    first, second = expression(left, ruleset), expression(right, ruleset)
    if sign in ("==", "!="):
        return first == second if sign == "==" else first != second
    compared: pl.Expr = OPERATORS[sign](first, second)
    return compared


def _membership(how: str, item: Fact, options: Constant | Parameter, ruleset: Ruleset) -> pl.Expr:
    listed: Any = options.value if isinstance(options, Constant) else ruleset.values[options.name]
    column = expression(item, ruleset)
    if listed is None:
        return pl.lit(None, pl.Boolean)
    if how == "one":
        return reduce(or_, [column.eq(word) for word in listed])
    inside = mask(listed, ruleset.inputs[item.name].options)
    every = (1 << UNLISTED_BIT + 1) - 1
    if how == "within":
        return (column & pl.lit(every & ~inside, pl.Int64)).eq(0)
    return (column & pl.lit(inside, pl.Int64)).ne(0)


def _choice(node: Choose, ruleset: Ruleset) -> pl.Expr:
    fixed = _fixed(node.condition, ruleset)
    if fixed is not None:
        return expression(node.then if fixed else node.otherwise, ruleset)
    condition, then, otherwise = (expression(part, ruleset) for part in (node.condition, node.then, node.otherwise))
    if node.yes_no:
        return (condition & then) | (~condition & otherwise) | (then & otherwise)
    # `.otherwise` would take the second branch for an unknown condition, which matters unless both are equal.
    return pl.when(condition).then(then).when(~condition).then(otherwise).when(then == otherwise).then(then)


def _fixed(node: Node, ruleset: Ruleset) -> bool | None:
    """Return the value of a condition that the rule set alone decides; None for any other condition."""
    match node:
        case Published(name):
            return ruleset.values[name] is not None
        case Compare(sign, Interpretation(name), Constant(value)):
            return (ruleset.interpretations[name] == value) is (sign == "==")
    return None


def _arithmetic(node: Arithmetic, ruleset: Ruleset) -> pl.Expr:
    first, second = expression(node.left, ruleset), expression(node.right, ruleset)
    if node.sign == "/":
        return pl.when(second != 0).then(first / second)
    result: pl.Expr = OPERATORS[node.sign](first, second)
    return result


def _leaf(node: Node, ruleset: Ruleset) -> pl.Expr:
    match node:
        case Fact(name):
            return pl.col(name)
        case Constant(value):
            return pl.lit(value, pl.Float64) if isinstance(value, int) else pl.lit(value)
        case Parameter(name):
            value = ruleset.values[name]
            return pl.lit(None if value is None else float(value), pl.Float64)
        case Published(name):
            return pl.lit(ruleset.values[name] is not None)
    raise TypeError(node)


def _column(frame: pl.DataFrame, item: Input) -> pl.Expr:
    if item.name not in frame.columns:
        return pl.lit(item.absent, _dtype(item)).alias(item.name)
    found, column = frame.schema[item.name], pl.col(item.name)
    if item.type == "number":
        number = column.cast(pl.Float64)
        return (pl.when(number.is_finite()).then(number) if found.is_float() else number).alias(item.name)
    if found != _dtype(item) and item.aliases:
        column = column.cast(pl.String).replace(dict(item.aliases))
    return column if found == _dtype(item) else column.cast(_dtype(item), strict=False)


def _dtype(item: Input) -> Any:
    if item.type == "word":
        return pl.Enum(list(item.options))
    return {"yes_no": pl.Boolean, "number": pl.Float64, "words": pl.Int64}[item.type]


def _cell(value: Any, item: Input) -> Any:
    if value is None:
        return None
    if item.type == "words":
        return mask(value, item.options)
    return float(value) if item.type == "number" else value
