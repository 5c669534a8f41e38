"""Tests of differences between rounds and of merge patches."""

from services.intake.rules.rounds import leaf_changes, merge_patch


def test_changes_are_listed_by_leaf() -> None:
    before = {"a": 1, "facts": {"x": "1", "parts": [{"k": 1}, {"k": 2}]}, "same": 0}
    after = {"a": 1, "facts": {"x": "2", "parts": [{"k": 1}]}, "same": 0, "new": True}
    found = {change.pointer: (change.before, change.after) for change in leaf_changes(before, after)}
    assert found == {"/facts/x": ("1", "2"), "/facts/parts/1": ({"k": 2}, None), "/new": (None, True)}


def test_a_patch_replaces_clears_and_leaves_alone() -> None:
    assert merge_patch({"a": 1, "b": 2}, {"b": None, "c": 3}) == {"a": 1, "c": 3}
