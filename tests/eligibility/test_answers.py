"""Every field of the answers about a case on its way to the pool, and of the records of its acts. 二, 三（二）"""

from typing import Any

import pytest

from shared.policy import interpretations
from shared.policy.decision import ENGINE
from tests.eligibility.fixtures import case_path
from tests.eligibility.telling_case import (
    DISTRICT,
    INVESTMENT,
    OWNER,
    PROJECT,
    RECOGNISED,
    SETTLED,
    in_pool,
    sheet,
    told,
)
from tests.world import World

pytestmark = pytest.mark.clause("二", "三（二）")
AT = {day: f"2024-03-0{day}T01:00:00Z" for day in range(4, 9)}
CRITERIA = [
    ("industry", "产业导入与功能定位", "30"), ("green", "节能绿色化水平", "20"), ("readiness", "建设条件与进度", "20"),
    ("investment", "投资合理性", "15"), ("surroundings", "周边协同与公共服务", "15"),
]  # fmt: skip
SETTLEMENT = {
    "number": 1, "rule": "surroundings", "clause": "二（二）3", "holds": True, "reason": "已补足公共空间",
    "evidence": "踏勘记录", "settled_by": "city-officer-1", "settled_by_name": "市级经办甲（示例）",
    "settled_at": AT[5],
}  # fmt: skip
EXCLUDED = [{"kind": "rent", "amount_yuan": "1000.03", "label": "租金"}]


HANDLERS = ("made_by", "settled_by", "settled_by_name", "recognised_by", "recognised_by_name")


def without_handlers(value: Any) -> Any:
    """Return an answer as an owner gets it."""
    if isinstance(value, list):
        return [without_handlers(each) for each in value]
    if isinstance(value, dict):
        return {name: None if name in HANDLERS else without_handlers(each) for name, each in value.items()}
    return value


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


async def test_each_answer_about_a_case_shows_its_own_fields(world: World) -> None:
    declaration_id = await in_pool(world)
    read = {
        name: await world.get("eligibility", case_path(declaration_id, name), "city-officer-3")
        for name in ("", "records", "scores", "investment", "replay?number=1")
    }
    for name in ("", "records", "investment", "replay?number=1"):
        for who in ("110106-officer-1", "auditor-1"):
            assert await world.get("eligibility", case_path(declaration_id, name), who) == read[name], (who, name)
        told = await world.get("eligibility", case_path(declaration_id, name), world.owner(OWNER))
        assert told == without_handlers(read[name]), name
    the_case_as_it_stands(read[""], str(declaration_id))
    each_record(read["records"]["items"], read[""]["current"]["ruleset"])
    the_panel(read["scores"])
    assert read["investment"] == {
        "number": 1, "components": [{**RECOGNISED, "excluded": EXCLUDED, "reason": "剔除租金并核减"}],
        "declared_total_yuan": "300000000.01", "assessed_total_yuan": "250000000.02", "opinion": "审定意见",
        "readings": {"investment_base": "assessed", "excluded_costs": "exclude_purchase_rent_land"},
        "recognised_by": "city-officer-4", "recognised_by_name": "市级经办丁（示例）", "recognised_at": AT[6],
    }  # fmt: skip
    assert read["replay?number=1"] == {
        "assessment_id": read["records"]["items"][0]["assessment_id"], "number": 1, "equal": True, "differs_in": [],
        "ruleset": read[""]["current"]["ruleset"], "engine_then": ENGINE, "engine_now": ENGINE,
    }  # fmt: skip
    (entry,) = (await world.get("eligibility", "/v1/pool?year=2024", "110106-officer-1"))["items"]
    assert entry == {
        "declaration_id": str(declaration_id), "declaration_no": "申报-2024-017", "project_name": "示例楼宇改造项目",
        "applicant_name": "示例置业有限公司", "applicant_uscc": OWNER, "district": DISTRICT, "year": 2024, "rank": 1,
        "score": "73.65", "declared_investment_yuan": "300000000.01", "assessed_investment_yuan": "250000000.02",
        "entered_on": "2024-03-08",
    }  # fmt: skip
    each_act((await world.get("eligibility", f"/v1/acts/{declaration_id}", "city-officer-3"))["items"])


def the_case_as_it_stands(case: dict[str, Any], key: str) -> None:
    assert without(case, "current", "version") == {
        **{name: PROJECT[name] for name in ("declaration_no", "project_name", "applicant_name", "applicant_uscc")},
        "declaration_id": key, "district": DISTRICT, "round": 2, "accepted_on": "2024-02-05", "stage": "in_pool",
        "stage_label": "已入库", "decision": "eligible", "received_on": "2024-03-04", "concluded_on": "2024-03-06",
        "construction_status": "under_construction", "library_exception_reason": "区政府已同意补录",
        "chosen_edition": None, "conclusion_reason": "同意", "exceptions": {"四（一）2": "区政府已同意补录"},
        "remedy": None,
    }  # fmt: skip
    findings = {finding["rule"]: finding for finding in case["current"]["findings"]}
    assert {rule: finding["settlement"] for rule, finding in findings.items() if finding["settlement"]} == {
        "surroundings": SETTLEMENT
    }
    assert without(findings["surroundings"], "settlement") == {
        "rule": "surroundings", "clause": "二（二）3", "label": "与周边环境协同、补齐短板", "strength": "must",
        "outcome": None, "applies": True, "effective": True, "value": None, "threshold": None,
        "sentence": findings["surroundings"]["sentence"], "needs": ["surroundings_coordinated"],
    }  # fmt: skip
    assert findings["surroundings"]["sentence"].endswith("；人工认定：符合")
    area = findings["building_renovated_area"]
    assert (area["outcome"], area["effective"], area["value"], area["threshold"]) == (True, True, "26000", "20000")


def each_record(records: list[dict[str, Any]], ruleset: str) -> None:
    kept = [
        {name: record[name] for name in ("number", "round", "occasion", "occasion_label", "made_by", "made_at")}
        for record in records
    ]
    row = ("number", "round", "occasion", "occasion_label", "made_by", "made_at")
    assert kept == [
        dict(zip(row, values, strict=True))
        for values in (
            (1, 2, "forwarded", "区级上报", "service:eligibility", "2024-03-01T02:00:00Z"),
            (2, 2, "received", "市级接收", "service:eligibility", AT[4]),
            (3, 2, "settled", "人工认定", "city-officer-1", AT[5]),
        )
    ]
    for record, status, decision in zip(
        records, ("ready_to_start", "under_construction", "under_construction"), ("undetermined",) * 2 + ("eligible",),
        strict=True,
    ):  # fmt: skip
        missing = [] if decision == "eligible" else [{
            "field": "surroundings_coordinated", "label": "与周边环境协同、补齐公共服务短板", "who": "district",
            "who_label": "区发展改革委", "clause": "二（二）3",
        }]  # fmt: skip
        assert without(record, *row, "assessment_id", "findings", "summary", "amounts", "facts") == {
            "decision": decision, "answer": "eligible_with_reason" if decision == "eligible" else "undetermined",
            "answer_label": "符合，须说明理由" if decision == "eligible" else "待定",
            "as_of": "2024-02-05", "as_of_kind": "district_acceptance", "edition": "2023",
            "doc_no": "京发改规〔2023〕12号", "ruleset": ruleset, "engine": ENGINE, "unmet": [],
            "open": [] if decision == "eligible" else ["二（二）3"], "needs_reason": ["四（一）2"],
            "missing": missing, "interpretations": interpretations(), "tenants": [], "tenant_remarks": [],
        }  # fmt: skip
        assert record["facts"] == {
            **told().model_dump(mode="json", exclude_none=True),
            **{"construction_status": status, "district": DISTRICT, "accepted_on": "2024-02-05"},
        }
        grant = record["amounts"]["investment_grant"]
        assert without(grant, "derivation") == {  # a tenth of 300 000 000.01 yuan, rounded to the fen
            "clause": "二（四）1", "label": "投资补助", "uncapped_yuan": "30000000.00", "award_yuan": "30000000.00",
            "excluded_yuan": None,
        }  # fmt: skip


def the_panel(panel: dict[str, Any]) -> None:
    points = {"industry": 90, "green": 81, "readiness": 72, "investment": 63, "surroundings": 54}
    scored = {"scored_at": AT[6]}
    assert panel == {
        "required": 2, "received": 2, "complete": True, "outstanding": 0, "pass_score": "60", "score": "73.65",
        "criteria": [{"key": key, "label": label, "weight": weight} for key, label, weight in CRITERIA],
        "sheets": [
            sheet(**points)
            | {"reviewer": "city-officer-3", "reviewer_name": "市级经办丙（示例）", "score": "75.15"} | scored,
            sheet(**{name: value - 3 for name, value in points.items()})
            | {"reviewer": "city-officer-4", "reviewer_name": "市级经办丁（示例）", "score": "72.15"} | scored,
        ],
    }  # fmt: skip


def each_act(acts: list[dict[str, Any]]) -> None:
    statement = {"position": "none"}
    assert [
        (act["act"], act["actor"], act["role"], act["at"], act["reason"], act["detail"]) for act in acts
    ] == [
        ("settle_finding", "city-officer-1", "city_officer", AT[5], "已补足公共空间", without(SETTLED, "reason")),
        ("conclude_review", "city-officer-2", "city_officer", AT[6], "同意",
         {"outcome": "pass", "clauses": [], "exceptions": {"四（一）2": "区政府已同意补录"}, "number": 3}),
        ("declare_conflict", "city-officer-3", "city_officer", AT[6], "与项目单位无利害关系", statement),
        ("score_project", "city-officer-3", "city_officer", AT[6], None, {}),
        ("declare_conflict", "city-officer-4", "city_officer", AT[6], "与项目单位无利害关系", statement),
        ("score_project", "city-officer-4", "city_officer", AT[6], None, {}),
        ("recognise_investment", "city-officer-4", "city_officer", AT[6], INVESTMENT["opinion"], {}),
        ("enter_pool", "city-supervisor-1", "city_supervisor", AT[8], "同意入库",
         {"score": "73.65", "outstanding": [], "exceptions": {"四（一）2": "区政府已同意补录"}}),
    ]  # fmt: skip
