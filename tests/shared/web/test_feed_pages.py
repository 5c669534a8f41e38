"""Pages of the feed and first pages of its stream: cursor, limit, types, rows out of sight, every field of an event."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastapi.sse import KEEPALIVE_COMMENT
from sqlalchemy import insert

from shared.actors import Actor, system_actor
from shared.storage.tables import event_log
from shared.web import feed
from shared.web.feed import cloud_event
from tests.keys import new_key
from tests.world import World

OWNER, OTHER = "91110000600037341L", "91110000802100433B"
A, B = "intake.declaration_withdrawn.v1", "intake.opinion_given.v1"
# Position 4 is an event of another owner, 5 has no owner; the last event has no position yet.
ROWS = (
    (1, A, "110105", OWNER),
    (2, B, "110105", OWNER),
    (3, A, "110106", OWNER),
    (4, A, "110105", OTHER),
    (5, B, "110105", None),
    (9, A, "110105", OWNER),
    (None, A, "110105", OWNER),
)
AT = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)


async def insert_events(world: World) -> None:
    rows = [
        {
            "event_id": UUID(int=100 + n),
            "aggregate_type": "declaration",
            "aggregate_id": UUID(int=200 + n),
            "agg_seq": n + 1,
            "type": kind,
            "district": district,
            "applicant_uscc": owner,
            "actor": f"officer-{n}",
            "role": "district_officer",
            "occurred_at": AT,
            "payload": b"{}",
            "position": position,
        }
        for n, (position, kind, district, owner) in enumerate(ROWS)
    ]
    await world.instances["intake"].relay.stop()
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await session.execute(insert(event_log), rows)


ASKED: Sequence[tuple[str, str, list[int], int]] = [
    ("", "auditor-1", [1, 2, 3, 4, 5, 9], 9),
    ("after=0", "auditor-1", [1, 2, 3, 4, 5, 9], 9),
    ("after=2", "auditor-1", [3, 4, 5, 9], 9),
    ("after=5", "auditor-1", [9], 9),
    ("after=7", "auditor-1", [9], 9),
    ("after=9", "auditor-1", [], 9),
    ("after=12", "auditor-1", [], 12),
    ("limit=1", "auditor-1", [1], 1),
    ("after=1&limit=2", "auditor-1", [2, 3], 3),
    (f"type={B}", "auditor-1", [2, 5], 5),
    (f"type={A}&type={B}&after=3", "auditor-1", [4, 5, 9], 9),
    (f"type={A}&limit=2&after=1", "auditor-1", [3, 4], 4),
    ("type=intake.unknown_thing.v1", "auditor-1", [], 0),
    ("", "110105-officer-1", [1, 2, 4, 5, 9], 9),
    ("", "110106-officer-1", [3], 3),
    ("", "110107-officer-1", [], 0),
    ("", "owner", [1, 3, 9], 9),  # what the government advised is not for owners
    ("after=3", "owner", [9], 9),
]


def number(event: dict[str, Any]) -> int | None:
    """Return the position of an event by its id."""
    return ROWS[UUID(event["id"]).int - 100][0]


async def test_a_page_has_what_follows_the_cursor_in_sight_of_the_reader(fresh_world: World) -> None:
    await insert_events(fresh_world)
    for query, who, positions, following in ASKED:
        reader = fresh_world.owner(OWNER) if who == "owner" else who
        page = await fresh_world.get("intake", f"/events?{query}", reader)
        assert ([number(event) for event in page["events"]], page["next_cursor"]) == (positions, following), (
            query,
            who,
        )


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=1001", "/query/limit"),
        ("after=-1", "/query/after"),
        (f"after={2**62 + 1}", "/query/after"),
        ("type=Intake.x.v1", "/query/type/0"),
        ("type=intake.x", "/query/type/0"),
        ("type=" + "a" * 94 + ".b.v123", "/query/type/0"),
        ("&".join([f"type={A}"] * 101), "/query/type"),
    ],
)
async def test_the_limits_of_a_page(world: World, query: str, pointer: str) -> None:
    answer = await world.call("intake", "GET", f"/events?{query}", "auditor-1", status=422)
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_largest_values_of_a_page(world: World) -> None:
    many = "&".join([f"type={A}"] * 100)
    page = await world.get("intake", f"/events?limit=1000&after={2**62}&{many}", "auditor-1")
    assert page == {"events": [], "next_cursor": 2**62}


class Pages:
    """Lets a stream read a number of pages before the service seems to stop."""

    def __init__(self, number: int) -> None:
        self.left = number

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


async def streamed(world: World, who: Any, query: str = "", pages: int = 1, **headers: str) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.instances["intake"], "draining", Pages(pages))
        async with asyncio.timeout(30):
            answer = await world.call("intake", "GET", f"/events/stream?{query}", who, status=200, **headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    return answer.text


def events(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield position, type and content of the events of a stream."""
    for block in text.split("\n\n"):
        fields = dict(re.findall(r"^(\w+): (.*)$", block, re.M))
        if fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])


async def test_a_stream_begins_after_the_last_event_id_or_the_cursor(fresh_world: World) -> None:
    await insert_events(fresh_world)
    for query, who, positions, _ in ASKED:
        if "limit" in query or not positions:
            continue
        reader = fresh_world.owner(OWNER) if who == "owner" else who
        found = list(events(await streamed(fresh_world, reader, query)))
        assert [position for position, _, _ in found] == positions, (query, who)
        assert [ROWS[UUID(event["id"]).int - 100][:2] for _, _, event in found] == [
            (position, kind) for position, kind, _ in found
        ]
    resumed = list(events(await streamed(fresh_world, "auditor-1", "after=1", last_event_id="4")))
    assert [position for position, _, _ in resumed] == [5, 9]
    first = list(events(await streamed(fresh_world, "auditor-1", "after=4", last_event_id="0")))
    assert [position for position, _, _ in first] == [1, 2, 3, 4, 5, 9]


@pytest.mark.parametrize("value", ["x", "-1", "", "1" * 19])
async def test_a_broken_last_event_id_is_refused(world: World, value: str) -> None:
    await world.call("intake", "GET", "/events/stream", "auditor-1", status=422, last_event_id=value)


async def test_a_stream_goes_on_after_what_it_sent_and_breaks_silence_by_a_comment(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(feed, "_BATCH", 4)
    await insert_events(fresh_world)
    text = await streamed(fresh_world, "auditor-1", pages=3)
    assert [position for position, _, _ in events(text)] == [1, 2, 3, 4, 5, 9]
    assert text.endswith(KEEPALIVE_COMMENT.decode())
    assert text.count(KEEPALIVE_COMMENT.decode()) == 1


async def test_a_stream_ends_with_the_key_it_was_opened_with(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await insert_events(fresh_world)
    issued = await fresh_world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201)
    monkeypatch.setattr(feed, "_POLL_SECONDS", 0.01)
    read_page, read = feed.read_feed, []

    async def revoking(*arguments: Any) -> Any:
        read.append(await read_page(*arguments))
        await fresh_world.database.admin.execute("UPDATE intake.api_key SET revoked_at = now()")
        return read[-1]

    monkeypatch.setattr(feed, "read_feed", revoking)
    async with asyncio.timeout(30):
        headers = {"authorization": f"Bearer {issued['key']}"}
        answer = await fresh_world.clients["intake"].get("/events/stream", headers=headers)
    assert [position for position, _, _ in events(answer.text)] == [1, 2, 3, 4, 5, 9]
    assert len(read) == 1


ROW = SimpleNamespace(
    event_id=UUID(int=1),
    aggregate_id=UUID(int=2),
    aggregate_type="declaration",
    agg_seq=7,
    type="intake.declaration_received.v1",
    occurred_at=AT,
    district="110105",
    actor="officer-1",
    role="city_officer",
    payload=json.dumps({"hands": [{"actor": "officer-1"}], "n": "示例"}).encode(),
    position=5,
)
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "00000000-0000-0000-0000-000000000001",
    "source": "/intake",
    "type": "intake.declaration_received.v1",
    "subject": "00000000-0000-0000-0000-000000000002",
    "time": "2024-03-01T02:00:00+00:00",
    "datacontenttype": "application/json",
    "dataschema": "/schemas/intake.declaration_received.v1",
    "sequence": "7",
    "aggregatetype": "declaration",
    "district": "110105",
    "actor": "officer-1",
    "role": "city_officer",
    "data": {"hands": [{"actor": "officer-1"}], "n": "示例"},
}


@pytest.mark.parametrize(
    ("subject", "role", "without_actor", "without_hands"),
    [
        ("officer-2", "district_officer", False, False),
        ("key:1", "system", True, True),
        ("owner-1", "applicant", True, True),
        ("officer-1", "applicant", False, True),
    ],
)
def test_an_event_in_full_and_without_the_names_of_officials_for_owners_and_systems(
    subject: str, role: str, *, without_actor: bool, without_hands: bool
) -> None:
    expected = {**EVENT, "data": dict(EVENT["data"])}
    if without_actor:
        del expected["actor"]
    if without_hands:
        del expected["data"]["hands"]
    assert cloud_event(ROW, Actor(subject, "x", role)) == expected


async def test_the_schema_of_an_event(world: World) -> None:
    schema = (await world.call("funding", "GET", f"/schemas/{A}", None, status=200)).json()
    assert {"declaration_id", "district", "reason"} <= set(schema["properties"])
    answer = await world.call("funding", "GET", "/schemas/intake.unknown.v1", None, status=404)
    assert answer.json()["code"] == "not_found"
