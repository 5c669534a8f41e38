"""Facts from rows of ledger and library: what is known, what is denied, and each reading of dates and areas."""

from typing import Any

import pytest

from services.eligibility.rules.library import join_resources, library_facts, resource_facts
from shared.contracts.library import LibraryRow, ResourceRow
from tests.intake.sample_rows import project, resource

pytestmark = pytest.mark.clause("四（一）2")

READINGS = {"completion_evidence": "acceptance", "tax_area": "title_gfa"}
FULL: dict[str, Any] = {
    "completed_on": "2009-05-06",
    "completed_year": 2009,
    "completion_proof": "completion_acceptance",
    "occupancy": "0.25",
    "production_ended": False,
    "end_cause": "relocation",
    "gross_floor_area_m2": "25000.00",
    "leasable_area_m2": "20000.00",
    "vacant_area_m2": "15000.00",
    "annual_district_tax_yuan": "500000.00",
}


def facts_of(**fields: Any) -> dict[str, Any]:
    return resource_facts(ResourceRow.model_validate(resource(**fields)))


def joined(stored: dict[str, Any], **readings: str) -> dict[str, Any]:
    """Return the facts of one component whose resource has the given facts."""
    entry = {"components": [{"kind": "building", "resource_id": "R-1"}]}
    stored = {"gross_floor_area_m2": "1000", **stored} if stored else {}
    (part,) = join_resources(entry, {"R-1": stored}, READINGS | readings)["components"]
    return {key: value for key, value in part.items() if key not in ("kind", "resource_id")}


def test_a_resource_as_facts() -> None:
    assert facts_of(**FULL) == FULL | {
        "wholly_vacant": False,
        "function_mismatch": False,
        "district_says_low_occupancy": True,
    }


def test_what_the_district_did_not_state_is_absent() -> None:
    bare: dict[str, Any] = {
        "certified_on": None,
        "certified_by": None,
        "criterion_version": None,
        "inefficiency_grounds": [],
    }
    assert facts_of(**bare, vacant_area_m2=None) == {"gross_floor_area_m2": "25000.00"}


@pytest.mark.parametrize(
    ("ground", "fact"),
    [
        ("function_mismatch", "function_mismatch"),
        ("low_occupancy", "district_says_low_occupancy"),
        ("wholly_vacant", "wholly_vacant"),
    ],
)
@pytest.mark.parametrize(
    ("named", "certified_on", "value"),
    [(True, "2023-11-17", True), (True, None, True), (False, "2023-11-17", False), (False, None, None)],
)
def test_a_ground_is_denied_only_by_a_certified_resource(
    ground: str, fact: str, named: bool, certified_on: str | None, value: bool | None
) -> None:
    grounds = [ground] if named else []
    facts = facts_of(inefficiency_grounds=grounds, certified_on=certified_on, vacant_area_m2=None)
    assert facts.get(fact) is value


@pytest.mark.parametrize(
    ("fields", "vacant"),
    [
        ({"inefficiency_grounds": ["wholly_vacant"], "occupancy": "0.5"}, True),
        ({"occupancy": "0"}, True),
        ({"occupancy": "0.000001"}, False),
        ({"leasable_area_m2": "20000.00", "vacant_area_m2": "20000.00"}, True),
        ({"leasable_area_m2": "20000.00", "vacant_area_m2": "19999.99"}, False),
        ({"leasable_area_m2": None, "vacant_area_m2": "20000.00"}, False),
        ({"leasable_area_m2": None, "vacant_area_m2": "25000.00"}, True),
        ({"vacant_area_m2": None}, False),
    ],
)
def test_a_building_is_vacant_by_ground_by_occupancy_or_by_area(fields: dict[str, Any], vacant: bool) -> None:
    assert facts_of(**fields)["wholly_vacant"] is vacant


def test_a_library_entry_as_facts() -> None:
    facts = library_facts(LibraryRow.model_validate(project(district="110106")))
    assert facts["district"] == "110106"
    assert facts["project_type"] == "inefficient_building"
    assert facts["components"][0]["resource_id"] == "R-1"
    assert None not in facts.values()


def test_each_component_takes_the_facts_of_its_resource_and_keeps_its_own() -> None:
    entry = {
        "project_type": "area_package",
        "components": [
            {"kind": "building", "resource_id": "R-1", "occupancy": "0.9"},
            {"kind": "factory", "resource_id": "R-2"},
            {"kind": "building", "resource_id": "R-3"},
            {"kind": "infrastructure"},
        ],
    }
    resources = {"R-1": {**FULL, "wholly_vacant": False}, "R-2": {**FULL, "occupancy": "0.3", "end_cause": "other"}}
    parts = join_resources(entry, resources, READINGS)["components"]
    assert parts[0] == {
        "kind": "building",
        "resource_id": "R-1",
        "completed_on": "2009-05-06",
        "district_tax_per_m2_yuan": "20",
        "gross_floor_area_m2": "25000.00",
        "occupancy": "0.9",
        "wholly_vacant": False,
        "production_ended": False,
        "end_cause": "relocation",
    }
    assert (parts[1]["occupancy"], parts[1]["end_cause"]) == ("0.3", "other")
    assert parts[2:] == entry["components"][2:]
    assert join_resources({"project_type": "old_factory"}, resources, READINGS)["components"] == []


@pytest.mark.parametrize(
    ("stored", "reading", "completed_on"),
    [
        ({"completed_on": "2009-05-06"}, "acceptance", "2009-05-06"),
        ({"completed_on": "2009-05-06"}, "year_only", "2009-12-31"),
        ({"completed_year": 2008}, "acceptance", "2008-12-31"),
        ({"completed_year": 2008}, "year_only", "2008-12-31"),
        ({"completed_on": "2009-05-06", "completed_year": 2008}, "year_only", "2008-12-31"),
        ({}, "acceptance", None),
        ({}, "year_only", None),
        ({"completed_on": "2009-05-06", "completion_proof": "title_certificate"}, "title", "2009-05-06"),
        ({"completed_on": "2009-05-06", "completion_proof": "archive"}, "title", None),
        ({"completed_on": "2009-05-06"}, "title", None),
        ({"completed_year": 2008, "completion_proof": "title_certificate"}, "title", "2008-12-31"),
    ],
)
def test_the_completion_date_by_each_reading(stored: dict[str, Any], reading: str, completed_on: str | None) -> None:
    assert joined(stored, completion_evidence=reading).get("completed_on") == completed_on


AREAS = {"gross_floor_area_m2": "1000", "leasable_area_m2": "800", "vacant_area_m2": "300"}


@pytest.mark.parametrize(
    ("stored", "reading", "per_m2"),
    [
        (AREAS, "title_gfa", "4"),
        (AREAS, "leasable", "5"),
        (AREAS, "in_use", "8"),
        (AREAS | {"leasable_area_m2": None}, "leasable", None),
        (AREAS | {"leasable_area_m2": None}, "in_use", None),
        (AREAS | {"vacant_area_m2": None}, "in_use", None),
        (AREAS | {"vacant_area_m2": None}, "leasable", "5"),
        (AREAS | {"vacant_area_m2": "800"}, "in_use", None),
    ],
)
def test_the_tax_per_square_metre_by_each_reading(stored: dict[str, Any], reading: str, per_m2: str | None) -> None:
    found = joined({"annual_district_tax_yuan": "4000", **stored}, tax_area=reading)
    assert found.get("district_tax_per_m2_yuan") == per_m2
    assert "district_tax_per_m2_yuan" not in joined(stored, tax_area=reading)
