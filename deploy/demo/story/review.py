"""The city's review: decisions of the engine, settlement by a person, refusals by clause, pool entry. 三（二）"""

from datetime import date
from typing import Any

from deploy.demo.story.client import StoryClient, Unexpected, together
from deploy.demo.story.projects import FORWARDED, POOLED, REFUSED_BY_CITY, SETTLED, Case

SETTLING, CONCLUDED, SCORED, ENTERED = date(2024, 5, 20), date(2024, 5, 22), date(2024, 6, 3), date(2024, 6, 12)
CRITERIA = ("industry", "green", "readiness", "investment", "surroundings")
POINTS = {"cap": 93, "interest": 88, "package": 90, "settled": 81, "diverted": 78, "missed": 84}


async def decide(client: StoryClient, ids: dict[str, str]) -> None:
    """Check the engine's decisions, settle the undetermined one and conclude all. Raises Unexpected."""
    records = await together(*(_first_record(client, ids[case.key]) for case in FORWARDED))
    for case, record in zip(FORWARDED, records, strict=True):
        _expect(case, record)
    await client.move_to(SETTLING)
    finding = {
        "rule": "building_inefficient", "holds": True, "evidence": "区级台账与现场踏勘记录",
        "reason": "整体入驻率35%，区政府函认定为入驻率偏低",
    }  # fmt: skip
    path = f"/v1/assessments/{ids[SETTLED.key]}"
    await client.decide("eligibility", f"{path}/settle", "city-officer-3", f"{SETTLED.key}-settle", finding)
    await client.move_to(CONCLUDED)
    await together(*(_conclude(client, case, ids[case.key]) for case in FORWARDED))


async def _first_record(client: StoryClient, declaration: str) -> dict[str, Any]:
    path = f"/v1/assessments/{declaration}"
    await client.until(
        "eligibility", path, "city-officer-2", lambda case: case["received_on"], "the decision on a declaration"
    )
    records = await client.get("eligibility", f"{path}/records", "city-officer-2")
    first: dict[str, Any] = records["items"][0]
    return first


def _expect(case: Case, record: dict[str, Any]) -> None:
    if case in REFUSED_BY_CITY:
        right = record["decision"] == "ineligible" and record["unmet"] == [case.refused_clause]
    elif case is SETTLED:
        right = record["decision"] == "undetermined" and record["open"] == ["二（一）1"]
    else:
        right = record["decision"] == "eligible"
    if not right:
        raise Unexpected(f"{case.name}: {record['decision']} {record['unmet']} {record['open']}")


async def _conclude(client: StoryClient, case: Case, declaration: str) -> None:
    conclusion: dict[str, Any] = {"outcome": "pass", "reason": "各项条件均已满足"}
    if case in REFUSED_BY_CITY:
        conclusion = {"outcome": "reject", "reason": f"不符合{case.refused_clause}", "clauses": [case.refused_clause]}
    path = f"/v1/assessments/{declaration}/conclude"
    await client.decide("eligibility", path, "city-officer-2", f"{case.key}-conclude", conclusion)


async def enter_pool(client: StoryClient, ids: dict[str, str]) -> None:
    """Score by two reviewers without conflict of interest, assess the investment and enter the pool."""
    await client.move_to(SCORED)
    await together(*(_score(client, case, f"/v1/assessments/{ids[case.key]}") for case in POOLED))
    await client.move_to(ENTERED)
    await together(*(_enter(client, case, f"/v1/assessments/{ids[case.key]}/enter-pool") for case in POOLED))


async def _enter(client: StoryClient, case: Case, path: str) -> None:
    await client.decide("eligibility", path, "city-supervisor-1", f"{case.key}-pool", {"reason": "评估通过，同意入库"})


async def _score(client: StoryClient, case: Case, path: str) -> None:
    for number, who in enumerate(("city-officer-2", "city-officer-3")):
        none = {"position": "none", "statement": "与项目单位无利害关系"}
        await client.post("eligibility", f"{path}/conflict-declaration", who, f"{case.key}-conflict-{who}", none)
        marks = [{"criterion": c, "points": POINTS[case.key] - number, "comment": "材料充分"} for c in CRITERIA]
        sheet = {"marks": marks, "opinion": "同意"}
        await client.decide("eligibility", f"{path}/scores", who, f"{case.key}-score-{who}", sheet)
    recognised = [
        {"index": n, "assessed_investment_yuan": part["fixed_investment_yuan"]}
        for n, part in enumerate(case.components)
    ]
    body = {"components": recognised, "opinion": "投资构成合理，予以审定"}
    await client.decide("eligibility", f"{path}/investment", "city-officer-3", f"{case.key}-investment", body)
