"""From draft to receipt by the city, with irregular events: too early, concurrent, returned. 三（一）"""

from typing import Any

from deploy.demo.story.declarations import THINGS
from faults.model.declaration import APPLICANT_MATERIALS, DISTRICT_MATERIALS
from faults.workload.case import Case, any_accepted, concurrently

UPLOADS_AT_ONCE = 5
FORWARD = {"opinion": "初审通过，建议支持。", "library_exception_reason": "腾退时间紧，已列入下一季度入库计划"}
RECEIPT = {"construction_status": "under_construction", "evidence": "现场照片与施工许可核对一致"}
RETURN = {
    "reasons": [
        {
            "code": "address_unclear",
            "subject": "/address",
            "clause": "三（一）",
            "explanation": "项目地址与权属证明不一致",
            "how_to_fix": "按权属证明更正项目地址后重新提交",
        }
    ]
}


async def file(case: Case) -> None:
    """Run all steps; set `case.finished` when the city never receives the declaration."""
    made = await case.act(
        "intake", "create_declaration", "/v1/declarations", "owner", case.declaration_body(), facts=case.model_facts()
    )
    if not made.accepted:
        case.finished = True
        return
    case.id = made.case
    if case.happens("submitted too early", 0.1):
        await _submit(case)
    await _upload(case, APPLICANT_MATERIALS, "owner")
    await _undertake_and_submit(case)
    await _accept(case)
    if case.happens("sent back", 0.15):
        await _return_and_correct(case)
        await _accept(case)
    await _review(case)
    case.finished = not await _report(case)


async def _upload(case: Case, kinds: tuple[str, ...], role: str) -> None:
    for first in range(0, len(kinds), UPLOADS_AT_ONCE):
        await concurrently(*(_upload_one(case, kind, role) for kind in kinds[first : first + UPLOADS_AT_ONCE]))


async def _upload_one(case: Case, kind: str, role: str) -> Any:
    content = f"%PDF-1.7\n% {case.number} {kind} (simulated)\n".encode()
    what = f"materials?kind={kind}&filename={kind}.pdf"
    return await case.intake_act("upload_material", what, role, content=content, facts={"kind": kind})


async def _submit(case: Case) -> Any:
    return await case.intake_act("submit_declaration", "submit", "owner")


async def _undertake_and_submit(case: Case) -> None:
    word = {"version": "2023-1", "agree": True}
    await case.intake_act("undertake", "undertake", "owner", word)
    if case.happens("submitted twice", 0.1):
        await concurrently(_submit(case), _submit(case))
    else:
        await _submit(case)


async def _accept(case: Case) -> None:
    roles = ("officer", "other_officer") if case.happens("accepted by two", 0.2) else ("officer",)
    await concurrently(*(case.intake_act("accept_declaration", "accept", role) for role in roles))


async def _return_and_correct(case: Case) -> None:
    await case.intake_act("return_declaration", "return", "officer", RETURN)
    address = {"address": f"北京市示例大街{case.number}号院"}
    await case.act("intake", "edit_declaration", f"/v1/declarations/{case.id}", "owner", address, method="PATCH")
    await _undertake_and_submit(case)


async def _review(case: Case) -> None:
    await _upload(case, DISTRICT_MATERIALS, "officer")
    found = [{"thing": thing, "outcome": "pass", "evidence": "已核对原件与现场"} for thing in THINGS]
    await case.intake_act("review_declaration", "first-review", "officer", {"findings": found}, method="PUT")
    await case.intake_act("request_opinion", "request-opinion", "officer")
    if case.happens("forwarded too early", 0.1):
        await case.intake_act("forward_declaration", "forward", "supervisor", FORWARD)
    opinion = {"position": "agree", "text": "原则同意项目建设及申报。"}
    await case.intake_act("give_opinion", "opinion", "government", opinion)


async def _report(case: Case) -> bool:
    """Forward the declaration; return whether the city received it."""
    await case.intake_act("forward_declaration", "forward", "supervisor", FORWARD)
    roles = ("receiver", "spare") if case.happens("received by two", 0.15) else ("receiver",)
    return any_accepted(
        *await concurrently(*(case.intake_act("receive_declaration", "receive", role, RECEIPT) for role in roles))
    )
