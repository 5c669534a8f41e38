"""Messages for refused values: each kind of error that pydantic can raise names the way out in Chinese."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from pydantic_core._pydantic_core import list_all_errors

from services import SERVICES, load
from shared.contracts.library import DistrictCode
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money
from shared.text import Line
from shared.web.app import create_app
from shared.web.field_messages import MESSAGES, PATTERNS, field_problems, message_of

NOT_FROM_REQUESTS = {
    "no_such_attribute", "needs_python_object", "frozen_field", "frozen_instance", "get_attribute_error",
    "dataclass_exact_type", "named_tuple_type", "default_factory_not_called", "iteration_error", "frozen_dict_type",
    "ordered_dict_type", "counter_type", "deque_type", "set_item_not_hashable", "missing_sentinel_error",
    "ellipsis_error", "is_instance_of", "is_subclass_of", "callable_type", "arguments_type", "missing_argument",
    "unexpected_keyword_argument", "missing_keyword_only_argument", "unexpected_positional_argument",
    "missing_positional_only_argument", "multiple_argument_values", "fraction_type", "fraction_parsing",
    "complex_type", "complex_str_parsing",
}  # fmt: skip
"""Errors about Python objects and types that no JSON body or query string can cause in our models."""
OPTIONS = dict.fromkeys(("expected", "expected_tags", "expected_schemes"), "'a' or 'b'")
SPOKEN = {"value_error", "assertion_error"}


class Sample(BaseModel):
    """A field of each kind that our models have."""

    model_config = {"extra": "forbid"}

    name: Line = "名称"
    number: int = Field(0, ge=1, lt=10)
    ratio: Decimal = Field(Decimal(0), gt=0, le=1, decimal_places=2)
    on: date | None = None
    at: AwareDatetime | None = None
    open: bool = True
    kind: Literal["plant", "warehouse"] = "plant"
    key: UUID | None = None
    quarter: str = Field("2026Q3", pattern=r"^20[0-9]{2}Q[1-4]$")
    rows: list[int] = Field([], max_length=2)
    some: list[int] = Field([1], min_length=1)
    code: ProjectCode | None = None
    uscc: Uscc | None = None
    money: Money | None = None
    district: DistrictCode | None = None


def refusal(**values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(values)
    (found,) = field_problems(caught.value.errors(), "body")
    return found["detail"]


@pytest.mark.parametrize(
    ("values", "way_out"),
    [
        ({"name": "x" * 201}, "最多 200 个字符"),
        ({"name": ""}, "至少 1 个字符"),
        ({"name": "a\x00"}, "第 2 个字符 U+0000（控制字符）不可使用；请删去"),
        ({"name": 3}, "须为文字"),
        ({"number": 0}, "不得小于 1"),
        ({"number": 10}, "须小于 10"),
        ({"number": "x"}, "须为整数"),
        ({"number": 1.5}, "须为整数"),
        ({"ratio": "0"}, "须大于 0"),
        ({"ratio": "1.5"}, "不得大于 1"),
        ({"ratio": "0.123"}, "最多 2 位小数"),
        ({"ratio": "NaN"}, "须为有限的数"),
        ({"on": "30.06.2008"}, "2008-06-30"),
        ({"on": "2008-06-30T10:00:00"}, "2008-06-30"),
        ({"at": "2026-07-01T09:00:00"}, "2026-07-01T09:00:00+08:00"),
        ({"at": "gestern"}, "2026-07-01T09:00:00+08:00"),
        ({"open": "vielleicht"}, "true 或 false"),
        ({"kind": "castle"}, "plant、warehouse"),
        ({"key": "x"}, "018df7bd"),
        ({"quarter": "2026-3"}, "2026Q3"),
        ({"rows": [1, 2, 3]}, "最多 2 项"),
        ({"rows": "x"}, "须为列表"),
        ({"some": []}, "至少 1 项"),
        ({"nonsense": 1}, "没有这个字段"),
        ({"code": "1"}, "2024-110105-70-03-000001"),
        ({"money": "1,5"}, '"1250000.00"'),
        ({"money": "-1"}, "须为 0 或正数"),
        ({"money": "0.001"}, "2 位小数"),
        ({"district": "1"}, "110105"),
        ({"uscc": "1"}, "18位"),
    ],
)
def test_a_refusal_names_the_way_out(values: dict[str, Any], way_out: str) -> None:
    assert way_out in refusal(**values)


def test_every_error_that_a_request_can_cause_has_a_message_of_its_own() -> None:
    for error in list_all_errors():
        kind, limits = error["type"], {name: value or 0 for name, value in (error.get("example_context") or {}).items()}
        if kind in SPOKEN | NOT_FROM_REQUESTS:
            continue
        assert kind in MESSAGES, kind
        said = message_of({"type": kind, "msg": "English", "ctx": limits | OPTIONS, "loc": ()})
        assert re.search("[\u4e00-\u9fff]", said), (kind, said)


def test_an_unforeseen_error_is_told_in_chinese_too() -> None:
    assert message_of({"type": "is_instance_of", "msg": "Input should be …", "loc": ()}).startswith("内容不符合要求")


def patterns(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(patterns, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
    return own.union(*map(patterns, schema.values()))


def test_every_pattern_of_the_api_documents_has_an_example() -> None:
    for name in SERVICES:
        missing = patterns(create_app(load(name)).openapi()) - set(PATTERNS)
        assert not missing, (name, missing)


def test_every_example_of_a_pattern_matches_it() -> None:
    for pattern, said in PATTERNS.items():
        if found := re.search(r'例如 "?([^ "，]+)"?', said):
            assert re.search(pattern, found[1]), (pattern, found[1])
