"""Tenants by code, area and share: mapped to the fields of 二（二）1 and held against the list of restrictions.

The rows of both lists are samples (示例); the real lists are imported with their documents.
"""

from typing import Any
from uuid import UUID

import pytest

from tests.attachments import attached
from tests.eligibility.fixtures import act, case_path, facts, forward, read_case
from tests.eligibility.test_dry_run import dry_run, project
from tests.shared.figures.batches import AUTHOR, SECOND, batch, confirm, enter, listed
from tests.world import World

pytestmark = pytest.mark.clause("二（二）1", "二")
CLASSES = (
    "code,valid_from,fields\nI65,2024-01-01,高精尖产业、数字经济与实体经济融合\n"
    "6513,2024-01-01,无\n7020,2024-02-15,modern_services\n"
)
BAR = "code,valid_from,level,districts,text\n"
BARS = (
    BAR + "6540,2024-01-01,禁止,全市,示例：不予新设\n"
    "51,2024-01-01,限制,东城区、110102,示例：区域性批发\n51,2024-01-01,禁止,海淀区,示例：专业市场\n"
)
SOURCE: dict[str, Any] = {"document_title": "示例清单", "document_no": "示例〔2024〕1号", "documented_on": "2023-12-20"}


async def imported(world: World, kind: str, content: str, **changed: Any) -> Any:
    """Import a list with its document and let another person confirm it."""
    paper = await attached(world, "eligibility", AUTHOR, "policy", None, "series_document")
    body = batch(kind, file=content.encode(), **SOURCE, attachments=[paper]) | changed
    entered = await enter(world, body, "eligibility", status=201)
    return (await confirm(world, entered, "eligibility", status=200)).json()


async def lists(world: World) -> None:
    await imported(world, "industry_class", CLASSES)
    await imported(world, "industry_restriction", BARS)


def tenant(code: str, name: str = "示例甲公司", **more: Any) -> dict[str, Any]:
    return {"name": name, "industry_code": code, **more}


async def answer(world: World, *tenants: dict[str, Any], district: str = "110105", day: str = "2024-03-01") -> Any:
    """Return rules by name and tenants of a dry run of a building that meets everything else."""
    found = await dry_run(world, project(tenants=list(tenants)), district=district, as_of=day)
    return found | {"rules": {one["rule"]: one["outcome"] for one in found["findings"]}}


@pytest.mark.parametrize(
    ("code", "district", "supported", "admitted", "decision", "said"),
    [
        ("6510", "110105", True, True, "eligible", "属于高精尖产业、数字经济与实体经济融合；未列入禁止和限制目录"),
        ("I6510", "110105", True, True, "eligible", "属于高精尖产业"),
        ("6513", "110105", False, True, "ineligible", "不属于支持的产业门类"),
        ("7020", "110105", True, True, "eligible", "属于现代服务业"),
        ("7040", "110105", None, True, "undetermined", "对照表未列该行业，待定，由市发展改革委认定"),
        ("6540", "110105", True, False, "ineligible", "列入禁止和限制目录——禁止（6540）：示例：不予新设"),
        ("5101", "110101", None, None, "undetermined", "限制（51）：示例：区域性批发"),
        ("5101", "110102", None, None, "undetermined", "限制（51）：示例：区域性批发"),
        ("5101", "110108", None, False, "ineligible", "禁止（51）：示例：专业市场"),
        ("5101", "110105", None, True, "undetermined", "未列入禁止和限制目录"),
    ],
)
async def test_a_tenant_is_judged_by_the_narrowest_entry_of_its_code_and_the_bars_of_its_district(
    world: World, code: str, district: str, supported: Any, admitted: Any, decision: str, said: str
) -> None:
    await lists(world)
    found = await answer(world, tenant(code), district=district)
    assert (found["rules"]["tenants_supported"], found["rules"]["tenants_admitted"]) == (supported, admitted)
    assert found["decision"] == decision
    (told,) = found["tenants"]
    assert (told["supported"], told["admitted"]) == (supported, admitted)
    assert said in told["sentence"]


async def test_entries_count_from_their_day_and_are_named(world: World) -> None:
    await lists(world)
    before = await answer(world, tenant("7020"), day="2024-02-14")
    assert before["tenants"][0]["fields"] is None
    after = await answer(world, tenant("7020"), day="2024-02-15")
    assert after["tenants"][0]["fields"] == ["modern_services"]
    assert after["tenants"][0]["entries"] == ["industry_class/7020/2024-02-15/1"]


async def test_a_correction_and_a_withdrawal_of_an_entry_are_new_versions(world: World) -> None:
    await lists(world)
    await imported(world, "industry_class", "code,valid_from,fields\n6513,2024-01-01,高精尖产业\n")
    assert (await answer(world, tenant("6513")))["decision"] == "eligible"
    paper = await attached(world, "eligibility", AUTHOR, "policy", None, "series_document")
    struck = {"key": "6513", "valid_from": "2024-01-01", "struck": True}
    entered = await enter(world, batch("industry_class", struck, **SOURCE, attachments=[paper]), "eligibility")
    await confirm(world, entered, "eligibility", status=200)
    assert (await answer(world, tenant("6513")))["tenants"][0]["entries"] == ["industry_class/65/2024-01-01/1"]
    versions = await listed(world, "eligibility", kind="industry_class", key="6513", versions="true")
    assert [each["version"] for each in versions] == [1, 2, 3]


async def test_without_lists_every_tenant_is_for_a_person_to_decide_and_without_tenants_nothing_is_asked(
    world: World,
) -> None:
    found = await answer(world, tenant("6510"))
    assert found["decision"] == "undetermined"
    assert (found["rules"]["tenants_supported"], found["rules"]["tenants_admitted"]) == (None, None)
    assert "尚未登记禁止和限制目录，待定" in found["tenants"][0]["sentence"]
    assert {(item["field"], item["who"]) for item in found["missing"]} == {("tenants", "city")}
    for none in ((), None):
        plain = await dry_run(world, project(tenants=none), district="110105", as_of="2024-03-01")
        assert (plain["decision"], plain["tenants"], plain["tenant_remarks"]) == ("eligible", [], [])


async def test_all_tenants_count_and_a_small_supported_share_is_remarked(world: World) -> None:
    await lists(world)
    both = [tenant("6510", area_m2="300.00"), tenant("6513", "示例乙公司", area_m2="700.00")]
    found = await answer(world, *both)
    assert (found["decision"], found["unmet"]) == ("ineligible", ["二（二）1"])
    assert found["tenant_remarks"] == ["属于支持门类的企业占所列面积 30.00%，低于提示线 80.00%，请核实产业定位"]
    by_share = [tenant("6510", share="0.80"), tenant("6513", "示例乙公司", share="0.20")]
    assert (await answer(world, *by_share))["tenant_remarks"] == []
    unknown = [tenant("6513", area_m2="300.00"), tenant("6510", "示例乙公司")]
    assert (await answer(world, *unknown))["tenant_remarks"] == []


async def test_one_tenant_that_is_not_supported_decides_whatever_is_unknown_of_another(world: World) -> None:
    await lists(world)
    for pair in (("7040", "6513"), ("6513", "7040")):
        found = await answer(world, *(tenant(code) for code in pair))
        assert (found["decision"], found["unmet"]) == ("ineligible", ["二（二）1"])


async def test_what_is_not_mapped_is_settled_by_one_officer_and_changed_by_another(world: World) -> None:
    await lists(world)
    case: UUID = await forward(world, facts(tenants=[tenant("7040")]))
    assert (await read_case(world, case))["decision"] == "undetermined"
    said = {
        "rule": "tenants_supported",
        "holds": True,
        "reason": "主营数字文旅运营，属现代服务业",
        "evidence": "会议纪要",
    }
    assert (await act(world, case, "settle", "city-officer-1", said))["decision"] == "eligible"
    changed = await act(world, case, "settle", "city-officer-2", said | {"holds": False, "reason": "复核后不属于"})
    assert changed["decision"] == "ineligible"
    replayed = await world.get("eligibility", case_path(case, "replay"), "city-officer-1")
    assert replayed["equal"] is True
    uses = await world.get("eligibility", f"/v1/series/uses?case_id={case}", "city-officer-1")
    assert uses["items"]


@pytest.mark.parametrize(
    ("kind", "content", "changed", "pointer"),
    [
        ("industry_class", CLASSES, {"attachments": []}, "/rows/1/attachments"),
        ("industry_class", CLASSES, {"document_no": None}, "/rows/1/document_no"),
        ("industry_class", CLASSES, {"documented_on": None}, "/rows/1/documented_on"),
        ("industry_class", "code,valid_from,fields\n99,2024-01-01,无\n", {}, "/rows/1/code"),
        ("industry_class", "code,valid_from,fields\nC65,2024-01-01,无\n", {}, "/rows/1/code"),
        ("industry_class", "code,valid_from,fields\n65,2024-01-01,房地产\n", {}, "/rows/1/fields"),
        ("industry_class", "code,valid_from\n65,2024-01-01\n", {}, "/rows/0/file"),
        ("industry_class", "code,valid_from,fields\n65,2024-01-01,无\n65,2024-01-01,无\n", {}, "/rows/2/valid_from"),
        ("industry_restriction", BAR + "65,2024-01-01,慎重,全市,示例\n", {}, "/rows/1/value/0/level"),
        ("industry_restriction", BAR + "65,2024-01-01,禁止,河北,示例\n", {}, "/rows/1/value/0/districts"),
        ("industry_restriction", BAR + "65,2024-01-01,禁止,全市, \n", {}, "/rows/1/value/0/text"),
    ],
)  # fmt: skip
async def test_a_list_with_an_error_is_not_entered_at_all(
    world: World, kind: str, content: str, changed: dict[str, Any], pointer: str
) -> None:
    paper = await attached(world, "eligibility", AUTHOR, "policy", None, "series_document")
    body = batch(kind, file=content.encode(), **SOURCE, attachments=[paper]) | changed
    refused = (await enter(world, body, "eligibility", status=422)).json()
    assert pointer in [error["pointer"] for error in refused["errors"]]


async def test_who_entered_a_list_does_not_confirm_it(world: World) -> None:
    paper = await attached(world, "eligibility", AUTHOR, "policy", None, "series_document")
    entered = await enter(
        world, batch("industry_class", file=CLASSES.encode(), **SOURCE, attachments=[paper]), "eligibility", status=201
    )
    await confirm(world, entered, "eligibility", who=AUTHOR, status=403)
    assert (await confirm(world, entered, "eligibility", who=SECOND, status=200)).json()["attachments"] == [paper]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"industry_code": "C6510"}, "/body/facts/tenants/0/industry_code"),
        ({"name": " "}, "/body/facts/tenants/0/name"),
        ({"share": "1.01"}, "/body/facts/tenants/0/share"),
        ({"stage": "signed"}, "/body/facts/tenants/0/stage"),
    ],
)
async def test_a_tenant_is_named_with_a_valid_code(world: World, changed: dict[str, str], pointer: str) -> None:
    body = {"facts": project(tenants=[tenant("6510") | changed])}
    refused = await world.call("eligibility", "POST", "/v1/dry-run", None, body, status=422)
    assert refused.json()["errors"][0]["pointer"] == pointer
