"""Each condition of the report to the city and of the receipt alone, and refusals on record (三（一）, 四（一）2)."""

from typing import Any

import pytest

from tests.intake import sample_declarations
from tests.intake.sample_declarations import BUILDING, CITY, DRAFT, FORWARD, RECEIPT, SUPERVISOR
from tests.intake.sample_rows import FENGTAI, project, push, push_projects, resource
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

FINDINGS = {
    "truthfulness": "真实性初审",
    "compliance": "合规性初审",
    "construction_conditions": "建设条件初审",
    "declaration_conditions": "申报条件初审",
    "materials": "申报材料初审",
}
REMOVE = "UPDATE intake.material SET removed_at = now() WHERE kind = "
RESTORE = "UPDATE intake.material SET removed_at = NULL WHERE kind = "
BREACHES: dict[str, tuple[str, str, list[tuple[str, str, str]]]] = {
    **{
        f"{thing} {outcome}": (
            f"UPDATE intake.review_finding SET outcome = '{outcome}' WHERE thing = '{thing}'",
            f"UPDATE intake.review_finding SET outcome = 'pass' WHERE thing = '{thing}'",
            [(f"/first-review/{thing}", label, "三（一）")],
        )
        for (thing, label), outcome in zip(
            FINDINGS.items(), ("fail", "correct", "fail", "correct", "fail"), strict=True
        )
    },
    "no finding": (
        "UPDATE intake.review_finding SET round = 0 WHERE thing = 'compliance'",
        "UPDATE intake.review_finding SET round = 1 WHERE thing = 'compliance'",
        [("/first-review/compliance", "合规性初审", "三（一）")],
    ),
    "no opinion": (
        "UPDATE intake.opinion SET position = NULL, given_at = NULL",
        "UPDATE intake.opinion SET position = 'agree', given_at = now()",
        [
            ("/opinion", "区政府（管委会）意见：尚无有效意见", "三（一）"),
        ],
    ),
    "disagreement": (
        "UPDATE intake.opinion SET position = 'disagree'",
        "UPDATE intake.opinion SET position = 'agree'",
        [("/opinion", "区政府（管委会）意见：区政府（管委会）不同意", "三（一）")],
    ),
    "no letter": (
        REMOVE + "'request_letter'",
        RESTORE + "'request_letter'",
        [("request_letter", "申请资金支持的请示", "三（一）")],
    ),
    "no review opinion": (
        REMOVE + "'first_review_opinion'",
        RESTORE + "'first_review_opinion'",
        [("first_review_opinion", "初审意见", "三（一）")],
    ),
    "no credit report": (
        REMOVE + "'credit_report'",
        RESTORE + "'credit_report'",
        [("credit_report", "信用报告", "四（一）3")],
    ),
    "no undertaking": (
        "UPDATE intake.declaration SET undertaken_at = NULL",
        "UPDATE intake.declaration SET undertaken_at = now()",
        [("undertaking", "真实性及未获其他市级财政性资金承诺", "四（一）1")],
    ),
}
"""A breach, its remedy, and the gaps that it makes: subject, label and clause."""


async def entry(world: World, **changed: Any) -> str:
    """Return the id of the applicant's project in the reserve library."""
    await push(world, [resource()])
    made: str = (await push_projects(world, [project(**changed)]))["rows"][0]["id"]
    return made


async def refused(world: World, case: str, body: Any, who: str = SUPERVISOR, act: str = "forward") -> dict[str, Any]:
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/{act}", who, body)
    assert answer.status_code == 409, answer.text
    return dict(answer.json())


async def test_each_condition_alone_prevents_the_report(world: World) -> None:
    case = await sample_declarations.reviewed(world, library_entry_id=await entry(world))
    found = {}
    for name, (breach, remedy, _) in BREACHES.items():
        await world.database.admin.execute(breach)
        missing = (await refused(world, case, {"opinion": "可以"}))["missing"]
        found[name] = [(gap["subject"], gap["label"], gap["clause"]) for gap in missing]
        await world.database.admin.execute(remedy)
    assert found == {name: gaps for name, (_, _, gaps) in BREACHES.items()}
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, {"opinion": "可以"})
    acts = (await world.get("intake", f"/v1/acts/{case}?act=forward_declaration_refused", "auditor-1"))["items"]
    assert len(acts) == len(BREACHES)


NO_REASON = ("/body/library_exception_reason", "未纳入储备库的理由", "四（一）2")
BLOCKED = ("/library_entry_id", "纳入储备库", "四（一）2")
NOT_IN_LIBRARY = {
    "not linked": "UPDATE intake.declaration SET library_entry_id = NULL",
    "left": """UPDATE intake.library_entry SET content = content || '{"left_on": "2024-02-28"}'""",
    "another district": f"UPDATE intake.library_entry SET district = '{FENGTAI}'",
}


@pytest.mark.clause("四（一）2")
@pytest.mark.parametrize("why", NOT_IN_LIBRARY)
async def test_a_project_outside_the_library_needs_a_reason_or_is_blocked(world: World, why: str) -> None:
    case = await sample_declarations.reviewed(world, library_entry_id=await entry(world))
    await world.database.admin.execute(NOT_IN_LIBRARY[why])
    settings = world.instances["intake"].settings.interpretations
    for reading, body, gap in (("warn", {"opinion": "可以"}, NO_REASON), ("block", FORWARD, BLOCKED)):
        settings["reserve_library_missing"] = reading
        missing = (await refused(world, case, body))["missing"]
        assert [(each["subject"], each["label"], each["clause"]) for each in missing] == [gap]
    settings["reserve_library_missing"] = "warn"
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)
    (event,) = await world.events("intake", "intake.declaration_forwarded.v1")
    assert event["data"]["facts"]["in_reserve_library"] is False
    assert event["data"]["library_exception_reason"] == FORWARD["library_exception_reason"]


@pytest.mark.clause("二（五）")
@pytest.mark.parametrize(
    ("reading", "submits", "receives"),
    [
        ("all_three", False, False),
        ("declaration", False, True),
        ("city_receipt", True, False),
        ("plan_issue", True, True),
    ],
)
async def test_completion_is_checked_where_the_reading_says(
    world: World, reading: str, submits: bool, receives: bool
) -> None:
    world.instances["intake"].settings.interpretations["completed_check"] = reading
    case = await sample_declarations.ready(world, facts=BUILDING | {"construction_status": "completed"})
    path = f"/v1/declarations/{case}"
    answer = await world.call("intake", "POST", f"{path}/submit", world.owner())
    assert answer.status_code == (200 if submits else 409)
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'forwarded', round = 1")
    body = RECEIPT | {"construction_status": "completed"}
    answer = await world.call("intake", "POST", f"{path}/receive", CITY, body)
    assert answer.status_code == (200 if receives else 409)
    if not receives:
        assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (
            "project_completed",
            "/body/construction_status",
        )
    refusals = (await world.get("intake", f"/v1/acts/{case}", "auditor-1"))["items"]
    names = [act["act"] for act in refusals if act["act"].endswith("_refused")]
    assert names == ["submit_declaration_refused"] * (not submits) + ["receive_declaration_refused"] * (not receives)


async def test_a_refusal_is_on_record_with_its_reason_and_round(world: World) -> None:
    case = await sample_declarations.accepted(world)
    body = await refused(world, case, {"opinion": "可以"})
    (act,) = (await world.get("intake", f"/v1/acts/{case}?act=forward_declaration_refused", "auditor-1"))["items"]
    assert {name: act[name] for name in ("actor", "role", "reason", "detail", "district", "applicant_uscc")} == {
        "actor": SUPERVISOR,
        "role": "district_supervisor",
        "reason": body["detail"],
        "detail": {"round": 1, "code": "not_forwardable"},
        "district": "110105",
        "applicant_uscc": DRAFT["applicant_uscc"],
    }
    assert body["detail"].startswith("还缺 9 项：真实性初审、合规性初审、")


@pytest.mark.parametrize("grade", ["A", "B", "C", "D"])
@pytest.mark.clause("四（一）3")
async def test_only_the_grade_d_bars(world: World, grade: str) -> None:
    case = await sample_declarations.ready(world)
    insert = "INSERT INTO intake.entity_credit VALUES ($1, '110000', 'x', $2, '2024-02-29')"
    await world.database.admin.execute(insert, DRAFT["applicant_uscc"], grade)
    await world.database.admin.execute(insert, "91110105MA0000007L", "D")
    answer = await world.call("intake", "POST", f"/v1/declarations/{case}/submit", world.owner())
    if grade != "D":
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (409, "credit_grade_d", "四（一）3")
    assert "2024-02-29" in answer.json()["detail"]
