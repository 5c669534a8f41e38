"""Tests of updates pushed to the topic: recorded as by HTTP, signed, recorded once, and answered."""

import json
from typing import Any
from uuid import uuid4

import pytest

from services.intake.registers.upsert import record_rows
from shared.contracts.pushes import TOPIC
from shared.events.bus import Message
from tests.intake.registers.district_system import (
    HAIDIAN,
    System,
    answers,
    count,
    deliver,
    recorded_versions,
    without_header,
)
from tests.intake.sample_rows import CHAOYANG, FENGTAI, OFFICER, Row, project, resource
from tests.world import World

RECORDED, ENTRY_CHANGED = "intake.resource_recorded.v1", "intake.library_entry_changed.v1"


async def by_http(world: World, system: System, path: str, mode: str, body: Row) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {system.key}", "idempotency-key": str(uuid4())}
    url = f"/v1/{path}:batchUpsert?mode={mode}"
    answer = await world.clients["intake"].post(url, headers=headers, json=body)
    return answer.status_code, answer.json()


def anonymous(said: Any, district: str) -> Any:
    """Return the data without generated ids and times, and with one name for every district."""
    if isinstance(said, dict):
        return {name: anonymous(part, district) for name, part in said.items() if name not in ("id", *IDS)}
    if isinstance(said, list):
        return [anonymous(part, district) for part in said]
    return said.replace(district, "here") if isinstance(said, str) else said


IDS = ("resource_id", "entry_id", "actor", "subject", "time")


def faulty_rows(district: str) -> tuple[list[Any], list[Any]]:
    """Return first rows, and then rows with every kind of fault."""
    first = [resource(f"R-{n}", district) for n in (1, 2, 9)]
    then = [
        resource("R-1", district, gross_floor_area_m2="25000"),
        resource("R-2", district, name="更名大厦", change_reason="更名"),
        resource("R-3", district, kind="castle", gross_floor_area_m2="0", colour="red"),
        resource("R-4", HAIDIAN),
        resource("R-5", district),
        resource("R-5", district),
        resource("R-6", district, quarter="2024Q2"),
        resource("R-9", district, name="更名大厦"),
        7,
        resource("R-7", district),
    ]
    return first, then


async def test_the_topic_and_http_give_the_same_results_and_the_same_events(world: World) -> None:
    http, topic = await System.of(world, CHAOYANG), await System.of(world, FENGTAI)
    for rows_there, rows_here in zip(faulty_rows(CHAOYANG), faulty_rows(FENGTAI), strict=True):
        for mode, status in (("atomic", (200, 422)), ("partial", (207,))):
            answered, said = await by_http(world, http, "resources", mode, {"rows": rows_there})
            assert answered in status
            await deliver(world, topic.update(rows_here, mode=mode))
            answer = (await topic.received_answers(world))[-1]
            assert answer["decision"] == ("refused" if answered == 422 else "accepted")
            if answered == 422:
                errors = [error for row in answer["rows"] for error in row["problem"]["errors"]]
                assert (answer["problem"]["status"], answer["problem"]["code"]) == (422, said["code"])
                assert anonymous(errors, FENGTAI) == anonymous(said["errors"], CHAOYANG)
            else:
                compared = ("created", "updated", "unchanged", "refused", "rows")
                assert anonymous({name: answer[name] for name in compared}, FENGTAI) == anonymous(said, CHAOYANG)
    events = await world.events("intake", RECORDED)
    sides = [[anonymous(e, code) for e in events if e["district"] == code] for code in (CHAOYANG, FENGTAI)]
    assert sides[0] == sides[1]
    assert len(sides[0]) == 5


async def test_the_library_is_updated_with_the_reason_of_the_update(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    changed = project(priority=1)
    await deliver(
        world,
        system.update([project()], book="library_entries"),
        system.update([changed], book="library_entries"),
        system.update([changed], book="library_entries", change_reason="区政府列为重点"),
    )
    answer = await system.received_answers(world)
    assert [(each["book"], each["decision"]) for each in answer] == [
        ("library_entries", "accepted"),
        ("library_entries", "refused"),
        ("library_entries", "accepted"),
    ]
    assert answer[1]["rows"][0]["problem"]["code"] == "change_reason_missing"
    (entry,) = (await world.get("intake", "/v1/library-entries", OFFICER))["items"]
    assert (entry["version"], entry["change_reason"], entry["changed_by"]) == (
        2,
        "区政府列为重点",
        f"key:{system.key_id}",
    )
    assert [e["data"]["version"] for e in await world.events("intake", ENTRY_CHANGED)] == [1, 2]


async def test_a_repeated_update_changes_nothing_and_is_answered_once(world: World) -> None:
    system, request = await System.of(world, CHAOYANG), str(uuid4())
    first = system.update([resource()], request=request)
    other_body = system.update([resource("R-2")], request=request)
    await deliver(world, first, first, other_body)
    await deliver(world, first)
    await deliver(world, other_body, system.update([resource("R-4")], request=request.upper()))
    assert await recorded_versions(world) == [("R-1", 1)]
    (answer,) = await system.received_answers(world)
    assert (answer["request_id"], answer["rows"][0]["external_id"]) == (request, "R-1")
    other_system = await System.of(world, CHAOYANG)
    await deliver(world, other_system.update([resource("R-3")], request=request))
    assert await recorded_versions(world) == [("R-1", 1), ("R-3", 1)]


async def test_a_forgery_is_refused_and_does_not_displace_the_real_update(world: World) -> None:
    system, stranger = await System.of(world, CHAOYANG), await System.of(world, FENGTAI)
    request = str(uuid4())
    true = system.update([resource()], request=request)
    value = json.dumps({"book": "resources", "rows": [resource("R-66")]}).encode()
    signature = dict(true.headers)["signature"].decode()
    forgeries = [
        stranger.signed(value, request, keyid=system.key_id),
        system.signed(value, request, signature=signature),
        system.signed(value, request, ce_time="2024-03-01T10:00:01+08:00"),
        system.signed(value, request, signature="0" * 64),
        system.signed(value, request, signature="\x00'; --"),
        without_header(system.signed(value + b" ", request), "signature"),
    ]
    await deliver(world, *forgeries, true)
    answer = await system.received_answers(world)
    assert [each["decision"] for each in answer] == ["refused"] * 6 + ["accepted"]
    assert {(each["problem"]["status"], each["problem"]["code"]) for each in answer[:6]} == {(401, "unauthenticated")}
    assert len({each["update_id"] for each in answer}) == 7
    assert await recorded_versions(world) == [("R-1", 1)]
    assert await stranger.received_answers(world) == []


async def test_a_revoked_key_and_an_unknown_one_push_nothing(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    await world.post(
        "intake", f"/v1/api-keys/{system.key_id}/revoke", "city-supervisor-1", {"reason": "停用"}, status=204
    )
    unknown = System("th_live_0123456789ab_secret")
    ill_named = System("th_live_'; DROP TABLE--_secret")
    await deliver(world, *(each.update([resource()]) for each in (system, unknown, ill_named)))
    assert await recorded_versions(world) == []
    replies = await answers(world)
    assert [each["problem"]["code"] for each in replies] == ["unauthenticated"] * 3
    assert sorted((each["district"], each["key_id"]) for each in replies) == sorted(
        [(CHAOYANG, system.key_id), ("110000", "0123456789ab"), ("110000", "")]
    )
    assert [each["key_id"] for each in await answers(world, OFFICER)] == [system.key_id]


async def test_a_key_that_only_reads_is_refused(world: World) -> None:
    system = await System.of(world, CHAOYANG, writes=False)
    await deliver(world, system.update([resource()], mode="partial"))
    (answer,) = await system.received_answers(world)
    assert (answer["problem"]["status"], answer["problem"]["code"]) == (403, "forbidden")
    assert await recorded_versions(world) == []


async def test_a_district_receives_answers_about_its_own_rows_only(world: World) -> None:
    system = await System.of(world, CHAOYANG, FENGTAI)
    rows = [resource("R-1"), resource("R-2", FENGTAI), resource("R-3", HAIDIAN), 7, resource("R-4", FENGTAI, kind="x")]
    await deliver(world, system.update(rows, mode="partial"))
    both = await system.received_answers(world)
    assert [(part["part"], part["parts"], part["district"], part["created"], part["refused"]) for part in both] == [
        (1, 2, CHAOYANG, 1, 2),
        (2, 2, FENGTAI, 1, 1),
    ]
    assert [row["index"] for part in both for row in part["rows"]] == [0, 2, 3, 1, 4]
    for code, shown in ((CHAOYANG, both[:1]), (FENGTAI, both[1:]), (HAIDIAN, [])):
        assert await answers(world, f"{code}-officer-1") == shown


async def test_a_malformed_update_is_answered_if_its_sender_is_known(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    half_character = json.dumps({"book": "resources", "rows": [resource(name="楼\ud800")]}).encode()
    values = {
        b"": "/body",
        b"{": "/body",
        b"\xff\xfe": "/body",
        b"7": "/body",
        b"{}": "/body/book",
        b'{"book": "novels", "rows": []}': "/body/book",
        b'{"book": "resources", "rows": []}': "/body/rows",
        b'{"book": "resources", "rows": [7], "mode": "maybe"}': "/body/mode",
        b'{"book": "resources", "rows": [7], "change_reason": "x"}': "/body/change_reason",
        half_character: "/body",
    }
    await deliver(world, *(system.signed(value) for value in values))
    answer = await system.received_answers(world)
    assert [(each["decision"], each["problem"]["code"]) for each in answer] == [("refused", "malformed")] * len(values)
    assert [each["problem"]["errors"][0]["pointer"] for each in answer] == list(values.values())


@pytest.mark.parametrize(
    "spoilt",
    [
        {"ce_type": "district.library_update_requested.v2"},
        {"ce_specversion": "0.3"},
        {"ce_id": "1"},
        {"ce_id": " 0123456789abcdef0123456789abcd "},
        {"ce_time": "yesterday"},
        {"ce_time": "2024-03-01\x0010:00:00+08:00"},
    ],
    ids=str,
)
async def test_a_record_that_cannot_be_answered_becomes_a_dead_letter(world: World, spoilt: dict[str, str]) -> None:
    system = await System.of(world, CHAOYANG)
    value = json.dumps({"book": "resources", "rows": [resource()]}).encode()
    nameless = without_header(system.signed(value), "ce_id")
    await deliver(world, system.signed(value, **spoilt), nameless, system.update([resource("R-2")]))
    assert await recorded_versions(world) == [("R-2", 1)]
    assert await count(world, "SELECT count(*) FROM dead_letter") == 2
    assert await world.parked() == {}


async def test_a_refused_update_does_not_affect_others_of_its_batch(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    updates = [
        system.update([resource(f"R-{n}"), resource(f"S-{n}", **({"kind": "x"} if n == 3 else {}))]) for n in range(8)
    ]
    await deliver(world, *updates)
    assert [each["decision"] for each in await system.received_answers(world)] == [
        "refused" if n == 3 else "accepted" for n in range(8)
    ]
    assert await recorded_versions(world) == sorted((f"{letter}-{n}", 1) for n in range(8) if n != 3 for letter in "RS")


@pytest.mark.parametrize("mode", ["atomic", "partial"])
async def test_updates_of_one_row_are_recorded_in_order(world: World, mode: str) -> None:
    system = await System.of(world, CHAOYANG)
    names = [{"name": f"第{n}名", "change_reason": "更名"} for n in range(5)]
    await deliver(world, *(system.update([resource(**name)], mode=mode) for name in names))
    assert [each["rows"][0]["version"] for each in await system.received_answers(world)] == [1, 2, 3, 4, 5]
    assert (await world.get("intake", f"/v1/resources/{CHAOYANG}/R-1", OFFICER))["name"] == "第4名"


async def test_an_update_that_breaks_the_handler_is_parked_and_others_are_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = [await System.of(world, code) for code in (CHAOYANG, FENGTAI)]

    async def breaks(session: Any, book: Any, sent: Any) -> Any:
        if any(each.row.external_id == "R-13" for each in sent):
            raise RuntimeError("示例故障")
        return await record_rows(session, book, sent)

    monkeypatch.setattr("services.intake.registers.push.record_rows", breaks)
    poisoned = systems[0].update([resource("R-13")])
    await deliver(world, systems[0].update([resource("R-1")]), poisoned, systems[1].update([resource("R-2", FENGTAI)]))
    assert await recorded_versions(world) == [("R-1", 1), ("R-2", 1)]
    assert "示例故障" in (await world.parked())["intake"][0]
    assert await count(world, "SELECT count(*) FROM parked") == 1
    assert await count(world, "SELECT count(*) FROM inbox") == 5
    monkeypatch.setattr("services.intake.registers.push.record_rows", record_rows)
    message = world.instances["intake"].service.inbound_topics[TOPIC].read(poisoned)
    assert await world.instances["intake"].consumer.replay_parked(message.source, message.subject) == 1
    await world.settle()
    assert await recorded_versions(world) == [("R-1", 1), ("R-13", 1), ("R-2", 1)]
    assert [each["decision"] for each in await systems[0].received_answers(world)] == ["accepted", "accepted"]
    assert await world.parked() == {}


async def test_a_parked_update_keeps_its_signed_content(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    message = (
        world.instances["intake"]
        .service.inbound_topics[TOPIC]
        .read(system.update([resource()], request=str(uuid4()).upper()))
    )
    assert Message.from_record(json.loads(json.dumps(message.to_record()))) == message


async def test_row_level_security_limits_an_update_to_the_districts_of_its_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row-level security refuses rows of other districts even without the rule in code."""
    monkeypatch.setattr("services.intake.registers.upsert.rules.other_district", lambda _districts: None)
    system = await System.of(world, CHAOYANG)
    await deliver(world, system.update([resource("R-1", FENGTAI)]))
    assert await recorded_versions(world) == []
    assert "row-level security" in (await world.parked())["intake"][0]
