"""Progress of a declaration: decisions, gaps, reasons of the open return, and what is overdue (三)."""

from datetime import datetime
from typing import Any

import pytest

from services.intake.gauges import GAUGES
from shared.actors import system_actor
from tests.intake import full_declaration, sample_declarations
from tests.intake.full_declaration import CITY_REASONS, DISTRICT_REASONS
from tests.intake.sample_declarations import CITY, OFFICER, RETURN
from tests.intake.test_declaration_answers import ACTS, PEOPLE
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

WHO = {
    "applicant": "项目单位",
    "district_officer": "区发展改革委经办",
    "district_supervisor": "区发展改革委负责人",
    "district_government": "区政府（管委会）",
    "city_officer": "市发展改革委经办",
}
TIMED = (
    *("submitted", "accepted", "opinion_requested", "opinion_given", "returned"),
    *("forwarded", "received", "assessed", "review_passed", "pooled"),
)
"""Stages that wait for somebody by a day."""
UNDERTAKING = {
    "subject": "undertaking",
    "label": "真实性及未获其他市级财政性资金承诺",
    "clause": "四（一）1",
    "how_to_fix": "在系统内阅读承诺书全文后作出承诺；承诺后修改内容须重新承诺",
}
LABELS = {
    "submit_declaration": "提交申报",
    "accept_declaration": "受理",
    "return_declaration": "退回补正",
    "request_opinion": "征求意见",
    "give_opinion": "出具意见",
    "forward_declaration": "上报市发展改革委",
    "receive_declaration": "市级接收",
    "return_declaration_from_city": "市级退回补正",
}
LAST = {"stage": "assessed", "stage_label": "政策比对完成，审查中", "next_step": "市发展改革委作出审查结论"}


async def test_the_progress_lists_every_decision_and_the_reasons_of_the_open_return(world: World) -> None:
    story = await full_declaration.drafted(world)
    path = f"/v1/declarations/{story.case}/progress"

    async def progress() -> dict[str, Any]:
        said: dict[str, Any] = await world.get("intake", path, world.owner())
        return said

    draft = await progress()
    assert ([gap["subject"] for gap in draft["missing"]], draft["open_reasons"]) == (["undertaking"], [])
    await full_declaration.first_round(story)
    first = await progress()
    assert (first["open_reasons"], first["due_on"], first["missing"]) == (DISTRICT_REASONS, "2024-04-23", [])
    await full_declaration.second_round(story)
    second = await progress()
    assert (second["open_reasons"], second["due_on"], second["missing"]) == (CITY_REASONS, "2024-05-10", [])
    await full_declaration.third_round(story)
    said = await progress()
    shown = [each for each in said.pop("decisions") if not each["act"].startswith("learn_")]
    assert shown == [decision(*each) for each in ACTS if each[1] in LABELS]
    empty: dict[str, Any] = {
        "due_on": "2024-05-16",
        "overdue": False,
        "funds_held": False,
        "open_reasons": [],
        "missing": [],
    }
    assert said == LAST | empty | {"declaration_no": "SB-110105-2024-0001", "who": "市发展改革委", "round": 3}


def decision(moment: str, act: str, who: str, number: int, reason: str | None, rest: dict[str, Any]) -> dict[str, Any]:
    """Return the decision that an act of the audit record shows to the applicant."""
    detail = {name: value for name, value in rest.items() if name != "clause"}
    said = {"act": act, "label": LABELS[act], "who": WHO[PEOPLE[who][2]], "round": number, "reason": reason}
    return said | {"at": f"2024-{moment}:00Z", "clause": rest["clause"], "detail": detail}


@pytest.mark.parametrize("stage", ["draft", "returned", "submitted", "forwarded"])
async def test_only_the_applicants_turn_shows_gaps_and_only_a_return_shows_reasons(world: World, stage: str) -> None:
    case = await sample_declarations.submitted(world)
    await world.post("intake", f"/v1/declarations/{case}/return", OFFICER, RETURN)
    await world.database.admin.execute("UPDATE intake.declaration SET stage = $1, undertaken_at = NULL", stage)
    said = await world.get("intake", f"/v1/declarations/{case}/progress", world.owner())
    assert said["missing"] == ([UNDERTAKING] if stage in ("draft", "returned") else [])
    assert said["open_reasons"] == (RETURN["reasons"] if stage == "returned" else [])


@pytest.mark.parametrize(("moment", "overdue"), [("2024-03-29T23:59:59", False), ("2024-03-30T00:00:00", True)])
async def test_a_step_is_overdue_from_midnight_in_beijing(world: World, moment: str, overdue: bool) -> None:
    case = await sample_declarations.submitted(world)
    await sample_declarations.draft(world)
    await world.post("intake", f"/v1/declarations/{case}/return", OFFICER, RETURN)
    world.clock.set(datetime.fromisoformat(f"{moment}+08:00"))
    assert (await world.get("intake", f"/v1/declarations/{case}/progress", CITY))["overdue"] is overdue
    instance = world.instances["intake"]
    async with instance.database.session(system_actor("test")) as session:
        measured = await GAUGES[0].read(session)
    assert measured == {**dict.fromkeys(TIMED, 0.0), "returned": float(overdue)}
