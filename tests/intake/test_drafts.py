"""Drafts: numbers by district and Beijing year, links to the library, every field edited, limits (三（一）)."""

from datetime import datetime
from typing import Any

import pytest

from tests.intake import full_declaration, sample_declarations
from tests.intake.full_declaration import FACTS
from tests.intake.sample_declarations import BUILDING, DRAFT
from tests.intake.sample_rows import FENGTAI, project, push_projects
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

OTHER_USCC = "91110105MA0000007L"


async def test_numbers_count_by_district_and_by_year_in_beijing(world: World) -> None:
    numbers = []
    for moment, district in (
        ("2024-12-31T23:59:59", "110105"),
        ("2024-12-31T23:59:59", "110106"),
        ("2025-01-01T00:00:00", "110105"),
        ("2025-01-01T07:59:59", "110105"),
        ("2025-01-01T08:00:00", "110106"),
    ):
        world.clock.set(datetime.fromisoformat(f"{moment}+08:00"))
        numbers.append((await sample_declarations.draft(world, district=district))["declaration_no"])
    assert numbers == [
        "SB-110105-2024-0001",
        "SB-110106-2024-0001",
        "SB-110105-2025-0001",
        "SB-110105-2025-0002",
        "SB-110106-2025-0001",
    ]


async def test_a_library_project_of_the_same_entity_and_district_alone_can_be_linked(world: World) -> None:
    owner = world.owner()
    same = (await push_projects(world, [project()]))["rows"][0]["id"]
    other_entity = (await push_projects(world, [project("P-2", entity_uscc=OTHER_USCC)]))["rows"][0]["id"]
    other_district = (await push_projects(world, [project("P-3", FENGTAI)], who="110106-officer-1"))["rows"][0]["id"]
    made = await sample_declarations.draft(world)
    path = f"/v1/declarations/{made['id']}"
    body = DRAFT | {"applicant_uscc": owner.uscc}
    for wrong in (other_entity, other_district, "00000000-0000-7000-8000-000000000000"):
        link = {"library_entry_id": wrong}
        created = await world.call("intake", "POST", "/v1/declarations", owner, body | link)
        edited = await world.call("intake", "PATCH", path, owner, link, if_match='"1"')
        for answer in (created, edited):
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/library_entry_id")
    linked = await world.call("intake", "PATCH", path, owner, {"library_entry_id": same}, status=200, if_match='"1"')
    assert linked.json()["library_entry_id"] == same


EDITS: dict[str, Any] = {
    "project_name": "新项目名",
    "project_code": "2401-110105-04-01-000099",
    "address": "新地址99号",
    "applicant_name": "新单位名",
    "operation_mode": "lease",
    "loan_bank": "新银行",
    "loan_amount_yuan": "99.99",
    "loan_term_months": 600,
    "loan_annual_rate": "0.090000",
    "simulated": ["*"],
}


async def test_each_field_is_edited_alone_and_the_rest_stays(world: World) -> None:
    story, owner = await full_declaration.drafted(world), world.owner()
    path = f"/v1/declarations/{story.case}"
    before = await world.get("intake", path, owner)
    for name, value in [*EDITS.items(), *((name, None) for name in CLEARED)]:
        tag = f'"{before["version"]}"'
        world.clock.set(world.clock.now().replace(second=before["version"]))
        after = (await world.call("intake", "PATCH", path, owner, {name: value}, status=200, if_match=tag)).json()
        changed = {name: value, "version": before["version"] + 1, "updated_at": after["updated_at"]}
        assert after == before | changed, name
        assert after["updated_at"] > before["updated_at"]
        before = after


CLEARED = ("project_code", "address", "operation_mode", "loan_bank", "loan_amount_yuan", "loan_term_months")


async def test_each_fact_is_merged_alone(world: World) -> None:
    owner = world.owner()
    made = await sample_declarations.draft(world, facts={})
    path = f"/v1/declarations/{made['id']}"
    facts = made["facts"]
    for version, (name, value) in enumerate(FACTS.items(), 1):
        edit = {"facts": {name: value}}
        said = await world.call("intake", "PATCH", path, owner, edit, status=200, if_match=f'"{version}"')
        kept = said.json()["facts"]
        shown = (
            [part | {key: kept[name][n][key] for key in kept[name][n]} for n, part in enumerate(value)]
            if (name == "components")
            else value
        )
        assert kept == facts | {name: shown}, name
        facts = kept
    assert said.json()["project_type"] == "area_package"
    cleared = {"facts": dict.fromkeys(facts) | {"components": []}}
    cleared["facts"] = {name: value for name, value in cleared["facts"].items() if name not in BY_PROCEDURE}
    last = await world.call("intake", "PATCH", path, owner, cleared, status=200, if_match=f'"{version + 1}"')
    assert (last.json()["facts"], last.json()["project_type"]) == (made["facts"], None)


BY_PROCEDURE = {
    "declared_on": "2024-03-01",
    "accepted_on": "2024-03-01",
    "in_reserve_library": True,
    "district": "110105",
}


LIMITS: list[tuple[dict[str, Any], int]] = [
    ({"loan_term_months": 1}, 201),
    ({"loan_term_months": 0}, 422),
    ({"loan_term_months": 600}, 201),
    ({"loan_term_months": 601}, 422),
    ({"loan_annual_rate": "1"}, 201),
    ({"loan_annual_rate": "1.000001"}, 422),
    ({"simulated": ["x"] * 500}, 201),
    ({"simulated": ["x"] * 501}, 422),
    ({"project_name": "名" * 200}, 201),
    ({"project_name": "名" * 201}, 422),
    ({"address": "x" * 201}, 422),
    ({"facts": BUILDING | {"components": [{"kind": "building", "name": "a\x07b"}]}}, 422),
    ({"facts": BUILDING | {"components": [{"kind": "building", "resource_id": "a\x7fb"}]}}, 422),
    ({"facts": BUILDING | {"components": [{"kind": "building", "name": "a b", "resource_id": "R"}]}}, 201),
    ({"facts": BUILDING | {"components": [{"kind": "building"}] * 200}}, 201),
    ({"facts": BUILDING | {"components": [{"kind": "building"}] * 201}}, 422),
    *(({"facts": {name: value}}, 422) for name, value in BY_PROCEDURE.items()),
    ({"district": "110199"}, 422),
    ({"stage": "accepted"}, 422),
]


async def test_the_limits_of_a_draft(world: World) -> None:
    found = []
    for changed, _ in LIMITS:
        answer = await world.call("intake", "POST", "/v1/declarations", world.owner(), DRAFT | changed)
        found.append((changed, answer.status_code))
    assert found == LIMITS
