"""Materials: size, type, name, sameness, replacement, who may give what and when (三（一）¶2)."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services.intake.rules.checklist import items
from services.intake.rules.stages import STAGES
from tests.intake import sample_declarations
from tests.intake.sample_declarations import GOVERNMENT, OFFICER, PDF, upload
from tests.packages import JPEG, MEMBERS, package
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

LIMIT = 1000
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def post(world: World, case: str, body: Any, **headers: str) -> httpx.Response:
    """Upload with headers of the test's own."""
    sent = {"authorization": f"Bearer {world.token(world.owner())}", "idempotency-key": f"own-{len(str(headers))}"}
    path = f"/v1/declarations/{case}/materials?kind=credit_report&filename=a.pdf"
    return await world.clients["intake"].post(path, content=body, headers=sent | headers)


async def streamed(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 300):
        yield body[start : start + 300]


async def test_a_file_may_have_exactly_the_limit_declared_or_streamed(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    world.instances["intake"].settings.upload_limit_bytes = LIMIT
    for number, size in enumerate((LIMIT - 1, LIMIT, LIMIT + 1)):
        for fill in (b"x", b"y"):
            body = PDF.ljust(size, fill)
            sent = body if fill == b"x" else streamed(body)
            answer = await upload(world, case, "credit_report", world.owner(), sent)
            said = answer.json().get("size_bytes"), answer.json().get("code")
            expected = (201, (size, None)) if number < 2 else (413, (None, "too_large"))
            assert (answer.status_code, said) == expected, (size, fill)


async def test_a_body_of_json_or_of_unreadable_length_is_refused(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    for kind in ("application/json", "application/merge-patch+json; charset=utf-8"):
        answer = await post(world, case, PDF, **{"content-type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    answer = await post(world, case, PDF, **{"content-length": "9x"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await post(world, case, PDF, **{"content-type": "application/pdf"})).status_code == 201


TYPES: list[tuple[bytes, str, tuple[str, str] | None]] = [
    (PDF, "a.docx", ("a.docx.pdf", "application/pdf")),
    (b"%PDF-1.4\n<script>", "a.html", ("a.html.pdf", "application/pdf")),
    (package(*MEMBERS["docx"]), "a.DOCX", ("a.DOCX", DOCX)),
    (package(*MEMBERS["xlsx"]), "b.a.pdf", ("b.a.pdf.xlsx", XLSX)),
    (JPEG, "C:\\照片\\1.jpeg", ("1.jpeg", "image/jpeg")),
    (b"%PDF-<script>", "a.html", None),
    (b"PK\x05\x06", "a.docx", None),
    (b"\x89PNG\r\n\x1a", "a.png", None),
    (b" %PDF-1.7", "a.pdf", None),
]
NAMES = [("x" * 196 + ".pdf", 201), ("x" * 197 + ".pdf", 422), ("长" * 84 + ".pdf", 422), ("", 422)]


async def test_the_content_decides_the_type_and_the_extension(world: World) -> None:
    case, owner, found = (await sample_declarations.draft(world))["id"], world.owner(), []
    for content, filename, _ in TYPES:
        answer = await upload(world, case, "site_photos", owner, content, filename=filename)
        assert answer.status_code in (201, 415)
        said = answer.json()
        found.append((content, filename, (said["filename"], said["media_type"]) if "filename" in said else None))
    assert found == TYPES
    names = []
    for filename, _ in NAMES:
        answer = await upload(world, case, "credit_report", owner, PDF, filename=filename)
        names.append((filename, answer.status_code))
    assert names == NAMES


async def test_a_name_in_another_encoding_is_refused_and_a_corrected_name_is_kept(world: World) -> None:
    case, owner = (await sample_declarations.draft(world))["id"], world.owner()
    sent = {"authorization": f"Bearer {world.token(owner)}", "idempotency-key": "gbk"}
    path = f"/v1/declarations/{case}/materials"
    url = f"{path}?kind=credit_report&filename=%B1%A8%B8%E6.pdf"
    (error,) = (await world.clients["intake"].post(url, content=PDF, headers=sent)).json()["errors"]
    assert error["pointer"] == "/query/filename"
    assert error["detail"].startswith("第 1 个字符 U+FFFD（编码转换失败留下的替代符）不可使用；请用 UTF-8")
    first = (await upload(world, case, "credit_report", owner, PDF, filename="抱告.pdf")).json()
    second = await upload(world, case, "credit_report", owner, PDF, filename="报告.pdf")
    assert (second.status_code, second.json()["filename"], second.json()["replaces"]) == (201, "报告.pdf", first["id"])
    (present,) = (await world.get("intake", path, owner))["items"]
    assert present == second.json()
    assert len((await world.get("intake", f"{path}?history=true", owner))["items"]) == 2


async def test_a_name_stored_by_an_earlier_version_is_handed_out_safely(world: World) -> None:
    case, owner = (await sample_declarations.draft(world))["id"], world.owner()
    sent = (await upload(world, case, "site_photos", owner, PDF)).json()
    await world.database.admin.execute("UPDATE intake.material SET filename = $1", "a\u202efdp\n.html")
    path = f"/v1/declarations/{case}/materials/{sent['id']}/content"
    answer = await world.call("intake", "GET", path, owner, status=200)
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"a_fdp_.html.pdf\"; filename*=UTF-8''a_fdp_.html.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_quotas_count_present_files_and_all_that_was_stored(world: World) -> None:
    case, owner = (await sample_declarations.draft(world))["id"], world.owner()
    settings, path = world.instances["intake"].settings, f"/v1/declarations/{case}/materials"

    async def refused(body: bytes, said: str) -> None:
        answer = await upload(world, case, "site_photos", owner, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "file_quota")
        assert said in answer.json()["detail"]

    settings.declaration_files, first = 2, (await upload(world, case, "site_photos", owner, PDF)).json()["id"]
    assert (await upload(world, case, "site_photos", owner, PDF + b"1")).status_code == 201
    await refused(PDF + b"2", "已有 2 份（最多 2 份）；请移除不需要的材料")
    replaced = await upload(world, case, "site_photos", owner, PDF + b"2", replaces=first)
    assert replaced.status_code == 201
    settings.declaration_files, settings.declaration_files_bytes = 9, 30
    assert (await upload(world, case, "site_photos", owner, PDF + b"3")).status_code == 201
    await refused(PDF + b"4", "共 0.0 MiB，额度 0.0 MiB，本文件 0.0 MiB；请移除不需要的材料")
    await world.call("intake", "DELETE", f"{path}/{replaced.json()['id']}", owner, status=204)
    assert (await upload(world, case, "site_photos", owner, PDF + b"4")).status_code == 201
    settings.declaration_files_bytes, settings.applicant_files_bytes = 1000, 58
    await refused(PDF + b"5", "请联系系统管理员提高额度")
    settings.applicant_files_bytes = 59
    other = (await sample_declarations.draft(world))["id"]
    assert (await upload(world, other, "site_photos", owner, PDF + b"5")).status_code == 201


async def test_the_same_content_is_another_material_elsewhere_or_after_a_removal(world: World) -> None:
    first, second = [(await sample_declarations.draft(world))["id"] for _ in range(2)]
    owner = world.owner()

    async def sent(case: str, kind: str, status: int) -> str:
        answer = await upload(world, case, kind, owner, PDF)
        assert answer.status_code == status, answer.text
        return str(answer.json()["id"])

    one = await sent(first, "credit_report", 201)
    other_kind, other_case = await sent(first, "site_photos", 201), await sent(second, "credit_report", 201)
    assert await sent(first, "credit_report", 200) == one
    await world.call("intake", "DELETE", f"/v1/declarations/{first}/materials/{one}", owner, status=204)
    again = await sent(first, "credit_report", 201)
    assert len({one, other_kind, other_case, again}) == 4
    path = f"/v1/declarations/{first}/materials?history=true"
    listed = (await world.get("intake", path, owner))["items"]
    assert [(each["id"], each["removed_at"] is None) for each in listed] == [
        (one, False),
        (other_kind, True),
        (again, True),
    ]


async def test_a_file_replaces_only_a_present_one_of_its_kind_and_declaration(world: World) -> None:
    case, other = [(await sample_declarations.draft(world))["id"] for _ in range(2)]
    owner = world.owner()
    photo, report, foreign = [
        (await upload(world, where, kind, owner)).json()["id"]
        for where, kind in ((case, "site_photos"), (case, "credit_report"), (other, "credit_report"))
    ]
    gone = (await upload(world, case, "credit_report", owner)).json()["id"]
    await world.call("intake", "DELETE", f"/v1/declarations/{case}/materials/{gone}", owner, status=204)
    for wrong in (photo, foreign, gone):
        answer = await upload(world, case, "credit_report", owner, replaces=wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for path in (f"{case}/materials/{foreign}", f"{other}/materials/{report}"):
        await world.call("intake", "DELETE", f"/v1/declarations/{path}", owner, status=404)
        await world.get("intake", f"/v1/declarations/{path}/content", owner, status=404)
    assert (await upload(world, case, "credit_report", owner, replaces=report)).status_code == 201
    row = await world.database.admin.fetchrow(
        "SELECT removed_by, removed_at FROM intake.material WHERE id = $1", report
    )
    assert tuple(row or ()) == (owner.subject, world.clock.now())


PROVIDERS = {"applicant": "owner", "district_officer": OFFICER, "district_government": GOVERNMENT}
STAGES_OF = {
    "applicant": {"draft", "returned"},
    "district_officer": {"accepted", "opinion_requested", "opinion_given"},
    "district_government": {"opinion_requested"},
}


async def test_each_provider_gives_and_removes_its_own_materials_in_its_stages(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    admin, found = world.database.admin, {}
    kinds = {item.provider: item.code for item in items() if item.code != "undertaking"}
    for stage in STAGES:
        await admin.execute("UPDATE intake.declaration SET stage = $1, round = 1", stage)
        for provider, who in PROVIDERS.items():
            persona = world.owner() if who == "owner" else who
            answer = await upload(world, case, kinds[provider], persona)
            found[stage, provider] = answer.status_code
            if answer.status_code == 201:
                path = f"/v1/declarations/{case}/materials/{answer.json()['id']}"
                others = [each for each in PROVIDERS.values() if each != who]
                for other in others:
                    await world.call("intake", "DELETE", path, world.owner() if other == "owner" else other, status=403)
                await world.call("intake", "DELETE", path, persona, status=204)
    admitted = {key for key, status in found.items() if status == 201}
    assert admitted == {(stage, provider) for provider, stages in STAGES_OF.items() for stage in stages}
    assert set(found.values()) == {201, 409}


@pytest.mark.clause("四（一）1")
async def test_a_change_by_an_official_leaves_the_undertaking_and_is_on_record(world: World) -> None:
    case = await sample_declarations.accepted(world)
    path = f"/v1/declarations/{case}"
    before = await world.get("intake", path, OFFICER)
    letter = (await upload(world, case, "request_letter", OFFICER, PDF + b"letter", filename="请示.pdf")).json()
    await world.call("intake", "DELETE", f"{path}/materials/{letter['id']}", OFFICER, status=204)
    after = await world.get("intake", path, OFFICER)
    vowed = ("undertaking_version", "undertaken_at")
    assert [after[name] for name in vowed] == [before[name] for name in vowed] != [None, None]
    acts = (await world.get("intake", f"/v1/acts/{case}", "auditor-1"))["items"][-2:]
    said = {"round": 1, "kind": "request_letter", "sha256": letter["sha256"], "filename": "请示.pdf"}
    assert [(act["act"], act["actor"], act["detail"]) for act in acts] == [
        ("upload_material", OFFICER, said),
        ("remove_material", OFFICER, said),
    ]
    assert await world.database.admin.fetchval("SELECT count(*) FROM intake.duty WHERE duty = 'first_review'") == 1


@pytest.mark.clause("四（一）1")
async def test_removing_a_material_voids_the_undertaking_too(world: World) -> None:
    case, owner = await sample_declarations.ready(world), world.owner()
    path = f"/v1/declarations/{case}"
    photo = (await world.get("intake", f"{path}/materials?kind=site_photos", owner))["items"][0]["id"]
    await world.call("intake", "DELETE", f"{path}/materials/{photo}", owner, status=204)
    said = await world.get("intake", path, owner)
    assert (said["undertaking_version"], said["undertaken_at"]) == (None, None)
    row = await world.database.admin.fetchval("SELECT undertaken_by FROM intake.declaration")
    assert row is None


async def test_the_content_comes_with_its_name_type_and_hash(world: World) -> None:
    case, owner = (await sample_declarations.draft(world))["id"], world.owner()
    sent = (await upload(world, case, "site_photos", owner, PDF + b"1", filename="照片 1.pdf")).json()
    path = f"/v1/declarations/{case}/materials/{sent['id']}/content"
    answer = await world.call("intake", "GET", path, owner, status=200)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == "10"
    assert answer.headers["etag"] == f'"{sent["sha256"]}"'
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"___1.pdf\"; filename*=UTF-8''{quote('照片 1.pdf', safe='')}"
    )
    for who in (world.owner("91110105MA0000007L", "另一家"), OFFICER):
        await world.get("intake", path, who, status=404)
