"""The comparison of both modes: plans and contracts, terms and tenors, the rules of the assessment. 二（四）"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.money import round_fen
from shared.policy import resolve
from tests.funding.case import enter_pool
from tests.world import World

pytestmark = pytest.mark.clause("二（四）")

PLAN = "principal_yuan=100000000.00&annual_rate=0.0600&drawn_on=2024-03-01"


def due(days: int, rate: str) -> str:
    return str(round_fen(Decimal(100_000_000) * Decimal(rate) * days / 360))


# Terms of a planned loan at 6 %, then the days and the LPR of 2024-02-20 that its subsidy counts.
TERMS = {
    "": (730, "0.0345"),
    "&term_months=60": (730, "0.0345"),
    "&term_months=61": (730, "0.0395"),
    "&term_months=36&tenor=5Y": (730, "0.0395"),
    "&term_months=120&tenor=1Y": (730, "0.0345"),
    "&term_months=1": (31, "0.0345"),
    "&term_months=24": (730, "0.0345"),
}


@pytest.mark.clause("二（四）2")
async def test_a_planned_loan_counts_with_its_terms_until_a_contract_is_registered(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}/comparison"

    async def subsidy(query: str) -> Any:
        return (await world.get("funding", f"{path}?{query}", "city-officer-1"))["interest_subsidy"]

    for terms, (days, rate) in TERMS.items():
        assert (await subsidy(PLAN + terms))["award_yuan"] == due(days, rate), terms
    incomplete = await subsidy("principal_yuan=100000000.00")
    assert (incomplete["award_yuan"], incomplete["missing"]) == (None, ["贷款合同或贷款计划"])
    loan = {
        "bank": "示例银行", "contract_no": "借1", "principal_yuan": "100000000.00", "rate_type": "fixed",
        "annual_rate": "0.0200", "term_months": 6, "tenor": "5Y",
        "drawdowns": [{"on": "2024-03-01", "amount_yuan": "100000000.00"}],
    }  # fmt: skip
    await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-1", loan, 201)
    for query in ("", PLAN):
        registered = await subsidy(query)
        assert (registered["base_yuan"], registered["award_yuan"]) == ("100000000.00", due(184, "0.0200"))
        assert registered["lines"][1].startswith("示例银行借1：2024-03-01 至 2024-08-31")
    by_365 = loan | {"contract_no": "借2", "day_count_basis": 365}
    await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-1", by_365, 201)
    other = round_fen(Decimal(100_000_000) * Decimal("0.0200") * 184 / 365)
    assert (await subsidy(""))["award_yuan"] == str(Decimal(due(184, "0.0200")) + other)
    for drawn_on, status in (("2018-12-31", 422), ("2074-03-01", 422), ("2074-02-28", 200)):
        answer = await world.call("funding", "GET", f"{path}?{PLAN}&drawn_on={drawn_on}".replace(
            "&drawn_on=2024-03-01", ""), "city-officer-1")  # fmt: skip
        assert answer.status_code == status, drawn_on


@pytest.mark.parametrize("mode", ["investment_grant", "interest_subsidy"])
async def test_the_higher_mode_is_named_once_both_amounts_are_known(world: World, mode: str) -> None:
    case = await enter_pool(world, investment_yuan="100000000.00" if mode == "investment_grant" else "1000000.00")
    path = f"/v1/applications/{case}/comparison"
    assert (await world.get("funding", path, "city-officer-1"))["higher"] is None
    assert (await world.get("funding", f"{path}?{PLAN}", "city-officer-1"))["higher"] == mode


async def test_the_rules_of_the_assessment_are_recognised_by_hash_or_by_its_first_twelve_characters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await enter_pool(world)
    shown = await world.get("funding", f"/v1/applications/{case}/comparison", "city-officer-1")
    ruleset = shown["ruleset"]
    assert shown["same_rules_as_assessed"] is False
    for stored, same in ((ruleset, True), (ruleset[:12], True), (ruleset[:11], False), (ruleset[:13], False)):
        await world.database.admin.execute("UPDATE funding.application SET ruleset = $1", stored)
        shown = await world.get("funding", f"/v1/applications/{case}/comparison", "city-officer-1")
        assert shown["same_rules_as_assessed"] is same, stored
    # A reading chosen since the assessment makes other rules.
    await world.database.admin.execute("UPDATE funding.application SET ruleset = $1", ruleset)
    monkeypatch.setitem(world.instances["funding"].settings.interpretations, "cap_scope", "component")
    shown = await world.get("funding", f"/v1/applications/{case}/comparison", "city-officer-1")
    assert (shown["same_rules_as_assessed"], shown["ruleset"] == ruleset) == (False, False)
    assert ruleset == resolve(date(2024, 1, 15), "110105").hash


@pytest.mark.clause("四（二）4")
@pytest.mark.planted
async def test_a_bank_sees_the_award_once_it_is_approved(world: World) -> None:
    case = await enter_pool(world)
    body = {"bank": "银行", "owner_consent": True, "consent_document": "同意书", "wanted_yuan": "1.00"}
    referral = await world.post("funding", f"/v1/applications/{case}/bank-referrals", "city-officer-1", body, 201)
    draft = {"mode": "investment_grant", "justification": "建议"}
    await world.post("funding", f"/v1/applications/{case}/draft-approval", "city-officer-1", draft)
    path = f"/v1/bank-referrals/{referral['id']}/export"
    support = (await world.get("funding", path, "auditor-1"))["support"]
    assert (support["mode"], support["award_yuan"], support["approved_on"]) == ("investment_grant", None, None)
    await world.database.admin.execute("UPDATE funding.application SET approved_on = '2024-03-01'")
    support = (await world.get("funding", path, "auditor-1"))["support"]
    assert (support["award_yuan"], support["approved_on"]) == ("10000000.00", "2024-03-01")
