"""Every field of the answers about a declaration that went through three rounds, and of its audit record (三（一）)."""

from typing import Any

import pytest

from shared.contracts.facts import Component, ProjectFacts
from tests.intake import full_declaration
from tests.intake.full_declaration import (
    BUILDING_PART,
    CITY_REASONS,
    DISTRICT_REASONS,
    FACTORY_PART,
    FACTS,
    FINDINGS,
    MATERIALS,
    ROADS,
    Story,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

USCC = "91110000600037341L"
NEW_NAME = "示例片区统筹改造项目（修订）"
APPLICANT = (f"applicant-{USCC}", "示例置业有限公司申报人", "applicant")
PEOPLE = {
    "applicant": APPLICANT,
    "officer 1": ("110105-officer-1", "朝阳区经办甲（示例）", "district_officer"),
    "officer 2": ("110105-officer-2", "朝阳区经办乙（示例）", "district_officer"),
    "supervisor 1": ("110105-supervisor-1", "朝阳区负责人甲（示例）", "district_supervisor"),
    "supervisor 2": ("110105-supervisor-2", "朝阳区负责人乙（示例）", "district_supervisor"),
    "government": ("110105-government", "朝阳区政府办（示例）", "district_government"),
    "city 1": ("city-officer-1", "市级经办甲（示例）", "city_officer"),
    "city 2": ("city-officer-2", "市级经办乙（示例）", "city_officer"),
}
CLAUSE = {"clause": "三（一）"}
VOW = {"clause": "四（一）1", "version": "2023-1"}
ACTS: list[tuple[str, str, str, int, str | None, dict[str, Any]]] = [
    ("03-01T02:00", "create_declaration", "applicant", 0, None, {}),
    ("03-01T03:30", "undertake", "applicant", 0, None, VOW),
    ("03-04T03:30", "submit_declaration", "applicant", 1, None, CLAUSE),
    ("03-05T03:30", "accept_declaration", "officer 1", 1, None, CLAUSE),
    ("03-06T03:30", "review_declaration", "officer 1", 1, None, {"outcomes": FINDINGS[1]}),
    ("03-07T03:30", "request_opinion", "officer 2", 1, None, CLAUSE | {"due_on": "2024-03-19"}),
    (
        "03-22T03:30",
        "give_opinion",
        "government",
        1,
        "建设条件尚不成熟。",
        CLAUSE | {"position": "disagree", "late": True},
    ),
    ("03-25T03:30", "return_declaration", "officer 1", 1, None, CLAUSE),
    ("03-26T03:30", "edit_declaration", "applicant", 1, None, {"changed": ["facts", "project_name", "simulated"]}),
    ("03-26T03:30", "undertake", "applicant", 1, None, VOW),
    ("03-27T03:30", "submit_declaration", "applicant", 2, None, CLAUSE),
    ("04-01T03:30", "accept_declaration", "officer 2", 2, None, CLAUSE),
    ("04-02T03:30", "review_declaration", "officer 2", 2, None, {"outcomes": FINDINGS[2]}),
    ("04-03T03:30", "request_opinion", "officer 1", 2, None, CLAUSE | {"due_on": "2024-04-16"}),
    ("04-08T03:30", "give_opinion", "government", 2, "同意上报。", CLAUSE | {"position": "agree", "late": False}),
    (
        "04-09T03:30",
        "forward_declaration",
        "supervisor 1",
        2,
        "第二轮初审通过。",
        CLAUSE | {"in_reserve_library": False, "library_exception_reason": "已列入更新计划"},
    ),
    ("04-10T03:30", "return_declaration_from_city", "city 2", 2, None, CLAUSE),
    ("04-11T03:30", "undertake", "applicant", 2, None, VOW),
    ("04-11T03:30", "submit_declaration", "applicant", 3, None, CLAUSE),
    ("04-12T03:30", "accept_declaration", "officer 1", 3, None, CLAUSE),
    ("04-15T03:30", "review_declaration", "officer 1", 3, None, {"outcomes": FINDINGS[3]}),
    (
        "04-16T03:30",
        "forward_declaration",
        "supervisor 2",
        3,
        "第三轮初审通过。",
        CLAUSE | {"in_reserve_library": True, "library_exception_reason": None},
    ),
    (
        "04-17T03:30",
        "receive_declaration",
        "city 1",
        3,
        "现场照片与许可一致",
        {"clause": "三（一）、二（五）", "construction_status": "ready_to_start"},
    ),
]
"""Time in UTC, act, actor, round, reason and the rest of the detail of every act but uploads and learned events."""
STATES: list[tuple[str, str, int, str | None, list[str | None]]] = [
    ("submit", "submitted", 1, "2024-03-20", ["2024-03-04", None, None, None]),
    ("accept", "accepted", 1, "2024-03-21", ["2024-03-04", "2024-03-05", None, None]),
    ("request-opinion", "opinion_requested", 1, "2024-03-19", ["2024-03-04", "2024-03-05", None, None]),
    ("return", "returned", 1, "2024-04-23", ["2024-03-04", "2024-03-05", None, None]),
    ("submit", "submitted", 2, "2024-04-15", ["2024-03-27", "2024-03-05", None, None]),
    ("accept", "accepted", 2, "2024-04-18", ["2024-03-27", "2024-03-05", None, None]),
    ("request-opinion", "opinion_requested", 2, "2024-04-16", ["2024-03-27", "2024-03-05", None, None]),
    ("forward", "forwarded", 2, "2024-04-16", ["2024-03-27", "2024-03-05", "2024-04-09", None]),
    ("city-return", "returned", 2, "2024-05-10", ["2024-03-27", "2024-03-05", "2024-04-09", None]),
    ("submit", "submitted", 3, "2024-04-28", ["2024-04-11", "2024-03-05", "2024-04-09", None]),
    ("accept", "accepted", 3, "2024-04-29", ["2024-04-11", "2024-03-05", "2024-04-09", None]),
    ("forward", "forwarded", 3, "2024-04-23", ["2024-04-11", "2024-03-05", "2024-04-16", None]),
    ("receive", "assessed", 3, "2024-05-16", ["2024-04-11", "2024-03-05", "2024-04-16", "2024-04-17"]),
]
"""Act, stage after it, round, last day of the next step, and days of submission, acceptance, report and receipt.

Last days: 12 working days for a first review, 8 for an opinion, 20 for a correction, 5 for the city's receipt and 20
for its review; 7, 28 April and 11 May 2024 are working days of a weekend, 4 to 6 April and 1 to 5 May are holidays.
"""


async def test_every_act_is_on_record_and_every_stage_has_its_days(world: World) -> None:
    story = await full_declaration.received(world)
    listed = (await world.get("intake", f"/v1/acts/{story.case}?limit=200", "auditor-1"))["items"]
    own = [act for act in listed if act["act"] not in ("upload_material", "learn_assessment")]
    assert [without(act, "id") for act in own] == [recorded(story.case, *each) for each in ACTS]
    days = ("submitted_on", "accepted_on", "forwarded_on", "received_on")
    assert [
        (name, said["stage"], said["round"], said["due_on"], [said[day] for day in days])
        for name, said in story.answers
        if name != "opinion"
    ] == STATES


def recorded(case: str, at: str, name: str, who: str, number: int, reason: str | None, rest: Any) -> dict[str, Any]:
    actor, actor_name, role = PEOPLE[who]
    return {
        "case_id": case,
        "act": name,
        "actor": actor,
        "actor_name": actor_name,
        "role": role,
        "district": "110105",
        "applicant_uscc": USCC,
        "at": f"2024-{at}:00Z",
        "reason": reason,
        "detail": {"round": number} | rest,
    }


def without(said: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in names}


STATED = {
    "project_name": NEW_NAME,
    "project_code": "2401-110105-04-01-000071",
    "address": "北京市朝阳区示例东路71号",
    "applicant_name": "示例置业有限公司",
    "operation_mode": "joint",
    "loan_bank": "示例银行朝阳支行",
    "loan_amount_yuan": "160000000.53",
    "loan_term_months": 96,
    "loan_annual_rate": "0.031500",
}
PARTS = [dict.fromkeys(Component.model_fields) | part for part in (BUILDING_PART, FACTORY_PART, ROADS)]
SAID = dict.fromkeys(ProjectFacts.model_fields) | FACTS | {"components": PARTS, "energy_saving_ratio": "0.27"}
LAST_OF_APPLICANT = [kind for kind in MATERIALS if kind != "business_licence"] + ["business_licence"]
OF_OFFICIALS = ["government_opinion", "request_letter", "first_review_opinion"]


async def test_the_reads_of_a_declaration_show_its_last_round_beside_earlier_ones(world: World) -> None:
    story = await full_declaration.received(world)
    path = f"/v1/declarations/{story.case}"
    declaration = await world.get("intake", path, "auditor-1")
    assert without(declaration, "version") == current(story)
    assert (await world.get("intake", "/v1/declarations", "auditor-1"))["items"] == [declaration]
    rounds = (await world.get("intake", f"{path}/rounds", "auditor-1"))["items"]
    assert [without(each, "materials", "changes") for each in rounds] == filed(story)
    kinds = [[material["kind"] for material in each["materials"]] for each in rounds]
    assert kinds == [list(MATERIALS), LAST_OF_APPLICANT, LAST_OF_APPLICANT + OF_OFFICIALS]
    materials = (await world.get("intake", f"{path}/materials?history=true", "auditor-1"))["items"]
    by_id = {each["id"]: each for each in materials}
    for material in rounds[1]["materials"] + rounds[2]["materials"]:
        assert material == {name: by_id[material["id"]][name] for name in material}
    old, new = [each for each in materials if each["kind"] == "business_licence"]
    check_materials(old, new, by_id[story.opinion_document])
    files = [("government_opinion", by_id[story.opinion_document])]
    files += [(kind, next(each for each in materials if each["kind"] == kind)) for kind in OF_OFFICIALS[1:]]
    assert [each["changes"] for each in rounds] == [
        [],
        [
            {"pointer": "/project_name", "before": "示例片区统筹改造项目", "after": NEW_NAME},
            {"pointer": "/facts/energy_saving_ratio", "before": "0.22", "after": "0.27"},
            {"pointer": "/materials/business_licence/0", "before": old["sha256"], "after": new["sha256"]},
        ],
        [{"pointer": f"/materials/{kind}", "before": None, "after": [each["sha256"]]} for kind, each in files],
    ]


def current(story: Story) -> dict[str, Any]:
    return STATED | {
        "id": story.case,
        "declaration_no": "SB-110105-2024-0001",
        "stage": "assessed",
        "stage_label": "政策比对完成，审查中",
        "round": 3,
        "district": "110105",
        "applicant_uscc": USCC,
        "project_type": "area_package",
        "library_entry_id": story.entry,
        "facts": SAID,
        "simulated": ["address"],
        "undertaking_version": "2023-1",
        "undertaken_at": "2024-04-11T03:30:00Z",
        "submitted_on": "2024-04-11",
        "accepted_on": "2024-03-05",
        "forwarded_on": "2024-04-16",
        "received_on": "2024-04-17",
        "due_on": "2024-05-16",
        "funds_held": False,
        "created_at": "2024-03-01T02:00:00Z",
        "updated_at": "2024-04-17T03:30:00Z",
        "remedy": None,
    }


def filed(story: Story) -> list[dict[str, Any]]:
    """Return the three rounds without their files and changes."""
    vowed = ("03-01", "03-26", "04-11")
    submitted = ("03-04", "03-27", "04-11")
    stated = STATED | {"library_entry_id": story.entry}
    return [
        {
            "round": number,
            "authoritative": number == 3,
            "submitted_at": f"2024-{submitted[number - 1]}T03:30:00Z",
            "stated": stated | ({"project_name": "示例片区统筹改造项目"} if number == 1 else {}),
            "facts": SAID | ({"energy_saving_ratio": "0.22"} if number == 1 else {}),
            "simulated": ["loan_bank", "address"] if number == 1 else ["address"],
            "undertaking": {"version": "2023-1", "by": APPLICANT[0], "at": f"2024-{vowed[number - 1]}T03:30:00Z"},
            "warnings": [],
        }
        for number in (1, 2, 3)
    ]


def check_materials(old: Any, new: Any, document: Any) -> None:
    """Compare a replaced file, the one in its place, and the government's document."""
    of_round = ("round", "uploaded_role", "uploaded_at", "replaces", "removed_at", "size_bytes", "filename")
    assert [[each[name] for name in of_round] for each in (old, new, document)] == [
        [0, "applicant", "2024-03-01T02:00:00Z", None, "2024-03-26T03:30:00Z", 11, "business_licence.pdf"],
        [1, "applicant", "2024-03-26T03:30:00Z", old["id"], None, 12, "新照.pdf"],
        [2, "district_government", "2024-04-03T03:30:00Z", None, None, 16, "意见.pdf"],
    ]


async def test_the_reads_of_review_opinion_and_returns_show_their_rounds(world: World) -> None:
    story = await full_declaration.received(world)
    path = f"/v1/declarations/{story.case}"
    assert (await world.get("intake", f"{path}/corrections", "auditor-1"))["items"] == [
        {
            "round": 1,
            "by_city": False,
            "reasons": DISTRICT_REASONS,
            "correct_by": "2024-04-23",
            "days_left": None,
            "returned_at": "2024-03-25T03:30:00Z",
        },
        {
            "round": 2,
            "by_city": True,
            "reasons": CITY_REASONS,
            "correct_by": "2024-05-10",
            "days_left": None,
            "returned_at": "2024-04-10T03:30:00Z",
        },
    ]
    assert await world.get("intake", f"{path}/opinion", "auditor-1") == {
        "round": 2,
        "requested_on": "2024-04-03",
        "due_on": "2024-04-16",
        "position": "agree",
        "text": "同意上报。",
        "material_id": story.opinion_document,
        "given_on": "2024-04-08",
        "late": False,
        "overdue": False,
    }
    own = {"outcome": "pass", "note": "备注3", "round": 3, "found_by": "110105-officer-1"}
    assert (await world.get("intake", f"{path}/first-review", "auditor-1"))["items"] == [
        {"thing": thing, "evidence": f"第3轮核对{thing}", **own} for thing in FINDINGS[3]
    ]
