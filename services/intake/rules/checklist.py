"""Checklist of materials: required by project type and modes, and their states (三（一）¶2)."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

_DATA: Final = Path(__file__).parent.parent
_KINDS_OF_TYPE: Final = {"inefficient_building": {"building"}, "old_factory": {"factory"}}
_CONDITION_FIELD: Final = {
    "operation_mode": "/body/operation_mode",
    "support_mode": "/body/facts/support_mode",
    "component_kind": "/body/facts/project_type",
}

State = Literal["present", "missing", "not_required", "unknown"]
Provider = Literal["applicant", "district_officer", "district_government"]
STATE_LABELS: Final[dict[str, str]] = {
    "present": "已提供",
    "missing": "缺少",
    "not_required": "不需要",
    "unknown": "待定",
}
PROVIDER_LABELS: Final[dict[str, str]] = {
    "applicant": "项目单位",
    "district_officer": "区发展改革委",
    "district_government": "区政府（管委会）",
}
BASIS_LABELS: Final[dict[str, str]] = {"notice": "方案列明", "design": "办理需要"}


@dataclass(frozen=True)
class Item:
    """Material of the checklist. `when` maps a condition to the values that require the item; empty means always."""

    no: int
    code: str
    name: str
    clause: str
    basis: str
    provider: str
    how: str
    online: bool
    when: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Line:
    """Item of the checklist with its state for one declaration, and the reason of the state."""

    item: Item
    state: State
    why: str


@dataclass(frozen=True)
class Undertaking:
    """Version of the undertaking of truthfulness (四（一）1)."""

    version: str
    first_day: date
    clause: str
    text: str


@cache
def items() -> tuple[Item, ...]:
    """Return the items of the checklist, in order."""
    raw = tomllib.loads((_DATA / "checklist.toml").read_text("utf-8"))["item"]
    return tuple(_item(entry) for entry in raw)


def _item(entry: dict[str, Any]) -> Item:
    when = {condition: tuple(values) for condition, values in entry.get("when", {}).items()}
    plain = {name: entry[name] for name in ("no", "code", "name", "clause", "basis", "provider", "how")}
    return Item(**plain, online=entry.get("online", False), when=when)


@cache
def item(code: str) -> Item:
    """Return the item with this code. Raises KeyError."""
    return {entry.code: entry for entry in items()}[code]


@cache
def undertakings() -> tuple[Undertaking, ...]:
    """Return every version of the undertaking, oldest first."""
    raw = tomllib.loads((_DATA / "undertakings.toml").read_text("utf-8"))["undertaking"]
    return tuple(Undertaking(entry["version"], entry["from"], entry["clause"], entry["text"].strip()) for entry in raw)


def undertaking_on(day: date) -> Undertaking:
    """Return the undertaking in force on a day; before the first version, the first version."""
    in_force = [version for version in undertakings() if version.first_day <= day]
    return in_force[-1] if in_force else undertakings()[0]


def conditions_of(facts: Mapping[str, Any], operation_mode: str | None) -> dict[str, set[str]]:
    """Return the values of the conditions that the checklist depends on; an unknown condition has no values."""
    kinds = _KINDS_OF_TYPE.get(str(facts.get("project_type")), set())
    if facts.get("project_type") == "area_package":
        kinds = {str(part.get("kind")) for part in facts.get("components") or ()}
    return {
        "operation_mode": {operation_mode} if operation_mode else set(),
        "support_mode": {str(facts["support_mode"])} if facts.get("support_mode") else set(),
        "component_kind": kinds,
    }


def checklist(conditions: Mapping[str, set[str]], present: Iterable[str]) -> list[Line]:
    """Return every item with its state, which is unknown while a fact that it depends on is unknown."""
    provided = set(present)
    return [_line(entry, conditions, provided) for entry in items()]


def _line(entry: Item, conditions: Mapping[str, set[str]], provided: set[str]) -> Line:
    unknown = [condition for condition in entry.when if not conditions[condition]]
    if entry.code in provided:
        return Line(entry, "present", "已提供")
    if unknown:
        return Line(entry, "unknown", f"取决于尚未填写的内容：{_CONDITION_FIELD[unknown[0]]}")
    if all(conditions[condition] & set(values) for condition, values in entry.when.items()):
        return Line(entry, "missing", "所有项目均需提供" if not entry.when else "本项目的类型或方式需要提供")
    return Line(entry, "not_required", "本项目的类型或方式不需要")
