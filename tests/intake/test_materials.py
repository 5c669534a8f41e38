"""Tests of materials: checklist, upload, content, history (三（一）¶2)."""

import hashlib
from collections.abc import AsyncIterator, Iterator, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import url2pathname

import pytest

from tests.intake import sample_declarations
from tests.intake.sample_declarations import BUILDING, GOVERNMENT, OFFICER, PDF, upload
from tests.packages import JPEG, MEMBERS, PNG, package
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")


def stored(world: World) -> list[str]:
    """Return the paths of the files in the store."""
    root = Path(url2pathname(world.settings.files_url.removeprefix("file://")))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def states(world: World, case: str) -> dict[str, str]:
    lines = (await world.get("intake", f"/v1/declarations/{case}/checklist", world.owner()))["items"]
    return {line["code"]: line["state"] for line in lines}


async def test_the_checklist_follows_type_and_modes(world: World) -> None:
    building = await states(world, (await sample_declarations.draft(world))["id"])
    assert building["completion_date_proof"] == building["title_deed"] == "missing"
    assert {building[code] for code in ("production_ended_proof", "lease_and_consent", "loan_contract")} == {
        "not_required"
    }
    part = {"kind": "factory"}
    facts = BUILDING | {"project_type": "old_factory", "support_mode": "interest_subsidy", "components": [part]}
    factory = await states(world, (await sample_declarations.draft(world, operation_mode="lease", facts=facts))["id"])
    assert factory["production_ended_proof"] == factory["lease_and_consent"] == factory["loan_contract"] == "missing"
    assert factory["completion_date_proof"] == factory["title_deed"] == "not_required"


async def test_an_item_that_depends_on_an_unknown_fact_is_unknown(world: World) -> None:
    found = await states(world, (await sample_declarations.draft(world, operation_mode=None, facts={}))["id"])
    assert {found[code] for code in ("title_deed", "loan_contract", "inefficiency_proof")} == {"unknown"}
    assert found["fund_application_report"] == "missing"


async def test_a_file_comes_back_as_it_was_sent(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    body = PDF + "资金申请报告".encode() * 1000
    sent = await upload(world, case, "fund_application_report", world.owner(), body, filename="报告（终稿）.pdf")
    assert sent.status_code == 201, sent.text
    material = sent.json()
    assert material["sha256"] == hashlib.sha256(body).hexdigest()
    assert (material["size_bytes"], material["media_type"]) == (len(body), "application/pdf")
    path = f"/v1/declarations/{case}/materials/{material['id']}/content"
    answer = await world.call("intake", "GET", path, world.owner(), status=200)
    assert answer.content == body
    assert "filename*=UTF-8''%E6%8A%A5%E5%91%8A" in answer.headers["content-disposition"]
    assert stored(world) == [f"sha256/{material['sha256'][:2]}/{material['sha256']}"]


async def test_the_same_content_again_is_the_same_material(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    first = await upload(world, case, "credit_report", world.owner(), PDF)
    again = await upload(world, case, "credit_report", world.owner(), PDF)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(stored(world)) == 1


@pytest.mark.parametrize(
    ("body", "filename", "status", "code"),
    [
        (b"#!/bin/sh", "a.pdf", 415, "unsupported_type"),
        (b"PK\x03\x04rest", "a.exe", 415, "unsupported_type"),
        (b"", "a.pdf", 422, "invalid"),
    ],
)
async def test_a_file_that_is_not_a_document_is_refused(
    world: World, body: bytes, filename: str, status: int, code: str
) -> None:
    case = (await sample_declarations.draft(world))["id"]
    answer = await upload(world, case, "credit_report", world.owner(), body, filename=filename)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stored(world) == []


@pytest.mark.parametrize(
    ("head", "filename", "media_type"),
    [
        (PNG + b"rest", "a.png", "image/png"),
        (JPEG + b"rest", "a.jpg", "image/jpeg"),
        (package(*MEMBERS["ofd"]), "a.ofd", "application/ofd"),
        (package(*MEMBERS["zip"]), "a.zip", "application/zip"),
    ],
)
async def test_the_type_is_told_by_content(world: World, head: bytes, filename: str, media_type: str) -> None:
    case = (await sample_declarations.draft(world))["id"]
    answer = await upload(world, case, "site_photos", world.owner(), head, filename=filename)
    assert (answer.status_code, answer.json()["media_type"]) == (201, media_type)


async def test_a_file_over_the_limit_is_refused_declared_or_streamed(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    world.instances["intake"].settings.upload_limit_bytes = 1000

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield PDF * 10

    for body in (PDF * 200, stream()):
        answer = await upload(world, case, "credit_report", world.owner(), body)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert stored(world) == []


async def test_a_broken_upload_leaves_nothing(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    messages: Iterator[MutableMapping[str, Any]] = iter(
        [{"type": "http.request", "body": PDF * 1000, "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return next(messages)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/v1/declarations/{case}/materials",
        "query_string": b"kind=credit_report&filename=a.pdf",
        "headers": [(b"authorization", f"Bearer {world.token(world.owner())}".encode()), (b"idempotency-key", b"cut")],
    }
    await world.apps["intake"](scope, receive, send)
    assert sent[0]["status"] == 400
    assert stored(world) == []
    assert (await world.get("intake", f"/v1/declarations/{case}/materials", world.owner()))["items"] == []


async def test_a_refused_upload_leaves_nothing(world: World) -> None:
    case = await sample_declarations.submitted(world)
    before = stored(world)
    answer = await upload(world, case, "credit_report", world.owner())
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
    assert stored(world) == before


async def test_files_of_interrupted_uploads_are_removed(world: World) -> None:
    root = Path(url2pathname(world.settings.files_url.removeprefix("file://")))
    await upload(world, (await sample_declarations.draft(world))["id"], "credit_report", world.owner())
    (root / "incoming").mkdir(exist_ok=True)
    (root / "incoming" / "20240229T010000Z-0").write_bytes(b"half")
    (root / "incoming" / "20240301T010000Z-0").write_bytes(b"half")
    await world.instances["intake"].tick()
    assert [name for name in stored(world) if name.startswith("incoming")] == ["incoming/20240301T010000Z-0"]
    world.clock.set(world.clock.now() + timedelta(days=2))
    await world.instances["intake"].tick()
    assert [name for name in stored(world) if name.startswith("incoming")] == []
    assert len(stored(world)) == 1


async def test_a_replaced_file_stays_in_the_history(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    old = (await upload(world, case, "credit_report", world.owner())).json()
    new = (await upload(world, case, "credit_report", world.owner(), replaces=old["id"])).json()
    path = f"/v1/declarations/{case}/materials"
    assert [each["id"] for each in (await world.get("intake", path, world.owner()))["items"]] == [new["id"]]
    history = (await world.get("intake", f"{path}?history=true", world.owner()))["items"]
    assert {each["id"]: each["removed_at"] is None for each in history} == {old["id"]: False, new["id"]: True}
    assert new["replaces"] == old["id"]
    await world.call("intake", "GET", f"{path}/{old['id']}/content", world.owner(), status=200)


async def test_a_material_is_removed_before_submission_only(world: World) -> None:
    case = await sample_declarations.ready(world)
    path = f"/v1/declarations/{case}/materials"
    listed = (await world.get("intake", path, world.owner()))["items"]
    photos = [each for each in listed if each["kind"] == "site_photos"]
    await world.call("intake", "DELETE", f"{path}/{photos[0]['id']}", world.owner(), status=204)
    again = await world.call("intake", "DELETE", f"{path}/{photos[0]['id']}", world.owner())
    assert again.status_code == 404
    assert (await states(world, case))["site_photos"] == "missing"
    await upload(world, case, "site_photos", world.owner())
    assert (await states(world, case))["site_photos"] == "present"
    assert (await states(world, (await sample_declarations.draft(world))["id"]))["site_photos"] == "missing"
    await sample_declarations.undertake(world, case, world.owner())
    await world.post("intake", f"/v1/declarations/{case}/submit", world.owner())
    kept = (await world.get("intake", path, world.owner()))["items"][0]
    late = await world.call("intake", "DELETE", f"{path}/{kept['id']}", world.owner())
    assert (late.status_code, late.json()["code"]) == (409, "wrong_status")


async def test_each_role_uploads_only_its_own_materials(world: World) -> None:
    case = await sample_declarations.accepted(world)
    for who, kind in ((OFFICER, "credit_report"), (world.owner(), "request_letter"), (GOVERNMENT, "request_letter")):
        answer = await upload(world, case, kind, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), kind
    unknown = await upload(world, case, "undertaking", world.owner())
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/query/kind")
    assert "credit_report" in unknown.json()["detail"]


async def test_applicants_cannot_read_the_districts_documents(world: World) -> None:
    case = await sample_declarations.accepted(world)
    letter = (await upload(world, case, "request_letter", OFFICER)).json()
    path = f"/v1/declarations/{case}/materials/{letter['id']}/content"
    await world.call("intake", "GET", path, world.owner(), status=403)
    await world.call("intake", "GET", path, "city-officer-1", status=200)
    await world.call("intake", "GET", path, "110106-officer-1", status=404)
