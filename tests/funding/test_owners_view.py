"""Owners, and for drafts districts, before a case is decided: no draft, no filter, sort or cursor that tells."""

from typing import Any
from uuid import UUID

import pytest

from deploy.demo.reading import record_read_before
from services.funding.api.applications import TOLD_ACTS
from shared.audiences import CITY
from shared.settings import ROOT
from tests.enumeration import operations, roles_of
from tests.funding import case as steps
from tests.reading import demands_version
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
OFFICER, DISTRICT = "city-officer-1", "110105-officer-1"
PROPOSED = ("base", "uncapped", "cap", "award")
CLAWBACK = {
    "ground": "funds_diverted",
    "clause": "四（一）1",
    "amount_yuan": "4000000.00",
    "reason": "部分资金用于非改造支出",
    "evidence": "现场核查记录及银行流水",
}


async def owners(world: World, case: UUID) -> dict[str, Any]:
    read: dict[str, Any] = await world.get("funding", f"/v1/applications/{case}", world.owner())
    return read


async def listed(world: World, query: str, who: Any = None) -> list[str]:
    page = await world.get("funding", f"/v1/applications?{query}", who or world.owner())
    return [each["id"] for each in page["items"]]


async def test_a_draft_of_the_approval_looks_to_owner_and_district_as_if_there_were_none(world: World) -> None:
    case = await steps.enter_pool(world)
    before, districts = await owners(world, case), await steps.read(world, case, DISTRICT)
    acts = await world.get("funding", f"/v1/acts/{case}", DISTRICT)
    await steps.draft(world, case)
    assert await owners(world, case) == before | {"status": "received"}
    assert await steps.read(world, case, DISTRICT) == districts
    assert await world.get("funding", f"/v1/acts/{case}", DISTRICT) == acts
    for who in (OFFICER, "auditor-1"):
        seen = (await world.get("funding", f"/v1/acts/{case}", who))["items"]
        assert [each["act"] for each in seen][-1] == "draft_approval"
    official = await steps.read(world, case, OFFICER)
    assert (official["status"], official["justification"]) == ("drafted", "符合条件，建议支持")
    assert all(steps.yuan(official, key) not in (None, "None") for key in PROPOSED)


@pytest.mark.parametrize("reader", ["owner", DISTRICT])
async def test_filters_sorts_and_cursors_tell_owner_and_district_nothing_of_a_draft(world: World, reader: str) -> None:
    who = world.owner() if reader == "owner" else reader
    small, large = await steps.enter_pool(world, investment_yuan="50000000.00"), await steps.enter_pool(world)
    await steps.draft(world, small)
    await steps.draft(world, large)
    both = sorted(map(str, (small, large)))
    assert await listed(world, "status=drafted", who) == []
    assert sorted(await listed(world, "status=received", who)) == both
    assert await listed(world, "mode=investment_grant", who) == []
    assert await listed(world, "budget_year=2024", who) == []
    up, down = await listed(world, "sort=award_yuan", who), await listed(world, "sort=-award_yuan", who)
    assert (up, down) == (both, both[::-1])
    page = await world.get("funding", "/v1/applications?sort=award_yuan&limit=1", who)
    official = await world.get("funding", "/v1/applications?sort=award_yuan&limit=1", OFFICER)
    assert (official["items"][0]["id"], page["next_cursor"] == official["next_cursor"]) == (str(small), False)
    assert sorted(await listed(world, "status=drafted&mode=investment_grant&budget_year=2024", OFFICER)) == both


async def test_an_approval_is_told_without_what_was_advised(world: World) -> None:
    await steps.appropriate(world)
    case = await steps.approved(world)
    told = await owners(world, case)
    assert (told["status"], told["mode"], told["justification"]) == ("approved", "investment_grant", None)
    assert steps.yuan(told, "award") == "10000000.00"
    assert [each["act"] for each in told["timeline"]] == ["receive_application", "approve_application"]
    assert all((each["actor"], each["actor_name"], each["detail"]) == (None,) * 3 for each in told["timeline"])
    assert await listed(world, "status=approved&mode=investment_grant") == [str(case)]
    district = await steps.read(world, case, DISTRICT)
    assert (district["mode"], district["justification"]) == ("investment_grant", None)
    assert "draft_approval" not in [each["act"] for each in district["timeline"]]


async def tags(world: World, case: UUID) -> list[str]:
    """Return the entity tags that owner, district and city read."""
    path = f"/v1/applications/{case}"
    answers = [await world.call("funding", "GET", path, who) for who in (world.owner(), DISTRICT, OFFICER)]
    return [answer.headers["etag"] for answer in answers]


async def test_the_entity_tag_of_owner_and_district_changes_with_what_they_see(world: World) -> None:
    await steps.appropriate(world)
    case = await steps.enter_pool(world)
    before = await tags(world, case)
    await steps.draft(world, case)
    drafted = await tags(world, case)
    assert [one == other for one, other in zip(before, drafted, strict=True)] == [True, True, False]
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    assert not set(await tags(world, case)) & set(drafted)


def test_no_act_of_owner_or_district_demands_the_version_of_a_case() -> None:
    """Only the city reads the version: an act of somebody else would be decided by a tag that is none."""
    case = "/v1/applications/{application_id}"
    read_before = {
        name: record_read_before(next(iter(route.methods or ())), route.path)
        for name, route in operations("funding").items()
        if demands_version(route)
    }
    acts = [name for name, record in read_before.items() if record == case]
    assert len(acts) > 3
    assert [name for name in acts if not set(roles_of(operations("funding")[name])) <= CITY] == []


async def test_a_declined_draft_is_not_told_afterwards(world: World) -> None:
    case = await steps.enter_pool(world)
    await steps.draft(world, case)
    body = {"clauses": ["二（五）"], "reason": "不予支持"}
    await world.post("funding", f"/v1/applications/{case}/decline", "city-supervisor-1", body)
    told = await owners(world, case)
    assert (told["status"], told["mode"], steps.yuan(told, "award")) == ("declined", None, "None")


async def test_a_plan_and_a_release_are_told_once_they_are_decided(world: World) -> None:
    await steps.appropriate(world)
    case = await steps.approved(world)
    await steps.payee(world, case)
    items = [steps.plan_item(case)]
    body = {"year": 2024, "batch": 1, "items": items}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", body, 201)
    assert (await owners(world, case))["plan_items"] == []
    await world.post("funding", f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    assert len((await owners(world, case))["plan_items"]) == 1
    refused = await steps.requested(world, case)
    assert (await owners(world, case))["release_requests"] == []
    reason = {"reason": "账户信息待补正"}
    await world.post("funding", f"/v1/release-requests/{refused['id']}/reject", "finance-2", reason)
    paid = await steps.requested(world, case)
    await world.post("funding", f"/v1/release-requests/{paid['id']}/approve", "finance-2")
    told = await owners(world, case)
    assert [(each["id"], each["requested_by"], each["evidence"]) for each in told["release_requests"]] == [
        (paid["id"], None, None)
    ]
    assert {each["act"] for each in told["timeline"]} & {"request_release", "reject_release"} == set()


async def test_a_proposal_to_recover_is_told_once_it_is_decided_and_its_evidence_never(world: World) -> None:
    case = await steps.released(world)
    path = f"/v1/applications/{case}/clawback-requests"
    rejected = await world.post("funding", path, "city-officer-3", CLAWBACK, 201)
    assert (await owners(world, case))["clawback_requests"] == []
    reason = {"reason": "事实不清"}
    await world.post("funding", f"/v1/clawback-requests/{rejected['id']}/reject", "city-supervisor-3", reason)
    demanded = await world.post("funding", path, "city-officer-3", CLAWBACK, 201)
    await world.post("funding", f"/v1/clawback-requests/{demanded['id']}/approve", "city-supervisor-3")
    told = (await owners(world, case))["clawback_requests"]
    assert [(each["id"], each["evidence"], each["requested_by"]) for each in told] == [(demanded["id"], None, None)]
    official = (await steps.read(world, case))["clawback_requests"]
    assert {each["evidence"] for each in official} == {"现场核查记录及银行流水"}


def test_every_act_that_owners_are_told_is_one_that_the_code_records() -> None:
    sources = [path for path in (ROOT / "services" / "funding").rglob("*.py") if path.name != "applications.py"]
    code = "\n".join(path.read_text() for path in sources)
    assert [name for name in TOLD_ACTS if f'"{name}"' not in code] == []
    drafts = {"draft_approval", "request_release", "reject_release", "request_clawback", "reject_clawback"}
    assert drafts.isdisjoint(TOLD_ACTS)
