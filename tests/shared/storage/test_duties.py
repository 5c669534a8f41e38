"""Duties of a case against the table: every ordered pair, who takes none, refusals, acts at the same time."""

import asyncio
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from uuid import UUID

import pytest

from shared.actors import WHOLE_CITY, Actor, system_actor
from shared.contracts.base import Hand
from shared.errors import Forbidden, SameOfficer
from shared.segregation import DUTIES, FILE, SEGREGATION
from shared.storage import audit
from shared.storage.audit import hands_of, store_hands, take_duty
from tests.interleaving import until_waiting
from tests.world import World

CASE, OTHER_CASE = UUID(int=1), UUID(int=2)
PAIRS = list(product(DUTIES, repeat=2))


def person(subject: str, role: str = "city_officer") -> Actor:
    return Actor(subject, "示例经办", role, WHOLE_CITY, roles=(role,))


async def take(world: World, subject: str, case: UUID, duty: str) -> None:
    """Take a duty in a transaction of its own."""
    async with world.instances["intake"].database.session(person(subject)) as session:
        await take_duty(session, case, duty)


def excluded_by_the_file() -> set[frozenset[str]]:
    """Return the pairs of the file, read without the code under test."""
    found = set()
    for entry in tomllib.loads(FILE.read_text("utf-8"))["exclusion"]:
        named = set(DUTIES) - set(entry.get("except", [])) if entry["excludes"] == ["*"] else set(entry["excludes"])
        found |= {frozenset({entry["duty"], other}) for other in named - {entry["duty"]}}
    return found


async def test_every_two_duties_on_one_case_are_taken_or_refused_as_the_table_says(world: World) -> None:
    """Use one case for every first duty, and one person for every second."""
    database, cases = world.instances["intake"].database, {duty: UUID(int=n) for n, duty in enumerate(DUTIES)}
    async with database.session(system_actor("intake")) as session:
        for held, case in cases.items():
            await store_hands(session, case, [Hand(actor=f"before-{wanted}", duty=held) for wanted in DUTIES])
    refused = set()
    async with database.session(person("nobody")) as session:
        for held, wanted in PAIRS:
            session.info["actor"] = person(f"before-{wanted}")
            try:
                await take_duty(session, cases[held], wanted)
            except SameOfficer:
                refused.add((held, wanted))
        taken = {
            (held, hand.duty)
            for held, case in cases.items()
            for hand in await hands_of(session, case)
            if hand.actor == f"before-{hand.duty}"
        }
    assert refused == {pair for pair in PAIRS if frozenset(pair) in excluded_by_the_file()}
    assert taken == set(PAIRS) - refused


async def test_a_duty_counts_on_its_case_for_its_person_and_on_its_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(world, "a", CASE, "draft_approval")
    await take(world, "a", CASE, "draft_approval")
    await take(world, "b", CASE, "draft_approval")
    await take(world, "c", CASE, "approve")
    await take(world, "a", OTHER_CASE, "approve")
    await take(world, "a", CASE, "draft_plan")
    with pytest.raises(SameOfficer):
        await take(world, "a", CASE, "approve")
    monkeypatch.setattr(audit, "SEGREGATION", replace(SEGREGATION, since=date(2024, 3, 2)))
    world.clock.set(datetime(2024, 3, 1, 15, 59, tzinfo=UTC))  # the last day before the table, in Beijing
    with pytest.raises(SameOfficer, match="按一人一职办理"):
        await take(world, "a", CASE, "receipt")
    world.clock.set(datetime(2024, 3, 1, 16, 0, tzinfo=UTC))
    await take(world, "a", CASE, "receipt")


async def test_a_refusal_names_both_duties_of_the_caller_the_reason_and_the_way_out(world: World) -> None:
    await take(world, "a", CASE, "release")
    await take(world, "b", CASE, "request_release")
    with pytest.raises(SameOfficer) as refusal:
        await take(world, "a", CASE, "book_recovery")
    assert refusal.value.detail == (
        "您已在本事项中承担“拨付审批”，不得再承担“追回到账登记”：支付款项、提请或决定追回的人不得登记追回到账"
        "（四（一）1、《行政事业单位内部控制规范（试行）》第十二条）。请由未在本事项中承担“拨付审批”的人员办理"
    )
    assert refusal.value.extra == {"held": "release", "duty": "book_recovery"}


async def test_a_duty_that_only_a_newer_service_knows_excludes_every_other(world: World) -> None:
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await store_hands(session, CASE, [Hand(actor="a", duty="of_the_future")])
    with pytest.raises(SameOfficer, match="of_the_future"):
        await take(world, "a", CASE, "receipt")


async def test_a_key_takes_no_duty_and_a_service_needs_none(world: World) -> None:
    database = world.instances["intake"].database
    async with database.session(Actor("key:k", "系统", "system", WHOLE_CITY)) as session:
        with pytest.raises(Forbidden, match="接口密钥不是办理人，不得承担“市级接收”"):
            await take_duty(session, CASE, "receipt")
    async with database.session(person("service:intake")) as session:  # a token may name any subject, but no system
        await take_duty(session, CASE, "hold")
    async with database.session(system_actor("intake")) as session:
        await take_duty(session, CASE, "receipt")
        assert await hands_of(session, CASE) == [Hand(actor="service:intake", duty="hold")]


async def _take_until_waited_for(world: World, duty: str, taken: asyncio.Event) -> None:
    """Take a duty, and commit once another transaction waits for this one."""
    async with world.instances["intake"].database.session(person("a")) as session:
        await take_duty(session, CASE, duty)
        taken.set()
        await until_waiting(world, 1)


async def test_of_two_acts_of_one_person_at_once_the_second_waits_and_is_refused(world: World) -> None:
    taken = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_take_until_waited_for(world, "draft_approval", taken))
        await taken.wait()
        with pytest.raises(SameOfficer, match="批复拟办"):
            await take(world, "a", CASE, "approve")


async def test_acts_of_two_people_or_on_two_cases_do_not_wait(world: World) -> None:
    async with world.instances["intake"].database.session(person("a")) as session:
        await take_duty(session, CASE, "draft_approval")
        await asyncio.wait_for(take(world, "b", CASE, "approve"), 30)
        await asyncio.wait_for(take(world, "a", OTHER_CASE, "approve"), 30)
