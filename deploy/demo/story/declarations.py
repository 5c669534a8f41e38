"""Steps from draft to city receipt: declaration, first review, opinion of the district government, receipt."""

from datetime import date
from typing import Any
from urllib.parse import quote

from deploy.demo.story.client import StoryClient, Unexpected, together
from deploy.demo.story.projects import CASES, COMPLETED, FORWARDED, PACKAGE, Case

THINGS = ("truthfulness", "compliance", "construction_conditions", "declaration_conditions", "materials")
DECLARED, ACCEPTED, RETURNED, CORRECTED = date(2024, 4, 10), date(2024, 4, 12), date(2024, 4, 16), date(2024, 4, 24)
REVIEWED, OPINED, SENT, RECEIVED = date(2024, 4, 26), date(2024, 5, 8), date(2024, 5, 10), date(2024, 5, 14)

LOAN_PLAN = {
    "loan_bank": "示例银行", "loan_amount_yuan": "200000000.00", "loan_term_months": 36, "loan_annual_rate": "0.039",
}  # fmt: skip


async def declare(client: StoryClient, case: Case, entry: str | None) -> str:
    """Draft a declaration, upload the materials of the checklist and undertake. Return its id. 三（一）"""
    draft: dict[str, Any] = {
        "project_name": case.name, "project_code": case.code, "address": case.address,
        "applicant_name": case.owner.name.removesuffix("申报人"), "applicant_uscc": case.owner.uscc,
        "district": case.district, "library_entry_id": entry, "operation_mode": "own", "facts": case.facts(),
        "simulated": case.simulated(),
    }  # fmt: skip
    if case.facts()["support_mode"] == "interest_subsidy":
        draft |= LOAN_PLAN
    made = await client.post("intake", "/v1/declarations", case.owner, f"{case.key}-draft", draft)
    await _upload(client, case, made["id"], "applicant")
    await _undertake(client, case, made["id"], 1)
    return str(made["id"])


async def submit(client: StoryClient, case: Case, declaration: str) -> str | None:
    """Submit the declaration; return the clauses when it is refused. 三（一）, 二（五）"""
    answer = await client.decide(
        "intake", f"/v1/declarations/{declaration}/submit", case.owner, f"{case.key}-submit", expect=(200, 409, 422)
    )
    if "declaration_no" in answer:
        return None
    clauses = {each["clause"] for each in answer.get("missing", [])} | {str(answer.get("clause", ""))}
    return "、".join(sorted(filter(None, clauses)))


async def _upload(client: StoryClient, case: Case, declaration: str, provider: str) -> None:
    who = case.owner if provider == "applicant" else f"{case.district}-officer-1"
    for line in (await client.get("intake", f"/v1/declarations/{declaration}/checklist", who))["items"]:
        if line["state"] == "missing" and line["provider"] == provider and not line["online"]:
            name = quote(f"{line['name'][:20]}.pdf")
            content = f"%PDF-1.7\n% {case.key} {line['code']} (simulated)\n".encode()
            await client.ask(
                "intake", "POST", f"/v1/declarations/{declaration}/materials?kind={line['code']}&filename={name}", who,
                key=f"{case.key}-{line['code']}", content=content,
            )  # fmt: skip


async def _undertake(client: StoryClient, case: Case, declaration: str, round_no: int) -> None:
    text = await client.get("intake", "/v1/undertakings/current", case.owner)
    word = {"version": text["version"], "agree": True}
    path = f"/v1/declarations/{declaration}/undertake"
    await client.decide("intake", path, case.owner, f"{case.key}-undertake-{round_no}", word)


async def return_and_correct(client: StoryClient, declaration: str) -> None:
    """Return one declaration for correction, correct it and submit it again. 三（一）"""
    case, path = PACKAGE, f"/v1/declarations/{declaration}"
    await client.move_to(RETURNED)
    reason = {
        "code": "single_entity_unclear",
        "subject": "/facts/components",
        "clause": "二（一）3",
        "explanation": "未写明道路、绿化由同一主体实施",
        "how_to_fix": "在项目组成中写明配套基础设施的实施主体后重新提交",
    }
    officer = f"{case.district}-officer-1"
    await client.decide("intake", f"{path}/return", officer, f"{case.key}-return", {"reasons": [reason]})
    await client.move_to(CORRECTED)
    parts = [dict(part) for part in case.components]
    parts[2]["name"] = "道路与绿化（同一主体实施）"
    version = (await client.ask("intake", "GET", path, case.owner)).headers["etag"]
    await client.ask(
        "intake", "PATCH", path, case.owner, key=f"{case.key}-correct", body={"facts": {"components": parts}},
        headers={"if-match": version},
    )  # fmt: skip
    await _undertake(client, case, declaration, 2)
    await client.decide("intake", f"{path}/submit", case.owner, f"{case.key}-submit-2")
    await client.decide("intake", f"{path}/accept", officer, f"{case.key}-accept-2")


async def review(client: StoryClient, case: Case, declaration: str) -> None:
    """Record the five findings of the first review and request the opinion. 三（一）"""
    officer, path = f"{case.district}-officer-1", f"/v1/declarations/{declaration}"
    await _upload(client, case, declaration, "district_officer")
    found = [{"thing": thing, "outcome": "pass", "evidence": "已核对原件与现场"} for thing in THINGS]
    version = (await client.ask("intake", "GET", path, officer)).headers["etag"]
    await client.put("intake", f"{path}/first-review", officer, f"{case.key}-review", {"findings": found}, version)
    await client.decide("intake", f"{path}/request-opinion", officer, f"{case.key}-ask-opinion")


async def opine(client: StoryClient, case: Case, declaration: str) -> None:
    opinion = {"position": "agree", "text": "原则同意项目建设及申报。"}
    path = f"/v1/declarations/{declaration}/opinion"
    await client.decide("intake", path, f"{case.district}-government", f"{case.key}-opinion", opinion)


async def forward(client: StoryClient, case: Case, declaration: str) -> None:
    """Forward the declaration to the city; outside the library with a reason. 三（一）, 四（一）2"""
    body: dict[str, Any] = {"opinion": "初审通过，建议支持。"}
    if not case.in_library:
        body["library_exception_reason"] = "腾退时间紧，已列入下一季度入库计划"
    path = f"/v1/declarations/{declaration}/forward"
    await client.decide("intake", path, f"{case.district}-supervisor-1", f"{case.key}-forward", body)


async def receive(client: StoryClient, case: Case, declaration: str) -> None:
    body = {"construction_status": "under_construction", "evidence": "现场照片与施工许可核对一致"}
    path = f"/v1/declarations/{declaration}/receive"
    await client.decide("intake", path, "city-officer-1", f"{case.key}-receive", body)


async def file_everything(client: StoryClient, ids: dict[str, str]) -> None:
    """Bring all declarations to the city's receipt; note their ids by case. Raises Unexpected."""
    await client.move_to(DECLARED)
    await together(*(_file(client, case, ids) for case in CASES))
    await client.move_to(ACCEPTED)
    await together(*(_accept(client, case, ids[case.key]) for case in FORWARDED))
    await return_and_correct(client, ids[PACKAGE.key])
    for day, act in ((REVIEWED, review), (OPINED, opine), (SENT, forward), (RECEIVED, receive)):
        await client.move_to(day)
        await together(*(act(client, case, ids[case.key]) for case in FORWARDED))


async def _file(client: StoryClient, case: Case, ids: dict[str, str]) -> None:
    ids[case.key] = await declare(client, case, ids.get(f"entry:{case.district}-P-STORY{case.number:02d}"))
    clause = await submit(client, case, ids[case.key])
    if (clause is not None) != (case is COMPLETED) or (clause and str(case.refused_clause) not in clause):
        raise Unexpected(f"{case.name}: submission gave {clause!r}")


async def _accept(client: StoryClient, case: Case, declaration: str) -> None:
    path = f"/v1/declarations/{declaration}/accept"
    await client.decide("intake", path, f"{case.district}-officer-1", f"{case.key}-accept")
