"""Acts and events that wait for a transaction on the same case, pool or row, and then see what it changed. 三（二）"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from services.eligibility.handlers import HANDLERS, store_library_entries
from services.eligibility.models import LibraryProject, PoolEntry
from shared.actors import system_actor
from shared.contracts.base import Event
from shared.policy import resolve
from tests.eligibility.fixtures import (
    INVESTMENT,
    NO_CONFLICT,
    OPEN,
    PASS,
    SETTLE,
    announce,
    assessed_project,
    case_path,
    facts,
    forward,
    passed_review,
    read_case,
    receive,
    score_sheet,
    withdrawn,
)
from tests.eligibility.register_rows import library_entry
from tests.eligibility.stored_rows import review, store
from tests.enumeration import operations
from tests.interleaving import after, refuse_other_versions
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
POOL, STANDARDS = 0x7E15, 0x7E16
REASON = {"reason": "同意"}
STANDARD = {
    "district": "110105", "parameter": "low_occupancy", "value": "0.50", "valid_from": "2024-01-01",
    "document_no": "示例区标准", "reason": "公布",
}  # fmt: skip
OF_A_REVIEW: Mapping[str, tuple[str, Any]] = {
    "settle": ("city-officer-1", SETTLE),
    "withdraw-settlement": ("city-officer-1", {"rule": SETTLE["rule"], "reason": "认定有误"}),
    "choose-edition": ("city-supervisor-1", {"edition": "2023", "reason": "从新"}),
    "reassess": ("city-officer-1", REASON),
    "conclude": ("city-officer-2", PASS),
}
OF_A_PASSED_REVIEW: Mapping[str, tuple[str, Any]] = {
    "conflict-declaration": ("city-officer-6", NO_CONFLICT),
    "scores": ("city-officer-3", score_sheet()),
    "investment": ("city-officer-3", INVESTMENT),
    "enter-pool": ("city-supervisor-1", REASON),
    "keep-out": ("city-supervisor-1", REASON),
}
ACTS = {**OF_A_REVIEW, **OF_A_PASSED_REVIEW}


def hold(declaration_id: UUID) -> str:
    """Return the statement that locks a case as an act does."""
    return f"SELECT FROM eligibility.review WHERE declaration_id = '{declaration_id}' FOR NO KEY UPDATE"


def ended(declaration_id: UUID) -> str:
    """Return the statement that ends a case."""
    return f"UPDATE eligibility.review SET stage = 'closed' WHERE declaration_id = '{declaration_id}'"


def test_every_act_on_a_case_is_interleaved() -> None:
    paths = [route.path_format for route in operations("eligibility").values() if "POST" in (route.methods or ())]
    assert {path.rpartition("/")[2] for path in paths if "{declaration_id}" in path} == set(ACTS)


@pytest.mark.parametrize("act", ACTS)
async def test_an_act_waits_for_the_case_and_is_refused_once_it_has_ended(world: World, act: str) -> None:
    if act in OF_A_REVIEW:
        declaration_id = await forward(world, facts(drop=OPEN if act == "settle" else ()))
    else:
        declaration_id = await passed_review(world)
        await world.post(
            "eligibility", case_path(declaration_id, "conflict-declaration"), "city-officer-3", NO_CONFLICT, 201
        )
    who, body = (OF_A_REVIEW | OF_A_PASSED_REVIEW)[act]  # type: ignore[operator]
    path = case_path(declaration_id, act)
    await refuse_other_versions(world, "eligibility", "POST", path, who, body)
    call = world.call("eligibility", "POST", path, who, body)
    answer = await after(world, hold(declaration_id), ended(declaration_id), call)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")


async def take(world: World, event: Event) -> None:
    """Handle an event once; a consumer would try again after a conflict."""
    handler: Any = HANDLERS[type(event)]
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        await handler(session, event)


async def test_an_event_waits_for_the_case(world: World) -> None:
    declaration_id = await forward(world, facts())
    received = (
        "UPDATE eligibility.review SET received_on = '2024-03-02', version = version + 1 "
        f"WHERE declaration_id = '{declaration_id}'"
    )
    await after(world, hold(declaration_id), received, take(world, withdrawn(declaration_id)))
    case = await read_case(world, declaration_id)
    assert (case["stage"], case["received_on"]) == ("closed", "2024-03-02")


def pooled(declaration_id: UUID, rank: int, score: int) -> str:
    """Return the statement that stores an entry of the pool."""
    return (
        "INSERT INTO eligibility.pool_entry (declaration_id, district, applicant_uscc, declaration_no, project_name, "
        "applicant_name, year, rank, score, declared_investment_yuan, assessed_investment_yuan, entered_on) VALUES "
        f"('{declaration_id}', '110105', 'x', 'x', 'x', 'x', 2024, {rank}, {score}, 1, 1, '2024-03-01')"
    )


async def ranks(world: World) -> dict[UUID, int]:
    async with world.instances["eligibility"].database.session(system_actor("test")) as session:
        entries = await session.scalars(select(PoolEntry).where(PoolEntry.left_on.is_(None)))
        return {entry.declaration_id: entry.rank for entry in entries}


async def test_an_entry_waits_for_the_pool_and_is_ranked_after_what_entered_before(world: World) -> None:
    declaration_id, other = await assessed_project(world, 80), UUID(int=7)
    await store(world, review(7, stage="in_pool"))
    answer = await after(
        world, f"SELECT pg_advisory_xact_lock_shared({POOL})", pooled(other, 1, 90),
        world.call("eligibility", "POST", case_path(declaration_id, "enter-pool"), "city-supervisor-1", REASON),
    )  # fmt: skip
    assert (answer.status_code, answer.json()["rank"]) == (201, 2)
    assert await ranks(world) == {other: 1, declaration_id: 2}


async def test_a_departure_waits_for_the_pool_and_frees_the_rank_that_it_has_then(world: World) -> None:
    first, last, new = UUID(int=1), UUID(int=2), UUID(int=3)
    await store(world, *(review(number, stage="in_pool") for number in (1, 2, 3)))
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        for key, rank, score in ((first, 1, 80), (last, 2, 70)):
            await session.execute(text(pooled(key, rank, score).replace("eligibility.", "")))
    moved = "UPDATE eligibility.pool_entry SET rank = rank + 1; " + pooled(new, 1, 90)
    await after(world, f"SELECT pg_advisory_xact_lock_shared({POOL})", moved, announce(world, withdrawn(first)))
    assert await ranks(world) == {new: 1, last: 2}


async def test_a_standard_waits_for_the_one_before_and_takes_the_next_number(world: World) -> None:
    before = (
        "INSERT INTO eligibility.district_standard (id, number, district, parameter, value, valid_from, document_no, "
        "set_by, set_by_name, set_at) VALUES (gen_random_uuid(), 1, '110105', 'low_occupancy', 0.4, '2024-01-01', "
        "'文号', 'x', 'y', now())"
    )
    second = world.call("eligibility", "POST", "/v1/district-standards", "110105-supervisor-1", STANDARD)
    answer = await after(world, f"SELECT pg_advisory_xact_lock_shared({STANDARDS})", before, second)
    assert (answer.status_code, answer.json()["number"]) == (201, 2)


async def test_a_rule_set_that_another_assessment_stores_first_is_used(world: World) -> None:
    ruleset = resolve(date(2024, 3, 1), "110105")
    stored = (
        "INSERT INTO eligibility.ruleset (hash, edition, doc_no, content, first_used_at) "
        f"VALUES ('{ruleset.hash}', '2023', '京发改规〔2023〕12号', '{{}}', now())"
    )
    declaration_id = UUID(int=9)
    await after(world, stored, "", forward(world, facts(), declaration_id))
    assert (await read_case(world, declaration_id))["current"]["ruleset"] == ruleset.hash
    assert await world.parked() == {}


async def handle(world: World, *events: Any) -> None:
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        await store_library_entries(session, list(events))


async def versions(world: World) -> dict[str, int]:
    async with world.instances["eligibility"].database.session(system_actor("test")) as session:
        return {row.external_id: row.version for row in await session.scalars(select(LibraryProject))}


@pytest.mark.clause("四（一）2")
async def test_a_version_of_a_register_row_waits_for_a_newer_one_and_does_not_replace_it(world: World) -> None:
    event = library_entry("A", 2)
    newer = (
        "INSERT INTO eligibility.library_project (entry_id, district, external_id, project_name, facts, version) "
        f"VALUES ('{event.entry_id}', '110105', 'A', 'x', '{{}}', 3)"
    )
    await after(world, newer, "", handle(world, event))
    assert await versions(world) == {"A": 3}


@pytest.mark.clause("四（一）2")
async def test_batches_take_their_rows_in_one_order(world: World) -> None:
    low, high = sorted((library_entry("A"), library_entry("B")), key=lambda event: event.entry_id)
    await handle(world, low, high)
    newer = [event.model_copy(update={"version": 2}) for event in (high, low)]
    touch = "UPDATE eligibility.library_project SET facts = '{{}}' WHERE entry_id = '{}'"
    await after(world, touch.format(low.entry_id), touch.format(high.entry_id), handle(world, *newer))
    assert await versions(world) == {"A": 2, "B": 2}


async def test_a_receipt_waits_for_a_new_round(world: World) -> None:
    declaration_id = await forward(world, facts())
    change = (
        'UPDATE eligibility.review SET facts = facts || \'{"construction_status": "ready_to_start"}\', '
        f"version = version + 1 WHERE declaration_id = '{declaration_id}'"
    )
    await after(world, hold(declaration_id), change, receive(world, declaration_id))
    records = (await world.get("eligibility", case_path(declaration_id, "records"), "city-officer-1"))["items"]
    assert [record["occasion"] for record in records] == ["forwarded", "received"]
