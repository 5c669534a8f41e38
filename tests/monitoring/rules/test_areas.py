"""Denominators of ratios against the award: just inside and outside, unknown, the fall-back on floor area. 三（三）"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.monitoring.rules.areas import component_areas, evaluation_checks, letting_remarks
from services.monitoring.rules.evaluation.actuals import Actuals, Letting
from tests.monitoring.fixtures import actuals, energy, letting

pytestmark = pytest.mark.clause("三（三）")

ON = date(2025, 6, 30)
BUILDING = {"kind": "building", "leasable_area_m2": "10000", "gross_floor_area_m2": "12000"}


@pytest.mark.parametrize(
    ("part", "leasable", "agrees"),
    [
        (BUILDING, "10", False),
        (BUILDING, "8999.99", False),
        (BUILDING, "9000", True),
        (BUILDING, "11000", True),
        (BUILDING, "11000.01", False),
        (BUILDING, "99999999", False),
        ({"kind": "building", "gross_floor_area_m2": "10000"}, "3999.99", False),
        ({"kind": "building", "gross_floor_area_m2": "10000"}, "4000", True),
        ({"kind": "factory", "renovated_area_m2": "10000"}, "11000.01", False),
        ({"kind": "building"}, "10", None),
    ],
)
def test_a_leasable_area_is_that_of_the_award(part: dict[str, Any], leasable: str, agrees: bool | None) -> None:
    item = Letting.model_validate(letting(0, "1", leasable))
    (check, *_) = evaluation_checks(Actuals.model_validate(actuals(lettings=[item])), [part], "title_gfa", ON)
    assert check.agrees is agrees
    assert bool(letting_remarks([item], [part], ON)) is (agrees is False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax": {"before_yuan": "1", "after_yuan": "2", "area_m2": "10"}}, "/tax/area_m2"),
        ({"energy": energy() | {"report": {"method": "METERED", "area_m2": "200000"}}}, "/energy/report/area_m2"),
        ({"roof": {"pv_projection_m2": "1", "roof_projection_m2": "22000.01"}}, "/roof/roof_projection_m2"),
        ({"industries": [{"industry": "modern_services", "area_m2": "100"}]}, "/industries"),
    ],
)
def test_every_other_denominator_is_compared_too(changes: dict[str, Any], field: str) -> None:
    parts = [{**BUILDING, "gross_floor_area_m2": "10000"}, {"kind": "factory", "gross_floor_area_m2": "10000"}]
    right = evaluation_checks(Actuals.model_validate(actuals()), parts, "title_gfa", ON)
    wrong = evaluation_checks(Actuals.model_validate(actuals(**changes)), parts, "title_gfa", ON)
    assert [check.pointer for check in right if check.agrees is False] == []
    assert [check.pointer for check in wrong if check.agrees is False] == [field]


def test_infrastructure_that_is_let_is_remarked_on() -> None:
    item = Letting.model_validate(letting(0, "1", "10"))
    assert [remark.code for remark in letting_remarks([item], [{"kind": "infrastructure"}], ON)] == [
        "infrastructure_let"
    ]


def test_the_award_goes_before_the_declaration() -> None:
    awarded = [{"kind": "building", "leasable_area_m2": Decimal(5), "gross_floor_area_m2": None}]
    (part,) = component_areas(awarded, {"components": [BUILDING]})
    assert (part["leasable_area_m2"], part["gross_floor_area_m2"]) == (Decimal(5), "12000")
