"""Other public money and bank referrals. 四（二）2, 四（二）4"""

import pytest

from tests.funding.case import appropriate, approved, code, enter_pool, sound, yuan
from tests.world import World

RENT = {
    "kind": "district_rent",
    "programme": "楼宇租金补贴",
    "amount_yuan": "2000000.00",
    "granted_on": "2024-02-01",
    "document_no": "示例发改〔2024〕3号",
}
REFERRAL = {
    "bank": "示例银行",
    "owner_consent": True,
    "consent_document": "同意书1号",
    "wanted_yuan": "60000000.00",
    "collateral": "在建工程抵押",
}


@pytest.mark.clause("四（二）2")
async def test_district_money_is_accepted_and_shown_beside_the_award(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    total = await world.post("funding", f"/v1/applications/{case}/co-support", "110105-officer-1", RENT, 201)
    assert (yuan(total, "award"), yuan(total, "district_rent"), total["total_yuan"], total["share"]) == (
        "10000000.00",
        "2000000.00",
        "12000000.00",
        "0.1200",
    )
    assert (total["over_limit"], total["warning"], total["excluded_by_other_municipal"]) == (False, None, False)
    await sound(world)


@pytest.mark.clause("四（二）2")
async def test_public_money_past_the_investment_is_warned_about_not_refused(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}/co-support"
    purchase = RENT | {"kind": "first_set_equipment", "amount_yuan": "400000000.00", "document_no": "采购1"}
    bought = await world.post("funding", path, "city-officer-1", purchase, 201)
    assert (bought["over_limit"], bought["total_yuan"]) == (False, "0.00")
    assert yuan(bought, "first_set_equipment") == "400000000.00"
    whole = RENT | {"kind": "district_investment", "amount_yuan": "100000000.00", "document_no": "投1"}
    assert (await world.post("funding", path, "city-officer-1", whole, 201))["over_limit"] is False
    over = await world.post("funding", path, "city-officer-1", RENT | {"amount_yuan": "10000.00"}, 201)
    assert (over["over_limit"], "超过投资基数" in over["warning"]) == (True, True)
    seen = await world.get("funding", f"/v1/public-money?declaration_id={case}", "auditor-1")
    assert (seen["total_yuan"], len(seen["entries"])) == ("100010000.00", 3)


@pytest.mark.clause("四（二）2")
async def test_one_document_is_registered_once_however_it_is_spelled(world: World) -> None:
    case, other = await enter_pool(world), await enter_pool(world)
    path = f"/v1/applications/{case}/co-support"
    body = RENT | {"document_no": "西发改〔2025〕7号"}
    await world.post("funding", path, "110105-officer-1", body, 201)
    for spelled in ("西发改[2025]7号", "西发改（2\uff102\uff15）7号", "西发改【2025】7號", "西发改〔2025〕 7号\u200b"):
        again = await world.post("funding", path, "city-officer-1", body | {"document_no": spelled}, 409)
        assert (again["code"], again["errors"][0]["pointer"]) == ("duplicate", "/body/document_no"), spelled
    await world.post("funding", path, "city-officer-1", body | {"document_no": "西发改〔2025〕07号"}, 201)
    reuse = {
        "another amount": (path, {"amount_yuan": "1.00"}),
        "another day": (path, {"granted_on": "2024-02-02"}),
        "another project": (f"/v1/applications/{other}/co-support", {}),
    }
    for name, (place, changed) in reuse.items():
        refused = await world.post("funding", place, "city-officer-1", body | changed, 409)
        assert (refused["code"], len(refused["records"])) == ("document_repeated", list(reuse).index(name) + 1), name
        explained = body | changed | {"repeat_reason": "一个文件安排多个项目"}
        await world.post("funding", place, "city-officer-1", explained, 201)
    unnumbered = RENT | {"document_no": None}
    await world.post("funding", path, "city-officer-1", unnumbered, 201)
    again = await world.post("funding", path, "city-officer-1", unnumbered | {"programme": "樓宇租金補貼"}, 409)
    assert again["code"] == "duplicate"


async def test_another_district_may_not_add_to_the_case(world: World) -> None:
    case = await enter_pool(world)
    assert await code(world, f"/v1/applications/{case}/co-support", "110106-officer-1", RENT, 404) == "not_found"
    assert await code(world, f"/v1/applications/{case}/co-support", "finance-1", RENT, 403) == "forbidden"


@pytest.mark.clause("二（五）", "四（二）2")
async def test_municipal_money_is_not_entered_as_co_support(world: World) -> None:
    case = await enter_pool(world)
    body = RENT | {"kind": "other_municipal"}
    refused = await world.post("funding", f"/v1/applications/{case}/co-support", "city-officer-1", body, 422)
    assert refused["errors"][0]["pointer"] == "/body/kind"


@pytest.mark.clause("四（二）4")
async def test_no_project_goes_to_a_bank_without_the_owners_consent(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}/bank-referrals"
    refused = await world.post("funding", path, "110105-officer-1", REFERRAL | {"owner_consent": False}, 422)
    assert refused["errors"][0]["pointer"] == "/body/owner_consent"


@pytest.mark.clause("四（二）4")
async def test_a_referral_is_exported_and_the_banks_answer_is_kept(world: World) -> None:
    case = await enter_pool(world)
    referral = await world.post("funding", f"/v1/applications/{case}/bank-referrals", "110105-officer-1", REFERRAL, 201)
    sent = await world.get("funding", f"/v1/bank-referrals/{referral['id']}/export", "110105-officer-1")
    assert (sent["wanted_yuan"], sent["owner"]["name"], sent["clause"]) == (
        "60000000.00",
        "示例置业有限公司",
        "四（二）4",
    )
    path = f"/v1/bank-referrals/{referral['id']}/outcome"
    outcome = {"outcome": "granted", "granted_yuan": "50000000.00", "note": "两年期"}
    assert (await world.post("funding", path, "110105-officer-1", outcome))["granted_yuan"] == "50000000.00"
    assert await code(world, path, "110105-officer-1", outcome) == "wrong_status"


async def test_the_register_requires_a_project_and_only_finance_and_audit_verify_the_ledger(world: World) -> None:
    entry = {
        "applicant_uscc": "91110000600037341L",
        "district": "110105",
        "programme": "示例资金",
        "amount_yuan": "1.00",
        "granted_on": "2024-01-01",
    }
    refused = await world.post("funding", "/v1/municipal-money", "city-officer-1", entry, 422)
    assert refused["errors"][0]["pointer"] == "/body/project_code"
    assert (await world.get("funding", "/v1/ledger/verify", "city-officer-1", 403))["code"] == "forbidden"
    assert (await world.get("funding", "/v1/ledger/verify", "auditor-1"))["sound"] is True
