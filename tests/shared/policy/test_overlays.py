"""A district's number beside the city's: direction of every parameter, effect, and the words. 四（一）2, 四（二）3"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.policy import assess, parameters, resolve
from shared.policy.overlays import APPLYING, EFFECTS, effect_of, explained
from shared.policy.parameters import DatedValue, district_keys, no_looser, value_on
from shared.series.package import definitions
from tests.shared.policy.worked_cases import base

pytestmark = pytest.mark.clause("四（一）2", "四（二）3")
ON = date(2024, 3, 1)
TAX = "low_tax_yuan_per_m2"
JUDGED: dict[str, tuple[dict[str, str], tuple[str, str]]] = {
    TAX: ({"district_tax_per_m2_yuan": "150"}, ("140", "160")),
    "low_occupancy": ({"occupancy": "0.40", "district_tax_per_m2_yuan": "900"}, ("0.30", "0.50")),
}
"""For each parameter that a district may set: facts between two numbers, and the lower and the higher number."""
CITY = DatedValue(TAX, "单位面积年区级税收界限", "元/㎡", date(2023, 8, 31), Decimal(200))
OPEN = DatedValue("low_occupancy", "区级入驻率偏低标准", "%", date(2023, 8, 31), None)


def own(value: str, key: str = TAX, unit: str = "元/㎡") -> DatedValue:
    return DatedValue(key, "", unit, ON, Decimal(value), source="朝发改〔2024〕1号", district="110105")


def decided(key: str, number: str) -> str:
    """Return the decision on a building whose only ground rests on the parameter."""
    told = base("building")
    ground = {"wholly_vacant": False, "function_mismatch": False, "district_says_low_occupancy": False}
    facts = {**told, "components": [{**told["components"][0], **ground, **JUDGED[key][0]}]}
    return assess(facts, resolve(ON, standards={key: Decimal(number)})).decision


def test_every_parameter_of_districts_is_judged_here() -> None:
    assert set(JUDGED) == district_keys()
    assert {definitions()[key]["stricter"] for key in district_keys()} <= {"lower", "higher"}


@pytest.mark.parametrize("key", sorted(JUDGED))
def test_the_declared_direction_is_the_one_in_which_the_rules_refuse_more(key: str) -> None:
    lower, higher = JUDGED[key][1]
    strict, loose = (lower, higher) if definitions()[key]["stricter"] == "lower" else (higher, lower)
    assert (decided(key, strict), decided(key, loose)) == ("ineligible", "eligible")
    assert no_looser(key, Decimal(strict), Decimal(loose))
    assert not no_looser(key, Decimal(loose), Decimal(strict))


@pytest.mark.parametrize(
    ("number", "city", "given", "effect"),
    [
        ("199.9999", CITY, None, "stricter"),
        ("200", CITY, None, "stricter"),
        ("200.0001", CITY, None, "awaiting_city"),
        ("99999", CITY, None, "awaiting_city"),
        ("1000", CITY, "confirmed", "confirmed"),
        ("1000", CITY, "not_confirmed", "not_confirmed"),
        ("150", CITY, "not_confirmed", "stricter"),
        ("150", CITY, "withdrawn", "withdrawn"),
        ("1000", CITY, "withdrawn", "withdrawn"),
        ("0.9", OPEN, None, "city_open"),
        ("0.9", None, None, "city_open"),
    ],
)
def test_a_number_has_effect_if_it_is_no_looser_or_confirmed(
    number: str, city: DatedValue | None, given: Any, effect: str
) -> None:
    key = city.key if city else "low_occupancy"
    assert effect_of(replace(own(number), key=key), city, given) == effect


@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        ("stricter", "朝阳区标准 1,000元/㎡（朝发改〔2024〕1号）不宽于市级 200元/㎡，按区级标准判定"),
        (
            "confirmed",
            "朝阳区标准 1,000元/㎡（朝发改〔2024〕1号）宽于市级 200元/㎡，已经市发展改革委确认，按区级标准判定",
        ),
        ("awaiting_city", "朝阳区标准 1,000元/㎡（朝发改〔2024〕1号）宽于市级 200元/㎡，须经市发展改革委确认，不适用"),
        ("not_confirmed", "朝阳区标准 1,000元/㎡（朝发改〔2024〕1号）宽于市级 200元/㎡，市发展改革委不予确认，不适用"),
        ("withdrawn", "朝阳区标准 1,000元/㎡（朝发改〔2024〕1号）已撤回，不适用"),
    ],
)
def test_the_effect_is_explained_with_both_numbers(effect: Any, sentence: str) -> None:
    assert explained(own("1000"), CITY, effect) == sentence


def test_a_number_that_the_city_leaves_open_is_explained_without_one() -> None:
    told = explained(own("0.5", "low_occupancy", "%"), OPEN, "city_open")
    assert told == "市级未定数值，按朝阳区标准 50%（朝发改〔2024〕1号）判定"


def test_every_effect_has_a_label_that_says_whether_it_applies() -> None:
    assert {code for code, label in EFFECTS.items() if not label.endswith("不适用")} == set(APPLYING)


def test_a_looser_number_of_the_package_has_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, expected in (("99999", 200), ("150", 150)):
        monkeypatch.setattr(parameters, "district_standards", lambda number=number: ((own(number), None),))
        found = value_on(TAX, ON, "110105")
        assert found is not None
        assert found.value == expected
