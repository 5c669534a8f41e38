"""Tests of project identities: each part alone, and the acts that end one (二（五）)."""

from datetime import date
from typing import Any

import pytest

from tests.intake import sample_declarations
from tests.intake.listed_rows import write
from tests.intake.sample_declarations import BUILDING, DRAFT, OFFICER, RETURN
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")

CODE, OTHER_CODE = DRAFT["project_code"], "2401-110105-04-01-000002"
USCC, OTHER_USCC = DRAFT["applicant_uscc"], "91110105MA0000007L"
PLACE, OTHER_PLACE = f"{USCC}|朝阳区示例路1号", f"{USCC}|朝阳区示例路2号"
NAME = "示例大厦改造项目"
Row = dict[str, Any]

IDENTITIES: dict[str, Row] = {
    "N-1": {"project_code": CODE, "entity_uscc": OTHER_USCC, "entity_place": f"{OTHER_USCC}|朝阳区示例路1号"},
    "N-2": {"project_code": OTHER_CODE, "entity_place": PLACE, "name_form": NAME},
    "N-3": {"project_code": OTHER_CODE, "entity_place": OTHER_PLACE, "name_form": NAME},
    "N-4": {"project_code": CODE, "entity_place": PLACE, "live": False},
    "N-5": {"project_code": CODE, "live": False, "approval_no": "批〔2023〕5号", "approved_on": date(2023, 5, 5)},
    "N-6": {"entity_place": PLACE, "approved_on": date(2023, 6, 6), "name_form": "示例大厦改造项目一期"},
    "N-7": {"entity_uscc": OTHER_USCC, "entity_place": f"{OTHER_USCC}|朝阳区示例路1号"},
    "N-8": {},
    "N-9": {"project_code": OTHER_CODE, "approval_no": "批〔2023〕9号", "approved_on": date(2023, 9, 9)},
}
"""Identities of other declarations by number; live, of the entity, without code and place unless stated."""
PAYMENTS: dict[str, Row] = {
    "甲资金": {"project_code": CODE, "entity_uscc": OTHER_USCC},
    "乙资金": {"project_code": OTHER_CODE, "entity_place": PLACE},
    "丙资金": {"project_code": OTHER_CODE, "entity_place": OTHER_PLACE},
    "丁资金": {"project_code": OTHER_CODE, "entity_uscc": OTHER_USCC, "entity_place": f"{OTHER_USCC}|朝阳区示例路1号"},
}
SOURCES = {"declaration": "已有在办申报", "funded": "已获本方案资金支持", "municipal_record": "已获其他市级财政性资金"}
BASES = {
    "project_code": "项目代码相同",
    "entity_address_and_name": "项目单位、项目地址和项目名称相同",
    "entity_and_address": "项目单位和项目地址相同，是否同一工程待核",
    "entity": "项目单位相同",
}


def match(source: str, basis: str, reference: str, *, bars: bool = True) -> Row:
    said = f"{BASES[basis]}：{SOURCES[source]}（{reference}）"
    return {"source": source, "basis": basis, "reference": reference, "bars": bars, "explanation": said}


OF_PROJECT = [
    match("declaration", "project_code", "N-1"),
    match("declaration", "entity_address_and_name", "N-2"),
    match("funded", "entity_and_address", "N-6", bars=False),
    match("funded", "project_code", "批〔2023〕5号"),
    match("municipal_record", "entity_and_address", "乙资金，2022-06-01", bars=False),
    match("municipal_record", "project_code", "甲资金，2022-06-01", bars=False),
]
OF_ANOTHER = ("N-1", "甲资金，2022-06-01")
"""Matches by the code alone, whose records belong to another entity."""
OF_ENTITY = [
    *OF_PROJECT[:4],
    match("funded", "entity", "批〔2023〕9号"),
    match("municipal_record", "entity", "丙资金，2022-06-01", bars=False),
    *OF_PROJECT[4:],
]


async def fill(world: World) -> None:
    """Record the identities and payments."""
    for number, row in IDENTITIES.items():
        own = {"declaration_id": f"00000000-0000-7000-8000-0000000001{number[2:]:0>2}", "declaration_no": number}
        await write(world, "project_identity", **{"district": "110106", "entity_uscc": USCC, "live": True} | own | row)
    programme = await world.database.admin.fetchval("SELECT id FROM intake.municipal_fund_programme LIMIT 1")
    about: Row = {"programme_id": programme, "district": "110106", "entity_uscc": USCC, "entity_name": "x"}
    about |= {"source": "x", "amount_yuan": 1, "funded_on": date(2022, 6, 1), "registered_by": "x"}
    about |= {"registered_at": world.clock.now()}
    for place, (name, row) in enumerate(PAYMENTS.items()):
        own = {"id": f"00000000-0000-7000-8000-0000000002{place:0>2}", "programme_name": name}
        await write(world, "municipal_funding_record", **about | own | row | {"payment_key": name})


@pytest.mark.parametrize(("scope", "found"), [("project", OF_PROJECT), ("entity", OF_ENTITY)])
async def test_each_part_of_an_identity_alone_matches_or_does_not(world: World, scope: str, found: list[Row]) -> None:
    case = await sample_declarations.submitted(world)
    await fill(world)
    world.instances["intake"].settings.interpretations["other_funds_scope"] = scope
    path = f"/v1/declarations/{case}/matches"
    assert (await world.get("intake", path, "auditor-1"))["items"] == found
    await world.database.admin.execute("UPDATE intake.declaration SET project_code = NULL, address = NULL")
    unknown = (await world.get("intake", path, "auditor-1"))["items"]
    by_entity = [("funded", "N-6"), ("funded", "批〔2023〕9号"), ("funded", "批〔2023〕5号")]
    by_entity += [("municipal_record", "丙资金，2022-06-01"), ("municipal_record", "乙资金，2022-06-01")]
    said = [(each["source"], each["reference"]) for each in unknown]
    assert sorted(said) == (sorted(by_entity) if scope == "entity" else [])


async def test_a_refusal_names_what_bars_and_a_warning_goes_to_officials_alone(world: World) -> None:
    case = await sample_declarations.ready(world)
    await fill(world)
    path = f"/v1/declarations/{case}"
    refused = (await world.call("intake", "POST", f"{path}/submit", world.owner(), status=409)).json()
    barring = [each for each in OF_PROJECT if each["bars"] and each["reference"] not in OF_ANOTHER]
    assert sorted(refused["matches"], key=str) == sorted(barring, key=str)
    assert "项目代码已用于其他单位的项目" in refused["detail"]
    assert not any(reference in str(refused) for reference in OF_ANOTHER)
    admin = world.database.admin
    await admin.execute("DELETE FROM intake.project_identity")
    await admin.execute("DELETE FROM intake.municipal_funding_record WHERE programme_name = '甲资金'")
    await world.post("intake", f"{path}/submit", world.owner())
    (for_official,) = (await world.get("intake", f"{path}/rounds", OFFICER))["items"]
    (for_owner,) = (await world.get("intake", f"{path}/rounds", world.owner()))["items"]
    warning = match("municipal_record", "entity_and_address", "乙资金，2022-06-01", bars=False)
    assert (for_official["warnings"], for_owner["warnings"]) == ([warning], [])


async def identity(world: World) -> Row:
    row = await world.database.admin.fetchrow("SELECT * FROM intake.project_identity")
    return {name: value for name, value in dict(row or {}).items() if name != "declaration_id"}


async def test_an_identity_follows_the_corrected_project_and_ends_with_it(world: World) -> None:
    owner = world.owner()
    case = await sample_declarations.submitted(world)
    path = f"/v1/declarations/{case}"
    filed = {"declaration_no": "SB-110105-2024-0001", "district": "110105", "entity_uscc": USCC, "live": True}
    filed |= {"approval_no": None, "approved_on": None, "project_code": CODE, "entity_place": PLACE}
    filed |= {"name_form": NAME}
    assert await identity(world) == filed
    await world.post("intake", f"{path}/return", OFFICER, RETURN)
    assert await identity(world) == filed
    tag = await sample_declarations.etag(world, case, owner)
    moved = {"project_code": OTHER_CODE, "address": "北京市朝阳区示例路2号", "facts": BUILDING}
    await world.call("intake", "PATCH", path, owner, moved, status=200, if_match=tag)
    await sample_declarations.undertake(world, case, owner)
    await world.post("intake", f"{path}/submit", owner)
    filed |= {"project_code": OTHER_CODE, "entity_place": OTHER_PLACE}
    assert await identity(world) == filed
    await world.post("intake", f"{path}/withdraw", owner, {"reason": "调整"})
    assert await identity(world) == filed | {"live": False}


async def test_a_project_is_not_a_duplicate_of_itself_and_ends_alone(world: World) -> None:
    first = await sample_declarations.submitted(world)
    second = await sample_declarations.submitted(world, project_code=OTHER_CODE, address="示例路9号")
    assert (await world.get("intake", f"/v1/declarations/{first}/matches", OFFICER))["items"] == []
    body = {"clauses": ["二（一）1"], "reason": "面积不足"}
    await world.post("intake", f"/v1/declarations/{second}/refuse", OFFICER, body)
    rows = await world.database.admin.fetch("SELECT declaration_no, live FROM intake.project_identity ORDER BY 1")
    assert [tuple(row) for row in rows] == [("SB-110105-2024-0001", True), ("SB-110105-2024-0002", False)]
