"""Rewriting of schemas: titles, docstrings, bounds, labels."""

from typing import Any

import pytest

from shared.web.openapi_schemas import labels_of, rewrite


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("金额", "单位：元", "金额；单位：元"),
        ("金额（元）", "金额（元），两位小数", "金额（元），两位小数"),
        ("Amount Yuan", "单位：元。", "单位：元"),
        ("金额", "What an applicant asks for.", "金额"),
        ("Amount", "A number.", None),
        ("金额", None, "金额"),
    ],
)
def test_a_chinese_title_comes_first_and_english_goes(
    title: str, description: str | None, expected: str | None
) -> None:
    schema: dict[str, Any] = {"type": "string", "title": title}
    if description is not None:
        schema["description"] = description
    rewrite(schema, {})
    assert schema == ({"type": "string"} if expected is None else {"type": "string", "description": expected})


def test_a_property_named_title_stays() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string", "title": "Title", "description": "名称"}}}
    rewrite(schema, {})
    assert schema["properties"] == {"title": {"type": "string", "description": "名称"}}


def test_bounds_become_keywords_of_json_schema_or_words() -> None:
    schema: dict[str, Any] = {
        "anyOf": [{"type": "integer", "gt": 0}, {"type": "string", "title": "金额（元）", "lt": 9}]
    }
    rewrite(schema, {})
    assert schema["anyOf"] == [
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "string", "description": "金额（元）；须小于 9"},
    ]


def test_labels_come_from_the_list_of_just_these_codes() -> None:
    lists = {"stage": {"a": "甲", "b": "乙", "c": "丙"}, "answer": {"a": "是", "b": "否"}}
    assert labels_of({"enum": ["b", "a"]}, lists) == {"b": "否", "a": "是"}
    assert labels_of({"enum": ["a", "c"]}, lists) == {"a": "甲", "c": "丙"}
    assert labels_of({"const": "c"}, lists) == {"c": "丙"}
    assert labels_of({"enum": ["a", "d"]}, lists) == {}
    assert labels_of({"type": "string"}, lists) == {}
