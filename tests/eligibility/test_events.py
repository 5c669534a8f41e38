"""Every field of every event of eligibility, compared with the case that it tells of. 二, 三（二）"""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.eligibility.fixtures import act, facts, read_case
from tests.eligibility.telling_case import (
    DISTRICT,
    OWNER,
    RECOGNISED,
    SETTLED,
    confirm,
    in_pool,
    judged,
    open_case,
    project_of,
)
from tests.world import World

pytestmark = pytest.mark.clause("二", "三（二）")
SETTLED_IN_EVENT = {name: value for name, value in SETTLED.items() if name != "evidence"}
MISSING = [
    {
        "field": "surroundings_coordinated",
        "label": "与周边环境协同、补齐公共服务短板",
        "who": "district",
        "clause": "二（二）3",
    }
]


def identity(declaration_id: UUID) -> dict[str, Any]:
    return {"declaration_id": str(declaration_id), "district": DISTRICT, "applicant_uscc": OWNER}


async def told_of(world: World, declaration_id: UUID) -> list[dict[str, Any]]:
    """Return the events about a case; duties, which have no order, are sorted."""
    events = [event for event in await world.events("eligibility") if event["subject"] == str(declaration_id)]
    for event in events:
        if "hands" in event["data"]:
            event["data"]["hands"].sort(key=lambda hand: str(hand["actor"]))
    return events


def hands(**duties: str) -> list[dict[str, str]]:
    """Return the duties of the officers, by actor."""
    named = {name.replace("_", "-"): duty for name, duty in duties.items()} | {"110106-officer-1": "first_review"}
    return [{"actor": actor, "duty": named[actor]} for actor in sorted(named)]


async def test_each_event_on_the_way_to_the_pool_tells_of_its_act(world: World) -> None:
    declaration_id = await in_pool(world)
    ruleset = (await read_case(world, declaration_id))["current"]["ruleset"]
    records = (await world.get("eligibility", f"/v1/assessments/{declaration_id}/records", "city-officer-1"))["items"]
    events = await told_of(world, declaration_id)
    assert [(event["type"].split(".")[1], event["actor"], event["time"][:10]) for event in events] == [
        ("declaration_assessed", "service:eligibility", "2024-03-01"),
        ("declaration_assessed", "service:eligibility", "2024-03-04"),
        ("finding_settled", "city-officer-1", "2024-03-05"),
        ("declaration_assessed", "city-officer-1", "2024-03-05"),
        ("review_passed", "city-officer-2", "2024-03-06"),
        ("pool_entered", "city-supervisor-1", "2024-03-08"),
    ]
    opened, received, settled, assessed, passed, entered = (event["data"] for event in events)
    by_which = f"依据 京发改规〔2023〕12号（规则集 {ruleset[:16]}）：申报条件 = "
    waiting = {
        **identity(declaration_id), "decision": "undetermined", "as_of": "2024-02-05", "edition": "2023",
        "ruleset": ruleset, "unmet": [], "open": ["二（二）3"], "needs_reason": ["四（一）2"], "missing": MISSING,
        "summary": by_which + f"待定　还需提供：{MISSING[0]['label']}。待定：二（二）3。须说明理由：四（一）2",
    }  # fmt: skip
    assert opened == {**waiting, "assessment_id": records[0]["assessment_id"]}
    assert received == {**waiting, "assessment_id": records[1]["assessment_id"]}
    assert settled == {
        **identity(declaration_id), **SETTLED_IN_EVENT, "clause": "二（二）3", "settled_by": "city-officer-1",
    }  # fmt: skip
    assert assessed == {
        **waiting, "assessment_id": records[2]["assessment_id"], "decision": "eligible", "open": [], "missing": [],
        "summary": by_which + "符合，须说明理由。须说明理由：四（一）2",
    }  # fmt: skip
    officers = {"city_officer_5": "receipt", "city_officer_1": "settle", "city_officer_2": "conclude"}
    assert passed == {
        **identity(declaration_id), "project": project_of(declaration_id), "ruleset": ruleset, "as_of": "2024-02-05",
        "hands": hands(**officers),
    }  # fmt: skip
    # 30·90 + 20·81 + 20·72 + 15·63 + 15·54 = 7515: 75.15 and three points less make 73.65 on average
    assert entered == {
        **identity(declaration_id), "project": project_of(declaration_id), "ruleset": ruleset, "as_of": "2024-02-05",
        "facts": judged(construction_status="under_construction"), "components": [RECOGNISED],
        "score": "73.65", "rank": 1, "entered_on": "2024-03-08",
        "hands": hands(
            **officers, city_officer_3="score", city_officer_4="score", city_supervisor_1="enter_pool"
        ),
    }  # fmt: skip


async def test_a_settlement_against_the_project_is_announced_as_such(world: World) -> None:
    declaration_id = await open_case(world)
    await act(world, declaration_id, "settle", "city-officer-1", {**SETTLED, "holds": False, "evidence": None})
    _, settled, assessed = (event["data"] for event in await told_of(world, declaration_id))
    assert (settled["holds"], settled["reason"]) == (False, "已补足公共空间")
    assert (assessed["decision"], assessed["unmet"], assessed["open"], assessed["missing"]) == (
        "ineligible", ["二（二）3"], [], [],
    )  # fmt: skip


async def test_a_rejection_names_the_clauses_that_the_officer_chose(world: World) -> None:
    worse = facts(accepted_on="2024-02-05", other_municipal_funds=True, title_clear=False, district=DISTRICT)
    declaration_id = await open_case(world, facts=worse)
    body = {"outcome": "reject", "reason": "产权不清", "clauses": ["二（二）"]}
    await act(world, declaration_id, "conclude", "city-officer-2", body)
    assessed, rejected = await told_of(world, declaration_id)
    assert assessed["data"]["unmet"] == ["二（二）", "二（五）"]
    assert (rejected["type"], rejected["actor"]) == ("eligibility.review_rejected.v1", "city-officer-2")
    assert rejected["data"] == {**identity(declaration_id), "clauses": ["二（二）"], "reason": "产权不清"}


async def test_a_refused_entry_to_the_pool_is_announced_with_its_clause(world: World) -> None:
    declaration_id = await open_case(world, facts=facts(accepted_on="2024-02-05", district=DISTRICT))
    await confirm(world, declaration_id)
    await act(world, declaration_id, "conclude", "city-officer-2", {"outcome": "pass", "reason": "同意"})
    await act(world, declaration_id, "keep-out", "city-supervisor-1", {"reason": "年度安排已满"}, 204)
    rejected = (await told_of(world, declaration_id))[-1]
    assert (rejected["type"], rejected["actor"]) == ("eligibility.review_rejected.v1", "city-supervisor-1")
    assert rejected["data"] == {**identity(declaration_id), "clauses": ["三（二）"], "reason": "年度安排已满"}
    kept_out = (await world.get("eligibility", f"/v1/acts/{declaration_id}?act=keep_out", "110106-officer-1"))["items"]
    assert [(one["actor"], one["reason"], one["detail"]) for one in kept_out] == [
        ("city-supervisor-1", "年度安排已满", {})
    ]
    case = await read_case(world, declaration_id)
    assert (case["stage"], case["conclusion_reason"], case["concluded_on"]) == (
        "kept_out",
        "年度安排已满",
        "2024-03-01",
    )


async def test_a_case_without_an_edition_is_announced_without_a_rule_set(world: World) -> None:
    declaration_id = await open_case(world, facts=facts(), accepted_on=date(2023, 7, 15))
    (assessed,) = (event["data"] for event in await told_of(world, declaration_id))
    detail = "2023-07-15 没有施行的政策版本，须人工选定适用版本"
    assert {name: value for name, value in assessed.items() if name != "assessment_id"} == {
        **identity(declaration_id), "decision": "undetermined", "as_of": "2023-07-15", "edition": "", "ruleset": "",
        "unmet": [], "open": ["二"], "needs_reason": [], "summary": f"待定：{detail}",
        "missing": [{
            "field": "edition", "who": "city", "clause": "二",
            "label": "适用的政策版本（由市发展改革委负责人选定并说明理由）",
        }],
    }  # fmt: skip
