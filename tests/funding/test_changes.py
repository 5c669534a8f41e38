"""Changes of an approval: who asks, checks, reviews and decides; effect on conditions, award, ledger. 二（四）"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from deploy.demo.personas import Persona
from tests.attachments import attached
from tests.funding import rows
from tests.funding.case import appropriate, approved, plan_item, planned, read, released, requested, yuan
from tests.funding.test_municipal_money import register
from tests.world import World

pytestmark = pytest.mark.clause("二（四）")
DISTRICT, OFFICER, SUPERVISOR = "110105-officer-1", "city-officer-3", "city-supervisor-2"
OTHER = ("91110000802100433B", "另一置业有限公司")
KINDS: dict[str, dict[str, Any]] = {
    "content": {
        "content_and_scale": "改造面积核减",
        "components": [{"position": 1, "fixed_investment_yuan": "80000000.00", "renovated_area_m2": "22000"}],
    },
    "entity": {"applicant_name": "示例置业集团有限公司"},
    "site": {"address": "示例路3号"},
    "schedule": {"planned_completed_on": "2025-06-30"},
}
OPINION, REASON = {"opinion": "情况属实"}, {"reason": "理由"}
RECOGNISED = {**OPINION, "recognised": [{"position": 1, "fixed_investment_yuan": "80000000.00"}]}


async def body(world: World, case: UUID, kind: str = "content", **changed: Any) -> dict[str, Any]:
    paper = await attached(world, "funding", world.owner(), "application", case, "change_evidence")
    return {"kind": kind, **KINDS.get(kind, {}), "reason": "市场变化", "attachments": [paper], **changed}


async def asked(world: World, case: UUID, kind: str = "content", status: int = 201, **changed: Any) -> Any:
    path = f"/v1/applications/{case}/changes"
    return await world.post("funding", path, world.owner(), await body(world, case, kind, **changed), status)


async def act(world: World, change: Any, name: str, who: str | Persona, sent: Any = None, status: int = 200) -> Any:
    return await world.post("funding", f"/v1/changes/{change['id']}/{name}", who, sent, status)


async def reviewed(world: World, case: UUID, kind: str = "content", **changed: Any) -> Any:
    """Return a change that waits for the supervisor."""
    change = await asked(world, case, kind, **changed)
    await act(world, change, "check", DISTRICT, OPINION)
    return await act(world, change, "review", OFFICER, RECOGNISED if kind == "content" else OPINION)


async def planned_case(world: World) -> UUID:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    return case


async def test_a_smaller_project_gets_a_smaller_award_and_the_budget_its_money_back(world: World) -> None:
    case = await planned_case(world)
    before = Decimal(str(yuan(await read(world, case), "award")))
    budget = await world.get("funding", "/v1/budgets/2024", "auditor-1")
    change = await reviewed(world, case)
    assert Decimal(change["award_yuan"]) == before * Decimal("0.8")
    assert "减为" in change["derivation"][-1]
    done = await act(world, change, "approve", SUPERVISOR)
    assert (done["status"], Decimal(done["cut_yuan"]), done["recover_yuan"]) == (
        "approved",
        before * Decimal("0.2"),
        "0.00",
    )
    shown = await read(world, case)
    assert Decimal(str(yuan(shown, "reserved"))) == before * Decimal("0.8")
    assert Decimal(str(yuan(shown, "reduced"))) == before * Decimal("0.2")
    assert yuan(await read(world, case, world.owner()), "reduced") == yuan(shown, "reduced")
    assert shown["status"] == "planned"
    after = await world.get("funding", "/v1/budgets/2024", "auditor-1")
    gained = Decimal(str(yuan(after, "available"))) - Decimal(str(yuan(budget, "available")))
    assert gained == before * Decimal("0.2")
    request = await requested(world, case)
    assert Decimal(request["amount_yuan"]) == before * Decimal("0.8")
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    assert (await read(world, case))["status"] == "released"


async def test_what_was_paid_beyond_the_smaller_award_is_to_be_recovered(world: World) -> None:
    case = await released(world)
    award = Decimal(str(yuan(await read(world, case), "award")))
    change = await reviewed(world, case)
    done = await act(world, change, "approve", SUPERVISOR)
    assert (done["cut_yuan"], Decimal(done["recover_yuan"])) == ("0.00", award * Decimal("0.2"))


@pytest.mark.planted
async def test_an_award_is_not_cut_below_the_claims_that_were_decided(world: World) -> None:
    case = await planned_case(world)
    change = await asked(world, case)
    await act(world, change, "check", DISTRICT, OPINION)
    await world.database.admin.execute(rows.row("interest_claim", case, "decided"))
    claim = "UPDATE funding.interest_claim SET due_yuan = $1, amount_yuan = $1"
    await world.database.admin.execute(claim, Decimal("8000000.01"))
    refused = await act(world, change, "review", OFFICER, RECOGNISED, 409)
    assert refused["code"] == "below_claims"
    for told in ("8,000,000.00 元", "8,000,000.01 元", "相差 0.01 元", "退回或追回"):
        assert told in refused["detail"]
    await world.database.admin.execute(claim, Decimal("8000000.00"))
    seen = await act(world, change, "review", OFFICER, RECOGNISED)
    await world.database.admin.execute(claim, Decimal("8000000.01"))  # decided between review and decision
    assert (await act(world, seen, "approve", SUPERVISOR, None, 409))["code"] == "below_claims"


async def test_the_award_never_rises(world: World) -> None:
    case = await planned_case(world)
    award = yuan(await read(world, case), "award")
    more = [{"position": 1, "fixed_investment_yuan": "120000000.00"}]
    change = await asked(world, case, components=more)
    await act(world, change, "check", DISTRICT, OPINION)
    seen = await act(world, change, "review", OFFICER, {**OPINION, "recognised": more})
    assert (seen["award_yuan"], seen["cut_yuan"]) == (award, "0.00")
    await act(world, change, "approve", SUPERVISOR)
    assert yuan(await read(world, case), "reserved") == award


async def test_other_changes_alter_the_case_and_no_amount(world: World) -> None:
    case = await planned_case(world)
    award = yuan(await read(world, case), "reserved")
    for kind in ("entity", "site", "schedule"):
        await act(world, await reviewed(world, case, kind), "approve", SUPERVISOR)
    shown = await read(world, case)
    assert shown["applicant_name"] == "示例置业集团有限公司"
    assert yuan(shown, "reserved") == award
    page = await world.get("funding", f"/v1/changes?application_id={case}&sort=id", world.owner())
    assert [each["proposal"] for each in page["items"]] == [KINDS[kind] for kind in ("entity", "site", "schedule")]
    assert page["items"][0]["review_opinion"] is None
    assert (await world.get("funding", "/v1/changes", world.owner(*OTHER)))["items"] == []


async def test_a_project_that_moves_to_works_with_other_municipal_money_is_barred(world: World) -> None:
    case = await planned_case(world)
    there = {"project_code": None, "address": "示例路三号", "entity_uscc": OTHER[0], "works": ["fit_out"]}
    await register(world, **there)
    assert (await read(world, case))["money_bars"] == []
    await act(world, await reviewed(world, case, "site"), "approve", SUPERVISOR)
    bars = (await read(world, case))["money_bars"]
    assert [(bar["basis"], bar["status"]) for bar in bars] == [("place_and_works", "barred")]
    assert (await requested(world, case, status=409))["code"] == "other_municipal_money"


async def test_a_plan_drafted_before_a_smaller_award_is_drafted_anew(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    body = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", body, 201)
    await act(world, await reviewed(world, case), "approve", SUPERVISOR)
    path = f"/v1/plans/{plan['id']}"
    assert (await world.post("funding", f"{path}/issue", "city-supervisor-1", None, 409))["code"] == "draft_outdated"
    await world.post("funding", f"{path}/withdraw", "city-officer-2", REASON)
    assert (await planned(world, case))["total_yuan"] == "8000000.00"


CONTENT = {**KINDS["content"], "kind": "content"}
REFUSED: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"kind": "mode"}, (409, "mode_fixed")),
    ({"kind": "site"}, (422, "invalid")),
    ({"kind": "site", "address": "示例路3号", "applicant_name": "甲"}, (422, "invalid")),
    ({"kind": "content", "content_and_scale": "改"}, (422, "invalid")),
    (
        {**CONTENT, "components": [{"position": 2, "fixed_investment_yuan": "1.00"}]},
        (422, "invalid"),
    ),
    ({**CONTENT, "attachments": []}, (422, "malformed")),
    ({**CONTENT, "attachments": [str(UUID(int=1))]}, (422, "invalid")),
]


async def test_a_request_that_is_not_one_is_refused(world: World) -> None:
    case = await planned_case(world)
    paper = await attached(world, "funding", world.owner(), "application", case, "change_evidence")
    path = f"/v1/applications/{case}/changes"
    for changed, expected in REFUSED:
        sent = {"reason": "市场变化", "attachments": [paper], **changed}
        answer = await world.call("funding", "POST", path, world.owner(), sent)
        assert (answer.status_code, answer.json()["code"]) == expected, changed
    await asked(world, case)
    sent = {**KINDS["site"], "kind": "site", "reason": "再次", "attachments": [paper]}
    again = await world.post("funding", path, world.owner(), sent, 409)
    assert again["code"] == "duplicate"


async def test_a_change_that_loses_a_condition_is_refused_with_its_clause(world: World) -> None:
    case = await planned_case(world)
    small = [{"position": 1, "fixed_investment_yuan": "80000000.00", "renovated_area_m2": "100"}]
    change = await asked(world, case, components=small)
    await act(world, change, "check", DISTRICT, OPINION)
    lost = await act(world, change, "review", OFFICER, RECOGNISED, 409)
    assert lost["code"] == "condition_lost"
    assert "二（" in lost["detail"]


async def test_a_request_is_returned_by_the_next_office_stated_anew_refused_or_withdrawn(world: World) -> None:
    case = await planned_case(world)
    change = await asked(world, case)
    await act(world, change, "return", OFFICER, REASON, 409)
    await act(world, change, "review", OFFICER, RECOGNISED, 409)
    assert (await act(world, change, "return", DISTRICT, REASON))["return_reason"] == "理由"
    await act(world, change, "resubmit", world.owner(), await body(world, case, "site"))
    await act(world, change, "check", DISTRICT, OPINION)
    await act(world, change, "return", OFFICER, REASON)
    await act(world, change, "resubmit", world.owner(), await body(world, case))
    await act(world, change, "check", DISTRICT, OPINION)
    await act(world, change, "review", OFFICER, RECOGNISED)
    await act(world, change, "return", SUPERVISOR, REASON)
    assert (await act(world, change, "withdraw", world.owner(), REASON))["status"] == "withdrawn"
    await act(world, change, "withdraw", world.owner(), REASON, 409)
    other = await reviewed(world, case)
    assert (await act(world, other, "refuse", SUPERVISOR, REASON))["decision_reason"] == "理由"
    await act(world, other, "approve", SUPERVISOR, None, 409)
    award = yuan(await read(world, case), "award")
    assert yuan(await read(world, case), "reserved") == award
    stages = [each["data"]["stage"] for each in await world.events("funding", "funding.approval_changed.v1")]
    assert (
        stages == ["requested", "returned"] * 3 + ["withdrawn", "requested", "refused"]
        or stages.count("requested") == 4
    )


async def test_papers_stay_once_the_change_is_decided_and_a_new_paper_is_a_new_version(world: World) -> None:
    case = await planned_case(world)
    change = await reviewed(world, case, "site")
    (paper,) = change["attachments"]
    tag = (await world.call("funding", "GET", f"/v1/changes/{change['id']}", SUPERVISOR)).headers["etag"]
    place: dict[str, Any] = {"record": "application", "record_id": case, "kind": "change_evidence"}
    await attached(world, "funding", world.owner(), **place, replaces=paper, reason="更换")
    stale = await world.call("funding", "POST", f"/v1/changes/{change['id']}/approve", SUPERVISOR, if_match=tag)
    assert stale.status_code == 412
    done = await act(world, change, "approve", SUPERVISOR)
    assert done["attachments"] != [paper]
    withdrawn = f"/v1/attachments/{done['attachments'][0]}/withdraw"
    assert (await world.post("funding", withdrawn, world.owner(), REASON, 409))["code"] == "wrong_status"


async def test_a_release_that_waits_and_an_amount_that_moved_stop_the_decision(world: World, by_progress: None) -> None:
    case = await planned_case(world)
    change = await reviewed(world, case)
    request = await requested(world, case)
    assert "待审批" in (await act(world, change, "approve", SUPERVISOR, None, 409))["detail"]
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    await act(world, change, "approve", SUPERVISOR)
