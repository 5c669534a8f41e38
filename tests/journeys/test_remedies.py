"""Remedies of refusals: every act of refusal is known, and its answer states the words entered, if any."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services import SERVICES
from services.funding.api.change_shapes import ChangeOut
from services.funding.api.interest_claims import InterestClaimOut
from services.intake.rules.stages import REFUSED_BY
from services.intake.schemas.declarations import DeclarationOut
from shared.policy.remedies import remedy
from shared.series import Figure, Register, reading_from
from shared.series.package import package
from tests.eligibility.fixtures import act, assessed_project, case_path, facts, forward, read_case
from tests.enumeration import operations
from tests.funding.case import enter_pool
from tests.intake.sample_declarations import OFFICER, accepted
from tests.shared.figures.batches import AUTHOR, SECOND, batch, confirm, enter
from tests.world import World

TEXT = ["示例救济文字第一段。", "示例救济文字第二段。"]
STATED = {
    "refuse_declaration": "intake: DeclarationOut",
    "conclude_review": "eligibility: ReviewDetailOut",
    "keep_out": "eligibility: ReviewDetailOut",
    "decline_application": "funding: ApplicationOut",
    "refuse_interest_claim": "funding: InterestClaimOut",
    "refuse_change": "funding: ChangeOut",
}
"""Acts that refuse an owner's request, and the answers that state the remedies."""
NO_REFUSAL = {
    "return_declaration_from_city": "returned to be corrected: nothing is refused",
    "receive_declaration": "a completed project stays where it is until the review refuses it",
    "correct_other_funds": "compares projects with a corrected record",
    "decide_district_standard": "between offices",
    "reject_release": "between officers of the treasury; the request may be made again",
    "book_receipts": "between the treasury and the office",
    "keep_month_closed": "between officers of the treasury",
    "countersign_approval": "grants", "countersign_change": "grants",
    "reject_return": "a money return that was not found on the account",
    "reject_clawback": "in favour of the owner",
    "raise_money_bar": "a proposal: what it leads to is declined by an act of its own",
    "propose_money_bar_lifting": "a proposal",
    "decide_money_bar_lifting": "a step before the award is declined or granted",
    "submit_quarter": "an incomplete report is sent again",
    "decide_rating": "a rating has objection and restoration of its own",
}  # fmt: skip
REFUSING = re.compile(r"不予|不通过|驳回|拒|reject|refus|declin|keep_out")


def test_every_act_of_refusal_is_known() -> None:
    found = set()
    for service in SERVICES:
        for name, route in operations(service).items():
            words = f"{name} {route.summary} {route.description}"
            if route.methods and not route.methods & {"GET"} and REFUSING.search(words):
                found.add(name)
    assert found == {*STATED, *NO_REFUSAL}


async def entered(world: World, *keys: str, after: int = 1, status: int = 201) -> Any:
    day = (world.clock.today() + timedelta(days=after)).isoformat()
    figures = [{"key": key, "valid_from": day, "value": TEXT} for key in keys]
    answer = await enter(world, batch("parameter", *figures), "eligibility", AUTHOR, status=status)
    if status == 201:
        await confirm(world, answer, "eligibility", SECOND, status=200)
        world.clock.set(datetime.fromisoformat(f"{day}T10:00:00+08:00"))
        await world.settle()
    return answer.json()


async def test_without_an_entry_a_refusal_says_that_none_is_entered(world: World) -> None:
    declaration_id = await forward(world, facts(other_municipal_funds=True))
    assert (await read_case(world, declaration_id))["remedy"] is None
    body = {"outcome": "reject", "reason": "已获其他资金", "clauses": ["二（五）"]}
    concluded = await act(world, declaration_id, "conclude", "city-officer-2", body)
    assert (concluded["remedy"]["stated"], concluded["remedy"]["paragraphs"]) == (False, [])
    assert "尚未登记“救济途径（市级决定）”" in concluded["remedy"]["told"]


async def test_a_review_and_a_pool_entry_that_are_refused_state_the_entered_text(world: World) -> None:
    before = await assessed_project(world)
    await act(world, before, "keep-out", "city-supervisor-1", {"reason": "年度安排已满"}, 204)
    rejected, kept_out = await forward(world, facts(other_municipal_funds=True)), await assessed_project(world)
    await entered(world, "city_remedy")
    body = {"outcome": "reject", "reason": "已获其他资金", "clauses": ["二（五）"]}
    concluded = await act(world, rejected, "conclude", "city-officer-2", body)
    assert concluded["remedy"]["paragraphs"] == TEXT
    await act(world, kept_out, "keep-out", "city-supervisor-1", {"reason": "年度安排已满"}, 204)
    assert (await read_case(world, kept_out))["remedy"]["told"] == "\n".join(TEXT)
    assert (await read_case(world, before))["remedy"]["stated"] is False


async def test_a_first_review_that_refuses_states_the_district_text(world: World) -> None:
    case = await accepted(world)
    await entered(world, "district_remedy")
    body = {"reason": "面积不足", "clauses": ["二（一）1"]}
    refused = await world.post("intake", f"/v1/declarations/{case}/refuse", OFFICER, body)
    assert (refused["remedy"]["authority_label"], refused["remedy"]["paragraphs"]) == ("区发展改革委", TEXT)
    read = await world.get("intake", f"/v1/declarations/{case}", world.owner())
    assert read["remedy"] == refused["remedy"]


async def test_a_declined_report_states_the_text_of_its_day(world: World) -> None:
    case = await enter_pool(world)
    await entered(world, "city_remedy")
    body = {"clauses": ["二（五）"], "reason": "项目已实质完工"}
    declined = await world.post("funding", f"/v1/applications/{case}/decline", "city-supervisor-1", body)
    assert declined["remedy"]["paragraphs"] == TEXT
    shown = await world.get("funding", f"/v1/applications/{case}", world.owner())
    assert shown["remedy"] == declined["remedy"]


def under(authority: str, day: date) -> Register:
    return Register([*package(), Figure("parameter", f"{authority}_remedy", day, TEXT)])


AT = datetime.fromisoformat("2024-05-01T00:30:00+08:00")


PERIOD = {"period_from": date(2024, 1, 1), "period_to": date(2024, 3, 31)}


@pytest.mark.parametrize(("shape", "fields"), [(InterestClaimOut, PERIOD), (ChangeOut, {})])
def test_claims_and_changes_that_are_refused_state_the_text_of_their_day(shape: Any, fields: Any) -> None:
    for day, stated in ((date(2024, 5, 1), True), (date(2024, 5, 2), False)):
        made = shape.model_construct(status="refused", decided_at=AT, remedy=None, **fields)
        with reading_from(under("city", day)):
            made.model_post_init(None)
        assert made.remedy.stated is stated


@pytest.mark.parametrize("stage", REFUSED_BY)
def test_a_declaration_that_was_refused_by_either_office_names_it(stage: str) -> None:
    authority = REFUSED_BY[stage]
    shape: Any = DeclarationOut
    with reading_from(under(authority, date(2024, 5, 1))):
        made = shape.model_construct(stage=stage, updated_at=AT, remedy=None)
        made.model_post_init(None)
        assert made.remedy == remedy(authority, date(2024, 5, 1))


WRONG = [
    ({"value": "一段文字"}, "应为 JSON 数组"),
    ({"value": []}, "应为 JSON 数组"),
    ({"value": [" "]}, "每段须为文字"),
    ({"value": ["长" * 1001]}, "最多 1000 字"),
    ({"valid_from": "2024-03-01"}, "施行日期须晚于今日"),
]


@pytest.mark.parametrize(("changed", "told"), WRONG)
async def test_text_that_is_none_or_that_would_change_the_past_is_refused(
    world: World, changed: dict[str, Any], told: str
) -> None:
    figure = {"key": "city_remedy", "valid_from": "2030-01-01", "value": TEXT, **changed}
    answer = await enter(world, batch("parameter", figure), "eligibility", AUTHOR, status=422)
    assert told in answer.text


async def test_a_text_of_a_past_day_is_never_struck(world: World) -> None:
    await entered(world, "city_remedy")
    day = world.clock.today().isoformat()
    struck = {"key": "city_remedy", "valid_from": day, "value": None, "struck": True}
    assert "施行日期须晚于今日" in (
        await enter(world, batch("parameter", struck), "eligibility", AUTHOR, status=422)
    ).text  # fmt: skip
    assert (await world.call("eligibility", "GET", case_path(await forward(world, facts())), AUTHOR)).status_code == 200
