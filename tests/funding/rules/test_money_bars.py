"""Grounds on which other municipal money bars a project: each alone, in other spellings, and the rows beside. I27"""

from types import SimpleNamespace
from typing import Any

import pytest

from services.funding.rules.money_bars import Works, basis_of, works_of_application, works_of_money

pytestmark = pytest.mark.clause("二（五）")

OWNER, OTHER = "91110000600037341L", "91110108551385082Q"
CODE = "2402-110105-04-01-123456"
PART = {"kind": "building", "resource_id": "R-1"}


def application(**changed: Any) -> Works:
    project = {"address": "北京市朝阳区示例路十号", "certificates": ["京（2020）朝不动产权第0000001号"]}
    row = {"id": "A", "applicant_uscc": OWNER, "district": "110105", "project_code": CODE, "project": project}
    return works_of_application(SimpleNamespace(**row | {"facts": {"components": [PART]}} | changed))


def money(**stated: Any) -> Works:
    row: dict[str, Any] = dict.fromkeys(
        ("application_id", "project_code", "title_certificate_no", "building_id", "address")
    )
    row |= {"applicant_uscc": OTHER, "district": "110105", "works": []}
    return works_of_money(SimpleNamespace(**row | stated))


AT_PLACE = {"address": "示例路010號"}
CASES: dict[str, tuple[dict[str, Any], str | None, str | None]] = {
    # What is registered; the ground under the project reading and under the entity reading of I27.
    "declaration": ({"application_id": "A"}, "declaration", "declaration"),
    "another declaration": ({"application_id": "B"}, None, None),
    "code": ({"project_code": CODE}, "project_code", "project_code"),
    "another code": ({"project_code": "2402-110105-04-01-123457"}, None, None),
    "certificate": ({"title_certificate_no": "京(2020)朝不動產權第0000001號"}, "certificate", "certificate"),
    "zeros of a certificate count": ({"title_certificate_no": "京（2020）朝不动产权第1号"}, None, None),
    "building": ({"building_id": "r－1"}, "building", "building"),
    "a building of another district": ({"building_id": "R-1", "district": "110106"}, None, None),
    "place and works": ({**AT_PLACE, "works": ["fit_out"]}, "place_and_works", "place_and_works"),
    "place and other works": ({**AT_PLACE, "works": ["equipment"]}, None, None),
    "place without works": (AT_PLACE, None, None),
    "entity and place": ({**AT_PLACE, "applicant_uscc": OWNER}, "entity_and_place", "entity"),
    "entity and place, other works": ({**AT_PLACE, "applicant_uscc": OWNER, "works": ["operation"]}, None, "entity"),
    "entity at another place": ({"applicant_uscc": OWNER, "address": "示例路1-0号"}, None, "entity"),
    "entity": ({"applicant_uscc": OWNER}, None, "entity"),
    "nothing": ({}, None, None),
}


@pytest.mark.parametrize("name", CASES)
def test_each_ground_alone_bars_or_does_not(name: str) -> None:
    stated, by_project, by_entity = CASES[name]
    assert basis_of(money(**stated), application(), "project") == by_project
    assert basis_of(money(**stated), application(), "entity") == by_entity


def test_the_strongest_ground_is_named() -> None:
    every = {"application_id": "A", "project_code": CODE, "building_id": "R-1", "applicant_uscc": OWNER, **AT_PLACE}
    assert basis_of(money(**every), application(), "project") == "declaration"
    assert basis_of(money(**every | {"application_id": None}), application(), "project") == "project_code"


def test_what_neither_states_is_no_ground() -> None:
    blank = application(project_code=None, project={}, facts={})
    assert basis_of(money(), blank, "project") is None
    assert basis_of(money(applicant_uscc=OWNER), blank, "project") is None


@pytest.mark.parametrize(
    ("facts", "works", "basis"),
    [
        ({"components": [PART]}, "green_retrofit", "place_and_works"),
        ({"components": [PART], "green_retrofit_simultaneous": False}, "green_retrofit", None),
        ({"components": [PART]}, "area_infrastructure", None),
        ({"components": [{"kind": "infrastructure"}]}, "area_infrastructure", "place_and_works"),
        ({"components": [{"kind": "infrastructure"}]}, "fit_out", None),
        ({"components": [{"kind": "factory"}]}, "structure", "place_and_works"),
        ({}, "structure", None),
    ],
)
def test_the_works_of_a_project_follow_from_its_facts(facts: dict[str, Any], works: str, basis: str | None) -> None:
    assert basis_of(money(**AT_PLACE, works=[works]), application(facts=facts), "project") == basis


def test_works_that_are_unknown_leave_the_same_entity_at_the_same_place_open() -> None:
    stated = {**AT_PLACE, "applicant_uscc": OWNER, "works": ["fit_out"]}
    assert basis_of(money(**stated), application(facts={}), "project") == "entity_and_place"
