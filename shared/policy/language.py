"""The language of rule texts: parsed with `ast` against a whitelist into a small tree, never evaluated as Python.

and · or · not · one comparison · ``word in ('a', 'b')`` · + - * / · ``a if c else b`` · ``min``/``max`` of two ·
``within``/``meets`` (every / any of several words is in a list) · ``published(p.x)`` · facts by name ·
``p.parameter`` · ``i.interpretation``. Only integers are literals; every other number is a dated
parameter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.policy.errors import MalformedRule

Kind = Literal["yes_no", "number", "word", "words"]
TEXT_LIMIT: Final = 1000
SIGNS: Final[dict[type[ast.cmpop] | type[ast.operator], str]] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constant:
    value: int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    name: str


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str


@dataclass(frozen=True, slots=True)
class Interpretation:
    name: str


@dataclass(frozen=True, slots=True)
class Published:
    """True if a parameter has a value on the date; fixed when the rule set is resolved."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Member:
    """Membership in a list: of a word (`one`), of every word (`within`), of at least one word (`meets`)."""

    how: Literal["one", "within", "meets"]
    item: Fact
    options: Constant | Parameter


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class Choose:
    """Conditional `then if condition else otherwise`; `yes_no` is true if the branches are conditions, not numbers."""

    condition: Node
    then: Node
    otherwise: Node
    yes_no: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Extreme:
    """Minimum or maximum of two numbers; unknown if either is unknown."""

    how: Literal["min", "max"]
    left: Node
    right: Node


Node = (
    Constant | Fact | Parameter | Interpretation | Published | Compare | Member | And | Or | Not | Choose
    | Arithmetic | Extreme
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that a rule text may use: facts and interpretations with their options, and parameters."""

    facts: Mapping[str, Kind]
    words: Mapping[str, frozenset[str]]
    parameters: Mapping[str, Kind]
    interpretations: Mapping[str, frozenset[str]]


def parse(text: str, vocabulary: Vocabulary, kind: Kind = "yes_no") -> Node:
    """Parse a rule text. Raises MalformedRule for anything outside the language, unknown names and wrong types."""
    if len(text) > TEXT_LIMIT:
        raise MalformedRule(f"规则文本超过 {TEXT_LIMIT} 字")
    try:
        body = ast.parse(f"({text.strip()}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as problem:
        raise MalformedRule(f"无法解析：{text}") from problem
    return _Reader(text, vocabulary).read(body, kind)


def children(node: Node) -> tuple[Node, ...]:
    """Return the child nodes in the order of the text."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part):
            return (part,)
        case Choose(condition, then, otherwise):
            return condition, then, otherwise
        case Compare(_, left, right) | Arithmetic(_, left, right) | Extreme(_, left, right) | Member(_, left, right):
            return left, right
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all its descendants."""
    yield node
    for child in children(node):
        yield from walk(child)


class _Reader:
    """Conversion of a parsed text to nodes; raises MalformedRule where a value has not the expected kind."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.vocabulary = vocabulary

    def read(self, tree: ast.expr, kind: Kind) -> Node:
        node, found = self._node(tree)
        if found != kind:
            raise self._fault(f"此处应为 {kind}，实为 {found}")
        return node

    def _fault(self, why: str) -> MalformedRule:
        return MalformedRule(f"{why}：{' '.join(self.text.split())}")

    def _node(self, tree: ast.expr) -> tuple[Node, Kind]:
        match tree:
            case ast.BoolOp(ast.And(), values):
                return And(tuple(self.read(value, "yes_no") for value in values)), "yes_no"
            case ast.BoolOp(ast.Or(), values):
                return Or(tuple(self.read(value, "yes_no") for value in values)), "yes_no"
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self.read(operand, "yes_no")), "yes_no"
            case ast.Compare(left, [ast.In()], [right]):
                return self._member("one", left, right)
            case ast.Compare(left, [sign], [right]) if type(sign) in SIGNS:
                return self._comparison(SIGNS[type(sign)], left, right)
            case ast.BinOp(left, sign, right) if type(sign) in SIGNS:
                return Arithmetic(SIGNS[type(sign)], self.read(left, "number"), self.read(right, "number")), "number"
            case ast.IfExp(test, body, orelse):
                then, kind = self._node(body)
                if kind not in ("yes_no", "number"):
                    raise self._fault("分支只能是条件或数值")
                choice = Choose(self.read(test, "yes_no"), then, self.read(orelse, kind), kind == "yes_no")
                return choice, kind
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(name, arguments)
            case _:
                return self._leaf(tree)

    def _leaf(self, tree: ast.expr) -> tuple[Node, Kind]:
        match tree:
            case ast.Name(name) if name in self.vocabulary.facts:
                return Fact(name), self.vocabulary.facts[name]
            case ast.Attribute(ast.Name("p"), name) if name in self.vocabulary.parameters:
                return Parameter(name), self.vocabulary.parameters[name]
            case ast.Attribute(ast.Name("i"), name) if name in self.vocabulary.interpretations:
                return Interpretation(name), "word"
            case ast.Constant(value) if type(value) is int:
                return Constant(value), "number"
            case ast.Constant(str(value)):
                return Constant(value), "word"
        raise self._fault(f"不允许的写法或未知名称 {ast.unparse(tree)}")

    def _call(self, name: str, arguments: list[ast.expr]) -> tuple[Node, Kind]:
        match name, arguments:
            case ("min" | "max") as how, [left, right]:
                return Extreme(how, self.read(left, "number"), self.read(right, "number")), "number"
            case ("within" | "meets") as how, [item, options]:
                return self._member(how, item, options)
            case "published", [ast.Attribute(ast.Name("p"), parameter)] if parameter in self.vocabulary.parameters:
                return Published(parameter), "yes_no"
        raise self._fault(f"不允许的函数 {name}")

    def _member(self, how: Literal["one", "within", "meets"], left: ast.expr, right: ast.expr) -> tuple[Node, Kind]:
        item = self.read(left, "word" if how == "one" else "words")
        if not isinstance(item, Fact):
            raise self._fault("只能检查事实是否在列表中")
        if isinstance(right, ast.Tuple) and right.elts:
            words = [self._word(item, element) for element in right.elts]
            return Member(how, item, Constant(tuple(words))), "yes_no"
        options = self.read(right, "words")
        if not isinstance(options, Parameter):
            raise self._fault("列表须写明或取自参数")
        return Member(how, item, options), "yes_no"

    def _comparison(self, sign: str, left: ast.expr, right: ast.expr) -> tuple[Node, Kind]:
        first, kind = self._node(left)
        if kind == "number":
            return Compare(sign, first, self.read(right, "number")), "yes_no"
        if kind == "word" and sign in ("==", "!="):
            return Compare(sign, first, Constant(self._word(first, right))), "yes_no"
        raise self._fault(f"不能比较 {kind}")

    def _word(self, item: Node, tree: ast.expr) -> str:
        """Return the literal word if it is an option of the fact or interpretation beside it. Raises MalformedRule."""
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            known = self.vocabulary.interpretations if isinstance(item, Interpretation) else self.vocabulary.words
            if isinstance(item, (Fact, Interpretation)) and tree.value in known[item.name]:
                return tree.value
        raise self._fault(f"未知选项 {ast.unparse(tree)}")
