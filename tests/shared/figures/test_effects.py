"""Effects of a batch of figures: the cases it changes, before and after, and the decisions that used a version."""

from typing import Any

import pytest

from tests.eligibility import fixtures
from tests.shared.figures.batches import AUTHOR, batch, confirm, enter
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")
STRICTER = {"key": "mapped_industry_area_share", "valid_from": "2024-01-01", "value": "0.80"}
LIMIT = {"key": "supported_industries", "valid_from": "2024-01-01"}
EDITION = {
    "key": "2024-1", "valid_from": "2024-01-01",
    "value": {"doc_no": "京发改规〔2024〕1号", "title": "修改通知", "amends": "2023", "text": "支持高精尖产业。"},
}  # fmt: skip
DOCUMENT: dict[str, Any] = {"document_no": "京发改规〔2024〕1号"}
FEWER = LIMIT | {"value": ["high_precision"], "ref": "2024-1#二（二）1", "quote": "支持高精尖产业"}


async def affected(world: World, batch_id: str, service: str = "eligibility") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.get(service, f"/v1/series/batches/{batch_id}/affected", AUTHOR))["items"]
    return items


async def uses(world: World, service: str = "eligibility", **asked: Any) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    items: list[dict[str, Any]] = (await world.get(service, f"/v1/series/uses?{query}", AUTHOR))["items"]
    return items


async def test_cases_whose_result_changes_are_listed_recomputed_and_the_concluded_keep_theirs(world: World) -> None:
    concluded = await fixtures.passed_review(world)
    open_case = await fixtures.forward(world, fixtures.facts())
    edition = await enter(world, batch("edition", EDITION, **DOCUMENT), "eligibility", status=201)
    await confirm(world, edition, "eligibility", status=200)
    body = batch("industry", FEWER, **DOCUMENT)
    preview = await world.call("eligibility", "POST", "/v1/series/preview", AUTHOR, body, status=200)
    listed = {each["case_id"]: each for each in preview.json()["affected"]}
    assert set(listed) == {str(concluded), str(open_case)}
    assert {case: each["kept"] for case, each in listed.items()} == {str(concluded): True, str(open_case): False}
    assert "二（二）1" in listed[str(open_case)]["after"] != listed[str(open_case)]["before"]

    entered = await enter(world, body, "eligibility", status=201)
    batch_id = entered.json()["id"]
    assert {each["case_id"] for each in await affected(world, batch_id)} == set(listed)
    await confirm(world, entered, "eligibility", status=200)
    assert {each["case_id"] for each in await affected(world, batch_id)} == set(listed)
    assert (await fixtures.read_case(world, open_case))["decision"] == "eligible"
    cases = {"case_ids": [str(open_case), str(concluded)], "reason": "门类表变更"}
    answer = await world.post("eligibility", f"/v1/series/batches/{batch_id}/recompute", AUTHOR, cases)
    assert ["二（二）1" in each["result"] for each in answer["cases"]] == [True, False]
    assert "维持原决定" in answer["cases"][1]["result"]
    assert (await fixtures.read_case(world, open_case))["decision"] == "ineligible"
    assert (await fixtures.read_case(world, concluded))["decision"] == "eligible"

    old, new = "industry/supported_industries/2023-08-31/1", "industry/supported_industries/2024-01-01/1"
    assert {each["case_id"] for each in await uses(world, figure=old)} == set(listed)
    assert [each["case_id"] for each in await uses(world, figure=new)] == [str(open_case)]
    acts = [
        (each["act"], old in each["figures"], new in each["figures"]) for each in await uses(world, case_id=open_case)
    ]
    assert acts[0] == ("assess_declaration", False, True)
    assert acts[-1] == ("assess_declaration", True, False)


async def test_a_batch_that_waits_is_not_recomputed_and_a_figure_nobody_reads_affects_none(world: World) -> None:
    case = await fixtures.forward(world, fixtures.facts())
    entered = await enter(world, batch("parameter", STRICTER), "eligibility", status=201)
    assert await affected(world, entered.json()["id"]) == []
    cases = {"case_ids": [str(case)], "reason": "测试"}
    await world.post("eligibility", f"/v1/series/batches/{entered.json()['id']}/recompute", AUTHOR, cases, 409)
