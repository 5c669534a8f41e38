"""Code lists of eligibility: every code has a Chinese label, every enumeration of the API is a code list."""

from typing import Any, Literal, get_args, get_origin

import pytest

from services.eligibility.main import service
from services.eligibility.rules import code_lists
from shared.audiences import OFFICIALS
from shared.districts import DISTRICTS
from shared.policy.parameters import district_keys
from shared.web.app import create_app
from shared.web.code_lists import code_lists_of

TYPES = {name: value for name, value in vars(code_lists).items() if get_origin(value) is Literal}
LABELLED = [frozenset(labels) for labels in code_lists.CODE_LISTS.values()]


@pytest.mark.parametrize("name", TYPES)
def test_each_code_type_has_a_list_with_chinese_labels(name: str) -> None:
    assert frozenset(get_args(TYPES[name])) in LABELLED
    labels = [label for each in code_lists.CODE_LISTS.values() for label in each.values()]
    assert all(any("一" <= sign <= "龥" for sign in label) for label in labels)


def enumerations(schema: Any) -> list[frozenset[str]]:
    """Return the enumerations of strings inside a JSON schema."""
    if isinstance(schema, list):
        return [values for item in schema for values in enumerations(item)]
    if not isinstance(schema, dict):
        return []
    own = [frozenset(schema["enum"])] if schema.get("type") == "string" and "enum" in schema else []
    return own + [values for item in schema.values() for values in enumerations(item)]


def test_each_enumeration_of_a_body_of_eligibility_is_a_code_list() -> None:
    known = [
        *map(frozenset, code_lists_of(service).values()),
        frozenset(district_keys()),
        frozenset(DISTRICTS),
        OFFICIALS,
    ]
    schemas = create_app(service).openapi()["components"]["schemas"]
    own = {name: schema for name, schema in schemas.items() if name.endswith(("In", "Out"))}
    unlisted = {name: values for name, each in own.items() for values in enumerations(each) if values not in known}
    assert not unlisted


def test_the_lists_have_the_names_that_callers_know() -> None:
    assert list(code_lists.CODE_LISTS) == [
        "review_stage",
        "decision",
        "answer",
        "assessment_occasion",
        "edition_basis",
        "rule_strength",
        "information_provider",
        "review_outcome",
        "conflict_position",
        "criterion",
        "cost_kind",
        "project_origin",
        "edition",
        "picture_format",
        "district_parameter",
        "district_standard_state",
        "district_standard_outcome",
        "district_programme_support",
        "district_programme_status",
    ]
