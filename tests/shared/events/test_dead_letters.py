"""Dead letters: stored at once, announced in a topic, replayed once they can be understood."""

import base64
import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.contracts.delivery import MessageDeadLettered
from shared.events.bus import Arrival, Message, Record, Unreadable, read_event
from shared.events.inbox import NotReplayed
from tests.shared.events.test_delivery import ACTOR, RecordingConsumer, cost_of, message
from tests.world import World

NEVER_HEARD_OF = "intake.never_heard_of.v9"


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


def record(offset: int = 7, value: bytes | None = b"\xff\x00") -> Record:
    return Record("intake.events", 3, offset, b"key", value, (("ce_specversion", b"1.0"), ("odd\x00", b"\xfe")))


def unreadable(offset: int = 7, value: bytes | None = b"\xff\x00") -> Unreadable:
    return Unreadable(record(offset, value), "KeyError('id') \x00")


async def letters(recorder: RecordingConsumer) -> list[Any]:
    async with recorder.database.session(ACTOR) as session:
        return list((await session.execute(text("SELECT * FROM dead_letter ORDER BY at, id"))).all())


async def notices(world: World) -> list[MessageDeadLettered]:
    """Return the notices published to the dead-letter topic."""
    await world.settle()
    topic = "monitoring.dead-letters"
    # A relay may publish a row again that it could not delete.
    carried = {each.id: each for where, messages in world.bus.carried for each in messages if where == topic}.values()
    assert {each.type for each in carried} <= {"monitoring.message_dead_lettered.v1"}
    return [MessageDeadLettered.model_validate_json(each.data) for each in carried]


@pytest.mark.parametrize(
    "fault",
    [
        {"type": NEVER_HEARD_OF},
        {"type": "intake.declaration_withdrawn.v2"},
        {"data": b"{"},
        {"data": b'{"declaration_id": "x"}'},
        {"data": b"\xff"},
    ],
)
async def test_what_is_not_understood_is_put_aside_and_its_stream_goes_on(
    world: World, recorder: RecordingConsumer, fault: dict[str, Any]
) -> None:
    subject, other = uuid4(), uuid4()
    bad = replace(message(subject, 2, world), **fault)
    await recorder.consumer.deliver([message(subject, 1, world), bad, message(other, 1, world)])
    await recorder.consumer.deliver([message(subject, 3, world)])
    assert (await recorder.handled(subject), await recorder.handled(other), await recorder.parked()) == (2, 1, {})
    (letter,) = await letters(recorder)
    assert (letter.event_id, letter.type, letter.source) == (bad.id, bad.type, "intake")
    assert (letter.aggregate_id, letter.agg_seq, letter.topic) == (subject, 2, None)
    (notice,) = await notices(world)
    assert (notice.id, notice.event_id, notice.error) == (letter.id, bad.id, letter.error)
    assert notice.record is not None
    assert base64.b64decode(notice.record.value or "") == bad.data
    assert dict(notice.record.headers)["ce_type"] == base64.b64encode(bad.type.encode()).decode()


async def test_a_record_that_nobody_can_read_is_put_aside_as_it_came(world: World, recorder: RecordingConsumer) -> None:
    good = uuid4()
    await recorder.consumer.deliver([unreadable(), message(good, 1, world)])
    assert await recorder.handled(good) == 1
    (letter,) = await letters(recorder)
    assert (letter.topic, letter.partition, letter.offset) == ("intake.events", 3, 7)
    (notice,) = await notices(world)
    assert (notice.topic, notice.partition, notice.offset, notice.event_id) == ("intake.events", 3, 7, None)
    assert notice.record is not None
    assert base64.b64decode(notice.record.value or "") == b"\xff\x00"
    assert notice.record.headers[1] == ("odd\\0", base64.b64encode(b"\xfe").decode())


async def test_the_same_record_twice_makes_one_dead_letter(world: World, recorder: RecordingConsumer) -> None:
    unknown = replace(message(uuid4(), 1, world), type=NEVER_HEARD_OF)
    arrivals: list[Arrival] = [unreadable(), unreadable(), unreadable(8), unknown, unknown]
    await recorder.consumer.deliver(arrivals)
    await recorder.consumer.deliver(arrivals)
    assert len(await letters(recorder)) == len(await notices(world)) == 3
    assert recorder.consumer.tally["bury"] == 3


async def test_another_record_at_the_place_of_an_old_one_is_another_dead_letter(
    world: World, recorder: RecordingConsumer
) -> None:
    """Number records from 0 again, as a broker does that lost its data."""
    await recorder.consumer.deliver([unreadable()])
    await recorder.consumer.deliver([unreadable(value=b"other")])
    await recorder.consumer.deliver([unreadable(value=None)])
    assert len(await letters(recorder)) == 3


@pytest.mark.parametrize(
    "oddity",
    [{"seq": 0}, {"seq": -5}, {"seq": 2**63}, {"source": "in\x00take"}, {"headers": {"district": "\x00"}}],
)
async def test_what_the_database_could_not_even_note_holds_nothing_up(
    world: World, recorder: RecordingConsumer, oddity: dict[str, Any]
) -> None:
    subject, good = uuid4(), uuid4()
    odd = replace(message(subject, 1, world), **oddity)
    await recorder.consumer.deliver([odd, message(good, 1, world)])
    assert (await recorder.handled(good), await recorder.handled(subject), len(await letters(recorder))) == (1, 0, 1)
    (notice,) = await notices(world)
    assert (notice.event_id, notice.topic) == (None, None)


async def test_an_event_not_understood_behind_a_parked_one_waits_for_its_turn(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, 1, world)])
    await recorder.consumer.deliver([replace(message(subject, 2, world), data=b"{"), message(subject, 3, world)])
    assert (await letters(recorder), await recorder.parked()) == ([], {subject: 3})
    recorder.broken.clear()
    assert await recorder.consumer.replay_parked("intake", subject) == 3
    assert (await recorder.handled(subject), await recorder.parked(), len(await letters(recorder))) == (2, {}, 1)


async def test_a_long_record_is_kept_whole_and_told_without_its_bytes(
    world: World, recorder: RecordingConsumer
) -> None:
    await recorder.consumer.deliver([unreadable(value=b"x" * 3_000_000)])
    (letter,) = await letters(recorder)
    assert len(letter.record["value"]) == 4_000_000
    (notice,) = await notices(world)
    assert notice.record is None


async def test_many_unreadable_records_cost_few_statements(world: World, recorder: RecordingConsumer) -> None:
    arrivals: list[Arrival] = [unreadable(offset) for offset in range(300)]
    arrivals += [replace(message(uuid4(), 1, world), type=NEVER_HEARD_OF) for _ in range(200)]
    cost = await cost_of(recorder, recorder.consumer.deliver(arrivals))
    assert len(await letters(recorder)) == 500
    assert (cost["commits"], cost["statements"] < 15) == (1, True)


async def _only_letter(recorder: RecordingConsumer) -> UUID:
    (letter,) = await letters(recorder)
    return UUID(str(letter.id))


async def test_a_dead_letter_that_is_understood_now_is_handled_once(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    good = message(subject, 1, world)
    await recorder.consumer.deliver([replace(good, data=b"{")])
    letter = await _only_letter(recorder)
    with pytest.raises(NotReplayed, match="still not understood"):
        await recorder.consumer.replay_dead_letter(letter, read_event)
    assert (await letters(recorder))[0].settlement is None

    def mended(_: Record) -> Message:
        return good

    await recorder.consumer.replay_dead_letter(letter, mended)
    with pytest.raises(NotReplayed, match="settled"):
        await recorder.consumer.replay_dead_letter(letter, mended)
    assert (await recorder.handled(subject), (await letters(recorder))[0].settlement) == (1, "replayed")


async def test_a_dead_letter_whose_handler_fails_stays(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    good = message(subject, 1, world)
    await recorder.consumer.deliver([replace(good, data=b"{")])
    recorder.broken.add(subject)
    with pytest.raises(RuntimeError):
        await recorder.consumer.replay_dead_letter(await _only_letter(recorder), lambda _: good)
    assert (await recorder.handled(subject), (await letters(recorder))[0].settlement) == (0, None)


async def test_a_record_read_at_last_closes_the_gap_it_left(world: World, recorder: RecordingConsumer) -> None:
    subject = uuid4()
    await recorder.consumer.deliver([unreadable(), message(subject, 2, world)])
    assert await recorder.parked() == {subject: 1}
    await recorder.consumer.replay_dead_letter(await _only_letter(recorder), lambda _: message(subject, 1, world))
    assert (await recorder.handled(subject), await recorder.parked()) == (2, {})


async def test_a_record_read_at_last_that_came_again_meanwhile_is_not_handled_twice(
    world: World, recorder: RecordingConsumer
) -> None:
    subject = uuid4()
    good = message(subject, 1, world)
    await recorder.consumer.deliver([unreadable()])
    await recorder.consumer.deliver([good])
    await recorder.consumer.replay_dead_letter(await _only_letter(recorder), lambda _: good)
    assert (await recorder.handled(subject), (await letters(recorder))[0].settlement) == (1, "replayed")


async def test_a_dead_letter_gives_back_the_message_it_was_made_of(world: World, recorder: RecordingConsumer) -> None:
    unknown = replace(message(uuid4(), 1, world), type=NEVER_HEARD_OF)
    await recorder.consumer.deliver([unknown])
    (letter,) = await letters(recorder)
    seen: list[Record] = []

    def listen(kept: Record) -> Message:
        seen.append(kept)
        return read_event(kept)

    with pytest.raises(NotReplayed, match=NEVER_HEARD_OF):
        await recorder.consumer.replay_dead_letter(letter.id, listen)
    assert read_event(seen[0]) == unknown
    assert json.loads(seen[0].value or b"") == json.loads(unknown.data)
