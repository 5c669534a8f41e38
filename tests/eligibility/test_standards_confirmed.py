"""A district standard looser than the city's number has no effect until the city confirms it. 四（一）2, 四（二）3"""

from typing import Any
from uuid import UUID

import pytest

from tests.eligibility.fixtures import case_path, facts, forward, with_component
from tests.interleaving import refuse_other_versions
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2", "四（二）3")
PATH = "/v1/district-standards"
TAX = "low_tax_yuan_per_m2"
REASON = {"reason": "按文件办理"}
CONFIRMED, REFUSED = ({"confirmed": said, "reason": "经研究"} for said in (True, False))


async def publish(world: World, value: str, status: int = 201, **changed: Any) -> Any:
    body = {
        "district": "110105", "parameter": TAX, "value": value, "valid_from": "2024-01-01",
        "document_no": "朝发改〔2024〕1号", "reason": "落实四（一）2",
    }  # fmt: skip
    return await world.post("eligibility", PATH, "110105-supervisor-1", body | changed, status)


async def decide(world: World, standard: Any, body: Any, status: int = 200, who: str = "city-officer-1") -> Any:
    return await world.post("eligibility", f"{PATH}/{standard['id']}/decide", who, body, status)


async def withdraw(world: World, standard: Any, status: int = 200, who: str = "110105-supervisor-1") -> Any:
    return await world.post("eligibility", f"{PATH}/{standard['id']}/withdraw", who, REASON, status)


async def building_of_tax_900(world: World) -> UUID:
    """Forward a building whose only ground is its tax: 900 yuan a square metre."""
    ground = {"wholly_vacant": False, "function_mismatch": False, "district_says_low_occupancy": False}
    return await forward(world, with_component(facts(), district_tax_per_m2_yuan="900", **ground))


async def judged(world: World, case: UUID) -> tuple[str, str]:
    """Assess the case again; return the decision and the sentence about its ground."""
    again = await world.post("eligibility", case_path(case, "reassess"), "city-officer-1", REASON)
    (sentence,) = (one["sentence"] for one in again["current"]["findings"] if one["rule"] == "building_inefficient")
    return again["decision"], sentence


async def test_one_supervisor_moves_no_money_with_a_looser_tax_line(world: World) -> None:
    case = await building_of_tax_900(world)
    standard = await publish(world, "99999")
    assert (standard["effect"], standard["city_value"]) == ("awaiting_city", "200")
    assert standard["effect_reason"] == (
        "朝阳区标准 99,999元/㎡（朝发改〔2024〕1号）宽于市级 200元/㎡，须经市发展改革委确认，不适用"
    )
    decision, sentence = await judged(world, case)
    assert decision == "ineligible"
    assert "200元/㎡" in sentence
    assert standard["effect_reason"] in sentence
    await decide(world, standard, CONFIRMED)
    decision, sentence = await judged(world, case)
    assert decision == "eligible"
    assert "不适用" not in sentence
    await decide(world, standard, REFUSED)
    decision, sentence = await judged(world, case)
    assert decision == "ineligible"
    assert "市发展改革委不予确认，不适用" in sentence


async def test_a_stricter_standard_applies_at_once_and_needs_nobody(world: World) -> None:
    case = await building_of_tax_900(world)
    standard = await publish(world, "150")
    assert (standard["effect"], standard["decisions"]) == ("stricter", [])
    assert "朝阳区标准" not in (await judged(world, case))[1]
    refused = await decide(world, standard, CONFIRMED, 409)
    assert refused["detail"] == (
        "朝阳区标准 150元/㎡（朝发改〔2024〕1号）不宽于市级 200元/㎡，按区级标准判定，无须市级确认"
    )


async def test_an_earlier_standard_counts_while_a_looser_one_waits_and_after_a_withdrawal(world: World) -> None:
    case = await building_of_tax_900(world)
    await publish(world, "150")
    looser = await publish(world, "1000", valid_from="2024-02-01")
    decision, sentence = await judged(world, case)
    assert decision == "ineligible"
    assert "150元/㎡" in sentence
    assert looser["effect_reason"] in sentence
    await decide(world, looser, CONFIRMED, who="city-supervisor-1")
    assert (await judged(world, case))[0] == "eligible"
    assert (await withdraw(world, looser))["effect"] == "withdrawn"
    decision, sentence = await judged(world, case)
    assert (decision, "1,000元" in sentence) == ("ineligible", False)


async def test_a_standard_that_waits_is_forgotten_once_a_later_one_applies(world: World) -> None:
    case = await building_of_tax_900(world)
    await publish(world, "1000")
    await publish(world, "160", valid_from="2024-02-01")
    _, sentence = await judged(world, case)
    assert "160元/㎡" in sentence
    assert "不适用" not in sentence


async def test_decisions_are_kept_in_order_and_the_last_one_counts(world: World) -> None:
    standard = await publish(world, "1000")
    for number, body in enumerate((CONFIRMED, REFUSED, CONFIRMED), 1):
        shown = await decide(world, standard, body)
        assert [each["number"] for each in shown["decisions"]] == list(range(1, number + 1))
        assert shown["decisions"][-1]["decision"] == ("confirmed" if body["confirmed"] else "not_confirmed")
        assert (await decide(world, standard, body, 409))["code"] == "wrong_status"
    read = await world.get("eligibility", f"{PATH}/{standard['id']}", "110105-officer-1")
    assert read == shown
    (listed,) = (await world.get("eligibility", PATH, "city-officer-1"))["items"]
    assert listed == read
    assert read["decisions"][0] == {
        "number": 1, "decision": "confirmed", "reason": "经研究", "decided_by": "city-officer-1",
        "decided_by_name": read["decisions"][0]["decided_by_name"], "decided_at": "2024-03-01T02:00:00Z",
    }  # fmt: skip
    acts = (await world.get("eligibility", f"/v1/acts/{standard['id']}", "city-officer-1"))["items"]
    assert [(each["act"], each["detail"].get("decision")) for each in acts][1:] == [
        ("decide_district_standard", "confirmed"),
        ("decide_district_standard", "not_confirmed"),
        ("decide_district_standard", "confirmed"),
    ]


async def test_a_standard_is_decided_on_and_withdrawn_as_it_was_read(world: World) -> None:
    path = f"{PATH}/{(await publish(world, '1000'))['id']}"
    await refuse_other_versions(world, "eligibility", "POST", f"{path}/decide", "city-officer-1", CONFIRMED)
    await refuse_other_versions(world, "eligibility", "POST", f"{path}/withdraw", "110105-supervisor-1", REASON)


async def test_a_withdrawn_standard_is_neither_decided_on_nor_withdrawn_again(world: World) -> None:
    standard = await publish(world, "1000")
    await withdraw(world, standard)
    assert (await decide(world, standard, CONFIRMED, 409))["code"] == "wrong_status"
    assert (await withdraw(world, standard, 409))["code"] == "wrong_status"


async def test_only_the_city_confirms_and_only_its_district_withdraws(world: World) -> None:
    standard = await publish(world, "1000")
    for who in ("110105-supervisor-1", "110105-officer-1", "finance-1", "auditor-1"):
        await decide(world, standard, CONFIRMED, 403, who)
    await withdraw(world, standard, 404, "110106-supervisor-1")
    await withdraw(world, standard, 403, "city-supervisor-1")


async def test_a_standard_is_compared_with_the_citys_number_of_each_day(world: World) -> None:
    """Compare with 200, which holds from the first day of the 2021 edition on; before it the city has no number."""
    standard = await publish(world, "200.0001", valid_from="2021-01-01")
    assert standard["effect"] == "awaiting_city"
    assert (await publish(world, "200", valid_from="2021-05-28"))["effect"] == "stricter"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"confirmed": None, "reason": "不同意"}, "/body/confirmed"),
        ({"confirmed": True}, "/body/reason"),
        ({"confirmed": True, "reason": " "}, "/body/reason"),
    ],
)
async def test_a_decision_is_yes_or_no_and_has_a_reason(world: World, body: Any, pointer: str) -> None:
    standard = await publish(world, "1000")
    assert (await decide(world, standard, body, 422))["errors"][0]["pointer"] == pointer
