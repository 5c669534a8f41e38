"""Rule sets: an edition's rules with the parameter values of a date and the chosen readings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Literal

from shared.policy.errors import MalformedRule
from shared.policy.explain import Judge, bind
from shared.policy.language import Arithmetic, Fact, Kind, Node, Not, Or, Parameter, Vocabulary, parse, walk
from shared.policy.parameters import DatedValue, normalized

Strength = Literal["must", "principle", "encouraged"]
Phase = Literal["declare", "evaluate"]
COMPONENT_KINDS: Final = ("building", "factory", "infrastructure")
PROJECT_TYPES: Final = ("inefficient_building", "old_factory", "area_package")
"""The three project types of 二（一）."""
PER_COMPONENT: Final = ("each", "years")
PARAMETER_NAME: Final = re.compile(r"\bp\.([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Input:
    """A fact that the rules read. `of`, `field` and `draw` tell how it is derived from the components.

    `aliases` are former codes of its options, with the codes of today.
    """

    name: str
    type: Kind
    label: str
    asks: str
    unit: str = ""
    judgement: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    field: str = ""
    draw: str = ""
    absent: bool | None = None
    """Meaning of an absent fact; None if it is unknown, which is the rule."""

    @property
    def stated_as(self) -> str:
        """Return the name under which a project's facts hold it; for a `derived` one `field` names its origin."""
        return self.name if self.draw == "derived" else self.field or self.name

    @property
    def per_component(self) -> bool:
        """True if each component of its kind has a value of its own."""
        return self.draw in PER_COMPONENT


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition. `tree` is true if the rule does not apply or is met; `of` is the component kind it concerns."""

    id: str
    clause: str
    label: str
    strength: Strength
    phase: Phase
    quote: str
    applies: Node | None
    tree: Node
    judge: Judge
    of: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Condition on which the investment of a component kind counts; `otherwise` says in Chinese why not.

    `reading` names the reading that decides it (I3).
    """

    when: Node
    otherwise: str
    reading: str


@dataclass(frozen=True, slots=True)
class Amount:
    """Formula of a support amount: one part per component kind, under one cap; `counts` restricts kinds. 二（四）1"""

    id: str
    clause: str
    label: str
    mode: str
    parts: Mapping[str, Node]
    cap: Node
    counts: Mapping[str, Counted] = field(default_factory=dict)


@dataclass(frozen=True)
class Ruleset:
    """Rules, inputs, parameters and readings of an edition on a date; `was` is the hash before a patch, if any.

    `figures` are the names of the versions that it rests on (shared.series).
    """

    content: Mapping[str, Any]
    as_of: date
    vocabulary: Vocabulary
    district: str | None = None
    was: str | None = None
    figures: frozenset[str] = frozenset()

    @property
    def edition(self) -> str:
        return str(self.content["edition"])

    @property
    def doc_no(self) -> str:
        return str(self.content["doc_no"])

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content: rules, parameters and readings, not the date."""
        text = json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()

    @property
    def interpretations(self) -> Mapping[str, str]:
        readings: Mapping[str, str] = self.content["interpretations"]
        return readings

    @cached_property
    def inputs(self) -> Mapping[str, Input]:
        return {name: Input(name=name, **entry) for name, entry in self.content["inputs"].items()}

    @cached_property
    def parameters(self) -> Mapping[str, DatedValue]:
        return {key: _dated(key, entry) for key, entry in self.content["parameters"].items()}

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Parameter values by key, None if unknown."""
        return {key: dated.value for key, dated in self.parameters.items()}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        return {name: self._rule(name, entry) for name, entry in self.content["rules"].items()}

    @cached_property
    def amounts(self) -> Mapping[str, Amount]:
        return {name: self._amount(name, entry) for name, entry in self.content["amounts"].items()}

    def phase(self, phase: Phase) -> tuple[Rule, ...]:
        """Return the rules of declaration or of evaluation, in the notice's order."""
        return tuple(rule for rule in self.rules.values() if rule.phase == phase)

    def bind(self, node: Node) -> Judge:
        return bind(node, self.values, self.interpretations)

    def patched(self, patch: Mapping[str, Any]) -> Ruleset:
        """Return a hypothetical rule set with parameter values, readings and rule texts replaced by key.

        Raises MalformedRule.
        """
        content = json.loads(json.dumps(self.content))
        for key, value in patch.items():
            if key in content["parameters"]:
                content["parameters"][key] |= {"value": jsonable(value), "ref": "假设", "quote": ""}
            elif key in self.vocabulary.interpretations and value in self.vocabulary.interpretations[key]:
                content["interpretations"][key] = value
            elif key in content["rules"] and isinstance(value, str):
                content["rules"][key]["when"] = value
            else:
                raise MalformedRule(f"无法修改 {key}")
        return Ruleset(content, self.as_of, self.vocabulary, self.district, was=self.hash)

    def _rule(self, name: str, entry: Mapping[str, Any]) -> Rule:
        when = parse(entry["when"], self.vocabulary)
        applies = parse(entry["applies"], self.vocabulary) if "applies" in entry else None
        tree = when if applies is None else Or((Not(applies), when))
        return Rule(
            id=name,
            clause=entry["clause"],
            label=entry["label"],
            strength=self._strength(entry.get("strength", "must")),
            phase=entry.get("phase", "declare"),
            quote=entry.get("quote", ""),
            applies=applies,
            tree=tree,
            judge=self.bind(tree),
            of=self._component_kind(name, tree),
        )

    def _strength(self, written: Any) -> Strength:
        strength: Strength = written[self.interpretations[written["by"]]] if isinstance(written, Mapping) else written
        return strength

    def _component_kind(self, name: str, tree: Node) -> str:
        read = [self.inputs[part.name] for part in walk(tree) if isinstance(part, Fact)]
        kinds = {item.of for item in read if item.per_component}
        if len(kinds) > 1:
            raise MalformedRule(f"规则 {name} 同时读取多类单体：{'、'.join(sorted(kinds))}")
        return kinds.pop() if kinds else ""

    def _amount(self, name: str, entry: Mapping[str, Any]) -> Amount:
        parts = {kind: parse(text, self.vocabulary, "number") for kind, text in entry["parts"].items()}
        for kind, part in parts.items():
            if not (isinstance(part, Arithmetic) and isinstance(part.left, Fact) and isinstance(part.right, Parameter)):
                raise MalformedRule(f"{name}.{kind} 须为 投资额 * 比例")
        cap = parse(entry["cap"], self.vocabulary, "number")
        counts = {
            kind: Counted(parse(told["when"], self.vocabulary), told["otherwise"], told["reading"])
            for kind, told in entry.get("counts", {}).items()
        }
        return Amount(name, entry["clause"], entry["label"], entry["mode"], parts, cap, counts)


def content_of(
    edition: Mapping[str, Any], values: Mapping[str, DatedValue], chosen: Mapping[str, str]
) -> dict[str, Any]:
    """Return the JSON content of a rule set: everything that affects a decision, nothing else."""
    return {
        "edition": edition["id"],
        "doc_no": edition["doc_no"],
        "title": edition["title"],
        "inputs": jsonable(edition["inputs"]),
        "rules": jsonable(edition["rules"]),
        "amounts": jsonable(edition.get("amounts", {})),
        "parameters": {key: _written(dated) for key, dated in sorted(values.items())},
        "interpretations": dict(chosen),
    }


def parameters_in(edition: Mapping[str, Any]) -> set[str]:
    """Return the keys of the parameters that an edition's texts use."""
    texts = [text for rule in edition["rules"].values() for text in (rule["when"], rule.get("applies", ""))]
    for amount in edition.get("amounts", {}).values():
        texts += [amount["cap"], *amount["parts"].values()]
    return {name for text in texts for name in PARAMETER_NAME.findall(text)}


def touched(ruleset: Ruleset, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of rules and amounts that depend on the given parameters, readings or rule texts."""
    changed = set(keys)
    rules = [rule.id for rule in ruleset.rules.values() if rule.id in changed or _names(rule.tree) & changed]
    amounts = [
        amount.id
        for amount in ruleset.amounts.values()
        if changed & {"cap_scope", "package_rate"}
        or any(_names(node) & changed for node in (amount.cap, *amount.parts.values(), *_conditions(amount)))
    ]
    return tuple(rules + amounts)


def _conditions(amount: Amount) -> tuple[Node, ...]:
    return tuple(counted.when for counted in amount.counts.values())


def jsonable(value: Any) -> Any:
    """Return the canonical form that is hashed and stored: decimals and dates as text, tuples as lists."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _names(tree: Node) -> set[str]:
    return {part.name for part in walk(tree) if hasattr(part, "name") and not isinstance(part, Fact)}


def _written(dated: DatedValue) -> dict[str, Any]:
    """Return a value as a rule set stores it: without the name of its version, which changes nothing."""
    told = {name: item for name, item in asdict(dated).items() if name not in ("key", "figure")}
    written = jsonable({name: item for name, item in told.items() if item not in ("", None, False)})
    return {**written, "value": jsonable(dated.value)}


def _dated(key: str, entry: Mapping[str, Any]) -> DatedValue:
    fields = {
        "unit": "",
        **entry,
        "valid_from": date.fromisoformat(entry["valid_from"]),
        "value": _number_or_words(entry["value"]),
    }
    return DatedValue(key=key, **fields)


def _number_or_words(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str | int) else normalized(value)
