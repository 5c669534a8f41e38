"""Tests of the targets of a project. 二（三）"""

from datetime import date
from decimal import Decimal

import pytest

from services.monitoring.rules.targets import published_parameter, targets_of
from tests.monitoring.fixtures import facts
from tests.shared.policy.periods import add_period

pytestmark = pytest.mark.clause("二（三）1", "二（三）2")

AS_OF = date(2023, 11, 6)
TENANT = {
    "key": "key_tenant",
    "clause": "二（三）1",
    "label": "引入区级以上重大产业项目和重点企业",
    "target": None,
    "promised": True,
}
SAVING = {
    "key": "energy_saving_ratio",
    "clause": "二（三）2",
    "label": "综合节能率",
    "target": Decimal("0.15"),
    "promised": "0.20",
}


def test_targets_follow_from_facts_and_parameters_in_force() -> None:
    rows = targets_of(facts().model_dump(mode="json"), AS_OF, "110105")
    assert rows == [
        {
            "key": "occupancy",
            "clause": "二（三）1",
            "label": "低效楼宇入驻率（甲座）",
            "target": Decimal("0.80"),
            "promised": "0.85",
            "component": 0,
        },
        {
            "key": "occupancy",
            "clause": "二（三）1",
            "label": "老旧厂房入驻率（乙厂房）",
            "target": Decimal("0.70"),
            "promised": "0.75",
            "component": 1,
        },
        TENANT,
        {
            "key": "pv_roof_share",
            "clause": "二（三）2",
            "label": "光伏占全部屋面水平投影比例",
            "target": Decimal("0.40"),
            "promised": "0.45",
        },
        SAVING,
    ]


def test_infrastructure_has_no_target_and_keeps_the_places_of_the_others() -> None:
    parts = [{"kind": "infrastructure"}, {"kind": "factory"}]
    rows = targets_of({"components": parts}, AS_OF, "110105")
    assert [(row["label"], row["component"], row["promised"]) for row in rows if row["key"] == "occupancy"] == [
        ("老旧厂房入驻率（第2项）", 1, None)
    ]
    assert [row["key"] for row in targets_of({}, AS_OF, "110105")] == [
        "key_tenant",
        "pv_roof_share",
        "energy_saving_ratio",
    ]


@pytest.mark.parametrize(("feasible", "asked"), [(True, True), (None, True), (False, False)])
def test_solar_power_is_a_target_unless_it_is_not_feasible(feasible: bool | None, asked: bool) -> None:
    stated = facts().model_dump(mode="json") | {"renewable_feasible": feasible}
    keys = [row["key"] for row in targets_of(stated, AS_OF, "110105")]
    assert ("pv_roof_share" in keys) is asked


def test_a_figure_that_is_not_published_is_no_target() -> None:
    unpublished = targets_of({"components": [{"kind": "factory"}]}, date(2022, 1, 4), "110105")
    assert unpublished[0]["target"] is None
    assert published_parameter("factory_occupancy", date(2023, 8, 30), "110105") is None
    assert published_parameter("factory_occupancy", date(2023, 8, 31), "110105") == Decimal("0.70")


def test_targets_are_those_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    later = {
        "building_occupancy": "0.81",
        "factory_occupancy": "0.71",
        "pv_roof_share": "0.41",
        "energy_saving_ratio": "0.16",
    }
    for key, value in later.items():
        add_period(monkeypatch, key, date(2023, 11, 7), Decimal(value))
    stated = facts().model_dump(mode="json")
    found = [
        [row["target"] for row in targets_of(stated, day, "110105") if row["target"] is not None]
        for day in (AS_OF, date(2023, 11, 7))
    ]
    assert found == [
        [Decimal("0.80"), Decimal("0.70"), Decimal("0.40"), Decimal("0.15")],
        [Decimal(value) for value in later.values()],
    ]
