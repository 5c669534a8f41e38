"""Tests of differences between rounds and of merge patches."""

from services.intake.rules.rounds import Change, leaf_changes, merge_patch


def test_changes_are_listed_by_leaf() -> None:
    before = {"a": 1, "facts": {"x": "1", "parts": [{"k": 1}, {"k": 2}]}, "same": 0, "gone": 5}
    after = {"new": True, "a": 1, "facts": {"x": "2", "parts": [{"k": 1}]}, "same": 0}
    assert leaf_changes(before, after) == [
        Change("/facts/x", "1", "2"),
        Change("/facts/parts/1", {"k": 2}, None),
        Change("/gone", 5, None),
        Change("/new", None, True),
    ]


def test_a_leaf_that_becomes_an_object_or_a_list_is_one_change() -> None:
    before = {"a": {"x": 1}, "b": [1], "c": 1, "d": {"x": 1}, "e": [1, 2]}
    after = {"a": 1, "b": {"0": 1}, "c": [1], "d": {"x": 2}, "e": [1, 3, 4]}
    assert [(each.pointer, each.before, each.after) for each in leaf_changes(before, after)] == [
        ("/a", {"x": 1}, 1),
        ("/b", [1], {"0": 1}),
        ("/c", 1, [1]),
        ("/d/x", 1, 2),
        ("/e/1", 2, 3),
        ("/e/2", None, 4),
    ]


def test_a_parent_is_before_each_pointer() -> None:
    assert leaf_changes({"x": 1}, {"x": 2}, "/facts") == [Change("/facts/x", 1, 2)]


def test_a_patch_replaces_clears_and_leaves_alone() -> None:
    stored = {"a": 1, "b": 2, "d": 4}
    assert merge_patch(stored, {"b": None, "c": 3, "d": 0}) == {"a": 1, "c": 3, "d": 0}
    assert stored == {"a": 1, "b": 2, "d": 4}
    assert merge_patch({"facts": {"x": 1, "y": 2}}, {"facts": {"x": 3}}) == {"facts": {"x": 3}}
