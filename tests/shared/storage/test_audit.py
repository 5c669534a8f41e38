"""Audit records: every field of an act, refusals without an act, duties of the service before."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from shared.actors import WHOLE_CITY, Actor, system_actor
from shared.contracts.base import Hand
from shared.errors import SameOfficer
from shared.storage.audit import Case, acts_of, case_of, hands_of, record_act, store_hands, take_duty
from shared.storage.tables import duty
from tests.world import World

OFFICER = Actor("officer-1", "示例经办", "district_officer", ("110105",), roles=("district_officer",))
OTHER = Actor("officer-2", "示例负责人", "city_supervisor", WHOLE_CITY)
FIRST, SECOND = UUID(int=1), UUID(int=2)
OWNER = "91110000600037341L"


class OfACase:
    """A row of a case."""

    declaration_id, district, applicant_uscc = FIRST, "110105", OWNER


def test_the_case_of_a_row() -> None:
    assert case_of(OfACase()) == Case(FIRST, "110105", OWNER)


async def test_an_act_records_who_when_why_and_what(world: World) -> None:
    database, at = world.instances["intake"].database, world.clock.now()
    async with database.session(OFFICER) as session:
        await record_act(session, "review", Case(FIRST, "110105", OWNER), reason="齐全", amount="12.50", parts=[1, 2])
    world.clock.set(at + timedelta(minutes=5))
    async with database.session(OTHER) as session:
        await record_act(session, "return", Case(SECOND, "110106"))
        await record_act(session, "close", Case(FIRST, "110105", OWNER))
        first = await acts_of(session, FIRST)
        assert [row["case_id"] for row in await acts_of(session, SECOND)] == [SECOND]
    expected = {"case_id": FIRST, "district": "110105", "applicant_uscc": OWNER}
    assert [{name: value for name, value in row.items() if name != "id"} for row in first] == [
        {
            **expected,
            "act": "review",
            "actor": "officer-1",
            "actor_name": "示例经办",
            "role": "district_officer",
            "at": at,
            "reason": "齐全",
            "detail": {"amount": "12.50", "parts": [1, 2]},
        },
        {
            **expected,
            "act": "close",
            "actor": "officer-2",
            "actor_name": "示例负责人",
            "role": "city_supervisor",
            "at": at + timedelta(minutes=5),
            "reason": None,
            "detail": {},
        },
    ]


async def test_a_refused_duty_records_no_act(world: World) -> None:
    database = world.instances["intake"].database
    async with database.session(OFFICER) as session:
        await record_act(session, "review", Case(FIRST, "110105"), duty="first_review")
        with pytest.raises(SameOfficer):
            await record_act(session, "forward", Case(FIRST, "110105"), duty="forward")
        assert [row["act"] for row in await acts_of(session, FIRST)] == ["review"]


async def test_duties_of_the_service_before_count_and_those_taken_here_stay(world: World) -> None:
    at, database = world.clock.now(), world.instances["intake"].database
    async with database.session(OFFICER) as session:
        await take_duty(session, FIRST, "settle")
    world.clock.set(at + timedelta(hours=1))
    async with database.session(system_actor("intake")) as session:
        hands = (Hand(actor="officer-1", duty="receipt"), Hand(actor="officer-1", duty="settle"))
        for _ in range(2):
            await store_hands(session, FIRST, (*hands, Hand(actor="officer-2", duty="first_review")))
        await store_hands(session, SECOND, ())
        rows = (await session.execute(select(duty).order_by(duty.c.actor, duty.c.duty))).all()
        held = await hands_of(session, FIRST)
    async with database.session(OTHER) as session:
        with pytest.raises(SameOfficer, match="初审"):
            await take_duty(session, FIRST, "settle")
    later = at + timedelta(hours=1)
    assert [tuple(row) for row in rows] == [
        (FIRST, "officer-1", "receipt", later),
        (FIRST, "officer-1", "settle", at),
        (FIRST, "officer-2", "first_review", later),
    ]
    assert [(hand.actor, hand.duty) for hand in held] == [
        ("officer-1", "settle"),
        ("officer-1", "receipt"),
        ("officer-2", "first_review"),
    ]


async def test_an_act_needs_a_case_that_the_actor_may_see(world: World) -> None:
    """Undo the duty with the act."""
    database = world.instances["intake"].database
    with pytest.raises(Exception, match="row-level security"):
        async with database.session(OFFICER) as session:
            await record_act(session, "review", Case(uuid4(), "110106"), duty="first_review")
    async with database.session(system_actor("intake")) as session:
        assert await session.scalar(text("SELECT count(*) FROM duty")) == 0
