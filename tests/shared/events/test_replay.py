"""Ranges of the event log, read and queued again: each end, each option, pages across equal instants."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Message
from shared.events.outbox import emit, shard_of
from shared.events.replay import LogRange, count, find_range, read, requeue
from tests.shared.events.test_delivery import ACTOR
from tests.shared.events.test_relay import without_relay
from tests.world import START, World

OFFICER = Actor("110105-officer-7", "示例", "district_officer", ("110105",))
A, B = UUID(int=0xA), UUID(int=0xB)
OWNER = "91110000600037341L"
HOURS = [START + timedelta(hours=hour) for hour in range(4)]


def withdrawn(subject: UUID, hour: int) -> DeclarationWithdrawn:
    return DeclarationWithdrawn(
        declaration_id=subject, district="110105", reason=f"{hour}", applicant_uscc=OWNER if subject == A else None
    )


@pytest.fixture
async def logged(world: World) -> World:
    """Log six events: a1 b1 at hour 0, a2 at hour 1, b2 a3 at hour 2, b3 at hour 3; their positions are 1 to 6."""
    for hour, subjects in enumerate(((A, B), (A,), (B, A), (B,))):
        world.clock.set(HOURS[hour])
        async with world.instances["intake"].database.session(OFFICER) as session:
            await emit(session, *(withdrawn(subject, hour) for subject in subjects))
        await world.settle()
    world.bus.carried.clear()
    return world


@pytest.mark.parametrize(
    ("since", "until", "aggregate", "positions"),
    [
        pytest.param(1, None, None, [1, 2, 3, 4, 5, 6], id="all"),
        pytest.param(0, None, None, [1, 2, 3, 4, 5, 6], id="from before the first"),
        pytest.param(2, 4, None, [2, 3, 4], id="by position, both ends included"),
        pytest.param(3, 3, None, [3], id="one"),
        pytest.param(4, 3, None, [], id="the end before the beginning"),
        pytest.param(7, None, None, [], id="behind the last"),
        pytest.param(2, 5, A, [3, 5], id="of one aggregate"),
        pytest.param(1, None, B, [2, 4, 6], id="of the other"),
        pytest.param(1, None, uuid4(), [], id="of an unknown one"),
        pytest.param(HOURS[1], None, None, [3, 4, 5, 6], id="from an instant"),
        pytest.param(HOURS[1] + timedelta(microseconds=1), None, None, [4, 5, 6], id="from just after it"),
        pytest.param(HOURS[1] - timedelta(microseconds=1), None, None, [3, 4, 5, 6], id="from just before it"),
        pytest.param(HOURS[0], HOURS[2], None, [1, 2, 3, 4, 5], id="to an instant"),
        pytest.param(HOURS[0], HOURS[2] - timedelta(microseconds=1), None, [1, 2, 3], id="to just before it"),
        pytest.param(HOURS[2], HOURS[2], None, [4, 5], id="one instant"),
        pytest.param(HOURS[2], 4, None, [4], id="from an instant to a position"),
        pytest.param(5, HOURS[3], A, [5], id="from a position to an instant, of one aggregate"),
        pytest.param(HOURS[3] + timedelta(hours=1), None, None, [], id="from an instant after the last"),
        pytest.param(HOURS[0], HOURS[0] - timedelta(hours=1), None, [], id="to an instant before the first"),
    ],
)
async def test_a_range_has_both_its_ends_and_one_aggregate_or_all(
    logged: World, since: int | datetime, until: int | datetime | None, aggregate: UUID | None, positions: list[int]
) -> None:
    async with logged.instances["intake"].database.session(ACTOR) as session:
        part = await find_range(session, since, until, aggregate)
        assert await count(session, part) == len(positions)
        for most in (1, 2, 1000):
            assert await read_all(session, part, most) == positions


async def read_all(session: AsyncSession, part: LogRange, most: int) -> list[int]:
    """Return the positions of the events read page by page."""
    found, after = list[int](), part.first - 1
    while True:
        messages, last = await read(session, "intake", part, after, most)
        assert len(messages) <= most
        if not messages:
            assert last == after
            return found
        numbers = {(A, 1): 1, (B, 1): 2, (A, 2): 3, (B, 2): 4, (A, 3): 5, (B, 3): 6}
        found += [numbers[message.subject, message.seq] for message in messages]
        assert last == found[-1]
        after = last


def message(original: dict[str, Any], number: int) -> Message:
    subject, hour, seq = {1: (A, 0, 1), 4: (B, 2, 2)}[number]
    uscc = {"applicantuscc": OWNER} if subject == A else {}
    return Message(
        id=original["event_id"],
        type="intake.declaration_withdrawn.v1",
        source="intake",
        aggregate_type="declaration",
        subject=subject,
        seq=seq,
        time=HOURS[hour],
        data=withdrawn(subject, hour).model_dump_json().encode(),
        headers={"district": "110105", "actor": "110105-officer-7", "role": "district_officer", **uscc},
    )


@pytest.mark.parametrize("number", [1, 4])
async def test_every_attribute_of_an_event_comes_back_from_the_log_and_through_the_outbox(
    logged: World, number: int
) -> None:
    original = dict(await logged.database.admin.fetchrow("SELECT * FROM intake.event_log WHERE position = $1", number))
    async with logged.instances["intake"].database.session(ACTOR) as session:
        part = LogRange(number, number)
        assert await read(session, "intake", part, 0, 10) == ([message(original, number)], number)
        assert await requeue(session, part, 0, 10) == (1, number)
    await logged.settle()
    carried = {each.id: each for topic, sent in logged.bus.carried for each in sent if topic == "intake.events"}
    assert list(carried.values()) == [message(original, number)]


@pytest.mark.parametrize(("after", "most", "told"), [(0, 2, (2, 4)), (4, 2, (1, 6)), (6, 2, (0, 6)), (1, 9, (3, 6))])
async def test_events_are_queued_page_by_page_in_their_shards_and_wake_the_relay(
    logged: World, after: int, most: int, told: tuple[int, int]
) -> None:
    await without_relay(logged)
    woken, intake = list[int](), logged.instances["intake"].database
    intake.wakers.append(lambda: woken.append(1))
    async with intake.session(ACTOR) as session:
        assert await requeue(session, LogRange(1, 6, B), after, most) == told
    intake.wakers.pop()
    rows = await logged.database.admin.fetch("SELECT aggregate_id, agg_seq, shard FROM intake.outbox ORDER BY id")
    seqs = [seq for seq in (1, 2, 3) if after < seq * 2][:most]
    assert [tuple(row) for row in rows] == [(B, seq, shard_of(B)) for seq in seqs]
    assert woken == [1] * bool(seqs)
