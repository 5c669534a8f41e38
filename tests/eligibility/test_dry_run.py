"""Tests of the dry run: no sign-in, both amounts, missing information. 二"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.eligibility.rules import dry_run as rules
from services.eligibility.rules.reviews import Judgement
from shared.contracts.facts import ProjectFacts
from tests.eligibility.fixtures import BASES
from tests.eligibility.stored_rows import standard, store
from tests.world import World


def project(base: str = "building", drop: tuple[str, ...] = (), **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**BASES[base], **changed}.items() if name not in drop}


async def dry_run(world: World, facts: dict[str, Any], status: int = 200, **fields: Any) -> Any:
    answer = await world.call("eligibility", "POST", "/v1/dry-run", None, {"facts": facts, **fields}, status=status)
    return answer.json()


async def test_the_dry_run_needs_no_token_or_key(world: World) -> None:
    answer = await world.clients["eligibility"].post("/v1/dry-run", json={"facts": {}})
    assert (answer.status_code, answer.json()["decision"]) == (200, "undetermined")


@pytest.mark.clause("二", "二（四）")
async def test_a_dry_run_explains_and_shows_both_amounts(world: World) -> None:
    loan = {"principal_yuan": "100000000.00", "rate": "0.0300", "years": 3}
    found = await dry_run(world, project(), loan=loan)
    assert found["decision"] == "eligible"
    assert found["support"]["investment_grant"]["award_yuan"] == "30000000.00"
    assert found["support"]["interest_subsidy"]["award_yuan"] == "6083333.33"
    assert any("20,000㎡" in finding["sentence"] for finding in found["findings"])


@pytest.mark.clause("二（四）2")
async def test_a_rate_above_the_lpr_is_subsidised_at_the_lpr_and_under_the_cap(world: World) -> None:
    dear = {"principal_yuan": "1000000000.00", "rate": "0.0600", "years": 3}
    subsidy = (await dry_run(world, project(), loan=dear))["support"]["interest_subsidy"]
    assert (subsidy["uncapped_yuan"], subsidy["award_yuan"]) == ("69958333.33", "50000000.00")


@pytest.mark.clause("二（四）1")
async def test_the_grant_is_estimated_even_for_an_interest_application(world: World) -> None:
    found = await dry_run(world, project(support_mode="interest_subsidy"))
    assert found["amounts"] == {}
    assert found["support"]["investment_grant"]["award_yuan"] == "30000000.00"
    assert found["support"]["interest_subsidy"]["award_yuan"] is None


async def test_missing_information_names_its_provider(world: World) -> None:
    found = await dry_run(world, project(drop=("title_clear", "energy_saving_ratio")))
    asked = {item["field"]: item["who_label"] for item in found["missing"]}
    assert asked == {"title_clear": "区发展改革委", "energy_saving_ratio": "项目单位"}


async def test_the_acceptance_date_defaults_to_today(world: World) -> None:
    assert (await dry_run(world, project(drop=("accepted_on",))))["as_of"] == "2024-03-01"
    assert (await dry_run(world, project(), as_of="2024-06-01"))["as_of"] == "2024-06-01"


async def test_a_date_without_an_edition_is_undetermined(world: World) -> None:
    found = await dry_run(world, project(accepted_on="2023-07-15"))
    assert (found["decision"], found["unmet"], found["missing"][0]["field"]) == ("undetermined", [], "edition")
    assert found["support"]["investment_grant"] is None


async def test_an_unsupported_use_is_a_finding_not_an_error(world: World) -> None:
    odd = [{**project()["components"][0], "stock_use": "warehouse"}]
    found = await dry_run(world, project(components=odd))
    assert (found["decision"], found["unmet"]) == ("ineligible", ["二（一）1"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"facts": {"occupancy": 1}}, "/body/facts/occupancy"),
        ({"facts": {"energy_saving_ratio": "1.5"}}, "/body/facts/energy_saving_ratio"),
        ({"facts": {}, "as_of": "1066-10-14"}, "/body/as_of"),
        ({"facts": {}, "district": "310000"}, "/body/district"),
    ],
)
async def test_an_invalid_field_is_named(world: World, body: dict[str, Any], pointer: str) -> None:
    answer = await world.call("eligibility", "POST", "/v1/dry-run", None, body, status=422)
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_an_oversized_body_is_refused(world: World) -> None:
    body = {"facts": {"components": [{"kind": "building", "name": "楼" * 200}] * 2000}}
    answer = await world.call("eligibility", "POST", "/v1/dry-run", None, body, status=413)
    assert answer.json()["code"] == "too_large"


async def test_editions_and_clauses_are_open_to_anybody(world: World) -> None:
    editions = (await world.call("eligibility", "GET", "/v1/editions", None, status=200)).json()["items"]
    assert [(edition["id"], edition["in_force_to"]) for edition in editions] == [("2021", "2023-05-31"), ("2023", None)]
    clauses = (await world.call("eligibility", "GET", "/v1/clauses", None, status=200)).json()["items"]
    told = {clause["clause"]: clause for clause in clauses}
    assert "building_renovated_area" in told["二（一）1"]["rules"]
    assert told["三（三）"]["services"] == ["monitoring"]
    assert "cap_scope" in told["二（四）1"]["interpretations"]
    assert "services/funding/interest/recomputation.py" in told["二（四）2"]["modules"]
    assert "monitoring.deliver_project" in told["三（三）"]["acts"]
    assert "funding.loan" in told["二（四）2"]["tables"]
    assert "tests/funding/interest/test_recomputation.py" in told["二（四）2"]["tests"]
    assert all(clause["asks"] for clause in clauses)


async def test_both_supports_are_shown_with_their_derivation(world: World) -> None:
    world.settings.interpretations = {"lpr_tenor": "one_year"}
    loan = {"principal_yuan": "100000000.33", "rate": "0.0391", "years": 10}
    support = (await dry_run(world, project(), loan=loan))["support"]
    present = support["interest_subsidy"].pop("present_value_yuan")
    assert support["interest_subsidy"] == {
        # 100 000 000.33 yuan at the one-year rate of 3.45 % for 730 days, two of the ten years
        "clause": "二（四）2", "label": "贷款贴息（估算）", "uncapped_yuan": "6995833.36", "award_yuan": "6995833.36",
        "excluded_yuan": None, "cap_reached_in": None,
        "derivation": [
            "拟贷款：2024-03-01 至 2026-02-28，本金 100,000,000.33 元，合同利率 3.91%；每段＝本金×年利率×天数÷360",
            "2024-03-01 至 2026-02-28（730 天），1Y LPR 3.45%（2024-02-20 公布）：LPR较低，按LPR，计 6,995,833.36 元",
            f"各月末收付、按1Y LPR 3.45%（2024-02-20 公布）折现到 2024-03-01，现值 {Decimal(present):,.2f} 元",
            "未公布的LPR按 2024-02-20 公布值估算；实际贴息以银行结息单逐日核定",
        ],
    }  # fmt: skip
    assert support["investment_grant"]["clause"] == "二（四）1"
    world.settings.interpretations = {}
    dear = (await dry_run(world, project(), loan=loan))["support"]["interest_subsidy"]
    assert dear["uncapped_yuan"] == "7928611.14"  # the contract's 3.91 % is below the five-year rate of 3.95 %


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 1, 15, 59, 59, tzinfo=UTC), "2024-03-01"),
        (datetime(2024, 3, 1, 16, 0, tzinfo=UTC), "2024-03-02"),
    ],
    ids=["before midnight in Beijing", "midnight in Beijing"],
)
async def test_today_is_the_day_in_beijing(world: World, moment: datetime, day: str) -> None:
    world.clock.set(moment)
    assert (await dry_run(world, project(drop=("accepted_on",))))["as_of"] == day
    assert (await dry_run(world, project(accepted_on="2023-09-01")))["as_of"] == "2023-09-01"


async def test_the_district_of_the_request_replaces_that_of_the_facts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []

    def assessed(facts: ProjectFacts, as_of: date, readings: Mapping[str, str]) -> Judgement:
        seen.append(facts.district)
        return rules.dry_run(facts, as_of, readings)

    monkeypatch.setattr("services.eligibility.api.dry_run.dry_run", assessed)
    await dry_run(world, project(), district="110106")
    await dry_run(world, project())
    assert seen == ["110106", "110105"]


async def test_a_dry_run_reads_no_district_standard_and_stores_nothing(world: World) -> None:
    await store(world, standard(1, "0.5", "2024-01-01"))
    ground = {
        "wholly_vacant": False,
        "district_tax_per_m2_yuan": "300",
        "function_mismatch": False,
        "occupancy": "0.35",
    }
    before = await world.snapshot()
    found = await dry_run(
        world, project(components=[{**project()["components"][0], **ground, "occupancy": "0.35"}]), district="110105"
    )
    assert (found["decision"], found["open"]) == ("undetermined", ["二（一）1"])
    assert await world.snapshot() == before


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 200), (256 * 1024 + 1, 413)], ids=["on", "over"])
async def test_a_body_is_read_up_to_256_kib(world: World, size: int, status: int) -> None:
    body = b'{"facts": {}}'
    padded = body + b" " * (size - len(body))
    headers = {"content-type": "application/json"}
    answer = await world.clients["eligibility"].post("/v1/dry-run", content=padded, headers=headers)
    assert answer.status_code == status


@pytest.mark.clause("二（四）2")
@pytest.mark.parametrize(("day", "subsidy"), [("2024-07-21", "3497916.67"), ("2024-07-22", "3396527.78")])
async def test_the_subsidy_is_estimated_at_the_lpr_of_the_day(world: World, day: str, subsidy: str) -> None:
    loan = {"principal_yuan": "100000000.00", "rate": "0.0600", "years": 1}
    found = await dry_run(world, project(), as_of=day, loan=loan)
    assert (found["as_of"], found["support"]["interest_subsidy"]["award_yuan"]) == (day, subsidy)
