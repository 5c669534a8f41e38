"""Dead letters: each part of their identity, every column and every field of the notice, which messages are invalid."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.contracts.delivery import DeadRecord
from shared.events.bus import Message, Record, Unreadable
from shared.events.dead_letters import DeadLetter, bury, invalid_reason, open_letter, record_of, settle
from shared.events.outbox import shard_of
from shared.events.parking import error_text
from tests.shared.events.bus.test_message import SENT
from tests.shared.events.test_delivery import ACTOR
from tests.world import World

RECORD = Record("funding.events", 3, 7, b"key\xff", b"\xfe\x00", (("ce_id", b"no uuid"), ("odd", b"\xfd")))


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": "intake.events"},
        {"partition": 4},
        {"offset": 8},
        {"key": b"other"},
        {"key": None},
        {"value": b"other"},
        {"value": None},
        {"headers": (*RECORD.headers[:1], ("odd", b"\xfc"))},
        {"headers": (*RECORD.headers[:1], ("other", b"\xfd"))},
        {"headers": RECORD.headers[:1]},
        {"headers": ()},
        {"partition": 37, "offset": 0},
    ],
    ids=lambda changed: " ".join(changed),
)
def test_each_part_of_a_record_tells_letters_apart(changed: dict[str, Any]) -> None:
    other = replace(RECORD, **changed)
    letters = [DeadLetter.of(Unreadable(record, "x")) for record in (RECORD, other)]
    assert letters[0].id() != letters[1].id()
    assert letters[0].id() == DeadLetter.of(Unreadable(replace(RECORD), "another error")).id()


def test_the_letter_of_a_message_is_the_record_that_kafka_would_carry() -> None:
    letter = DeadLetter.of(SENT, "not understood")
    assert (letter.message, letter.error) == (SENT, "not understood")
    assert letter.record == Record(
        "", 0, 0, str(SENT.subject).encode(), SENT.data,
        tuple((f"ce_{name}", value.encode()) for name, value in SENT.attributes().items()),
    )  # fmt: skip


NOTICED = [
    pytest.param(
        DeadLetter.of(Unreadable(RECORD, "nonsense \x00")),
        {
            **{"topic": "funding.events", "partition": 3, "offset": 7, "event_id": None, "source": None},
            **{"type": None, "aggregate_id": None, "agg_seq": None, "error": "nonsense \\0"},
        },
        id="a record of a broker",
    ),
    pytest.param(
        DeadLetter.of(SENT, "not understood"),
        {
            **{"topic": None, "partition": None, "offset": None, "event_id": SENT.id, "source": "intake"},
            **{"type": SENT.type, "aggregate_id": SENT.subject, "agg_seq": 41, "error": "not understood"},
        },
        id="a message that can be read",
    ),
    pytest.param(
        DeadLetter.of(replace(SENT, seq=0), "0 is no sequence number"),
        {
            **dict.fromkeys(("topic", "partition", "offset", "event_id", "source", "type", "aggregate_id", "agg_seq")),
            "error": "0 is no sequence number",
        },
        id="a message that the database cannot store",
    ),
]


@pytest.mark.parametrize(("letter", "columns"), NOTICED)
async def test_every_column_of_a_letter_and_every_field_of_its_notice(
    world: World, letter: DeadLetter, columns: dict[str, Any]
) -> None:
    begun = world.clock.now()
    async with world.instances["monitoring"].database.session(ACTOR) as session:
        assert await bury(session, [letter, letter]) == 1
    world.clock.set(begun + timedelta(hours=1))
    async with world.instances["monitoring"].database.session(ACTOR) as session:
        assert await bury(session, [letter]) == 0
        row = dict((await session.execute(text("SELECT * FROM dead_letter"))).mappings().one())
    record = row.pop("record")
    assert row == {"id": letter.id(), "at": begun, "settled_at": None, "settlement": None, **columns}
    assert base64.b64decode(record["value"]) == letter.record.value
    assert base64.b64decode(record["key"]) == letter.record.key
    assert [(name, base64.b64decode(value)) for name, value in record["headers"]] == list(letter.record.headers)
    await world.settle()
    carried = {
        each.id: each for topic, sent in world.bus.carried for each in sent if topic == "monitoring.dead-letters"
    }
    (notice,) = carried.values()
    assert json.loads(notice.data) == json.loads(
        json.dumps({"id": letter.id(), "at": "2024-03-01T02:00:00Z", **columns, "record": record}, default=str)
    )
    assert {where for where, sent in world.bus.carried if notice in sent} == {"monitoring.dead-letters"}
    assert notice == Message(
        id=notice.id,
        type="monitoring.message_dead_lettered.v1",
        source="monitoring",
        aggregate_type="dead_letter",
        subject=letter.id(),
        seq=1,
        time=begun,
        data=notice.data,
        headers={},
    )


async def test_each_notice_is_in_the_shard_of_its_letter(world: World) -> None:
    instance = world.instances["monitoring"]
    await instance.relay.stop()
    letters = [DeadLetter.of(Unreadable(replace(RECORD, offset=offset), "x")) for offset in range(40)]
    async with instance.database.session(ACTOR) as session:
        await bury(session, letters)
    rows = await world.database.admin.fetch("SELECT aggregate_id, shard, topic FROM monitoring.outbox")
    assert {row["aggregate_id"]: row["shard"] for row in rows} == {each.id(): shard_of(each.id()) for each in letters}
    assert {row["topic"] for row in rows} == {"monitoring.dead-letters"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, ""),
        ({"seq": 1}, ""),
        ({"seq": 2**63 - 1}, ""),
        ({"seq": 0}, "0 is no sequence number"),
        ({"seq": 2**63}, "9223372036854775808 is no sequence number"),
        *(({name: "a\x00b"}, "an attribute holds NUL") for name in ("source", "type", "aggregate_type")),
        ({"headers": {"role": "a\x00"}}, "an attribute holds NUL"),
        ({"headers": {"ro\x00le": "a"}}, "an attribute holds NUL"),
        ({"data": b"\x00"}, ""),
    ],
)
def test_a_message_is_invalid_where_the_database_cannot_store_it(changed: dict[str, Any], reason: str) -> None:
    assert invalid_reason(replace(SENT, **changed)) == reason


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        ("x" * 4000, "x" * 4000),
        ("x" * 4001, "x" * 4000),
        ("a\x00b", "a\\0b"),
        ("\ud800", "\\ud800"),
        ("示例", "示例"),
        (KeyError("id"), "KeyError('id')"),
    ],
    ids=["longest", "too long", "NUL", "half a pair", "Chinese", "exception"],
)
def test_an_error_is_kept_as_text_that_the_database_takes(error: Exception | str, kept: str) -> None:
    assert error_text(error) == kept


@pytest.mark.parametrize(("length", "whole"), [(36_000, True), (39_000, False)])
async def test_a_notice_leaves_out_a_record_of_more_than_fifty_thousand_characters(
    world: World, length: int, whole: bool
) -> None:
    """Base64 makes four characters of three bytes."""
    letter = DeadLetter.of(Unreadable(replace(RECORD, value=b"x" * length), "x"))
    async with world.instances["monitoring"].database.session(ACTOR) as session:
        await bury(session, [letter])
    await world.settle()
    notices = [json.loads(each.data) for topic, sent in world.bus.carried for each in sent if "dead" in topic]
    assert {notice["record"] is not None for notice in notices} == {whole}


async def test_a_letter_is_open_until_it_is_settled_and_its_settlement_stays(world: World) -> None:
    letters = [DeadLetter.of(Unreadable(replace(RECORD, offset=offset), "x")) for offset in (1, 2, 3)]
    one, two, three = (letter.id() for letter in letters)
    begun = world.clock.now()
    async with world.instances["monitoring"].database.session(ACTOR) as session:
        await bury(session, letters)
        world.clock.set(begun + timedelta(hours=1))
        await settle(session, one, "replayed")
        world.clock.set(begun + timedelta(hours=2))
        await settle(session, one, "dropped")
        await settle(session, two, "dropped")
        await settle(session, uuid4(), "dropped")
        found = [await open_letter(session, each) for each in (one, two, three, uuid4())]
        rows = await session.execute(text('SELECT id, settlement, settled_at FROM dead_letter ORDER BY "offset"'))
        assert [tuple(row) for row in rows] == [
            (one, "replayed", begun + timedelta(hours=1)),
            (two, "dropped", begun + timedelta(hours=2)),
            (three, None, None),
        ]
    assert [None if row is None else row.id for row in found] == [None, None, three, None]
    assert record_of(found[2]) == letters[2].record


def test_a_record_without_key_and_value_is_restored_so() -> None:
    class Row:
        topic, partition, offset = "intake.events", 4, 9
        record = DeadRecord(key=None, headers=(("a", "eA=="),), value=None).model_dump()

    assert record_of(Row()) == Record("intake.events", 4, 9, None, None, (("a", b"x"),))


def test_the_id_of_a_letter_stays_the_same_in_every_version() -> None:
    """Otherwise a record that arrives again after an upgrade would open a second letter."""
    assert DeadLetter.of(Unreadable(RECORD, "x")).id() == UUID("32bac819-08c0-53d9-bc07-cd2be6aa24df")
