"""Test declarations in each stage, made through the HTTP API."""

import itertools
from typing import Any
from urllib.parse import quote

import httpx

from deploy.demo.personas import Persona
from tests.world import World

_files = itertools.count(1)
PDF = b"%PDF-1.7\n"
OFFICER, SUPERVISOR, GOVERNMENT = "110105-officer-1", "110105-supervisor-1", "110105-government"
CITY = "city-officer-1"
REVIEW_ITEMS = ("truthfulness", "compliance", "construction_conditions", "declaration_conditions", "materials")
BUILDING: dict[str, Any] = {
    "project_type": "inefficient_building",
    "support_mode": "investment_grant",
    "construction_status": "ready_to_start",
    "other_municipal_funds": False,
    "components": [
        {"kind": "building", "renovated_area_m2": "25000.00", "fixed_investment_yuan": "200000000.00"},
    ],
}
DRAFT: dict[str, Any] = {
    "project_name": "示例大厦改造项目",
    "project_code": "2401-110105-04-01-000001",
    "address": "北京市朝阳区示例路1号",
    "applicant_name": "示例置业有限公司",
    "applicant_uscc": "91110000600037341L",
    "district": "110105",
    "operation_mode": "own",
    "facts": BUILDING,
}
RETURN = {
    "reasons": [
        {
            "code": "area_unproved",
            "subject": "area_survey",
            "clause": "二（一）1",
            "explanation": "测绘报告未盖章",
            "how_to_fix": "补盖测绘单位公章后重新上传",
        }
    ]
}


def content() -> bytes:
    """Return a PDF with unique content."""
    return PDF + b"%06d" % next(_files)


async def upload(
    world: World,
    case: str,
    kind: str,
    who: str | Persona,
    body: Any = None,
    *,
    filename: str = "材料.pdf",
    **query: str,
) -> httpx.Response:
    """Upload a material; `body` is bytes or a stream of bytes."""
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    return await world.clients["intake"].post(
        f"/v1/declarations/{case}/materials?kind={kind}&filename={quote(filename)}{extra}",
        content=content() if body is None else body,
        headers={"authorization": f"Bearer {world.token(who)}", "idempotency-key": f"upload-{next(_files)}"},
    )


async def draft(world: World, owner: Persona | None = None, **changed: Any) -> dict[str, Any]:
    """Return a new draft."""
    owner = owner or world.owner()
    body = {**DRAFT, "applicant_uscc": owner.uscc, **changed}
    created: dict[str, Any] = await world.post("intake", "/v1/declarations", owner, body, status=201)
    return created


async def give_materials(world: World, case: str, who: str | Persona, provider: str) -> None:
    """Upload every material that this provider still has to provide."""
    for line in (await world.get("intake", f"/v1/declarations/{case}/checklist", who))["items"]:
        if line["state"] == "missing" and line["provider"] == provider and not line["online"]:
            answer = await upload(world, case, line["code"], who)
            assert answer.status_code == 201, answer.text


async def undertake(world: World, case: str, owner: Persona) -> None:
    text = await world.get("intake", "/v1/undertakings/current", owner)
    await world.post("intake", f"/v1/declarations/{case}/undertake", owner, {"version": text["version"], "agree": True})


async def ready(world: World, owner: Persona | None = None, **changed: Any) -> str:
    """Return the id of a draft that can be submitted."""
    owner = owner or world.owner()
    case: str = (await draft(world, owner, **changed))["id"]
    await give_materials(world, case, owner, "applicant")
    await undertake(world, case, owner)
    return case


async def submitted(world: World, owner: Persona | None = None, **changed: Any) -> str:
    owner = owner or world.owner()
    case = await ready(world, owner, **changed)
    await world.post("intake", f"/v1/declarations/{case}/submit", owner)
    return case


async def accepted(world: World, owner: Persona | None = None, **changed: Any) -> str:
    case = await submitted(world, owner, **changed)
    await world.post("intake", f"/v1/declarations/{case}/accept", OFFICER)
    return case


async def etag(world: World, case: str, who: str | Persona) -> str:
    return str((await world.call("intake", "GET", f"/v1/declarations/{case}", who, status=200)).headers["etag"])


async def review(world: World, case: str, who: str = OFFICER, **outcomes: str) -> httpx.Response:
    """Review all five items: pass unless another outcome is given."""
    findings = [{"thing": item, "outcome": outcomes.get(item, "pass"), "evidence": "核对原件"} for item in REVIEW_ITEMS]
    return await world.call(
        "intake",
        "PUT",
        f"/v1/declarations/{case}/first-review",
        who,
        {"findings": findings},
        if_match=await etag(world, case, who),
    )


async def give_opinion(world: World, case: str, position: str = "agree") -> None:
    await world.post("intake", f"/v1/declarations/{case}/request-opinion", OFFICER)
    opinion = {"position": position, "text": "经研究，意见如上。"}
    await world.post("intake", f"/v1/declarations/{case}/opinion", GOVERNMENT, opinion)


async def reviewed(world: World, owner: Persona | None = None, **changed: Any) -> str:
    """Return the id of a declaration that can be reported to the city."""
    case = await accepted(world, owner, **changed)
    await give_materials(world, case, OFFICER, "district_officer")
    assert (await review(world, case)).status_code == 200
    await give_opinion(world, case)
    return case


FORWARD = {"opinion": "初审通过，建议支持。", "library_exception_reason": "项目已列入更新计划，正在补办入库"}
RECEIPT = {"construction_status": "ready_to_start", "evidence": "现场照片与施工许可核对一致"}


async def forwarded(world: World, owner: Persona | None = None, **changed: Any) -> str:
    case = await reviewed(world, owner, **changed)
    await world.post("intake", f"/v1/declarations/{case}/forward", SUPERVISOR, FORWARD)
    await world.settle()  # the assessment that follows raises the version, which nobody must read before
    return case


async def received(world: World, owner: Persona | None = None, **changed: Any) -> str:
    case = await forwarded(world, owner, **changed)
    await world.post("intake", f"/v1/declarations/{case}/receive", CITY, RECEIPT)
    return case
