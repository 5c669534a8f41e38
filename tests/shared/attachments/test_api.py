"""Attachments over HTTP: who adds and reads which paper of which record, sameness, replacement, withdrawal, content."""

from typing import Any

import pytest

from services import SERVICES, load
from shared.actors import ROLES
from shared.storage.papers import PERSONS
from tests.attachments import PDF, attached, sent
from tests.funding.case import enter_pool
from tests.shared.figures.batches import batch, confirm, enter, rate
from tests.world import World

OTHER = ("91110000802100433B", "另一置业有限公司")
CITY, FINANCE, DISTRICT, ELSEWHERE = "city-officer-1", "finance-1", "110105-officer-1", "110106-officer-1"


async def listed(world: World, who: Any, **query: str) -> list[str]:
    address = "&".join(f"{name}={value}" for name, value in query.items())
    page = await world.get("funding", f"/v1/attachments?{address}", who)
    return [each["id"] for each in page["items"]]


@pytest.mark.parametrize("service", SERVICES)
def test_every_paper_has_roles_that_exist_and_is_read_by_those_who_add_it(service: str) -> None:
    papers = load(service).papers
    assert papers.carriers
    for carrier in papers.carriers:
        codes = [paper.code for paper in carrier.papers]
        assert len(codes) == len(set(codes))
        for paper in carrier.papers:
            assert set(paper.add) <= set(paper.read) <= set(PERSONS) <= set(ROLES), paper.code
        if carrier.model is None:
            assert all("applicant" not in paper.add for paper in carrier.papers), "a desk has no owner"


async def test_a_paper_is_seen_by_those_who_see_its_record(world: World) -> None:
    case = await enter_pool(world)
    paper = await attached(world, "funding", world.owner(), "application", case, "change_request")
    inner = await attached(world, "funding", FINANCE, "application", case, "release_evidence")
    desk = await attached(world, "funding", CITY, "treasury", None, "budget_document")
    readers: dict[Any, list[str]] = {
        world.owner(): [paper],
        world.owner(*OTHER): [],
        DISTRICT: [paper, inner],
        ELSEWHERE: [],
        CITY: [paper, inner, desk],
        "auditor-1": [paper, inner, desk],
    }
    for who, seen in readers.items():
        assert await listed(world, who) == seen, who
        for each in (paper, inner, desk):
            for part in ("", "/content"):
                status = 200 if each in seen else 404
                answer = await world.call("funding", "GET", f"/v1/attachments/{each}{part}", who)
                assert answer.status_code == status, (who, each, part)
    assert await listed(world, CITY, record="application", record_id=str(case), kind="change_request") == [paper]
    acts = (await world.get("funding", f"/v1/acts/{case}?act=add_attachment", CITY))["items"]
    assert [each["detail"]["kind"] for each in acts] == ["change_request", "release_evidence"]


REFUSED: list[tuple[str, dict[str, Any], tuple[int, str, str]]] = [
    ("owner", {"record": "loan"}, (422, "invalid", "/query/record")),
    ("owner", {"kind": "budget_document"}, (422, "invalid", "/query/kind")),
    ("owner", {"kind": "release_evidence"}, (403, "forbidden", "/query/kind")),
    ("owner", {"record_id": None}, (422, "invalid", "/query/record_id")),
    ("other", {}, (404, "not_found", "")),
    (ELSEWHERE, {"kind": "change_evidence"}, (404, "not_found", "")),
    (CITY, {"record": "treasury", "kind": "budget_document"}, (422, "invalid", "/query/record_id")),
    (
        CITY,
        {"record": "treasury", "kind": "budget_document", "record_id": None, "district": "999999"},
        (422, "malformed", "/query/district"),
    ),
    ("owner", {"replaces": "paper"}, (422, "invalid", "/query/reason")),
    ("owner", {"replaces": "other kind", "reason": "有误"}, (404, "not_found", "")),
]


async def test_a_refused_upload_leaves_nothing(world: World) -> None:
    case = await enter_pool(world)
    people = {"owner": world.owner(), "other": world.owner(*OTHER)}
    known = {
        "paper": await attached(world, "funding", world.owner(), "application", case, "change_request"),
        "other kind": await attached(world, "funding", world.owner(), "application", case, "change_evidence"),
    }
    before = await world.snapshot()
    for who, changed, expected in REFUSED:
        query = {"record": "application", "record_id": str(case), "kind": "change_request", **changed}
        if query.get("replaces"):
            query["replaces"] = known[query["replaces"]]
        answer = await sent(world, "funding", people.get(who, who), **query)
        problem = answer.json()
        pointer = (problem.get("errors") or [{"pointer": ""}])[0]["pointer"]
        assert (answer.status_code, problem["code"], pointer) == expected, (who, changed, problem)
    assert await world.snapshot() == before
    stored = [path for path in (world.folder / "files" / "funding").rglob("*") if path.is_file()]
    assert len(stored) == len(known)


async def test_equal_content_is_one_paper_and_another_name_replaces_it(world: World) -> None:
    case = await enter_pool(world)
    place: dict[str, Any] = {"record": "application", "record_id": case, "kind": "change_request"}
    body = PDF + b"one"
    first = await sent(world, "funding", world.owner(), body, "甲.pdf", **place)
    again = await sent(world, "funding", world.owner(), body, "甲.pdf", **place)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    renamed = (await sent(world, "funding", world.owner(), body, "乙.docx", **place)).json()
    assert (renamed["filename"], renamed["replaces"]) == ("乙.docx.pdf", first.json()["id"])
    other = await attached(world, "funding", world.owner(), **place)
    instead: dict[str, Any] = {**place, "replaces": other, "reason": "有误"}
    kept = await sent(world, "funding", world.owner(), body, "乙.docx", **instead)
    assert (kept.status_code, kept.json()["code"]) == (409, "duplicate")
    assert renamed["id"] in kept.json()["detail"]
    same = await sent(world, "funding", world.owner(), body, "甲.pdf", **{**place, "kind": "change_evidence"})
    assert same.status_code == 201, "another kind is another paper"
    answer = await world.call("funding", "GET", f"/v1/attachments/{renamed['id']}/content", CITY)
    assert answer.content == body
    assert "%E4%B9%99.docx.pdf" in answer.headers["content-disposition"]
    assert answer.headers["etag"] == f'"{renamed["sha256"]}"'


async def test_a_replaced_and_a_withdrawn_paper_stay_on_record_with_the_reason(world: World) -> None:
    case = await enter_pool(world)
    first = await attached(world, "funding", world.owner(), "application", case, "change_request")
    replacing = {"replaces": first, "reason": "漏盖公章"}
    second = await attached(world, "funding", world.owner(), "application", case, "change_request", **replacing)
    path = f"/v1/attachments/{second}/withdraw"
    assert (await world.call("funding", "POST", path, DISTRICT, {"reason": "有误"})).status_code == 403
    withdrawn = await world.post("funding", path, world.owner(), {"reason": "不再需要"})
    assert withdrawn["removed_reason"] == "不再需要"
    await world.post("funding", path, world.owner(), {"reason": "不再需要"}, 404)
    assert await listed(world, CITY) == []
    assert await listed(world, CITY, history="true") == [first, second]
    assert (await world.get("funding", f"/v1/attachments/{first}", CITY))["removed_reason"] == "漏盖公章"


async def test_the_limits_of_a_party_hold_for_each_record(world: World) -> None:
    settings = world.instances["funding"].settings
    settings.declaration_files = 1
    first, second = [await enter_pool(world, uscc=uscc) for uscc in ("91110000600037341L", OTHER[0])]
    await attached(world, "funding", CITY, "application", first, "change_evidence")
    full = await sent(world, "funding", CITY, record="application", record_id=first, kind="change_evidence")
    assert (full.status_code, full.json()["code"]) == (409, "file_quota")
    assert "本资金申请中贵方的有效附件已有 1 份" in full.json()["detail"]
    await attached(world, "funding", world.owner(), "application", first, "change_evidence")
    await attached(world, "funding", CITY, "application", second, "change_evidence")
    settings.applicant_files_bytes = 16
    more = await sent(world, "funding", world.owner(*OTHER), record="application", record_id=second, kind="consent")
    assert more.status_code == 201
    settings.declaration_files = 9
    over = await sent(world, "funding", world.owner(*OTHER), record="application", record_id=second, kind="consent")
    assert over.json()["code"] == "file_quota"


async def test_a_desk_has_room_again_once_the_acts_on_its_papers_are_decided(world: World) -> None:
    world.instances["funding"].settings.declaration_files = 1
    place: dict[str, Any] = {"record": "treasury", "record_id": None, "kind": "series_document"}
    paper = await attached(world, "funding", CITY, **place)
    full = await sent(world, "funding", CITY, **place)
    assert full.json()["code"] == "file_quota"
    figures = batch("lpr", rate("1Y", "2024-02-20", "3.40"), attachments=[paper])
    entered = await enter(world, figures, who=CITY, status=201)
    assert (await sent(world, "funding", CITY, **place)).json()["code"] == "file_quota"
    await confirm(world, entered, status=200)
    assert (await sent(world, "funding", CITY, **place)).status_code == 201
