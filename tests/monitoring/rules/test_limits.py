"""Limits of sizes, counts and values of every field that monitoring reads, as the notice and the API document state."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from services.monitoring.rules.evaluation.actuals import Actuals
from services.monitoring.rules.quarters import QuarterReport
from services.monitoring.schemas.findings import FindingIn
from services.monitoring.schemas.inspections import InspectionPlanIn
from services.monitoring.schemas.readings import MeterBoundsIn, ReadingIn
from tests.enumeration import operations

MARKS = {"min_length": ">=", "max_length": "<=", "ge": ">=", "le": "<=", "gt": ">"}
LIMITS = {
    "Actuals.area_reasons": "<=210",
    "Actuals.industries": "<=20",
    "Actuals.key_tenants": "<=100",
    "Actuals.lettings": "<=200",
    "Actuals.problems": "<=50",
    "AnnualEnergy.area_m2": ">0",
    "ComponentLetting.index": ">=0 <=199",
    "CreditGroundIn.evidence": ">=1 <=20",
    "CreditRepairIn.evidence": ">=1 <=20",
    "CreditRepairIn.ground_ids": ">=1 <=50",
    "FindingIn.evidence": "<=50",
    "FundUse.audit_findings": ">=0 <=1000",
    "GreenRecordIn.attachments": "<=20",
    "InspectionCompletionIn.evidence": "<=50",
    "InspectionCompletionIn.findings": "<=50",
    "InspectionPlanIn.size": ">=1 <=500",
    "Letting.index": ">=0 <=199",
    "Letting.let_units": ">=0 <=100000",
    "Letting.units": ">=1 <=100000",
    "QuarterReport.investment": "<=3",
    "QuarterReport.jobs": ">=0 <=1000000",
    "QuarterReport.occupancy": "<=200",
    "QuarterReport.subsidy_used": "<=7",
    "QuarterReturnIn.reasons": ">=1 <=20",
    "RatingDecisionIn.withdrawn_grounds": "<=200",
    "RatingObjectionIn.evidence": "<=20",
    "ReadingBatchIn.readings": ">=1 <=1000",
    "Roof.roof_projection_m2": ">0",
    "Tax.area_m2": ">0",
}


def bodies() -> Iterator[type[BaseModel]]:
    """Yield the models that monitoring's own acts read, and those inside them."""
    waiting = [
        hint
        for route in operations("monitoring").values()
        if route.endpoint.__module__.startswith("services.monitoring") and route.body_field is not None
        for hint in [route.body_field.field_info.annotation]
    ]
    seen: set[Any] = set()
    while waiting:
        hint = waiting.pop()
        if get_origin(hint) in (Annotated, Union, UnionType, list, tuple):
            waiting += get_args(hint)
        elif isinstance(hint, type) and issubclass(hint, BaseModel) and hint not in seen:
            seen.add(hint)
            waiting += [field.annotation for field in hint.model_fields.values()]
            yield hint


def marks(field: FieldInfo) -> list[Any]:
    """Return the constraints of a field, and those inside its optional type."""
    inner = [mark for arg in get_args(field.annotation) for mark in getattr(arg, "__metadata__", ())]
    return [*field.metadata, *(each for mark in inner for each in (getattr(mark, "metadata", None) or [mark]))]


def limits(field: FieldInfo) -> str:
    found = []
    for mark in marks(field):
        for name, sign in MARKS.items():
            value = getattr(mark, name, None)
            if value is not None and type(mark).__name__ != "StringConstraints":
                found.append(f"{sign}{value}")
    return " ".join(sorted(found, reverse=True))


def test_each_field_has_its_limits() -> None:
    fields = [(model, name, field) for model in bodies() for name, field in model.model_fields.items()]
    found = {f"{model.__name__}.{name}": limits(field) for model, name, field in fields}
    assert {name: stated for name, stated in found.items() if stated} == LIMITS


USAGE = {"purpose": "structure", "amount_yuan": "1.00"}
LETTING = {"index": 0, "leasable_area_m2": "1", "moved_in_area_m2": "1", "signed_area_m2": "1"}


@pytest.mark.clause("四（一）2")
@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"progress": "0"}, True),
        ({"progress": "1"}, True),
        ({"progress": "1.0001"}, False),
        ({"progress": "-0.1"}, False),
        ({"subsidy_used": [USAGE] * 7}, True),
        ({"subsidy_used": [USAGE] * 8}, False),
        ({"occupancy": [LETTING] * 200}, True),
        ({"occupancy": [LETTING] * 201}, False),
        ({"occupancy": [LETTING | {"index": 199}]}, True),
        ({"occupancy": [LETTING | {"index": 200}]}, False),
        ({"jobs": 1_000_000}, True),
        ({"jobs": 1_000_001}, False),
        ({"jobs": -1}, False),
        ({"district_tax_yuan": "0.01"}, True),
        ({"district_tax_yuan": "0.001"}, False),
        ({"district_tax_yuan": "-0.01"}, False),
        ({"notes": "注" * 4000}, True),
        ({"notes": "注" * 4001}, False),
        ({"surprise": 1}, False),
    ],
)
def test_a_report_within_and_beyond_its_limits(changes: dict[str, Any], allowed: bool) -> None:
    stated = {"progress": "0.5"} | changes
    if allowed:
        assert QuarterReport.model_validate(stated)
    else:
        with pytest.raises(ValidationError) as refusal:
            QuarterReport.model_validate(stated)
        assert refusal.value.errors()[0]["loc"][0] == next(iter(changes))


@pytest.mark.clause("三（三）")
@pytest.mark.parametrize(("findings", "allowed"), [(0, True), (1000, True), (1001, False), (-1, False)])
def test_the_number_of_audit_findings(findings: int, allowed: bool) -> None:
    funds = {"misused": False, "ledger_matches": True, "audit_findings": findings}
    stated = {"reference_on": "2025-06-30", "funds": funds}
    if allowed:
        assert Actuals.model_validate(stated).funds.audit_findings == findings
    else:
        with pytest.raises(ValidationError):
            Actuals.model_validate(stated)


METER = {"label": "表", "period": "day"}
PLAN = {"quarter": "2024Q2", "size": 1}
READING = {"meter_id": "00000000-0000-0000-0000-000000000001", "value": "1"}


@pytest.mark.clause("四（一）3")
@pytest.mark.parametrize(
    ("model", "stated", "allowed"),
    [
        (ReadingIn, READING | {"measured_at": "1999-12-31T23:59:59Z"}, False),
        (ReadingIn, READING | {"measured_at": "2000-01-01T00:00:00Z"}, True),
        (ReadingIn, READING | {"measured_at": "2200-01-01T00:00:00Z"}, True),
        (ReadingIn, READING | {"measured_at": "2201-01-01T00:00:00Z"}, False),
        (ReadingIn, READING | {"measured_at": "2024-01-01T00:00:00"}, False),
        (MeterBoundsIn, METER | {"low": "10", "high": "10"}, True),
        (MeterBoundsIn, METER | {"low": "10.0001", "high": "10"}, False),
        (MeterBoundsIn, METER | {"low": "10"}, True),
        (MeterBoundsIn, METER | {"high": "10"}, True),
        (MeterBoundsIn, METER | {"high": "0.0000"}, True),
        (MeterBoundsIn, METER | {"high": "0.00001"}, False),
        (InspectionPlanIn, PLAN, True),
        (InspectionPlanIn, PLAN | {"quarter": "2024Q5"}, False),
        (InspectionPlanIn, PLAN | {"quarter": "2024Q0"}, False),
        (InspectionPlanIn, PLAN | {"quarter": "1999Q4"}, False),
        (InspectionPlanIn, PLAN | {"quarter": "2000Q4"}, True),
    ],
)
def test_a_body_within_and_beyond_its_limits(model: type[BaseModel], stated: dict[str, Any], allowed: bool) -> None:
    if allowed:
        assert model.model_validate(stated)
    else:
        with pytest.raises(ValidationError):
            model.model_validate(stated)


@pytest.mark.parametrize(("length", "taken"), [(1, True), (40, True), (41, False)])
def test_the_clause_of_a_finding_has_forty_characters(length: int, *, taken: bool) -> None:
    body = {"kind": "funds_diverted", "clause": "条" * length, "description": "凭证与用途不符"}
    if taken:
        assert FindingIn.model_validate(body).clause == "条" * length
    else:
        with pytest.raises(ValidationError, match="clause"):
            FindingIn.model_validate(body)
