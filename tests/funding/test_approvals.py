"""Approvals: one mode, a computed amount, segregation of duties, the budget limit. 二（四）, 三（二）"""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from deploy.demo.personas import PEOPLE
from shared.actors import system_actor
from shared.contracts.base import Hand
from tests.funding.case import (
    DISTRICT,
    OWNER,
    REFUSED,
    appropriate,
    approved,
    code,
    draft,
    enter_pool,
    read,
    sound,
    yuan,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

LOAN = {
    "bank": "示例银行",
    "contract_no": "借2024-1",
    "principal_yuan": "100000000.00",
    "rate_type": "floating",
    "annual_rate": "0.0330",
    "term_months": 60,
    "drawdowns": [{"on": "2024-03-01", "amount_yuan": "100000000.00"}],
}


@pytest.mark.clause("二（四）1")
async def test_the_grant_of_a_building_is_ten_per_cent_with_its_derivation(world: World) -> None:
    case = await enter_pool(world, investment_yuan="123456789.01")
    offer = (await world.get("funding", f"/v1/applications/{case}/comparison", "city-officer-1"))["investment_grant"]
    assert (offer["award_yuan"], offer["clause"]) == ("12345678.90", "二（四）1")
    assert "10%" in "".join(offer["lines"])
    assert {"cap_scope", "investment_base"} <= {reading["key"] for reading in offer["readings"]}


@pytest.mark.clause("二（四）1")
async def test_a_grant_stops_at_fifty_million(world: World) -> None:
    await appropriate(world)
    case = await approved(world, investment_yuan="700000000.00")
    shown = await read(world, case)
    assert (yuan(shown, "uncapped"), yuan(shown, "award"), yuan(shown, "cap")) == (
        "70000000.00",
        "50000000.00",
        "50000000.00",
    )
    await sound(world)


@pytest.mark.clause("二（四）")
async def test_both_modes_are_compared_once_a_loan_is_known(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}/comparison"
    assert (await world.get("funding", path, "city-officer-1"))["interest_subsidy"]["missing"]
    planned = f"{path}?principal_yuan=100000000.00&annual_rate=0.0500&term_months=36&drawn_on=2024-03-01"
    interest = (await world.get("funding", planned, "city-officer-1"))["interest_subsidy"]
    # 730 days at the one-year LPR of 3.45 %, lower than the contract's 5 %, over 360.
    assert interest["award_yuan"] == "6995833.33"
    await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-1", LOAN, 201)
    both = await world.get("funding", path, "city-officer-1")
    # 730 days at the contract's own 3.30 %.
    assert both["interest_subsidy"]["award_yuan"] == "6691666.67"
    assert (both["higher"], both["clause"]) == ("investment_grant", "二（四）")


async def test_an_approval_names_its_number_its_amount_and_its_readings(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    approval = await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    assert (approval["approval_no"], approval["award_yuan"]) == ("京发改（批）〔2024〕1号", "10000000.00")
    assert approval["readings"]["cap_scope"]["option"] == "project"
    announced = (await world.events("funding", "funding.funds_approved.v1"))[0]["data"]
    assert (announced["mode"], announced["base_yuan"]) == ("investment_grant", "100000000.00")


@pytest.mark.clause("二（四）")
async def test_a_second_approval_is_refused(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "wrong_status"
    assert (await draft(world, case, "interest_subsidy", 409))["code"] == "wrong_status"


@pytest.mark.clause("二（四）")
async def test_two_approvals_of_one_case_at_once_make_one(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    answers = await asyncio.gather(
        *(world.call("funding", "POST", f"/v1/applications/{case}/approve", f"city-supervisor-{n}") for n in (1, 2, 3))
    )
    first, *others = sorted(answer.status_code for answer in answers)
    assert first == 200
    assert set(others) <= REFUSED
    assert len(await world.events("funding", "funding.funds_approved.v1")) == 1
    await sound(world)


@pytest.mark.clause("二（四）")
async def test_the_database_itself_keeps_one_approval_and_its_mode(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    copy = (
        "INSERT INTO approval SELECT (a).* FROM (SELECT jsonb_populate_record(approval, "
        '\'{"mode": "interest_subsidy", "approval_no": "another"}\') AS a FROM approval) r'
    )
    for statement, fault in (
        (copy, IntegrityError),
        ("UPDATE approval SET mode = 'interest_subsidy'", ProgrammingError),
    ):
        with pytest.raises(fault):
            async with world.instances["funding"].database.session(system_actor("funding")) as session:
                await session.execute(text(statement))
    assert (await read(world, case))["mode"] == "investment_grant"


async def test_of_two_approvals_for_the_last_money_exactly_one_wins(world: World) -> None:
    await appropriate(world, "15000000.00")
    cases = [await enter_pool(world) for _ in range(2)]
    for case in cases:
        await draft(world, case)
    answers = await asyncio.gather(
        *(world.call("funding", "POST", f"/v1/applications/{case}/approve", "city-supervisor-1") for case in cases)
    )
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert refused == ["over_budget"]
    assert sorted([(await read(world, case))["status"] for case in cases]) == ["approved", "drafted"]
    await sound(world)


async def test_one_person_does_not_draft_and_approve(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    both = replace(PEOPLE["city-officer-1"], roles=("city_officer", "city_supervisor"))
    body = {"mode": "investment_grant", "justification": "建议支持"}
    await world.post("funding", f"/v1/applications/{case}/draft-approval", both, body)
    refused = await world.post("funding", f"/v1/applications/{case}/approve", both, status=403)
    assert refused["code"] == "same_officer"


async def test_the_scorer_of_a_project_does_not_draft_its_approval(world: World) -> None:
    case = await enter_pool(world, hands=(Hand(actor="city-officer-1", duty="score"),))
    assert (await draft(world, case, status=403))["code"] == "same_officer"


@pytest.mark.clause("二（四）2")
async def test_interest_subsidy_without_a_loan_is_undetermined_not_zero(world: World) -> None:
    case = await enter_pool(world)
    assert (await draft(world, case, "interest_subsidy", 409))["code"] == "amount_undetermined"


async def test_a_draft_whose_facts_changed_must_be_drafted_again(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-2", LOAN, 201)
    await draft(world, case, "interest_subsidy")
    await world.post(
        "funding", f"/v1/applications/{case}/loans", "city-officer-2", LOAN | {"contract_no": "借2024-2"}, 201
    )
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "draft_outdated"
    await draft(world, case, "interest_subsidy")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await sound(world)


async def test_the_same_loan_contract_is_registered_once(world: World) -> None:
    cases = [await enter_pool(world) for _ in range(2)]
    await world.post("funding", f"/v1/applications/{cases[0]}/loans", "city-officer-1", LOAN, 201)
    for spelled in (
        {},
        {"contract_no": "借２０２４－1"},
        {"contract_no": "借2024–1\u200b"},
        {"contract_no": "借 2024—1"},
        {"bank": "示例银行股份有限公司"},
    ):
        answer = await world.call(
            "funding", "POST", f"/v1/applications/{cases[1]}/loans", "city-officer-1", LOAN | spelled, status=409
        )
        assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == ("duplicate", "/body/contract_no")
        assert "已登记为“示例银行，借2024-1”" in answer.json()["detail"]
    await world.database.admin.execute("UPDATE funding.loan SET contract_no = '借２０２４\u20141'")
    assert await code(world, f"/v1/applications/{cases[1]}/loans", "city-officer-1", LOAN) == "duplicate"
    other = LOAN | {"contract_no": "借2024-11"}
    await world.post("funding", f"/v1/applications/{cases[1]}/loans", "city-officer-1", other, 201)


@pytest.mark.clause("二（五）")
async def test_other_municipal_money_stops_an_approval_until_it_is_withdrawn(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    entry = {
        "declaration_id": str(case),
        "applicant_uscc": OWNER,
        "district": DISTRICT,
        "programme": "老旧厂房改造奖励",
        "amount_yuan": "3000000.00",
        "granted_on": "2023-06-01",
    }
    registered = await world.post("funding", "/v1/municipal-money", "city-officer-3", entry, 201)
    path = f"/v1/applications/{case}/approve"
    assert await code(world, path, "city-supervisor-1") == "other_municipal_money"
    withdrawal = {"reason": "系另一工程"}
    undo = f"/v1/municipal-money/{registered['id']}/withdraw"
    assert await code(world, undo, "city-officer-3", withdrawal, 403) == "same_officer"  # registered it
    assert await code(world, undo, "city-officer-1", withdrawal, 403) == "same_officer"  # drafted the approval
    await world.post("funding", undo, "city-officer-4", withdrawal)
    assert await code(world, undo, "city-officer-4", withdrawal) == "wrong_status"
    await world.post("funding", path, "city-supervisor-1")


@pytest.mark.clause("二（五）")
async def test_other_municipal_money_is_found_by_project_code_too(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code="2402-110105-04-01-123456")
    await draft(world, case)
    entry = {
        "project_code": "2402-110105-04-01-123456",
        "applicant_uscc": OWNER,
        "district": DISTRICT,
        "programme": "绿色化改造奖励",
        "amount_yuan": "1.00",
        "granted_on": "2023-06-01",
    }
    await world.post("funding", "/v1/municipal-money", "city-officer-3", entry, 201)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "other_municipal_money"


async def test_a_declined_report_says_why_and_stays_declined(world: World) -> None:
    case = await enter_pool(world)
    body = {"clauses": ["二（五）"], "reason": "项目已实质完工"}
    assert (await world.post("funding", f"/v1/applications/{case}/decline", "city-supervisor-1", body))["status"] == (
        "declined"
    )
    assert (await draft(world, case, status=409))["code"] == "wrong_status"
    assert (await world.events("funding", "funding.funds_declined.v1"))[0]["data"]["clauses"] == ["二（五）"]
    assert (await read(world, case))["timeline"][-1]["reason"] == "项目已实质完工"


async def test_an_approved_report_is_not_declined(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    body = {"clauses": ["二（五）"], "reason": "迟到的理由"}
    assert await code(world, f"/v1/applications/{case}/decline", "city-supervisor-2", body) == "wrong_status"


async def test_other_roles_may_not_approve_and_other_districts_see_nothing(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}"
    assert await code(world, f"{path}/approve", "city-officer-1", status=403) == "forbidden"
    assert await code(world, f"{path}/approve", "110105-supervisor-1", status=403) == "forbidden"
    assert (await read(world, case, "110105-officer-1"))["id"] == str(case)
    assert (await world.get("funding", path, "110106-officer-1", 404))["code"] == "not_found"
    assert (await world.get("funding", "/v1/applications", "110106-officer-1"))["items"] == []
    other = world.owner("91110108551385082Q", "另一单位")
    assert (await world.call("funding", "GET", path, other)).status_code == 404
    assert (await world.call("funding", "GET", path, world.owner())).status_code == 200


async def test_a_malformed_draft_names_its_field(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}/draft-approval"
    refused = await world.post("funding", path, "city-officer-1", {"mode": "both", "justification": "x"}, 422)
    assert refused["errors"][0]["pointer"] == "/body/mode"
    body = {"mode": "investment_grant", "justification": "建议支持", "award_yuan": "50000000.00"}
    await world.post("funding", path, "city-officer-1", body)
    assert yuan(await read(world, case), "award") == "10000000.00"


async def test_an_act_without_a_key_is_refused_and_one_sent_twice_happens_once(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    path, token = f"/v1/applications/{case}/approve", world.token("city-supervisor-1")
    bare = await world.clients["funding"].post(path, headers={"authorization": f"Bearer {token}"})
    assert (bare.status_code, bare.json()["code"]) == (400, "idempotency_key_missing")
    answers = [
        await world.call("funding", "POST", path, "city-supervisor-1", status=200, idempotency_key="approve-once")
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    await sound(world)
