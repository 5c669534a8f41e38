"""What changed between two submissions of the same declaration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One value before and after, by JSON pointer; a material by its kind and the hashes of its files."""

    pointer: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any], at: str = "") -> list[Change]:
    """Every leaf that differs, in order of pointer. Lists are compared place by place."""
    found: list[Change] = []
    for name in dict.fromkeys([*before, *after]):
        found.extend(_compare(f"{at}/{name}", before.get(name), after.get(name)))
    return found


def _compare(pointer: str, before: Any, after: Any) -> list[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        return changes(before, after, pointer)
    if isinstance(before, list) and isinstance(after, list):
        return changes(_numbered(before), _numbered(after), pointer)
    return [] if before == after else [Change(pointer, before, after)]


def _numbered(values: list[Any]) -> dict[str, Any]:
    return {str(index): value for index, value in enumerate(values)}


def merged(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Merge Patch (RFC 7396) at one level: a value replaces, null removes, what is absent stays."""
    both = {**stored, **patch}
    return {name: value for name, value in both.items() if value is not None}
