"""From draft to city receipt, with what goes wrong on the way: too early, twice at once, sent back. 三（一）"""

from typing import Any

from deploy.demo.story.declarations import THINGS
from faults.model.declaration import APPLICANT_MATERIALS, DISTRICT_MATERIALS
from faults.workload.case import Case, at_once, done

AT_ONCE = 5
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
    """All of it; `case.over` when it ended before the city had it."""
    made = await case.act("intake", "create_declaration", "/v1/declarations", "owner", case.draft(), said=case.known())
    if not made.accepted:
        case.over = True
        return
    case.id = made.case
    if case.likely("submitted too early", 0.1):
        await _submit(case)
    await _upload(case, APPLICANT_MATERIALS, "owner")
    await _undertake_and_submit(case)
    await _accept(case)
    if case.likely("sent back", 0.15):
        await _return_and_correct(case)
        await _accept(case)
    await _review(case)
    case.over = not await _report(case)


async def _upload(case: Case, kinds: tuple[str, ...], who: str) -> None:
    for first in range(0, len(kinds), AT_ONCE):
        await at_once(*(_upload_one(case, kind, who) for kind in kinds[first : first + AT_ONCE]))


async def _upload_one(case: Case, kind: str, who: str) -> Any:
    content = f"%PDF-1.7\n% {case.number} {kind} (simulated)\n".encode()
    what = f"materials?kind={kind}&filename={kind}.pdf"
    return await case.filing("upload_material", what, who, content=content, said={"kind": kind})


async def _submit(case: Case) -> Any:
    return await case.filing("submit_declaration", "submit", "owner")


async def _undertake_and_submit(case: Case) -> None:
    word = {"version": "2023-1", "agree": True}
    await case.filing("undertake", "undertake", "owner", word)
    if case.likely("submitted twice", 0.1):
        await at_once(_submit(case), _submit(case))
    else:
        await _submit(case)


async def _accept(case: Case) -> None:
    both = ("officer", "other_officer") if case.likely("accepted by two", 0.2) else ("officer",)
    await at_once(*(case.filing("accept_declaration", "accept", who) for who in both))


async def _return_and_correct(case: Case) -> None:
    await case.filing("return_declaration", "return", "officer", RETURN)
    version = await _etag(case, "owner")
    address = {"address": f"北京市示例大街{case.number}号院"}
    await case.act(
        "intake", "edit_declaration", f"/v1/declarations/{case.id}", "owner", address, method="PATCH",
        headers={"if-match": version},
    )  # fmt: skip
    await _undertake_and_submit(case)


async def _etag(case: Case, who: str) -> str:
    person = case.owner if who == "owner" else case.people[who]
    answer = await case.caller.ask("intake", f"/v1/declarations/{case.id}", person)
    return "" if answer is None else answer.headers.get("etag", "")


async def _review(case: Case) -> None:
    await _upload(case, DISTRICT_MATERIALS, "officer")
    found = [{"thing": thing, "outcome": "pass", "evidence": "已核对原件与现场"} for thing in THINGS]
    version = {"if-match": await _etag(case, "officer")}
    await case.filing(
        "review_declaration", "first-review", "officer", {"findings": found}, method="PUT", headers=version
    )
    await case.filing("request_opinion", "request-opinion", "officer")
    if case.likely("forwarded too early", 0.1):
        await case.filing("forward_declaration", "forward", "supervisor", FORWARD)
    opinion = {"position": "agree", "text": "原则同意项目建设及申报。"}
    await case.filing("give_opinion", "opinion", "government", opinion)


async def _report(case: Case) -> bool:
    """Whether the city has it."""
    await case.filing("forward_declaration", "forward", "supervisor", FORWARD)
    both = ("receiver", "spare") if case.likely("received by two", 0.15) else ("receiver",)
    return done(*await at_once(*(case.filing("receive_declaration", "receive", who, RECEIPT) for who in both)))
