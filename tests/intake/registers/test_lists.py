"""Tests of lists and CSV exports of ledger and library: filters, cursors, formula escaping (四（一）2)."""

import csv
import io

import pytest

from tests.intake.sample_rows import CHAOYANG, OFFICER, project, push, push_projects, resource
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")


async def read(world: World, path: str, who: str = OFFICER) -> list[dict[str, str]]:
    answer = await world.call("intake", "GET", path, who, status=200)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def names(world: World, query: str, path: str = "/v1/resources") -> list[str]:
    return [item["external_id"] for item in (await world.get("intake", f"{path}?{query}", OFFICER))["items"]]


async def test_resources_are_filtered(world: World) -> None:
    await push(world, [resource(), resource("R-2", kind="warehouse", planned_type="old_factory", name="西四仓库100%")])
    assert await names(world, "kind=warehouse&kind=industrial_plant") == ["R-2"]
    assert await names(world, "type=old_factory&status=stock") == ["R-2"]
    assert await names(world, "status=completed") == []
    assert await names(world, f"district={CHAOYANG}&q=100%25") == ["R-2"]
    assert await names(world, "q=R-1") == ["R-1"]
    assert await names(world, "updated_since=2024-03-02T00:00:00Z") == []
    assert await names(world, "updated_since=2024-03-01T00:00:00Z") == ["R-1", "R-2"]
    for query in ("kind=castle", "district=999999", "limit=201", "cursor=x", "updated_since=x"):
        await world.get("intake", f"/v1/resources?{query}", OFFICER, status=422)


async def test_projects_are_filtered(world: World) -> None:
    code = "2024-110105-70-03-000001"
    await push_projects(world, [project(), project("P-2", project_code=code, support_mode="interest_subsidy")])
    path = "/v1/library-entries"
    assert await names(world, f"project_code={code}", path) == ["P-2"]
    assert await names(world, "support_mode=investment_grant&status=in_library", path) == ["P-1"]
    assert await names(world, "entity_uscc=91110000600037341L&type=inefficient_building", path) == ["P-1", "P-2"]
    assert await names(world, "status=left", path) == []


async def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    await push(world, [resource(f"R-{n:02}") for n in range(25)])
    seen: list[str] = []
    page = await world.get("intake", "/v1/resources?limit=10", OFFICER)
    while page["next_cursor"]:
        seen += [item["external_id"] for item in page["items"]]
        page = await world.get("intake", f"/v1/resources?limit=10&cursor={page['next_cursor']}", OFFICER)
    seen += [item["external_id"] for item in page["items"]]
    assert seen == [f"R-{n:02}" for n in range(25)]


async def test_an_export_has_all_rows_in_chinese_and_marks_simulated_data(world: World) -> None:
    await push(world, [resource(f"R-{n:03}") for n in range(300)])
    await push(world, [resource("R-900", simulated=["owner_name"], title_disputed=False, kind="warehouse")])
    rows = await read(world, "/v1/resources.csv")
    assert len(rows) == 301
    last = rows[-1]
    assert (last["区系统记录编号"], last["资源类别"], last["模拟数据"]) == ("R-900", "仓储用房", "部分")
    assert (last["建筑面积（平方米）"], last["是否存在权属争议"], rows[0]["模拟数据"]) == ("25000.00", "否", "全部")
    assert [row["区系统记录编号"] for row in await read(world, "/v1/resources.csv?kind=warehouse")] == ["R-900"]
    assert await read(world, "/v1/resources.csv", "110106-officer-1") == []


async def test_a_project_is_exported_with_its_parts(world: World) -> None:
    await push_projects(world, [project()])
    (row,) = await read(world, "/v1/library-entries.csv")
    assert row["项目组成"].startswith("组成类别：低效楼宇，对应资源台账记录编号：R-1")
    assert (row["项目类型"], row["关联资源台账记录编号"]) == ("低效楼宇改造", "R-1")


async def test_a_formula_sent_as_a_name_is_exported_as_text(world: World) -> None:
    for at, name in enumerate(("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\uff1d1", "正常大厦")):
        await push(world, [resource(f"R-{at}", name=name)])
    rows = await read(world, "/v1/resources.csv")
    assert [row["资源名称"] for row in rows] == ["'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(A1)", "'\uff1d1", "正常大厦"]


async def test_text_with_control_characters_is_refused(world: World) -> None:
    answer = await push(world, [resource(name="示例\u0000大厦")], status=422)
    assert answer["errors"][0]["pointer"] == "/body/rows/0/name"
