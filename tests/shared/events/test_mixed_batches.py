"""Mixed batches: known and new, good and bad, several streams, gaps and what fills them, a clock that moves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Arrival, Message, Record, Unreadable
from shared.events.inbox import ATTEMPTS
from shared.events.ordering import advance
from shared.events.outbox import emit
from shared.events.parking import drop_parked
from shared.storage.session import now
from shared.storage.tables import act
from tests.shared.events.test_delivery import ACTOR, RecordingConsumer, message
from tests.world import World

_ACT: dict[str, Any] = {
    "act": "told",
    "actor": "x",
    "actor_name": "x",
    "role": "system",
    "district": "110105",
    "detail": {},
}
UNKNOWN = "intake.never_heard_of.v9"
Parked = tuple[UUID, int, int, str]


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


class Told:
    """A handler that records the events it is told of in its transaction, and fails at those in `failing`."""

    def __init__(self, recorder: RecordingConsumer) -> None:
        self.failing: set[tuple[UUID, str]] = set()
        self.recorder = recorder
        recorder.consumer.handlers = {DeclarationWithdrawn: self.note}

    async def note(self, session: AsyncSession, event: DeclarationWithdrawn) -> None:
        await session.execute(
            insert(act).values(case_id=event.declaration_id, reason=event.reason, **_ACT, at=now(session))
        )
        if (event.declaration_id, event.reason) in self.failing:
            raise RuntimeError("示例故障")

    async def of(self, *subjects: UUID) -> list[str]:
        return [row.reason for row in await self.rows() if row.case_id in subjects]

    async def rows(self) -> Sequence[Any]:
        async with self.recorder.database.session(ACTOR) as session:
            return (await session.execute(select(act).order_by(act.c.id))).all()


async def parked(recorder: RecordingConsumer) -> list[dict[str, Any]]:
    async with recorder.database.session(ACTOR) as session:
        rows = await session.execute(text("SELECT * FROM parked ORDER BY source, aggregate_id, agg_seq"))
        return [dict(row) for row in rows.mappings()]


async def seen(recorder: RecordingConsumer) -> dict[tuple[str, UUID], int]:
    async with recorder.database.session(ACTOR) as session:
        rows = await session.execute(text("SELECT source, aggregate_id, seq FROM stream_seen"))
        return {(row.source, row.aggregate_id): row.seq for row in rows}


async def test_each_event_of_a_mixed_batch_has_its_own_fate(world: World, recorder: RecordingConsumer) -> None:
    told = Told(recorder)
    known, filled, gap, bad, failing, shared = (uuid4() for _ in range(6))
    known_first, gap_third = message(known, 1, world), message(gap, 3, world)
    await recorder.consumer.deliver([known_first, gap_third])
    recorder.consumer.tally.clear()
    told.failing = {(failing, "第2次")}
    elsewhere = replace(message(shared, 1, world), source="funding")
    again = message(known, 3, world)
    batch: list[Arrival] = [
        *(message(filled, 3, world), message(failing, 1, world), known_first, message(known, 2, world)),
        Unreadable(Record("intake.events", 1, 2, None, b"x", ()), "nonsense"),
        *(message(bad, 1, world), message(filled, 1, world), replace(message(bad, 2, world), type=UNKNOWN)),
        *(message(failing, 2, world), message(gap, 6, world), message(filled, 2, world), message(bad, 3, world)),
        *(again, replace(again), message(failing, 3, world), elsewhere, message(shared, 1, world), gap_third),
    ]
    await recorder.consumer.deliver(batch)
    assert [await told.of(subject) for subject in (known, filled, bad, shared, failing, gap)] == [
        *(["第1次", "第2次", "第3次"], ["第1次", "第2次", "第3次"], ["第1次", "第3次"]),
        *(["第1次", "第1次"], ["第1次"], []),
    ]
    assert {
        (row["aggregate_id"], row["agg_seq"]): (row["attempts"], row["error"]) for row in await parked(recorder)
    } == {
        (gap, 3): (0, "gap: event 3 after 0"),
        (gap, 6): (0, "an earlier event of this aggregate is parked"),
        (failing, 2): (5, "RuntimeError('示例故障')"),
        (failing, 3): (0, "an earlier event of this stream failed"),
    }
    assert await seen(recorder) == {
        **{("intake", subject): number for subject, number in ((known, 3), (filled, 3), (bad, 3), (failing, 1))},
        **{("intake", shared): 1, ("funding", shared): 1},
    }
    assert +recorder.consumer.tally == {"handle": 10, "bury": 2, "park": 3}


@pytest.mark.parametrize(
    "deliveries",
    [
        pytest.param([[2, 5], [1, 4], [3]], id="each fills one"),
        pytest.param([[5], [2, 4], [3, 1]], id="the second first"),
        pytest.param([[2, 5, 4, 3], [1]], id="one is missing at the head"),
        pytest.param([[5, 2], [5, 3, 4, 1, 1]], id="both at once with repetitions"),
        pytest.param([[3], [5], [1], [2], [4]], id="one by one"),
    ],
)
async def test_two_gaps_close_whichever_is_filled_first(
    world: World, recorder: RecordingConsumer, deliveries: list[list[int]]
) -> None:
    told, subject, other = Told(recorder), uuid4(), uuid4()
    events = {seq: message(subject, seq, world) for seq in range(1, 6)}
    await recorder.consumer.deliver([message(other, 2, world)])
    for numbers in deliveries:
        await recorder.consumer.deliver([events[number] for number in numbers])
    assert await told.of(subject) == [f"第{seq}次" for seq in range(1, 6)]
    assert [(row["aggregate_id"], row["agg_seq"]) for row in await parked(recorder)] == [(other, 2)]


async def test_an_event_given_up_that_comes_late_leaves_the_queue_open(
    world: World, recorder: RecordingConsumer
) -> None:
    """Drop an event behind a gap: what the gap lacked counts as settled and must not be parked before the others."""
    told, subject = Told(recorder), uuid4()
    await recorder.consumer.deliver([message(subject, seq, world) for seq in (3, 5)])
    async with recorder.database.session(ACTOR) as session:
        assert len(await drop_parked(session, ("intake", subject), only_first=True)) == 1
    await recorder.consumer.deliver([message(subject, 1, world)])
    await recorder.consumer.deliver([message(subject, 2, world), message(subject, 4, world)])
    assert (await told.of(subject), await parked(recorder)) == (["第4次", "第5次"], [])


async def test_of_two_messages_with_one_id_the_first_counts(world: World, recorder: RecordingConsumer) -> None:
    told, subject = Told(recorder), uuid4()
    first, second = message(subject, 1, world), message(subject, 2, world)
    await recorder.consumer.deliver([first, replace(second, id=first.id, seq=1), second])
    assert await told.of(subject) == ["第1次", "第2次"]


async def test_a_parked_event_is_kept_whole_with_the_time_of_its_batch(
    world: World, recorder: RecordingConsumer
) -> None:
    subject, begun = uuid4(), world.clock.now()
    second, third = message(subject, 2, world), message(subject, 3, world)
    world.clock.set(begun + timedelta(hours=1))
    await recorder.consumer.deliver([third])
    world.clock.set(begun + timedelta(hours=2))
    await recorder.consumer.deliver([second])
    rows = await parked(recorder)
    assert [Message.from_record(row.pop("message")) for row in rows] == [second, third]
    each = {"source": "intake", "aggregate_id": subject, "attempts": 0}
    assert rows == [
        {
            **{"event_id": second.id, "agg_seq": 2, "parked_at": begun + timedelta(hours=2), **each},
            "error": "an earlier event of this aggregate is parked",
        },
        {
            **{"event_id": third.id, "agg_seq": 3, "parked_at": begun + timedelta(hours=1), **each},
            "error": "gap: event 3 after 0",
        },
    ]
    async with recorder.database.session(ACTOR) as session:
        received = {row.event_id: row.received_at for row in await session.execute(text("SELECT * FROM inbox"))}
        assert await drop_parked(session, ("intake", subject), only_first=True) == [second.id]
    assert {second.id: begun + timedelta(hours=2), third.id: begun + timedelta(hours=1)}.items() <= received.items()


async def test_a_clock_that_moves_within_a_batch_moves_for_the_events_behind(
    world: World, recorder: RecordingConsumer
) -> None:
    told, bad, good, last = Told(recorder), uuid4(), uuid4(), dict[str, datetime]()
    told.failing = {(bad, "第9次")}

    async def take_an_hour(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        world.clock.set(world.clock.now() + timedelta(hours=1))
        last[event.reason] = world.clock.now()
        await told.note(session, event)

    recorder.consumer.handlers = {DeclarationWithdrawn: take_an_hour}
    failing = DeclarationWithdrawn(declaration_id=bad, district="110105", reason="第9次").model_dump_json().encode()
    batch = [message(good, 1, world), message(good, 2, world), replace(message(bad, 1, world), data=failing)]
    await recorder.consumer.deliver(batch)
    assert [(row.reason, row.at) for row in await told.rows()] == [(each, last[each]) for each in ("第1次", "第2次")]
    (row,) = await parked(recorder)
    assert row["parked_at"] == last["第9次"] > last["第2次"] > last["第1次"]


async def test_what_a_failing_handler_wrote_and_announced_is_rolled_back_with_it(
    world: World, recorder: RecordingConsumer
) -> None:
    bad, good = uuid4(), uuid4()

    async def announce_then_fail(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        await recorder.note(session, event)
        await emit(session, event)
        if event.declaration_id == bad:
            raise RuntimeError("示例故障")

    recorder.consumer.handlers = {DeclarationWithdrawn: announce_then_fail}
    await recorder.consumer.deliver([message(bad, 1, world), message(good, 1, world), message(bad, 2, world)])
    assert [(row["aggregate_id"], row["agg_seq"]) for row in await parked(recorder)] == [(bad, 1), (bad, 2)]
    async with recorder.database.session(ACTOR) as session:
        assert list(await session.scalars(text("SELECT aggregate_id FROM event_log"))) == [good]
        heads = {row.aggregate_id: row.seq for row in await session.execute(text("SELECT * FROM stream_head"))}
    assert heads == {good: 2}, "one by the handler, one for the event announced"


async def test_a_replay_touches_one_stream_and_counts_its_failures(world: World, recorder: RecordingConsumer) -> None:
    told, subject, other = Told(recorder), uuid4(), uuid4()
    told.failing = {(each, "第1次") for each in (subject, other)}
    elsewhere = replace(message(subject, 1, world), source="funding")
    await recorder.consumer.deliver(
        [message(subject, 1, world), message(subject, 2, world), elsewhere, message(other, 1, world)]
    )
    before = await parked(recorder)
    world.clock.set(world.clock.now() + timedelta(hours=1))
    for _ in range(2):
        assert await recorder.consumer.replay_parked("intake", subject) == 0
    assert await recorder.consumer.replay_parked("eligibility", subject) == 0
    own = [row for row in before if (row["source"], row["aggregate_id"]) == ("intake", subject)]
    assert [(row["agg_seq"], row["attempts"]) for row in own] == [(1, ATTEMPTS), (2, 0)]
    after = [{**row, "attempts": ATTEMPTS + 2} if row == own[0] else row for row in before]
    assert await parked(recorder) == after
    told.failing = {(other, "第1次")}
    assert await recorder.consumer.replay_parked("intake", subject) == 2
    assert await recorder.consumer.replay_parked("intake", subject) == 0
    assert await parked(recorder) == [row for row in before if row not in own]
    assert (await told.of(subject), await told.of(other)) == (["第1次", "第2次"], [])


async def test_a_replay_counts_what_it_buries(world: World, recorder: RecordingConsumer) -> None:
    told, subject = Told(recorder), uuid4()
    told.failing = {(subject, "第1次")}
    events = [message(subject, seq, world) for seq in (1, 2, 3)]
    await recorder.consumer.deliver([events[0], replace(events[1], data=b"{"), events[2]])
    told.failing.clear()
    recorder.consumer.tally.clear()
    assert await recorder.consumer.replay_parked("intake", subject) == 3
    assert {name: count for name, count in recorder.consumer.tally.items() if count} == {"handle": 2, "bury": 1}
    assert (await told.of(subject), await parked(recorder)) == (["第1次", "第3次"], [])
    assert await seen(recorder) == {("intake", subject): 3}


async def test_two_services_number_their_events_about_one_aggregate_each_for_itself(
    world: World, recorder: RecordingConsumer
) -> None:
    told, subject = Told(recorder), uuid4()
    own = [message(subject, seq, world) for seq in (1, 2, 3)]
    others = [replace(message(subject, seq, world), source="funding") for seq in (1, 2)]
    await recorder.consumer.deliver(others[:1])
    await recorder.consumer.deliver(own[:1])
    told.failing = {(subject, "第2次")}
    await recorder.consumer.deliver(others[1:])
    told.failing.clear()
    await recorder.consumer.deliver(own[1:])
    assert await told.of(subject) == ["第1次", "第1次", "第2次", "第3次"]
    assert [(row["source"], row["agg_seq"]) for row in await parked(recorder)] == [("funding", 2)]
    assert await seen(recorder) == {("intake", subject): 3, ("funding", subject): 1}


async def test_a_stream_never_goes_back(recorder: RecordingConsumer) -> None:
    subject = uuid4()
    async with recorder.database.session(ACTOR) as session:
        for number in (5, 3, 6):
            await advance(session, {("intake", subject): number, ("funding", subject): 9 - number})
    assert await seen(recorder) == {("intake", subject): 6, ("funding", subject): 6}
