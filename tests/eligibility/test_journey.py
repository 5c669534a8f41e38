"""Test of one declaration from the district's report to the pool. 三（二）"""

from tests.eligibility.fixtures import INVESTMENT, PASS, case_path, facts, forward, receive, score
from tests.world import World


async def test_a_declaration_passes_from_report_to_pool(world: World) -> None:
    declaration_id = await forward(world, facts(drop=["surroundings_coordinated"]))
    case = await world.get("eligibility", case_path(declaration_id), "city-officer-1")
    assert (case["decision"], case["current"]["open"], case["stage"]) == ("undetermined", ["二（二）3"], "in_review")
    await receive(world, declaration_id)
    settled = await world.post(
        "eligibility", case_path(declaration_id, "settle"), "city-officer-1",
        {"rule": "surroundings", "holds": True, "reason": "现场查看，已补足公共空间", "evidence": "踏勘记录"},
    )  # fmt: skip
    assert settled["decision"] == "eligible"
    passed = await world.post("eligibility", case_path(declaration_id, "conclude"), "city-officer-2", PASS)
    assert passed["stage"] == "passed"
    await score(world, declaration_id, "city-officer-3", 90)
    await score(world, declaration_id, "city-officer-4", 81)
    await world.post("eligibility", case_path(declaration_id, "investment"), "city-officer-3", INVESTMENT, 201)
    row = await world.post(
        "eligibility", case_path(declaration_id, "enter-pool"), "city-supervisor-1", {"reason": "同意入库"}, 201
    )
    assert (row["rank"], row["score"], row["assessed_investment_yuan"]) == (1, "85.50", "300000000.00")
    await world.settle()
    assert await world.parked() == {}
    types = [event["type"] for event in await world.events("eligibility")]
    assert [name.split(".")[1] for name in types] == [
        "declaration_assessed", "finding_settled", "declaration_assessed", "review_passed", "pool_entered",
    ]  # fmt: skip
    entered = (await world.events("eligibility", "eligibility.pool_entered.v1"))[0]["data"]
    assert entered["components"][0]["assessed_investment_yuan"] == "300000000.00"
    assert {(hand["actor"], hand["duty"]) for hand in entered["hands"]} == {
        ("110105-officer-1", "first_review"), ("city-officer-5", "receipt"), ("city-officer-1", "settle"),
        ("city-officer-2", "conclude"), ("city-officer-3", "score"), ("city-officer-4", "score"),
        ("city-supervisor-1", "enter_pool"),
    }  # fmt: skip
