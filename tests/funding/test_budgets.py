"""The municipal budget of a year: documents of two people, corrections, and no approval past it. 三（二）"""

from typing import Any

import pytest

from tests.funding.case import (
    appropriate,
    approved,
    budget,
    code,
    draft,
    enter_pool,
    paper,
    planned,
    read,
    released,
    requested,
    sound,
    yuan,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


async def test_a_supplement_makes_room_for_a_refused_approval(world: World) -> None:
    await appropriate(world, "9999999.99")
    case = await enter_pool(world)
    await draft(world, case)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "over_budget"
    await appropriate(world, "0.01", document_no="追加1号")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await sound(world)


async def test_a_budget_takes_two_people_of_whom_one_is_a_supervisor(world: World) -> None:
    body = {"year": 2024, "amount_yuan": "1.00", "document_no": "预算1号"}
    drafted = await world.post("funding", "/v1/budgets", "city-supervisor-1", body, 201)
    path = f"/v1/budgets/{drafted['id']}/confirm"
    assert await code(world, path, "city-supervisor-1", status=403) == "same_officer"
    assert (await world.get("funding", "/v1/budgets/2024", "finance-1", 404))["code"] == "not_found"
    await world.post("funding", path, "city-supervisor-2")
    assert await code(world, path, "city-supervisor-2") == "wrong_status"
    assert await code(world, "/v1/budgets", "city-supervisor-1", body) == "duplicate"
    assert await code(world, "/v1/budgets", "finance-1", body, 403) == "forbidden"
    more = await world.post("funding", "/v1/budgets", "city-officer-1", body | {"document_no": "追加1号"}, 201)
    assert await code(world, f"/v1/budgets/{more['id']}/confirm", "city-officer-2", status=403) == "forbidden"
    await world.post("funding", f"/v1/budgets/{more['id']}/confirm", "city-supervisor-1")


async def test_without_a_budget_nothing_is_approved(world: World) -> None:
    case = await enter_pool(world)
    await draft(world, case)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "no_budget"


async def figures(world: World, year: int = 2024) -> dict[str, str]:
    """Return the amounts of a year that are not zero."""
    shown = await world.get("funding", f"/v1/budgets/{year}", "auditor-1")
    return {each["key"]: each["yuan"] for each in shown["amounts"] if each["yuan"] != "0.00"}


KINDS: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, str]]] = {
    "cut": ({"amount_yuan": "30.00"}, {"appropriated": "100.00", "cut": "30.00", "available": "70.00"}, {}),
    "transfer": (
        {"amount_yuan": "30.00", "to_year": 2025},
        {"appropriated": "100.00", "moved_out": "30.00", "available": "70.00"},
        {"moved_in": "30.00", "available": "30.00"},
    ),
    "freeze": ({"amount_yuan": "30.00"}, {"appropriated": "100.00", "frozen": "30.00", "available": "70.00"}, {}),
    "appropriation": ({"amount_yuan": "30.00"}, {"appropriated": "130.00", "available": "130.00"}, {}),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_moves_what_it_says_and_its_reversal_moves_it_back(world: World, kind: str) -> None:
    more, after, next_year = KINDS[kind]
    await appropriate(world, "100.00")
    about = {"kind": kind, "document_no": "调1号", "note": "理由", "attachments": [await paper(world)], **more}
    document = await budget(world, **about)
    assert await figures(world) == after
    if next_year:
        assert await figures(world, 2025) == next_year
    assert await code(world, "/v1/budgets", "city-officer-1", {"year": 2024, **about}) == "duplicate"
    reversal = await budget(world, kind="reversal", document_no="冲1号", note="登记有误", reverses=document["id"])
    assert reversal["amount_yuan"] == "30.00"
    assert await figures(world) == {"appropriated": "100.00", "available": "100.00"}
    shown = await world.get("funding", f"/v1/appropriations/{document['id']}", "auditor-1")
    assert shown["status"] == "reversed"
    again: dict[str, Any] = {
        "kind": "reversal",
        "document_no": "冲2号",
        "note": "再冲",
        "reverses": document["id"],
        "year": 2024,
    }
    again["attachments"] = about["attachments"]
    assert await code(world, "/v1/budgets", "city-officer-1", again) == "wrong_status"
    await budget(world, **about)
    assert await figures(world) == after
    types = [each["type"] for each in await world.events("funding", "funding.budget_adjusted.v1")]
    assert len(types) == (1 if kind == "appropriation" else 3)
    await sound(world)


async def test_frozen_money_is_not_spent_and_comes_free_again(world: World) -> None:
    await appropriate(world, "10000000.00")
    freeze = {"kind": "freeze", "amount_yuan": "0.01", "document_no": "冻1号", "note": "审计要求"}
    await budget(world, **freeze)
    case = await enter_pool(world)
    await draft(world, case)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "over_budget"
    thaw: dict[str, Any] = {"kind": "unfreeze", "document_no": "解1号", "note": "审计完毕", "year": 2024}
    thaw["attachments"] = [await paper(world)]
    assert await code(world, "/v1/budgets", "city-officer-1", thaw | {"amount_yuan": "0.02"}) == "over_balance"
    await budget(world, **thaw | {"amount_yuan": "0.01"})
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await sound(world)


async def test_a_cut_below_what_is_committed_is_refused_with_the_figures_and_the_way_out(world: World) -> None:
    await appropriate(world, "25000000.00")
    case, other = await approved(world), await approved(world)
    await planned(world, case)
    cut: dict[str, Any] = {
        "year": 2024,
        "kind": "cut",
        "amount_yuan": "5000000.01",
        "document_no": "减1号",
        "note": "压减",
    }
    cut["attachments"] = [await paper(world)]
    refused = await world.post("funding", "/v1/budgets", "city-officer-1", cut, 409)
    assert refused["code"] == "over_budget"
    for figure in ("可用 5,000,000.00", "超出 0.01", "未列计划 10,000,000.00", "未拨付 10,000,000.00", "结转"):
        assert figure in refused["detail"]
    drafted = await world.post("funding", "/v1/budgets", "city-officer-1", cut | {"amount_yuan": "5000000.00"}, 201)
    taken = {"kind": "freeze", "amount_yuan": "0.01", "document_no": "冻1号", "note": "审计"}
    await budget(world, **taken)
    late = await world.post("funding", f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-2", None, 409)
    assert late["code"] == "over_budget"
    assert "已冻结 0.01" in late["detail"]
    assert (await read(world, other))["status"] == "approved"
    await sound(world)


async def test_a_spent_appropriation_is_not_reversed(world: World) -> None:
    await appropriate(world, "10000000.00")
    await approved(world)
    document = (await world.get("funding", "/v1/budgets/2024", "auditor-1"))["appropriations"][0]
    body: dict[str, Any] = {
        "year": 2024,
        "kind": "reversal",
        "document_no": "冲1号",
        "note": "误",
        "reverses": document["id"],
    }
    body["attachments"] = [await paper(world)]
    assert await code(world, "/v1/budgets", "city-officer-1", body) == "over_budget"


async def test_a_draft_is_withdrawn_and_its_document_entered_again(world: World) -> None:
    body = {"year": 2024, "amount_yuan": "1.00", "document_no": "预算1号"}
    drafted = await world.post("funding", "/v1/budgets", "city-officer-1", body, 201)
    path = f"/v1/budgets/{drafted['id']}"
    withdrawn = await world.post("funding", f"{path}/withdraw", "city-officer-2", {"reason": "金额有误"})
    assert (withdrawn["status"], withdrawn["withdraw_reason"]) == ("withdrawn", "金额有误")
    assert await code(world, f"{path}/confirm", "city-supervisor-2") == "wrong_status"
    assert await code(world, f"{path}/withdraw", "city-officer-1", {"reason": "再撤"}) == "wrong_status"
    await appropriate(world, "2.00")
    confirmed = (await world.get("funding", "/v1/budgets/2024", "auditor-1"))["appropriations"][1]
    late = f"/v1/budgets/{confirmed['id']}/withdraw"
    assert await code(world, late, "city-officer-1", {"reason": "晚了"}) == "wrong_status"
    await sound(world)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a cut without a reason": ({"kind": "cut", "amount_yuan": "1.00"}, "note"),
    "a transfer without a year": ({"kind": "transfer", "amount_yuan": "1.00", "note": "由"}, "to_year"),
    "a transfer into the same year": (
        {"kind": "transfer", "amount_yuan": "1.00", "note": "由", "to_year": 2024}, "to_year",
    ),
    "an appropriation with a second year": ({"amount_yuan": "1.00", "to_year": 2025}, "to_year"),
    "an appropriation without an amount": ({}, "amount_yuan"),
    "a reversal with an amount": (
        {"kind": "reversal", "reverses": "11111111-1111-5111-8111-111111111111", "amount_yuan": "1.00", "note": "由"},
        "amount_yuan",
    ),
    "a reversal of nothing": (
        {"kind": "reversal", "reverses": "11111111-1111-5111-8111-111111111111", "note": "由"}, "reverses",
    ),
    "a cut without a paper": ({"kind": "cut", "amount_yuan": "1.00", "note": "由", "attachments": []}, "attachments"),
    "a carry-over of nothing": ({"kind": "carry_over", "to_year": 2025, "note": "由"}, "year"),
}  # fmt: skip


async def test_a_document_states_what_its_kind_needs_and_no_more(world: World) -> None:
    await appropriate(world, "9.00")
    pointers, papers = {}, {"attachments": [await paper(world)]}
    for name, (body, _) in WRONG.items():
        refused = await world.post(
            "funding", "/v1/budgets", "city-officer-1", {"year": 2024, "document_no": "误1号", **papers, **body}, 422
        )
        pointers[name] = refused["errors"][0]["pointer"]
    assert pointers == {name: f"/body/{field}" for name, (_, field) in WRONG.items()}


async def test_open_commitments_are_carried_into_another_year_with_their_money(world: World) -> None:
    await appropriate(world, "30000000.00")
    waiting, case = await approved(world), await approved(world)
    await planned(world, case)
    request = await requested(world, case)
    about = {"kind": "carry_over", "document_no": "结1号", "to_year": 2025, "note": "年终结转"}
    document = await budget(world, **about)
    assert document["amount_yuan"] == "20000000.00"
    assert await figures(world) == {
        "appropriated": "30000000.00",
        "moved_out": "20000000.00",
        "available": "10000000.00",
    }
    held = {"moved_in": "20000000.00", "reserved": "10000000.00", "committed": "10000000.00"}
    assert await figures(world, 2025) == held
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    assert await figures(world, 2025) == {
        "moved_in": "20000000.00",
        "reserved": "10000000.00",
        "paid": "10000000.00",
    }
    assert [(await read(world, each))["budget_year"] for each in (waiting, case)] == [2025, 2025]
    assert yuan(await read(world, case), "released") == "10000000.00"
    back = {"kind": "carry_over", "document_no": "结2号", "year": 2025, "to_year": 2024, "note": "结转有误"}
    await budget(world, **back)
    assert (await figures(world))["reserved"] == "10000000.00"
    await sound(world)


async def test_a_carry_over_is_confirmed_as_drafted_or_not_at_all(world: World) -> None:
    case = await released(world)
    other = await approved(world)
    await planned(world, other, batch=2)
    body: dict[str, Any] = {
        "year": 2024,
        "kind": "carry_over",
        "document_no": "结1号",
        "to_year": 2025,
        "note": "年终结转",
    }
    body["attachments"] = [await paper(world)]
    closed = body | {"application_ids": [str(case)]}
    assert await code(world, "/v1/budgets", "city-officer-1", closed, 422) == "invalid"
    drafted = await world.post("funding", "/v1/budgets", "city-officer-1", body, 201)
    request = await requested(world, other)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    assert await code(world, f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-2") == "wrong_status"
    await sound(world)


async def test_open_items_and_totals_add_up_what_the_ledger_holds(world: World) -> None:
    await appropriate(world, "50000000.00")
    waiting, case = await approved(world), await approved(world, district="110106")
    paid = await approved(world)
    await planned(world, case, paid)
    await requested(world, case)
    request = await requested(world, paid)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    open_items = (await world.get("funding", "/v1/budgets/2024/open-items?sort=project_name", "auditor-1"))["items"]
    assert {(each["application_id"], each["release_requested"]) for each in open_items} == {
        (str(waiting), False),
        (str(case), True),
    }
    rows = (await world.get("funding", "/v1/totals?by=district&by=year", "auditor-1"))["items"]
    assert {each["key"]: (each["projects"], _sums(each)) for each in rows} == {
        "2024/110105": (2, "20000000.00 10000000.00 10000000.00 0.00 0.00 10000000.00"),
        "2024/110106": (1, "10000000.00 10000000.00 0.00 0.00 0.00 10000000.00"),
    }
    own = (await world.get("funding", "/v1/totals?by=type&by=mode", "110106-officer-1"))["items"]
    assert [(each["type_label"], each["mode_label"], each["projects"]) for each in own] == [
        ("低效楼宇改造", "投资补助", 1)
    ]
    years = (await world.get("funding", "/v1/budgets", "110106-officer-1"))["items"]
    amounts = {each["key"]: each["yuan"] for each in years[0]["amounts"]}
    assert (amounts["reserved"], amounts["committed"], amounts["paid"]) == ("10000000.00",) * 3
    assert amounts["available"] == "20000000.00"


def _sums(row: Any) -> str:
    return " ".join(each["yuan"] for each in row["amounts"])
