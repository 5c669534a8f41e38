"""Code lists of monitoring: every code has a Chinese label, every enumeration of the API is a code list."""

from typing import Any, Literal, get_args, get_origin

import pytest

from services.monitoring.main import service
from services.monitoring.rules import code_lists
from shared.audiences import OFFICIALS
from shared.districts import DISTRICTS
from shared.web.app import create_app
from shared.web.code_lists import code_lists_of

TYPES = {name: value for name, value in vars(code_lists).items() if get_origin(value) is Literal}
LABELLED = [frozenset(labels) for labels in code_lists.CODE_LISTS.values()]


@pytest.mark.parametrize("name", TYPES)
def test_each_code_type_has_a_list_with_chinese_labels(name: str) -> None:
    assert frozenset(get_args(TYPES[name])) in LABELLED
    assert all(
        any("一" <= sign <= "龥" for sign in label)
        for labels in code_lists.CODE_LISTS.values()
        for label in labels.values()
    )


def enumerations(schema: Any) -> list[frozenset[str]]:
    """Return the enumerations of strings inside a JSON schema."""
    if isinstance(schema, list):
        return [values for item in schema for values in enumerations(item)]
    if not isinstance(schema, dict):
        return []
    own = [frozenset(schema["enum"])] if schema.get("type") == "string" and "enum" in schema else []
    return own + [values for item in schema.values() for values in enumerations(item)]


def test_each_enumeration_of_a_body_of_monitoring_is_a_code_list() -> None:
    schemas = create_app(service).openapi()["components"]["schemas"]
    own = {name: schema for name, schema in schemas.items() if name.endswith(("In", "Out"))}
    known = [*map(frozenset, code_lists_of(service).values()), frozenset(DISTRICTS), OFFICIALS]
    unlisted = {name: values for name, schema in own.items() for values in enumerations(schema) if values not in known}
    assert not unlisted


def test_the_lists_have_the_names_that_callers_know() -> None:
    assert list(code_lists.CODE_LISTS) == [
        "file_status",
        "evaluation_deadline",
        "support_mode",
        "movement_kind",
        "quarter_state",
        "remark_severity",
        "purpose",
        "meter_kind",
        "meter_period",
        "reading_status",
        "reading_finding_state",
        "inspection_state",
        "finding_kind",
        "finding_state",
        "credit_ground",
        "credit_ground_state",
        "credit_grade",
        "credit_rating_state",
        "credit_repair_state",
        "evaluation_state",
        "evaluation_grade",
        "tenant_level",
        "energy_method",
        "factor_set",
        "green_purpose",
        "green_state",
        "report_format",
    ]
