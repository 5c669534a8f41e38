"""Every field of every event about a declaration, over three rounds (三（一）)."""

from typing import Any

import pytest

from shared.contracts.facts import Component, ProjectFacts
from tests.enumeration import events_of
from tests.intake import full_declaration, sample_declarations
from tests.intake.full_declaration import (
    BUILDING_PART,
    CITY_REASONS,
    DISTRICT_REASONS,
    FACTORY_PART,
    FACTS,
    ROADS,
    Story,
)
from tests.intake.sample_declarations import OFFICER
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

USCC = "91110000600037341L"
ABOUT_REGISTERS = {
    "intake.resource_recorded.v1",
    "intake.library_entry_changed.v1",
    "intake.library_update_answered.v1",
    "intake.municipal_money_registered.v1",
    "intake.municipal_money_withdrawn.v1",
    "intake.district_quarter_submitted.v1",
}
"""Events that tests of registers and of municipal money compare."""
APPLY = [f"applicant-{USCC}", "apply"]
BEFORE_FORWARD = [
    APPLY,
    ["110105-officer-1", "first_review"],
    ["110105-officer-2", "first_review"],
    ["110105-government", "opinion"],
    ["110105-supervisor-1", "forward"],
]
AFTER_RETURN = [*BEFORE_FORWARD, ["city-officer-2", "receipt"], ["110105-supervisor-2", "forward"]]


def hands(*pairs: list[str]) -> list[dict[str, str]]:
    return [{"actor": actor, "duty": duty} for actor, duty in pairs]


def facts(saving: str, **from_procedure: Any) -> dict[str, Any]:
    """Return the facts as an event carries them: absent ones are null."""
    parts = [dict.fromkeys(Component.model_fields) | part for part in (BUILDING_PART, FACTORY_PART, ROADS)]
    known = {"district": "110105", "declared_on": "2024-03-04", "energy_saving_ratio": saving, "components": parts}
    return dict.fromkeys(ProjectFacts.model_fields) | FACTS | known | from_procedure


def project(story: Story, name: str, simulated: list[str]) -> dict[str, Any]:
    return {
        "declaration_id": story.case,
        "declaration_no": "SB-110105-2024-0001",
        "project_name": name,
        "project_code": "2401-110105-04-01-000071",
        "address": "北京市朝阳区示例东路71号",
        "applicant_name": "示例置业有限公司",
        "applicant_uscc": USCC,
        "district": "110105",
        "library_entry_id": story.entry,
        "simulated": simulated,
        "certificates": [],
    }


def expected(story: Story) -> list[tuple[str, dict[str, Any]]]:
    """Return type and own data of every event of the three rounds, in order."""
    first = project(story, "示例片区统筹改造项目", ["loan_bank", "address"])
    corrected = project(story, "示例片区统筹改造项目（修订）", ["address"])
    accepted = {"accepted_on": "2024-03-05"}
    outside, within = {**accepted, "in_reserve_library": False}, {**accepted, "in_reserve_library": True}
    return [
        ("submitted", {"round": 1, "project": first, "facts": facts("0.22"), "submitted_on": "2024-03-04"}),
        (
            "opinion",
            {"position": "disagree", "text": "建设条件尚不成熟。", "given_on": "2024-03-22", "late": True},
        ),
        ("returned", {"round": 1, "reasons": DISTRICT_REASONS, "correct_by": "2024-04-23"}),
        (
            "submitted",
            {"round": 2, "project": corrected, "facts": facts("0.27", **accepted), "submitted_on": "2024-03-27"},
        ),
        ("opinion", {"position": "agree", "text": "同意上报。", "given_on": "2024-04-08", "late": False}),
        (
            "forwarded",
            {
                "round": 2,
                "project": corrected,
                "facts": facts("0.27", **outside),
                "accepted_on": "2024-03-05",
                "first_review_opinion": "第二轮初审通过。",
                "library_exception_reason": "已列入更新计划",
                "hands": hands(*BEFORE_FORWARD),
            },
        ),
        ("returned", {"round": 2, "reasons": CITY_REASONS, "correct_by": "2024-05-10"}),
        (
            "submitted",
            {"round": 3, "project": corrected, "facts": facts("0.27", **accepted), "submitted_on": "2024-04-11"},
        ),
        (
            "forwarded",
            {
                "round": 3,
                "project": corrected,
                "facts": facts("0.27", **within),
                "accepted_on": "2024-03-05",
                "first_review_opinion": "第三轮初审通过。",
                "library_exception_reason": None,
                "hands": hands(*AFTER_RETURN),
            },
        ),
        (
            "received",
            {
                "received_on": "2024-04-17",
                "construction_status": "ready_to_start",
                "hands": hands(*AFTER_RETURN, ["city-officer-1", "receipt"]),
            },
        ),
    ]


def type_of(short: str) -> str:
    return "intake.opinion_given.v1" if short == "opinion" else f"intake.declaration_{short}.v1"


def in_order(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with the hands in a fixed order, as they have none."""
    return data | ({"hands": sorted(data["hands"], key=str)} if "hands" in data else {})


async def test_every_event_of_three_rounds_carries_its_own_day_and_content(world: World) -> None:
    story = await full_declaration.received(world)
    about = {"district": "110105", "applicant_uscc": USCC, "declaration_id": story.case}
    found = [event for event in await world.events("intake") if event["type"] not in ABOUT_REGISTERS]
    wanted = [(type_of(short), in_order(about | own)) for short, own in expected(story)]
    assert [(event["type"], in_order(event["data"])) for event in found] == wanted
    assert {event["subject"] for event in found} == {story.case}
    seen = {event["type"] for event in found} | ABOUT_REGISTERS
    assert seen | set(ENDED) == {event.type for event in events_of("intake")}


ENDED: dict[str, tuple[str, dict[str, Any]]] = {
    "intake.declaration_withdrawn.v1": ("withdraw", {"reason": "调整方案"}),
    "intake.declaration_refused.v1": ("refuse", {"reason": "面积不足", "clauses": ["二（一）1", "二（五）"]}),
}
"""Act and body by event; the event carries the body."""


@pytest.mark.parametrize("type_name", ENDED)
async def test_an_event_that_ends_a_declaration_carries_its_reason(world: World, type_name: str) -> None:
    act, body = ENDED[type_name]
    case = await sample_declarations.submitted(world)
    await world.post("intake", f"/v1/declarations/{case}/{act}", OFFICER if act == "refuse" else world.owner(), body)
    (event,) = await world.events("intake", type_name)
    assert event["data"] == {"district": "110105", "applicant_uscc": USCC, "declaration_id": case} | body
