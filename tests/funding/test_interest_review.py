"""Review of a claim over HTTP: each stage by its office, nobody twice, what was read is decided. 二（四）2"""

import asyncio
from typing import Any

import pytest

from tests.funding.case import read, requested, sound
from tests.funding.interest_steps import (
    CITY,
    DECIDER,
    DISTRICT,
    borrower,
    decided,
    drafted,
    filed,
    filed_again,
    line,
    pay,
    record,
    shown,
    step,
)
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")
Q2 = ("2024-03-21", "2024-06-20")
DRAWN = ({"drawn_on": "2024-03-21"},)


async def verified(world: World, case: Any, *lines: Any) -> Any:
    claim = await filed(world, case, *lines)
    await step(world, claim, "check", DISTRICT)
    return await step(world, claim, "verify", CITY)


async def test_each_stage_is_passed_by_its_own_office_and_by_nobody_twice(world: World) -> None:
    case, [loan] = await borrower(world, loans=DRAWN)
    claim = await filed(world, case, line(loan, *Q2))
    assert (await step(world, claim, "verify", CITY, status=409))["code"] == "wrong_status"
    assert (await step(world, claim, "check", CITY, status=403))["code"] == "forbidden"
    assert (await step(world, claim, "check", "110106-officer-1", status=404))["code"] == "not_found"
    away = {"reason": "请核对"}
    assert (await step(world, claim, "return", CITY, away, 403))["code"] == "forbidden"
    await step(world, claim, "check", DISTRICT)
    await step(world, claim, "verify", CITY)
    refused = await step(world, claim, "decide", CITY, status=403)
    assert (refused["code"], refused["held"]) == ("same_officer", "submit_statement")
    done = await step(world, claim, "decide", "city-officer-4")
    assert (done["status"], done["amount_yuan"]) == ("decided", "511111.11")
    assert (await step(world, claim, "decide", "city-officer-4", status=409))["code"] == "wrong_status"
    request = await requested(world, case, claim_id=claim["id"])
    path = f"/v1/release-requests/{request['id']}/approve"
    await world.post("funding", path, "finance-2")
    await sound(world)


async def test_the_owner_reads_his_claim_and_lines_without_the_officials(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, [loan] = await borrower(world, loans=DRAWN)
    claim = await decided(world, case, line(loan, *Q2))
    owner, stranger = world.owner(), world.owner("91110108551385082Q", "示例另一单位")
    seen = await shown(world, claim, owner)
    assert (seen["amount_yuan"], seen["decided_by"]) == ("511111.11", None)
    assert seen["drafted_by"] == owner.subject
    mine = await record(world, case, owner)
    assert ([each["state"] for each in mine["lines"]], mine["calculations"][0]["computed_by"]) == (["counted"], None)
    told = await world.get("funding", f"/v1/interest-calculations/{mine['calculations'][0]['id']}", owner)
    monkeypatch.setattr("services.funding.interest_review.calculated", None)  # a closed claim is not computed again
    assert (await shown(world, claim, owner))["calculation"] is None
    assert any("511,111.11" in sentence for sentence in told["result"]["lines"][0]["explanation"])
    for path in (
        f"interest-claims/{claim['id']}", f"applications/{case}/interest", f"loans/{loan}",
        f"interest-calculations/{told['id']}", f"interest-lines/{mine['lines'][0]['id']}",
    ):  # fmt: skip
        assert (await world.get("funding", f"/v1/{path}", stranger, 404))["code"] == "not_found", path


async def test_a_claim_rests_on_the_banks_scan(world: World) -> None:
    case, [loan] = await borrower(world, loans=DRAWN)
    claim = await drafted(world, case, line(loan, *Q2))
    nothing: dict[str, list[str]] = {"attachments": []}
    assert (await step(world, claim, "file", world.owner(), nothing, 422))["code"] == "malformed"
    unknown = {"attachments": [claim["id"]]}
    assert (await step(world, claim, "file", world.owner(), unknown, 422))["code"] == "invalid"
    await filed_again(world, claim)
    [paper] = (await shown(world, claim))["attachments"]
    await world.post("funding", f"/v1/attachments/{paper['id']}/withdraw", world.owner(), {"reason": "错页"})
    assert (await step(world, claim, "check", DISTRICT, status=409))["code"] == "scans_missing"
    await step(world, claim, "return", DISTRICT, {"reason": "请附扫描件"})
    await filed_again(world, claim)
    await step(world, claim, "check", DISTRICT)


async def test_what_was_verified_is_decided(world: World) -> None:
    case, [loan] = await borrower(world, loans=DRAWN)
    claim = await verified(world, case, line(loan, *Q2))
    started = {"status": "under_construction", "started_on": "2024-04-01", "evidence": "更正开工报告"}
    await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-1", started)
    assert (await step(world, claim, "decide", DECIDER, status=409))["code"] == "calculation_changed"
    await step(world, claim, "return", DECIDER, {"reason": "开工日期已更正"})
    await filed_again(world, claim)
    await step(world, claim, "check", DISTRICT)
    await step(world, claim, "verify", CITY)
    assert (await step(world, claim, "decide", "city-supervisor-2"))["amount_yuan"] == "450000.00"


async def test_a_refused_claim_counts_nothing_and_a_decided_one_can_be_reopened_until_it_is_released(
    world: World,
) -> None:
    case, [loan] = await borrower(world, loans=DRAWN)
    claim = await verified(world, case, line(loan, *Q2))
    assert (await step(world, claim, "refuse", DECIDER, {"reason": "凭证不实"}))["status"] == "refused"
    assert [each["state"] for each in (await record(world, case))["lines"]] == ["not_counted"]
    claim = await decided(world, case, line(loan, *Q2))
    back = await step(world, claim, "reopen", DECIDER, {"reason": "凭证号有误"})
    assert (back["status"], back["amount_yuan"]) == ("returned", None)
    await filed_again(world, claim)
    await step(world, claim, "check", DISTRICT)
    await step(world, claim, "verify", CITY)
    claim = await step(world, claim, "decide", DECIDER)
    assert claim["amount_yuan"] == "511111.11"
    await pay(world, case, claim)
    assert (await step(world, claim, "reopen", DECIDER, {"reason": "再看"}, 409))["code"] == "wrong_status"
    await sound(world)


async def test_a_reopened_claim_lets_neither_a_correction_nor_a_withdrawn_contract_be_forgotten(world: World) -> None:
    case, [wrong, right] = await borrower(world, loans=(*DRAWN, *DRAWN))
    first = await decided(world, case, line(wrong, *Q2))
    kept = (await record(world, case))["lines"][0]["line_id"]
    corrected = line(right, *Q2, corrects=kept, reason="贷款合同填错", rate="0.0100")
    second = await decided(world, case, corrected)
    assert second["due_yuan"] == "-255555.55"
    back = {"reason": "再核对"}
    assert (await step(world, first, "reopen", DECIDER, back))["status"] == "returned"
    assert (await shown(world, first))["calculation"]["payable_yuan"] == "255555.56"
    await step(world, first, "withdraw", world.owner(), back)
    await world.post("funding", f"/v1/loans/{wrong}/withdraw", "city-officer-1", {"reason": "误登"})
    assert (await step(world, second, "reopen", DECIDER, back))["status"] == "returned"


async def test_a_correction_is_not_reopened_onto_a_withdrawn_contract(world: World) -> None:
    case, [wrong, right] = await borrower(world, loans=(*DRAWN, *DRAWN))
    await decided(world, case, line(wrong, *Q2))
    kept = (await record(world, case))["lines"][0]["line_id"]
    second = await decided(world, case, line(right, *Q2, corrects=kept, reason="贷款合同填错"))
    await world.post("funding", f"/v1/loans/{wrong}/withdraw", "city-officer-1", {"reason": "误登"})
    refused = await step(world, second, "reopen", DECIDER, {"reason": "再核对"}, 409)
    assert (refused["code"], "贷款合同已撤销" in refused["detail"]) == ("wrong_status", True)
    assert (await shown(world, second))["status"] == "decided"


async def test_of_two_claims_at_once_one_is_drafted_and_a_request_sent_twice_is_one(world: World) -> None:
    case, [loan] = await borrower(world, loans=DRAWN)
    path = f"/v1/applications/{case}/interest-claims"
    body = {"period": "2024Q2", "lines": [line(loan, *Q2)]}
    answers = await asyncio.gather(*(world.call("funding", "POST", path, world.owner(), body) for _ in range(2)))
    assert sorted(each.status_code for each in answers) == [201, 409]
    claim = next(each.json() for each in answers if each.status_code == 201)
    act = f"/v1/interest-claims/{claim['id']}/withdraw"
    gone, tag = {"reason": "重填"}, (await world.call("funding", "GET", act[:-9], world.owner())).headers["etag"]
    twice = [
        await world.call("funding", "POST", act, world.owner(), gone, idempotency_key="k1", if_match=tag)
        for _ in range(2)
    ]
    assert [(each.status_code, each.json()["status"]) for each in twice] == [(200, "withdrawn")] * 2
    assert [each["act"] for each in (await read(world, case))["timeline"]].count("withdraw_interest_claim") == 1
