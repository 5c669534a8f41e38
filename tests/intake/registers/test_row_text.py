"""Text of pushed rows, by HTTP and by the topic: cleaned the same, refused with the character's name."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from shared.actors import system_actor
from tests.intake.registers.district_system import System, answers, deliver
from tests.intake.sample_rows import CHAOYANG, OFFICER, project, push, push_projects, resource
from tests.world import World

R1 = f"/v1/resources/{CHAOYANG}/R-1"
CLEANED = {
    "旧百货楼\u200b": "旧百货楼",
    "\u3000旧百货楼\xa0": "旧百货楼",
    "旧百货楼\n（原二商店）": "旧百货楼 （原二商店）",
    "旧百货楼\t（原二商店）": "旧百货楼 （原二商店）",
    "旧百货楼\r\n（原二商店）": "旧百货楼 （原二商店）",
    "旧百货楼\u2028（原二商店）": "旧百货楼 （原二商店）",
}
REFUSED = {
    "\u200b\u200b": ("string_too_short", "不可见字符不计"),
    "旧百货\u202e楼": ("value_error", "第 4 个字符 U+202E（从右向左覆盖）不可使用；请删去该字符后重新填写"),
    "旧\x83百货楼": ("value_error", "第 2 个字符 U+0083（控制字符）不可使用"),
    "旧百货楼\ue815": ("value_error", "第 5 个字符 U+E815（自造字（私用区）"),
}


async def by_topic(world: World, system: System, name: str) -> Any:
    await deliver(world, system.update([resource(name=name, change_reason="更名")]))
    return (await answers(world))[-1]["rows"][0]


async def test_names_are_cleaned_by_http_and_by_topic(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    for written, recorded in CLEANED.items():
        await push(world, [resource(name=written, change_reason="更名")])
        assert (await world.get("intake", R1, OFFICER))["row"]["name"] == recorded, ascii(written)
        assert (await by_topic(world, system, written))["status"] == "unchanged", ascii(written)


async def test_a_refused_character_is_named_by_http_and_by_topic(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    for written, (code, said) in REFUSED.items():
        (error,) = (await push(world, [resource(name=written)], status=422))["errors"]
        assert (error["pointer"], error["code"]) == ("/body/rows/0/name", code)
        assert said in error["detail"]
        (told,) = (await by_topic(world, system, written))["problem"]["errors"]
        assert (told["code"], told["detail"]) == (code, error["detail"])


@pytest.mark.parametrize("written", ["示例\u202e大厦", "示例\x85大厦"])
async def test_a_row_recorded_by_an_earlier_version_is_read_and_left(world: World, written: str) -> None:
    await push(world, [resource()])
    await push_projects(world, [project()])
    async with world.instances["intake"].database.session(system_actor("test")) as session:
        for table, field in (("resource", "name"), ("library_entry", "project_name")):
            named = {"name": json.dumps(written), "field": field}
            await session.execute(
                text(f"UPDATE {table} SET content = jsonb_set(content, ARRAY[:field], CAST(:name AS jsonb))"), named
            )
        entry = await session.scalar(text("SELECT id FROM library_entry"))
    assert (await world.get("intake", R1, OFFICER))["row"]["name"] == written
    read = await world.call("intake", "GET", f"/v1/library-entries/{entry}", OFFICER, status=200)
    assert read.json()["row"]["project_name"] == written
    left = {"left_on": "2024-02-20", "reason": "项目终止"}
    await world.call("intake", "POST", f"/v1/library-entries/{entry}/leave", OFFICER, left, status=200)
    (announced,) = (await world.events("intake", "intake.library_entry_changed.v1"))[1:]
    assert announced["data"]["row"]["project_name"] == written
    undelivered = "SELECT (SELECT count(*) FROM eligibility.dead_letter) + (SELECT count(*) FROM eligibility.parked)"
    assert await world.database.admin.fetchval(undelivered) == 0
