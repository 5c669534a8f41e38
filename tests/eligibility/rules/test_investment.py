"""Recognised investment: each limit at the fen, each reading, and what is carried over (I4, I5). 二（四）1"""

from typing import Any

import pytest

from services.eligibility.rules.investment import ComponentRecognition, recognise_components
from shared.errors import Invalid

pytestmark = pytest.mark.clause("二（四）1")

READINGS = {"excluded_costs": "exclude_purchase_rent_land", "investment_base": "assessed"}
DECLARED: dict[str, Any] = {
    "kind": "building",
    "name": "甲座",
    "renovated_area_m2": "3000.00",
    "leasable_area_m2": "2500.00",
    "planned_occupancy": "0.85",
    "fixed_investment_yuan": "1000.00",
    "occupancy": "0.2",
}
SECOND = {"kind": "factory", "fixed_investment_yuan": "500.00"}


def item(yuan: str, *, index: int = 0, **other: Any) -> ComponentRecognition:
    return ComponentRecognition.model_validate({"index": index, "assessed_investment_yuan": yuan, **other})


def cost(yuan: str) -> dict[str, str]:
    return {"kind": "land", "amount_yuan": yuan}


def refused(items: list[ComponentRecognition], declared: list[dict[str, Any]] | None = None, **readings: str) -> str:
    with pytest.raises(Invalid) as refusal:
        recognise_components(declared or [DECLARED], items, READINGS | readings)
    assert refusal.value.field is not None
    return refusal.value.field


def test_a_recognised_component_carries_its_facts_and_both_amounts() -> None:
    (found,) = recognise_components([DECLARED], [item("899.99", excluded=[cost("100.01")], reason="核减")], READINGS)
    label = found["excluded"][0].pop("label")
    assert label
    assert found == {
        "kind": "building",
        "name": "甲座",
        "renovated_area_m2": "3000.00",
        "leasable_area_m2": "2500.00",
        "planned_occupancy": "0.85",
        "declared_investment_yuan": "1000.00",
        "assessed_investment_yuan": "899.99",
        "excluded": [{"kind": "land", "amount_yuan": "100.01"}],
        "reason": "核减",
    }


def test_components_are_matched_by_their_index() -> None:
    items = [item("499.00", index=1, reason="乙"), item("1000.00", index=0)]
    found = recognise_components([DECLARED, SECOND], items, READINGS)
    assert [(part["kind"], part["assessed_investment_yuan"]) for part in found] == [
        ("building", "1000.00"),
        ("factory", "499.00"),
    ]
    assert refused([item("500.01", index=1), item("1000.00")], [DECLARED, SECOND]) == (
        "/body/components/0/assessed_investment_yuan"
    )


@pytest.mark.parametrize("indexes", [[], [0], [0, 0], [0, 1, 1], [0, 2], [1, 2]])
def test_each_component_is_recognised_once(indexes: list[int]) -> None:
    with pytest.raises(Invalid, match="须对 2 项组成（序号 0 至 1）各审定一次"):
        recognise_components([DECLARED, SECOND], [item("1.00", index=index) for index in indexes], READINGS)
    assert refused([item("1.00", index=index) for index in indexes], [DECLARED, SECOND]) == "/body/components"


@pytest.mark.parametrize(
    ("yuan", "excluded", "reason", "field"),
    [
        ("1000.00", [], None, None),
        ("1000.01", [], None, "assessed_investment_yuan"),
        ("999.99", [], None, "reason"),
        ("999.99", [], "核减", None),
        ("900.00", ["60.00", "40.00"], "核减", None),
        ("900.01", ["60.00", "40.00"], "核减", "assessed_investment_yuan"),
        ("900.00", ["60.00", "40.00"], None, "reason"),
    ],
)
def test_the_recognised_amount_ends_at_the_declared_one_less_excluded_costs(
    yuan: str, excluded: list[str], reason: str | None, field: str | None
) -> None:
    items = [item(yuan, excluded=[cost(each) for each in excluded], reason=reason)]
    if field:
        assert refused(items) == f"/body/components/0/{field}"
    else:
        assert recognise_components([DECLARED], items, READINGS)[0]["assessed_investment_yuan"] == yuan


def test_an_undeclared_investment_is_not_recognised() -> None:
    for undeclared in (DECLARED | {"fixed_investment_yuan": None}, {"kind": "building"}):
        assert refused([item("0.00")], [undeclared]) == "/body/components/0/assessed_investment_yuan"


def test_no_cost_is_excluded_where_all_count() -> None:
    items = [item("900.00", excluded=[cost("100.00")], reason="核减")]
    assert refused(items, excluded_costs="include_all") == "/body/components/0/excluded"
    assert recognise_components([DECLARED], [item("1000.00")], READINGS | {"excluded_costs": "include_all"})


def test_the_declared_amount_stands_under_that_reading() -> None:
    at = "/body/components/0/assessed_investment_yuan"
    assert refused([item("999.99", reason="核减")], investment_base="declared") == at
    assert recognise_components([DECLARED], [item("1000.00")], READINGS | {"investment_base": "declared"})
