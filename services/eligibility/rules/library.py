"""Facts for the policy rules from rows of the resource ledger and the reserve library (四（一）2). Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from shared.contracts.facts import facts_of_library
from shared.contracts.library import LibraryRow, ResourceRow

Facts = dict[str, Any]
_COUNTED_FROM_ROW = ("gross_floor_area_m2", "leasable_area_m2", "vacant_area_m2", "annual_district_tax_yuan")


def library_facts(row: LibraryRow) -> Facts:
    """Return a library entry as facts; unknown facts are absent."""
    facts = facts_of_library(row).model_dump(mode="json", exclude_none=True)
    return {**facts, "district": row.district}


def resource_facts(row: ResourceRow) -> Facts:
    """Return a ledger resource as facts. A ground is denied only once the district has certified the resource."""
    known: dict[str, Any] = {
        "completed_on": row.completed_on,
        "completed_year": row.completed_year,
        "completion_proof": row.completion_proof,
        "occupancy": row.occupancy,
        "wholly_vacant": _wholly_vacant(row),
        "function_mismatch": _ground(row, "function_mismatch"),
        "district_says_low_occupancy": _ground(row, "low_occupancy"),
        "production_ended": row.production_ended,
        "end_cause": row.end_cause,
        **{name: getattr(row, name) for name in _COUNTED_FROM_ROW},
    }
    return {name: _json_value(value) for name, value in known.items() if value is not None}


def join_resources(
    project: Mapping[str, Any], resources: Mapping[str, Mapping[str, Any]], readings: Mapping[str, str]
) -> Facts:
    """Return a library entry's facts with the facts of each component's resource, by the readings I12 and I14."""
    parts = [
        _component_facts(resources.get(part.get("resource_id", ""), {}), readings) | part
        for part in project.get("components", ())
    ]
    return {**project, "components": parts}


def _component_facts(resource: Mapping[str, Any], readings: Mapping[str, str]) -> Facts:
    facts = {
        "completed_on": _completed_on(resource, readings["completion_evidence"]),
        "district_tax_per_m2_yuan": _tax_per_m2(resource, readings["tax_area"]),
        **{
            name: resource.get(name)
            for name in (
                "gross_floor_area_m2",
                "occupancy",
                "wholly_vacant",
                "function_mismatch",
                "district_says_low_occupancy",
                "production_ended",
                "end_cause",
            )
        },
    }
    return {name: value for name, value in facts.items() if value is not None}


def _completed_on(resource: Mapping[str, Any], reading: str) -> str | None:
    """Return the completion date by the reading of I14; a year alone means its 31 December."""
    day = resource.get("completed_on")
    year = resource.get("completed_year") or (day and int(day[:4]))
    if reading == "title" and resource.get("completion_proof") != "title_certificate":
        return None
    if reading == "year_only" or day is None:
        return date(year, 12, 31).isoformat() if year else None
    return str(day)


def _tax_per_m2(resource: Mapping[str, Any], reading: str) -> str | None:
    """Return the annual district tax in yuan per square metre of the area that the reading names (I12)."""
    tax, area = resource.get("annual_district_tax_yuan"), _area(resource, reading)
    return None if tax is None or not area else str(Decimal(tax) / area)


def _area(resource: Mapping[str, Any], reading: str) -> Decimal | None:
    leasable, vacant = resource.get("leasable_area_m2"), resource.get("vacant_area_m2")
    if reading == "title_gfa":
        return Decimal(resource["gross_floor_area_m2"]) if resource else None
    if leasable is None or (reading == "in_use" and vacant is None):
        return None
    return Decimal(leasable) - (Decimal(str(vacant)) if reading == "in_use" else 0)


def _wholly_vacant(row: ResourceRow) -> bool | None:
    if "wholly_vacant" in row.inefficiency_grounds:
        return True
    if row.occupancy is not None:
        return row.occupancy == 0
    if row.vacant_area_m2 is not None:
        return row.vacant_area_m2 >= (row.leasable_area_m2 or row.gross_floor_area_m2)
    return _ground(row, "wholly_vacant")


def _ground(row: ResourceRow, ground: str) -> bool | None:
    if ground in row.inefficiency_grounds:
        return True
    return False if row.certified_on else None


def _json_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
