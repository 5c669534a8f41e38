"""Dated figures over HTTP: an officer enters, another person confirms, and every service reads them."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.deadlines import STATE_COUNCIL
from tests.attachments import attached
from tests.eligibility.test_dry_run import dry_run, project
from tests.interleaving import other_session, until_waiting
from tests.shared.figures.batches import AUTHOR, CSV, JUNE, SECOND, THIRD, batch, confirm, enter, listed, rate
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")
LOAN = {"principal_yuan": "100000000.00", "rate": "0.0500", "years": 3}


@pytest.fixture
def june(world: World) -> World:
    world.clock.set(JUNE)
    return world


async def test_a_month_is_imported_confirmed_by_another_person_and_read_by_every_service(june: World) -> None:
    preview = await june.call("funding", "POST", "/v1/series/preview", AUTHOR, batch(file=CSV.encode()), status=200)
    assert [(each["row"], each["key"], each["change"]) for each in preview.json()["changes"]][:3] == [
        (1, "1Y", "new"), (1, "5Y", "new"), (2, "1Y", "new"),
    ]  # fmt: skip
    assert preview.json()["errors"] == []
    entered = await enter(june, batch(file=CSV.encode()), status=201)
    assert await listed(june, "funding", kind="lpr", on="2026-06-25", key="1Y") != []
    assert (await listed(june, "funding", kind="lpr", on="2026-06-25", key="1Y"))[0]["valid_from"] == "2026-02-24"
    refused = await confirm(june, entered, who=AUTHOR, status=403)
    assert refused.json()["code"] == "same_officer"
    confirmed = await confirm(june, entered, status=200)
    assert (confirmed.json()["status"], confirmed.json()["number"]) == ("confirmed", 1)
    await june.settle()
    for service in ("funding", "eligibility"):
        (found,) = await listed(june, service, kind="lpr", on="2026-06-25", key="5Y")
        assert (found["value"], found["valid_from"], found["version"]) == ("3.30", "2026-06-22", 1)


async def test_a_day_without_a_quotation_says_how_it_is_entered_and_is_computed_once_it_is(june: World) -> None:
    before = await dry_run(june, project(), loan=LOAN, as_of="2026-06-25")
    subsidy = before["support"]["interest_subsidy"]
    assert subsidy["award_yuan"] is None
    assert "请先补录" in str(subsidy["derivation"])
    assert "POST /v1/series/batches" in str(subsidy["derivation"])
    assert (await confirm(june, await enter(june, batch(file=CSV.encode())))).status_code == 200
    await june.settle()
    after = await dry_run(june, project(), loan=LOAN, as_of="2026-06-25")
    assert after["support"]["interest_subsidy"]["award_yuan"] is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_file_is_read_in_the_encodings_that_offices_use(june: World, encoding: str) -> None:
    entered = await enter(june, batch(file=CSV.encode(encoding)), status=201)
    assert entered.json()["origin"] == "imported"
    assert [figure["source"] for figure in entered.json()["figures"]] == ["公告"] * 8


BAD = """publish_date,lpr_1y_pct,lpr_5y_pct,verification
2026-03-20,2.90,3.40,公告
2026-04-02,2.90,3.40,公告
2026-05-20,29,3.40,公告
2026/13/01,2.90,3.40,公告
2026-05-20,2.90,3.40,公告
2026-07-20,2.90,3.40,公告
2026-06-22,2.90
"""


async def test_errors_name_row_and_field_and_nothing_is_entered(june: World) -> None:
    preview = await june.call("funding", "POST", "/v1/series/preview", AUTHOR, batch(file=BAD.encode()), status=200)
    found = {(error["row"], error["field"]) for error in preview.json()["errors"]}
    assert found == {
        (2, "valid_from"),
        (3, "value"),
        (4, "publish_date"),
        (5, "valid_from"),
        (6, "valid_from"),
        (7, "row"),
    }
    refused = await enter(june, batch(file=BAD.encode()), status=422)
    assert {error["pointer"].split("/")[2] for error in refused.json()["errors"]} == {"2", "3", "4", "5", "6", "7"}
    assert (await june.get("funding", "/v1/series/batches", AUTHOR))["items"] == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"publish_date,lpr_1y_pct,lpr_5y_pct\n", "文件没有数据行"),
        (b"a,b\n1,2\n", "缺少列"),
        (b"\xff\xfe\x00", "编码无法识别"),
        (b"key\n", "缺少列"),
    ],
)
async def test_a_file_of_another_kind_is_refused_with_the_columns_it_should_have(
    june: World, content: bytes, told: str
) -> None:
    refused = await enter(june, batch(file=content), status=422)
    assert told in refused.json()["errors"][0]["detail"]


async def test_a_file_imported_twice_changes_nothing(june: World) -> None:
    await confirm(june, await enter(june, batch(file=CSV.encode())), status=200)
    preview = await june.call("funding", "POST", "/v1/series/preview", AUTHOR, batch(file=CSV.encode()), status=200)
    assert {change["change"] for change in preview.json()["changes"]} == {"same"}
    refused = await enter(june, batch(file=CSV.encode()), status=409)
    assert refused.json()["code"] == "duplicate"


async def test_a_slip_is_corrected_by_a_new_version_and_both_stay_visible(june: World) -> None:
    slip = batch("lpr", rate("1Y", "2026-03-20", "9.20"))
    await confirm(june, await enter(june, slip), status=200)
    right = await enter(june, batch("lpr", rate("1Y", "2026-03-20", "2.90")), status=201)
    confirmed = await confirm(june, right, who=THIRD, status=200)
    assert confirmed.json()["number"] == 2
    versions = await listed(june, "funding", kind="lpr", key="1Y", versions="true")
    march = [
        (each["value"], each["version"], each["newest"]) for each in versions if each["valid_from"] == "2026-03-20"
    ]
    assert march == [("9.20", 1, False), ("2.90", 2, True)]


async def test_the_same_month_twice_is_refused_or_waits_for_its_author(june: World) -> None:
    first, second = [
        await enter(june, batch("lpr", rate("1Y", "2026-03-20", value)), status=201) for value in ("2.90", "2.80")
    ]
    await confirm(june, first, status=200)
    moved = await confirm(june, second, status=409)
    assert moved.json()["code"] == "figures_moved"
    another_day = await enter(june, batch("lpr", rate("1Y", "2026-03-23", "2.90")), status=422)
    assert "2026-03-20" in another_day.json()["errors"][0]["detail"]
    path = f"/v1/series/batches/{second.json()['id']}/return"
    returned = await june.post("funding", path, SECOND, {"reason": "该月已登记"})
    assert (returned["status"], returned["decision_reason"]) == ("returned", "该月已登记")
    await confirm(june, second, status=409)


async def test_a_file_with_two_days_of_publication_in_a_month_is_refused(june: World) -> None:
    days = [rate("1Y", "2026-03-20", "2.90"), rate("1Y", "2026-03-23", "2.90"), rate("5Y", "2026-03-20", "3.40")]
    refused = await enter(june, batch("lpr", *days), status=422)
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/rows/1/valid_from", "/rows/2/valid_from"]


async def test_two_batches_of_one_figure_confirmed_at_once_leave_one_version(june: World) -> None:
    batches = [await enter(june, batch("lpr", rate("1Y", "2026-03-20", value)), status=201) for value in ("2.9", "2.8")]
    async with other_session(june) as holder, asyncio.TaskGroup() as group, holder.transaction():
        await holder.execute("SELECT pg_advisory_xact_lock(hashtextextended('series funding', 17))")
        answers = [group.create_task(confirm(june, each)) for each in batches]
        await until_waiting(june, 2)
    assert sorted(each.result().status_code for each in answers) == [200, 409]
    versions = await listed(june, "funding", kind="lpr", key="1Y", versions="true")
    assert [each["version"] for each in versions if each["valid_from"] == "2026-03-20"] == [1]


async def test_a_document_replaced_before_the_decision_is_another_version_of_the_batch(june: World) -> None:
    first = await attached(june, "funding", AUTHOR, "treasury", None, "series_document")
    entered = await enter(june, batch(file=CSV.encode(), attachments=[first]), status=201)
    second = await attached(
        june, "funding", AUTHOR, "treasury", None, "series_document", replaces=first, reason="页码不全"
    )
    await confirm(june, entered, if_match='"1"', status=412)
    confirmed = await confirm(june, entered, if_match='"2"', status=200)
    assert confirmed.json()["attachments"] == [second]
    path = f"/v1/attachments/{second}/withdraw"
    assert (await june.post("funding", path, AUTHOR, {"reason": "有误"}, 409))["code"] == "wrong_status"


async def test_two_officers_who_confirm_at_once_confirm_once(june: World) -> None:
    entered = await enter(june, batch(file=CSV.encode()))
    answers = await asyncio.gather(*(confirm(june, entered, who=who, if_match='"1"') for who in (SECOND, THIRD)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    await june.settle()
    assert len(await june.events("funding", "funding.figures_confirmed.v1")) == 1


async def test_the_author_alone_withdraws(june: World) -> None:
    entered = await enter(june, batch(file=CSV.encode()))
    path = f"/v1/series/batches/{entered.json()['id']}/withdraw"
    await june.post("funding", path, SECOND, {"reason": "非本人"}, 403)
    assert (await june.post("funding", path, AUTHOR, {"reason": "重复登记"}))["status"] == "withdrawn"
    await confirm(june, entered, status=409)


async def test_a_reading_applies_to_later_cases_only(june: World) -> None:
    change = {"key": "package_rate", "valid_from": "2026-06-25", "value": "dominant"}
    refused = await enter(june, batch("interpretation", change), "eligibility", status=422)
    assert "施行日期须晚于今日" in refused.json()["errors"][0]["detail"]
    later = await enter(june, batch("interpretation", change | {"valid_from": "2026-07-01"}), "eligibility", status=201)
    await confirm(june, later, "eligibility", status=200)
    await june.settle()
    for service in ("eligibility", "funding", "monitoring", "intake"):
        values = [each["value"] for each in await listed(june, service, kind="interpretation", key="package_rate")]
        assert values == ["by_component", "dominant"]
    late = await enter(june, batch("interpretation", change | {"valid_from": "2026-07-02"}), "eligibility", status=201)
    june.clock.set(datetime(2026, 7, 2, 2, tzinfo=UTC))
    assert "施行日期须晚于今日" in (await confirm(june, late, "eligibility", status=409)).json()["detail"]
    june.settings.interpretations["package_rate"] = "dominant"
    fixed = await enter(june, batch("interpretation", change | {"valid_from": "2026-08-01"}), "eligibility", status=422)
    assert "TENGHUAN_INTERPRETATIONS" in fixed.json()["errors"][0]["detail"]


@pytest.mark.clause("三（三）")
async def test_a_calendar_announced_late_is_entered_as_a_file(june: World) -> None:
    year = STATE_COUNCIL.last_year + 1
    saturday = date.fromisocalendar(year, 20, 6)
    days = f"day,rest\n{year}-10-01,休\n{year}-10-02,休\n{saturday},班\n"
    await confirm(
        june, await enter(june, batch("calendar", file=days.encode()), "eligibility"), "eligibility", status=200
    )
    (found,) = await listed(june, "eligibility", kind="calendar", key=year)
    assert found["value"] == {"holidays": [f"{year}-10-01", f"{year}-10-02"], "make_up_days": [saturday.isoformat()]}
    weekday = f"day,rest\n{year}-10-01,休\n{date.fromisocalendar(year, 20, 3)},班\n"
    refused = await enter(june, batch("calendar", file=weekday.encode()), "eligibility", status=422)
    assert "不是周末" in refused.json()["errors"][0]["detail"]


async def test_each_kind_is_entered_where_it_is_owned(june: World) -> None:
    elsewhere = await enter(june, batch(file=CSV.encode()), "eligibility", status=422)
    assert elsewhere.json()["code"] == "figures_kept_elsewhere"
    assert (
        await enter(june, batch("factor", {"key": "gas_factor", "valid_from": "2026-01-01", "value": "2.2"}))
    ).status_code == 422
    june_factor = batch(
        "factor", {"key": "gas_factor", "valid_from": "2026-01-01", "value": "2.2", "source": "示例标准"}
    )
    await confirm(june, await enter(june, june_factor, "monitoring"), "monitoring", status=200)
    assert [each["value"] for each in await listed(june, "monitoring", kind="factor", key="gas_factor")] == [
        "2.162",
        "2.2",
    ]


CAP = {"key": "grant_cap_yuan", "valid_from": "2026-07-01", "value": "60000000"}
DOCUMENT_NO = "京发改规〔2026〕3号"
QUOTE = "最高不超过6000万元"
EDITION = {
    "key": "2026-3", "valid_from": "2026-07-01",
    "value": {"doc_no": DOCUMENT_NO, "title": "修改通知", "amends": "2023", "text": f"二（四）1修改为：{QUOTE}。"},
}  # fmt: skip


@pytest.mark.clause("二（四）1")
async def test_a_figure_of_the_notice_changes_with_a_registered_edition_alone(june: World) -> None:
    async def tried(**more: Any) -> list[str]:
        answer = await enter(june, batch("parameter", CAP | more, document_no=DOCUMENT_NO), "eligibility", status=422)
        return [error["pointer"].split("/")[3] for error in answer.json()["errors"]]

    assert await tried() == ["ref"]
    assert await tried(ref="2026-3#二（四）1") == ["ref"]
    edition = await enter(june, batch("edition", EDITION, document_no=DOCUMENT_NO), "eligibility", status=201)
    await confirm(june, edition, "eligibility", status=200)
    ref = {"ref": "2026-3#二（四）1"}
    assert await tried(**ref) == ["quote"]
    assert await tried(**ref, quote="最高不超过7000万元") == ["quote"]
    assert await tried(**ref, quote=QUOTE, valid_from="2026-06-30") == ["valid_from"]
    other = await enter(
        june, batch("parameter", CAP | ref | {"quote": QUOTE}, document_no="另一文件"), "eligibility", status=422
    )
    assert other.json()["errors"][0]["pointer"].endswith("document_no")
    entered = await enter(
        june, batch("parameter", CAP | ref | {"quote": QUOTE}, document_no=DOCUMENT_NO), "eligibility", status=201
    )
    await confirm(june, entered, "eligibility", status=200)
    await june.settle()
    (found,) = await listed(june, "funding", kind="parameter", key="grant_cap_yuan", on="2026-07-01")
    assert (found["value"], found["ref"]) == ("60000000", ref["ref"])


@pytest.mark.parametrize(
    ("figure", "field"),
    [
        ({"key": "没有", "value": "1"}, "key"),
        ({"key": "gas_factor", "value": "1"}, "key"),
        ({"key": "evaluation_reminder_days", "value": "六十"}, "value"),
        ({"key": "evaluation_reminder_days", "value": "-1"}, "value"),
        ({"key": "quarter_progress_tolerance", "value": "20"}, "value"),
        ({"key": "evaluation_grades", "value": {"excellent": 90}}, "value"),
        ({"key": "evaluation_grades", "value": {"excellent": 90, "good": "八十", "passed": 60, "failed": 0}}, "value"),
        ({"key": "credit_severe_grounds", "value": []}, "value"),
        ({"key": "evaluation_reminder_days", "valid_from": "2026-08-01", "struck": True}, "struck"),
    ],
)
async def test_a_value_has_the_shape_of_its_key(june: World, figure: dict[str, Any], field: str) -> None:
    refused = await enter(june, batch("parameter", {"valid_from": "2026-07-01", **figure}), "eligibility", status=422)
    assert refused.json()["errors"][0]["pointer"].split("/")[3] == field
