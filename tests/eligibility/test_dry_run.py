"""Tests of the dry run: no sign-in, both amounts, missing information. 二"""

from typing import Any

import pytest

from tests.eligibility.fixtures import BASES
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
    assert found["support"]["interest_subsidy"]["award_yuan"] == "6000000.00"
    assert any("20,000㎡" in finding["sentence"] for finding in found["findings"])


@pytest.mark.clause("二（四）2")
async def test_a_rate_above_the_lpr_is_subsidised_at_the_lpr_and_under_the_cap(world: World) -> None:
    dear = {"principal_yuan": "1000000000.00", "rate": "0.0600", "years": 3}
    subsidy = (await dry_run(world, project(), loan=dear))["support"]["interest_subsidy"]
    assert (subsidy["uncapped_yuan"], subsidy["award_yuan"]) == ("69000000.00", "50000000.00")


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
    assert "services/funding/interest/calculation.py" in told["二（四）2"]["modules"]
    assert "monitoring.deliver_project" in told["三（三）"]["acts"]
    assert "funding.loan" in told["二（四）2"]["tables"]
    assert "tests/funding/interest/test_interest.py" in told["二（四）2"]["tests"]
    assert all(clause["asks"] for clause in clauses)
