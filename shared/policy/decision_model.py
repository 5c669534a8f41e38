"""Export of a rule set as JDM, GoRules' JSON Decision Model, for a graphical editor to look at.

The export is a view, never the source of rules. The format knows neither 待定 nor dates, and the document says so in
`limits`. Conditions are written as numbers, 1 met, 0 not met, 0.5 open, so that `min` is the three-valued "and", `max`
the "or", and the model answers as the evaluator does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

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
    walk,
)
from shared.policy.ruleset import COMPONENT_KINDS, Phase, Rule, Ruleset

LIMITS: Final = (
    "本文件仅供查看，不作为判定依据；判定以规则文本及其留存记录为准。",
    "格式没有“待定”这一取值：各条件以数表示，1 为符合或不适用，0 为不符，0.5 为待定；未填的事实须写明为 null。",
    "格式不能表示按日施行的数值：界限取所列日期的数值，出处另列于 metadata.parameters；换一日期须重新导出。",
    "待定时由谁补充什么、项目类型未填时各类型结论一致的情形、人工认定、原则性条款的例外理由和支持金额不在其中。",
    "输入为规则的输入：楼宇、厂房逐项列于 buildings、factories，汇总数（面积合计、单体数等）须先算出。",
)
LISTS: Final = {"building": "buildings", "factory": "factories", "infrastructure": "infrastructures"}
_COLUMN, _ROW = 420, 110


def decision_model(ruleset: Ruleset, phase: Phase = "declare") -> dict[str, Any]:
    """Return the rules of a phase as a JDM document: input, one node per clause, conclusion, output."""
    rules = ruleset.phase(phase)
    clauses = [(clause, list(group)) for clause, group in groupby(rules, lambda rule: rule.clause)]
    middle = [_clause_node(number, clause, group, ruleset) for number, (clause, group) in enumerate(clauses)]
    first = _node("input", "inputNode", "规则的输入", 0, len(middle) // 2, {})
    verdict = _node("conclusion", "expressionNode", "结论", 2, len(middle) // 2, _expressions(_conclusion(rules)))
    last = _node("output", "outputNode", "输出", 3, len(middle) // 2, {})
    edges = [_edge("input", node["id"]) for node in middle] + [_edge(node["id"], "conclusion") for node in middle]
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [first, *middle, verdict, last],
        "edges": [*edges, _edge("conclusion", "output")],
        "metadata": _metadata(ruleset, rules),
    }


def model_input(facts: Mapping[str, Any], ruleset: Ruleset) -> dict[str, Any]:
    """Return the input of the model for a declaration's facts. Raises UnreadableFact.

    Unknown values are null; a project without a component of a kind has one of which nothing is known.
    """
    project: Project = read(facts, ruleset)
    lists = {LISTS[kind]: [_plain(part.inputs) for part in project.parts[kind]] for kind in COMPONENT_KINDS}
    return {**_plain(project.inputs), **lists}


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in inputs.items()}


def _number(value: Any) -> Any:
    """Return a JSON value: exact numbers as floats, of which the engine makes decimals again."""
    return float(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value


def _metadata(ruleset: Ruleset, rules: Sequence[Rule]) -> dict[str, Any]:
    used = {node.name for rule in rules for node in walk(rule.tree) if isinstance(node, Parameter)}
    return {
        "edition": ruleset.edition,
        "doc_no": ruleset.doc_no,
        "as_of": ruleset.as_of.isoformat(),
        "district": ruleset.district,
        "ruleset": ruleset.hash,
        "limits": list(LIMITS),
        "parameters": {key: entry for key, entry in ruleset.content["parameters"].items() if key in used},
        "interpretations": dict(ruleset.interpretations),
        "rules": {
            rule.id: {"clause": rule.clause, "label": rule.label, "strength": rule.strength, "quote": rule.quote}
            for rule in rules
        },
    }


def _node(name: str, kind: str, title: str, column: int, row: int, content: Mapping[str, Any]) -> dict[str, Any]:
    place = {"x": column * _COLUMN, "y": row * _ROW}
    return {"id": name, "type": kind, "name": title, "position": place, "content": dict(content)}


def _edge(source: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target}


def _clause_node(number: int, clause: str, rules: Sequence[Rule], ruleset: Ruleset) -> dict[str, Any]:
    title = f"{clause} {'、'.join(rule.label for rule in rules)}"
    expressions = [(rule.id, _rule(rule, ruleset)) for rule in rules]
    return _node(f"clause-{number + 1}", "expressionNode", title, 1, number, _expressions(expressions))


def _expressions(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"expressions": [{"id": f"{key}-expression", "key": key, "value": value} for key, value in pairs]}


def _conclusion(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    must, principle = (", ".join(r.id for r in rules if r.strength == kind) for kind in ("must", "principle"))
    return [
        ("conditions", f"min([1, {must}])"),
        ("decision", "$.conditions == 1 ? 'eligible' : ($.conditions == 0 ? 'ineligible' : 'undetermined')"),
        ("needs_reason", f"min([1, {principle}]) == 0" if principle else "false"),
        ("limits", json.dumps(" ".join(LIMITS), ensure_ascii=False)),
    ]


def _rule(rule: Rule, ruleset: Ruleset) -> str:
    """Return the expression of a rule: 1 met or not applicable, 0 not met, 0.5 open; of all components the least."""
    expression = _Writer(ruleset).truth(rule.tree)
    if not rule.of:
        return expression
    return f"min(map({LISTS[rule.of]}, {expression}))"


class _Writer:
    """Conversion of conditions to ZEN expressions under the parameters and readings of a rule set."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset

    def truth(self, node: Node) -> str:
        """Return the expression of a condition: 1, 0, or 0.5 where an unknown fact or value leaves it open."""
        match self._read(node):
            case Constant(value):
                return "1" if value else "0"
            case And(parts):
                return f"min([{', '.join(map(self.truth, parts))}])"
            case Or(parts):
                return f"max([{', '.join(map(self.truth, parts))}])"
            case Not(part):
                return f"(1 - {self.truth(part)})"
            case Choose(condition, then, otherwise):
                return self._choice(*map(self.truth, (condition, then, otherwise)))
            case leaf:
                return self._guarded(leaf)

    def _choice(self, condition: str, then: str, otherwise: str) -> str:
        unknown = f"({then} == {otherwise} ? {then} : 0.5)"
        return f"({condition} == 1 ? {then} : ({condition} == 0 ? {otherwise} : {unknown}))"

    def _guarded(self, leaf: Node) -> str:
        """Return the truth of a comparison, membership or yes-or-no fact; 0.5 where a value of it is unknown."""
        if any(isinstance(part, Parameter) and self._ruleset.values[part.name] is None for part in walk(leaf)):
            return "0.5"
        facts = dict.fromkeys(self._fact(part.name) for part in walk(leaf) if isinstance(part, Fact))
        unknown = " or ".join(f"{fact} == null" for fact in facts)
        return f"({unknown} ? 0.5 : ({self._value(leaf)} ? 1 : 0))"

    def _value(self, node: Node) -> str:
        match node:
            case Constant(value):
                return _literal(value)
            case Fact(name):
                return self._fact(name)
            case Parameter(name):
                return _literal(self._ruleset.values[name])
            case Choose(condition, then, otherwise):
                return f"({self.truth(condition)} == 1 ? {self._value(then)} : {self._value(otherwise)})"
            case Compare(sign, left, right) | Arithmetic(sign, left, right):
                return f"({self._value(left)} {sign} {self._value(right)})"
            case Extreme(how, left, right):
                return f"{how}([{self._value(left)}, {self._value(right)}])"
            case Member(how, item, options):
                return self._member(how, self._value(item), self._value(options))
            case other:
                raise TypeError(other)

    def _read(self, node: Node) -> Node:
        """Return the condition with the choices of readings and publications made."""
        match node:
            case Compare(sign, Interpretation(name), Constant(value)):
                return Constant((self._ruleset.interpretations[name] == value) is (sign == "=="))
            case Published(name):
                return Constant(self._ruleset.values[name] is not None)
            case Choose(condition, then, otherwise, yes_no):
                made = self._read(condition)
                if isinstance(made, Constant):
                    return self._read(then if made.value else otherwise)
                return Choose(made, self._read(then), self._read(otherwise), yes_no)
            case And(parts):
                return _joined(And, [self._read(part) for part in parts], neutral=True)
            case Or(parts):
                return _joined(Or, [self._read(part) for part in parts], neutral=False)
            case Not(part):
                return Not(self._read(part))
            case Compare() | Arithmetic() | Extreme():
                return replace(node, left=self._read(node.left), right=self._read(node.right))
        return node

    def _fact(self, name: str) -> str:
        return f"#.{name}" if self._ruleset.inputs[name].per_component else name

    def _member(self, how: str, item: str, options: str) -> str:
        if how == "one":
            return f"({item} in {options})"
        return f"{'all' if how == 'within' else 'some'}({item}, # in {options})"


def _joined(kind: type[And] | type[Or], parts: Sequence[Node], *, neutral: bool) -> Node:
    """Return a conjunction or disjunction without the parts that the readings have decided."""
    decided = [part.value for part in parts if isinstance(part, Constant)]
    if any(value is not neutral for value in decided):
        return Constant(not neutral)
    left = tuple(part for part in parts if not isinstance(part, Constant))
    return kind(left) if len(left) > 1 else left[0] if left else Constant(neutral)


def _literal(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
