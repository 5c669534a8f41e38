"""Conversion of declared project facts to the flat inputs of the rules. An absent fact is unknown.

A condition on buildings or factories must hold for each of them, so such inputs are kept per component.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from shared.dates import full_years
from shared.policy.errors import UnreadableFact
from shared.policy.ruleset import COMPONENT_KINDS, Input, Ruleset

Component = Mapping[str, Any]
WEIGHT: Final = "renovated_area_m2"


@dataclass(frozen=True, slots=True)
class Part:
    """Inputs for one component: its index in the declaration, the project's inputs and its own."""

    index: int | None
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """Inputs of the project, and one Part per component of each kind; one without index if no component is known."""

    inputs: Mapping[str, Any]
    parts: Mapping[str, tuple[Part, ...]]
    components: Sequence[tuple[int, Component]]

    def paths(self, item: Input, part: Part) -> tuple[str, ...]:
        """Return the declaration paths of an unknown input; for a total, one path per component that lacks it."""
        if not item.of:
            return (item.field or item.name,)
        if item.per_component:
            return ("components" if part.index is None else f"components.{part.index}.{item.field}",)
        fields = (item.field, WEIGHT) if item.draw == "mean" else (item.field,)
        own = [(index, component) for index, component in self.components if component["kind"] == item.of]
        lacking = [
            f"components.{index}.{name}" for index, component in own for name in fields if not _has(component, name)
        ]
        return tuple(lacking) or ("components",)

    def asked(self, kind: str) -> tuple[Part, ...]:
        """Return the parts on which a rule is evaluated: the components of its kind, or the project."""
        return self.parts[kind] if kind else (Part(None, self.inputs),)


def read(facts: Mapping[str, Any], ruleset: Ruleset) -> Project:
    """Convert a project's facts to the inputs of a rule set. Raises UnreadableFact for a value of the wrong type."""
    components = _components(facts)
    counted = _age_date(facts, ruleset)
    whole: dict[str, Any] = {}
    for item in ruleset.inputs.values():
        if not item.of:
            whole[item.name] = _typed(facts.get(item.stated_as), item)
        elif not item.per_component:
            whole[item.name] = _drawn(components, item)
    own = {
        kind: [item for item in ruleset.inputs.values() if item.of == kind and item.per_component]
        for kind in COMPONENT_KINDS
    }
    parts = {kind: _parts(components, kind, own[kind], whole, counted) for kind in COMPONENT_KINDS}
    return Project(whole, parts, components)


def as_date(value: Any, name: str) -> date | None:
    """Convert a date, ISO text or a year to a date; a year becomes its 31 December (I14). Raises UnreadableFact."""
    if value is None or isinstance(value, date):
        return value
    text = str(value)
    try:
        return date(int(text), 12, 31) if len(text) == 4 else date.fromisoformat(text)
    except ValueError as problem:
        raise UnreadableFact(f"{name} 不是日期：{value}", fact=name) from problem


def as_number(value: Any, name: str) -> Decimal | None:
    """Convert a number or its text to a finite Decimal. Raises UnreadableFact."""
    if value is None or (type(value) is Decimal and value.is_finite()):
        return value
    try:
        number = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise UnreadableFact(f"{name} 不是数值：{value}", fact=name)
    return number


def _components(facts: Mapping[str, Any]) -> Sequence[tuple[int, Component]]:
    components = tuple(enumerate(facts.get("components") or ()))
    for _, component in components:
        if component.get("kind") not in COMPONENT_KINDS:
            raise UnreadableFact(f"单体类别不可识别：{component.get('kind')}", fact="components")
    return components


def _age_date(facts: Mapping[str, Any], ruleset: Ruleset) -> date:
    name = "declared_on" if ruleset.interpretations["age_as_of"] == "declaration" else "accepted_on"
    return as_date(facts.get(name), name) or ruleset.as_of


def _parts(
    components: Sequence[tuple[int, Component]],
    kind: str,
    own: Sequence[Input],
    whole: Mapping[str, Any],
    counted: date,
) -> tuple[Part, ...]:
    found = [(index, component) for index, component in components if component["kind"] == kind]
    if not found:
        return (Part(None, whole),)
    return tuple(Part(index, {**whole, **_own(component, own, counted)}) for index, component in found)


def _own(component: Component, own: Sequence[Input], counted: date) -> dict[str, Any]:
    return {item.name: _particular(component.get(item.field), item, counted) for item in own}


def _particular(value: Any, item: Input, counted: date) -> Any:
    if item.draw != "years":
        return _typed(value, item)
    completed_on = as_date(value, item.field)
    return None if completed_on is None else Decimal(full_years(completed_on, counted))


def _drawn(components: Sequence[tuple[int, Component]], item: Input) -> Decimal | None:
    if not components:
        return None
    own = [component for _, component in components if component["kind"] == item.of]
    if item.draw == "count":
        return Decimal(len(own))
    numbers = [as_number(component.get(item.field), item.field) for component in own]
    if item.draw == "sum":
        return _total(numbers)
    weights = [as_number(component.get(WEIGHT), WEIGHT) for component in own]
    weighted = [
        None if number is None or weight is None else number * weight
        for number, weight in zip(numbers, weights, strict=True)
    ]
    above, below = _total(weighted), _total(weights)
    return above / below if above is not None and below else None


def _total(numbers: Sequence[Decimal | None]) -> Decimal | None:
    known = [number for number in numbers if number is not None]
    return sum(known, Decimal(0)) if len(known) == len(numbers) else None


def _has(component: Component, name: str) -> bool:
    return component.get(name) is not None


def _typed(value: Any, item: Input) -> Any:
    return item.absent if value is None else READERS[item.type](value, item)


def _yes_no(value: Any, item: Input) -> bool:
    if isinstance(value, bool):
        return value
    raise UnreadableFact(f"{item.label} 须为是或否：{value}", fact=item.field or item.name)


def _word(value: Any, item: Input) -> str:
    if isinstance(value, str) and (word := item.aliases.get(value, value)) in item.options:
        return word
    raise UnreadableFact(f"{item.label} 不可识别：{value}", fact=item.field or item.name)


def _words(value: Any, item: Input) -> tuple[str, ...] | None:
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return tuple(value) or None
    raise UnreadableFact(f"{item.label} 须为列表：{value}", fact=item.field or item.name)


READERS: Final[Mapping[str, Callable[[Any, Input], Any]]] = {
    "yes_no": _yes_no,
    "number": lambda value, item: as_number(value, item.field or item.name),
    "word": _word,
    "words": _words,
}
