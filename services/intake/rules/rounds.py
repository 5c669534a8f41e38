"""Differences between two submissions of one declaration, and merge patches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """Value before and after, by JSON pointer; a material is identified by its kind and the hashes of its files."""

    pointer: str
    before: Any
    after: Any


def leaf_changes(before: Mapping[str, Any], after: Mapping[str, Any], parent: str = "") -> list[Change]:
    """Return every leaf that differs, in order of pointer. Lists are compared by index."""
    found: list[Change] = []
    for name in dict.fromkeys([*before, *after]):
        found.extend(_compare(f"{parent}/{name}", before.get(name), after.get(name)))
    return found


def _compare(pointer: str, before: Any, after: Any) -> list[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        return leaf_changes(before, after, pointer)
    if isinstance(before, list) and isinstance(after, list):
        return leaf_changes(_numbered(before), _numbered(after), pointer)
    return [] if before == after else [Change(pointer, before, after)]


def _numbered(values: list[Any]) -> dict[str, Any]:
    return {str(index): value for index, value in enumerate(values)}


def merge_patch(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Apply a JSON Merge Patch (RFC 7396) at one level: a value replaces, null removes, an absent name keeps."""
    both = {**stored, **patch}
    return {name: value for name, value in both.items() if value is not None}
