"""Chinese wording of findings from traces: value found, requirement, clause and date."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from shared.policy.explain import Trace, deciding_leaves
from shared.policy.language import Choose, Compare, Constant, Fact, Member, Node, Parameter
from shared.policy.parameters import DatedValue
from shared.policy.ruleset import Ruleset

REQUIRED: Final = {">": "超过", ">=": "不低于", "<": "低于", "<=": "不超过", "==": "等于", "!=": "不等于"}
REACHED: Final = {True: "达到", False: "未达", None: "待定"}
FITTING: Final = {True: "符合", False: "不符", None: "待定"}
MARKS: Final = {True: "✔", False: "✘", None: "…"}
NOT_ASKED: Final = "－"
UNKNOWN: Final = "待提供"


def format_value(value: Any, unit: str = "") -> str:
    """Format a value with its unit: 20,000㎡, 15%, 是, 待提供."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal | int):
        return f"{_plain(value * 100)}%" if unit == "%" else f"{_plain(value)}{unit}"
    return "、".join(value) if isinstance(value, tuple) else str(value)


def format_source(dated: DatedValue) -> str:
    """Format the source of a value: edition and clause, or document, and first date."""
    origin = dated.ref or dated.source or "未注明"
    district = f"{dated.district} 区级标准，" if dated.district else ""
    aside = f"；{dated.set_aside}" if dated.set_aside else ""
    return f"〔{district}{origin}，{dated.valid_from}起{aside}〕"


def describe(trace: Trace, ruleset: Ruleset) -> str:
    """Return the deciding conditions of a trace in one line."""
    return "；".join(dict.fromkeys(_leaf(leaf, ruleset) for leaf in deciding_leaves(trace)))


def found_and_required(trace: Trace) -> tuple[str | None, str | None]:
    """Return the value found and the threshold required of the first deciding comparison, as text."""
    for leaf in deciding_leaves(trace):
        _, node, parts = leaf
        if isinstance(node, (Compare, Member)):
            return _text(parts[0][0]), _text(parts[1][0])
        if isinstance(node, Fact):
            return _text(leaf[0]), None
    return None, None


def derivation(trace: Trace, ruleset: Ruleset) -> str:
    """Format the trace of an amount: 楼宇固定资产投资 300,000,000元 × 低效楼宇投资补助比例 10% = …."""
    investment, rate = trace[2]
    dated = ruleset.parameters[rate[1].name]
    item = ruleset.inputs[investment[1].name]
    return (
        f"{item.label} {format_value(investment[0], item.unit)} × {dated.label} {format_value(dated.value, dated.unit)}"
        f"{format_source(dated)} = {format_value(trace[0], '元')}"
    )


def label(node: Node, ruleset: Ruleset) -> str:
    """Return the Chinese label of a fact or parameter."""
    if isinstance(node, Fact):
        return ruleset.inputs[node.name].label
    return ruleset.parameters[node.name].label if isinstance(node, Parameter) else ""


def _leaf(leaf: Trace, ruleset: Ruleset) -> str:
    value, node, parts = leaf
    match node:
        case Compare(sign=sign):
            return _comparison(sign, value, parts, ruleset)
        case Member():
            item = ruleset.inputs[node.item.name]
            options = _words(parts[1][0], item.options)
            return f"{item.label} {_words(parts[0][0], item.options)}，{FITTING[_verdict(value)]}：应为 {options}"
        case Fact(name):
            return f"{ruleset.inputs[name].label}：{format_value(value)}"
        case _:
            return label(node, ruleset)


def _comparison(sign: str, value: Any, parts: tuple[Trace, ...], ruleset: Ruleset) -> str:
    item = _fact(parts[0], ruleset)
    if item is None:
        return ""
    required = parts[1]
    found = _words(parts[0][0], item.options) if item.options else format_value(parts[0][0], item.unit)
    verdict = FITTING[value] if item.options else REACHED[value]
    return f"{item.label} {found}，{verdict}：要求{REQUIRED[sign]} {_required(required, item, ruleset)}"


def _required(required: Trace, item: Any, ruleset: Ruleset) -> str:
    if isinstance(required[1], Parameter):
        dated = ruleset.parameters[required[1].name]
        value = "（尚未公布）" if dated.value is None else f" {format_value(dated.value, dated.unit)}"
        return f"{dated.label}{value}{format_source(dated)}"
    if isinstance(required[1], Constant) and item.options:
        return _words(required[0], item.options)
    return (
        format_value(Decimal(required[0]), item.unit)
        if isinstance(required[0], int)
        else format_value(required[0], item.unit)
    )


def _fact(trace: Trace, ruleset: Ruleset) -> Any:
    """Return the input of a comparison; for a conditional, that of the branch taken."""
    if isinstance(trace[1], Choose):
        trace = trace[2][1] if trace[2][0][0] else trace[2][2]
    return ruleset.inputs[trace[1].name] if isinstance(trace[1], Fact) else None


def _words(value: Any, options: Any) -> str:
    if value is None:
        return UNKNOWN
    words: Iterator[str] = iter(value) if isinstance(value, tuple) else iter((value,))
    return "、".join(dict.fromkeys(str(options.get(word, word)) for word in words))


def _plain(number: Decimal | int) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _verdict(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "、".join(value) if isinstance(value, tuple) else str(value)
