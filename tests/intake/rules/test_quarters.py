"""Checks of a district's registers before a quarter is reported: each condition of each check, and the snapshot."""

import hashlib
from datetime import date
from typing import Any

import pytest

from services.intake.rules.quarters import (
    MAX_LISTED_ROWS,
    DistrictRegisters,
    Finding,
    canonical_json,
    findings,
    reporting_units,
    sha256_of,
)

pytestmark = pytest.mark.clause("四（一）2")

QUARTER = "2024Q2"
AFTER = date(2024, 7, 1)
RESOURCE: dict[str, Any] = {
    "external_id": "R-1",
    "status": "in_library",
    "quarter": QUARTER,
    "inefficiency_grounds": ["low_district_tax"],
    "criterion_version": "2023",
    "certified_by": "朝阳区发展和改革委员会",
    "certified_on": date(2024, 1, 5),
    "annual_district_tax_yuan": "0.00",
    "tax_year": 2023,
}
ENTRY: dict[str, Any] = {
    "external_id": "L-1",
    "left_on": None,
    "resource_external_ids": ["R-1"],
    "signed_off_by": "朝阳区人民政府",
    "signed_off_on": date(2024, 2, 5),
    "construction_status": "under_construction",
    "quarter": QUARTER,
}
NO_GROUNDS: dict[str, Any] = {"inefficiency_grounds": [], "criterion_version": None}
OTHER_GROUND: dict[str, Any] = {"inefficiency_grounds": ["low_occupancy"], "tax_year": None}
LEFT: dict[str, Any] = {"left_on": date(2024, 5, 1)}


def registers(resource: dict[str, Any] | None = None, entry: dict[str, Any] | None = None) -> DistrictRegisters:
    return DistrictRegisters(QUARTER, [RESOURCE | (resource or {})], [ENTRY | (entry or {})])


def found_in(rows: DistrictRegisters, today: date = AFTER) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {(each.code, each.severity, each.subject, each.external_ids) for each in findings(rows, today)}


def of_resource(code: str, severity: str) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {(code, severity, "resource", ("R-1",))}


def of_entry(code: str, severity: str) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {(code, severity, "library_entry", ("L-1",))}


@pytest.mark.parametrize(
    ("resource", "entry", "expected"),
    [
        ({}, {}, set()),
        ({"criterion_version": None}, {}, of_resource("grounds_not_certified", "error")),
        ({"certified_by": ""}, {}, of_resource("grounds_not_certified", "error")),
        ({"certified_on": None}, {}, of_resource("grounds_not_certified", "error")),
        (NO_GROUNDS, {}, set()),
        ({}, {"resource_external_ids": ["R-1", "R-2"]}, of_entry("resource_missing", "error")),
        ({}, {"resource_external_ids": ["R-1", "R-2"], **LEFT}, of_resource("entry_missing", "warning")),
        ({}, {"signed_off_by": None}, of_entry("sign_off_missing", "error")),
        ({}, {"signed_off_on": None}, of_entry("sign_off_missing", "error")),
        ({"status": "withdrawn"}, {}, of_entry("resource_withdrawn", "warning")),
        ({"status": "withdrawn"}, LEFT, set()),
        ({}, {"construction_status": "completed"}, of_entry("completed_in_library", "warning")),
        ({"status": "stock"}, {"construction_status": "completed", **LEFT}, set()),
        ({"annual_district_tax_yuan": None}, {}, of_resource("tax_unproved", "warning")),
        ({"tax_year": None}, {}, of_resource("tax_unproved", "warning")),
        (OTHER_GROUND, {}, set()),
        ({"status": "stock"}, LEFT, set()),
        ({}, LEFT, of_resource("entry_missing", "warning")),
        ({"quarter": "2024Q1"}, {}, of_resource("resource_stale", "warning")),
        ({"quarter": "2024Q3"}, {}, set()),
        ({"quarter": "2023Q4", "status": "completed"}, {}, set()),
        ({"quarter": "2023Q4", "status": "withdrawn"}, LEFT, set()),
        ({}, {"quarter": "2023Q4"}, of_entry("entry_stale", "warning")),
        ({"status": "stock"}, {"quarter": "2023Q4", **LEFT}, set()),
    ],
)
def test_each_condition_of_a_check_decides(
    resource: dict[str, Any], entry: dict[str, Any], expected: set[tuple[str, str, str, tuple[str, ...]]]
) -> None:
    assert found_in(registers(resource, entry)) == expected


@pytest.mark.parametrize(
    ("today", "early"), [(date(2024, 6, 29), True), (date(2024, 6, 30), True), (date(2024, 7, 1), False)]
)
def test_a_quarter_is_over_on_the_day_after_its_last(today: date, early: bool) -> None:
    expected = {("quarter_not_over", "error", "quarter", ())} if early else set()
    assert found_in(registers(), today) == expected


def test_an_empty_ledger_is_a_warning() -> None:
    assert findings(DistrictRegisters(QUARTER, [], []), AFTER) == [
        Finding("empty_ledger", "warning", "quarter", "资源台账没有记录，请确认确无资源", 1, ())
    ]


def test_errors_come_before_warnings_each_in_the_order_of_the_checks() -> None:
    rows = registers({"quarter": "2024Q1", "tax_year": None, "criterion_version": None}, {"signed_off_on": None})
    assert [each.code for each in findings(rows, date(2024, 6, 30))] == [
        "grounds_not_certified",
        "sign_off_missing",
        "quarter_not_over",
        "tax_unproved",
        "resource_stale",
    ]


def test_a_finding_counts_all_its_rows_and_lists_the_first_200_by_number() -> None:
    stale = [RESOURCE | {"external_id": f"R-{number:03}", "quarter": "2024Q1"} for number in range(201, 0, -1)]
    linking = ENTRY | {"resource_external_ids": [row["external_id"] for row in stale]}
    (finding,) = findings(DistrictRegisters(QUARTER, stale, [linking]), AFTER)
    assert (finding.code, finding.count, MAX_LISTED_ROWS) == ("resource_stale", 201, 200)
    assert finding.external_ids == tuple(f"R-{number:03}" for number in range(1, 201))


def test_the_development_area_reports_only_by_the_reading_as_a_district() -> None:
    as_district, exempt = reporting_units("as_district"), reporting_units("exempt")
    assert (len(as_district), len(exempt)) == (17, 16)
    assert set(as_district) - set(exempt) == {"BDA"}


def test_the_hash_of_a_snapshot_does_not_depend_on_the_order_of_its_keys() -> None:
    snapshot = {"quarter": "2024Q1", "rows": [{"name": "低效楼宇", "area": "1.00"}]}
    text = '{"quarter":"2024Q1","rows":[{"area":"1.00","name":"低效楼宇"}]}'
    assert canonical_json(snapshot) == text.encode()
    assert sha256_of(dict(reversed(snapshot.items()))) == hashlib.sha256(text.encode()).hexdigest()
