"""JSON Schema of the facts that the rules of an edition read, for forms and checks of other systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.policy.language import Fact, walk
from shared.policy.ruleset import COMPONENT_KINDS, Input, Ruleset

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PROVIDERS: Final = {"applicant": "项目单位", "district": "区发展改革委", "city": "市发展改革委"}
KIND_LABELS: Final = {"building": "楼宇", "factory": "厂房", "infrastructure": "配套基础设施"}
_NUMBER: Final = {"type": ["number", "string", "null"], "pattern": r"^-?\d+(\.\d+)?$"}
_DATE: Final = {"type": ["string", "null"], "format": "date"}
_DATES: Final = {"accepted_on": "区发展改革委受理日期", "declared_on": "首次提交申报日期"}


def input_schema(ruleset: Ruleset, accepted: Iterable[str], accepted_of_component: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a declaration's facts as a rule set reads them.

    `accepted` names the facts that a declaration may state. What the rules read beyond them an official settles; such
    inputs are listed under `x-settled-by-officials`. Every fact may be absent or null: unknown.
    """
    known, of_component = set(accepted), set(accepted_of_component)
    own = [item for item in ruleset.inputs.values() if not item.of]
    parts = [item for item in ruleset.inputs.values() if item.of and item.field]
    clauses = _clauses(ruleset)
    return {
        "$schema": DIALECT,
        "title": f"{ruleset.doc_no} 判定所需的项目事实",
        "description": "未填或为空（null）的事实按未知处理，不作为否；金额、比例可写作数字文本，比例为小数，如 0.8。",
        "type": "object",
        "x-edition": ruleset.edition,
        "x-as-of": ruleset.as_of.isoformat(),
        "properties": {
            **{name: {**_DATE, "title": title} for name, title in _DATES.items()},
            **{_field(item): _property(item, clauses) for item in own if _field(item) in known},
            "components": _components([item for item in parts if item.field in of_component], clauses),
        },
        "x-settled-by-officials": [
            _settled(item, clauses)
            for item in ruleset.inputs.values()
            if (item.of and item.field and item.field not in of_component)
            or (not item.of and _field(item) not in known)
        ],
    }


def _field(item: Input) -> str:
    return item.field or item.name


def _components(items: Iterable[Input], clauses: Mapping[str, list[str]]) -> dict[str, Any]:
    listed = list(items)
    kinds = {
        kind: {item.field: _property(item, clauses) for item in listed if item.of == kind} for kind in COMPONENT_KINDS
    }
    return {
        "title": "项目组成",
        "description": "楼宇、厂房和配套基础设施逐项填写",
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": _one_of(KIND_LABELS, "组成类别")},
            "allOf": [
                {"if": {"properties": {"kind": {"const": kind}}}, "then": {"properties": own}}
                for kind, own in kinds.items()
            ],
        },
    }


def _property(item: Input, clauses: Mapping[str, list[str]]) -> dict[str, Any]:
    about = {"title": item.label, "x-provider": PROVIDERS[item.asks], "x-clauses": clauses.get(item.name, [])}
    unit = {"x-unit": item.unit} if item.unit and item.draw != "years" else {}
    judged = {"x-judgement": True} if item.judgement else {}
    return {**about, **unit, **judged, **_type(item)}


def _type(item: Input) -> dict[str, Any]:
    if item.draw == "years":
        return {**_DATE, "title": "建成日期"}
    if item.type == "yes_no":
        return {"type": ["boolean", "null"]}
    if item.type == "number":
        return dict(_NUMBER)
    former = [{"const": old, "title": item.options[code], "deprecated": True} for old, code in item.aliases.items()]
    words = {"oneOf": [*({"const": code, "title": label} for code, label in item.options.items()), *former]}
    if item.type == "words":
        return {"type": ["array", "null"], "items": words}
    return {"oneOf": [*words["oneOf"], {"type": "null"}]}


def _one_of(labels: Mapping[str, str], title: str) -> dict[str, Any]:
    return {"title": title, "oneOf": [{"const": code, "title": label} for code, label in labels.items()]}


def _settled(item: Input, clauses: Mapping[str, list[str]]) -> dict[str, Any]:
    about = {"input": item.name, "label": item.label, "provider": PROVIDERS[item.asks]}
    return {**about, "clauses": clauses.get(item.name, [])}


def _clauses(ruleset: Ruleset) -> dict[str, list[str]]:
    """Return the clauses whose rules read each input, in the notice's order."""
    found: dict[str, list[str]] = {}
    for rule in ruleset.rules.values():
        for name in dict.fromkeys(node.name for node in walk(rule.tree) if isinstance(node, Fact)):
            if rule.clause not in found.setdefault(name, []):
                found[name].append(rule.clause)
    return found
