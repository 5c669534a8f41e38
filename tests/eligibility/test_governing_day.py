"""The day whose edition and standards govern a case, in each round and each occasion; replay of each record. 二"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.actors import system_actor
from shared.policy.decision import ENGINE
from tests.eligibility.fixtures import OPEN, SETTLE, act, announce, case_path, facts, forward, read_case, returned
from tests.eligibility.stored_rows import standard, store
from tests.world import World

pytestmark = pytest.mark.clause("二")
REASON = {"reason": "标准已调整"}


async def reassess(world: World, case: UUID) -> Any:
    return (await act(world, case, "reassess", "city-officer-1", REASON))["current"]


def basis(record: Any) -> tuple[str, str, str]:
    return record["as_of"], record["as_of_kind"], record["edition"]


@pytest.mark.parametrize(
    ("accepted", "chosen", "governing"),
    [
        ("2023-05-31", None, ("2023-05-31", "district_acceptance", "2021")),
        ("2023-06-01", None, ("2023-06-01", "district_acceptance", "")),
        ("2023-08-30", None, ("2023-08-30", "district_acceptance", "")),
        ("2023-08-31", None, ("2023-08-31", "district_acceptance", "2023")),
        ("2023-07-15", "2021", ("2023-05-31", "chosen_edition", "2021")),
        ("2023-07-15", "2023", ("2023-08-31", "chosen_edition", "2023")),
        ("2024-06-01", "2023", ("2024-06-01", "chosen_edition", "2023")),
        ("2021-05-27", "2021", ("2021-05-28", "chosen_edition", "2021")),
        ("2022-01-01", "2021", ("2022-01-01", "chosen_edition", "2021")),
    ],
)
async def test_the_edition_is_that_of_the_acceptance_or_of_the_last_choice(
    world: World, accepted: str, chosen: str | None, governing: tuple[str, str, str]
) -> None:
    case = await forward(world, facts(accepted_on=accepted))
    for edition in ({"2021": "2023", "2023": "2021"}[chosen], chosen) if chosen else ():
        choice = {"edition": edition, "reason": "从新"}
        shown = await act(world, case, "choose-edition", "city-supervisor-1", choice)
        assert (shown["chosen_edition"], shown["current"]["occasion"]) == (edition, "edition_chosen")
    assert basis((await read_case(world, case))["current"]) == governing
    assert basis(await reassess(world, case)) == governing


async def test_by_the_reading_of_approval_the_day_of_the_assessment_governs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = world.instances["eligibility"]
    for settings in (instance.settings, instance.background.settings):
        monkeypatch.setattr(settings, "interpretations", {"edition_date": "approval"})
    world.clock.set(datetime(2024, 3, 1, 15, 59, tzinfo=UTC))
    case = await forward(world, facts(accepted_on="2023-07-15"))
    assert basis((await read_case(world, case))["current"]) == ("2024-03-01", "approval", "2023")
    world.clock.set(datetime(2024, 3, 1, 16, 0, tzinfo=UTC))
    assert basis(await reassess(world, case)) == ("2024-03-02", "approval", "2023")
    chosen = await act(world, case, "choose-edition", "city-supervisor-1", {"edition": "2021", "reason": "从旧"})
    assert basis(chosen["current"]) == ("2023-05-31", "chosen_edition", "2021")
    acts = (await world.get("eligibility", f"/v1/acts/{case}", "city-officer-1"))["items"]
    assert [(one["act"], one["reason"], one["detail"]) for one in acts] == [
        ("reassess_declaration", "标准已调整", {}), ("choose_edition", "从旧", {"edition": "2021"}),
    ]  # fmt: skip


async def test_a_reassessment_reads_the_standard_of_the_governing_day(world: World) -> None:
    told = facts(
        components=[{
            "kind": "building", "stock_use": "office_building", "completed_on": "2010-06-30", "wholly_vacant": False,
            "occupancy": "0.35", "district_tax_per_m2_yuan": "300", "function_mismatch": False,
            "renovated_area_m2": "26000", "fixed_investment_yuan": "1.00", "planned_occupancy": "0.80",
        }],
        accepted_on="2024-02-10",
    )  # fmt: skip
    case = await forward(world, told)
    await store(world, standard(1, "0.5", "2024-02-11"))
    assert (await reassess(world, case))["decision"] == "undetermined"
    await store(world, standard(2, "0.5", "2024-02-10"))
    assert (await reassess(world, case))["decision"] == "eligible"
    await store(world, standard(3, "0.35", "2024-02-10"))
    record = await reassess(world, case)
    assert (record["decision"], record["number"], record["occasion"]) == ("ineligible", 4, "reassessed")
    found = next(one for one in record["findings"] if one["rule"] == "building_inefficient")
    assert "文号3" in found["sentence"]
    records = (await world.get("eligibility", case_path(case, "records"), "city-officer-1"))["items"]
    assert [one["decision"] for one in records] == ["undetermined", "undetermined", "eligible", "ineligible"]
    assert len({one["ruleset"] for one in records}) == 3
    for number in range(1, 5):
        again = await world.get("eligibility", case_path(case, f"replay?number={number}"), "city-officer-1")
        assert (again["number"], again["ruleset"], again["equal"]) == (number, records[number - 1]["ruleset"], True)
    assert (await world.get("eligibility", case_path(case, "replay"), "city-officer-1"))["number"] == 4


async def test_a_record_without_an_edition_replays_by_its_own_day(world: World) -> None:
    case = await forward(world, facts(accepted_on="2023-07-15"))
    await act(world, case, "choose-edition", "city-supervisor-1", {"edition": "2023", "reason": "从新"})
    first = await world.get("eligibility", case_path(case, "replay?number=1"), "city-officer-1")
    assert (first["ruleset"], first["equal"], first["differs_in"]) == (None, True, [])


@pytest.mark.parametrize(
    ("altered", "engine", "differs"),
    [
        ('record || \'{"engine": "0", "unmet": ["二"]}\'', "0", ["engine", "unmet"]),
        (
            "jsonb_set(record, '{facts,energy_saving_ratio}', '\"0.01\"')",
            ENGINE,
            ["amounts", "decision", "findings", "unmet"],
        ),
    ],
    ids=["answer", "facts"],
)
async def test_a_replay_names_each_field_that_differs_and_both_engines(
    world: World, altered: str, engine: str, differs: list[str]
) -> None:
    case = await forward(world, facts())
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        await session.execute(
            text(
                "INSERT INTO assessment SELECT gen_random_uuid(), declaration_id, 2, round, district, applicant_uscc, "
                "occasion, as_of, as_of_kind, edition, engine, decision, ruleset, summary, made_by, "
                f"{altered}, made_at FROM assessment"
            )
        )
    answer = await world.get("eligibility", case_path(case, "replay"), "city-officer-1")
    assert (answer["number"], answer["equal"], sorted(answer["differs_in"])) == (2, False, differs)
    assert (answer["engine_then"], answer["engine_now"]) == (engine, ENGINE)


async def test_settlements_count_in_their_round_and_are_numbered_on(world: World) -> None:
    case = await forward(world, facts(drop=OPEN))
    await act(world, case, "settle", "city-officer-1", {**SETTLE, "holds": False})
    await announce(world, returned(case))
    await forward(world, facts(drop=OPEN), case, round=2)
    waiting = (await read_case(world, case))["current"]
    assert (waiting["decision"], waiting["round"], waiting["number"]) == ("undetermined", 2, 3)
    assert all(finding["settlement"] is None for finding in waiting["findings"])
    settled = (await act(world, case, "settle", "city-officer-1", SETTLE))["current"]
    (own,) = [finding["settlement"] for finding in settled["findings"] if finding["settlement"]]
    assert (settled["decision"], settled["number"], own["number"]) == ("eligible", 4, 2)


async def test_each_settlement_stands_for_its_own_rule(world: World) -> None:
    case = await forward(world, facts(drop=(*OPEN, "title_clear")))
    body = {**SETTLE, "rule": "title_clear", "holds": False, "reason": "产权存在争议", "evidence": None}
    await act(world, case, "settle", "city-officer-1", SETTLE)
    await act(world, case, "settle", "city-officer-1", body)
    case_now = await act(world, case, "settle", "city-officer-2", {**SETTLE, "reason": "复核无误"})
    shown = {
        finding["rule"]: (
            finding["settlement"]["holds"],
            finding["settlement"]["reason"],
            finding["settlement"]["number"],
        )
        for finding in case_now["current"]["findings"]
        if finding["settlement"]
    }
    assert shown == {"title_clear": (False, "产权存在争议", 2), "surroundings": (True, "复核无误", 3)}
    assert (case_now["decision"], case_now["current"]["unmet"]) == ("ineligible", ["二（二）"])
