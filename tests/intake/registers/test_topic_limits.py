"""Tests of limits of topic updates: size, number of statements, length of answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.event import listen, remove
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.registers import answers as answer_limits
from shared.contracts import event_types
from shared.contracts.pushes import REQUESTED, TOPIC
from tests.intake.registers.district_system import ANSWERED, HAIDIAN, System, count, deliver
from tests.intake.sample_rows import CHAOYANG, FENGTAI, resource
from tests.world import World


async def test_an_update_over_the_size_limit_is_refused(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    limit = world.instances["intake"].settings.json_limit_bytes
    await deliver(world, system.signed(b'{"book": "resources"' + b" " * limit))
    (answer,) = await system.received_answers(world)
    assert (answer["problem"]["status"], answer["problem"]["code"]) == (413, "too_large")


async def test_a_thousand_rows_are_answered_in_parts_of_limited_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_limits, "PART_BYTES", 40_000)
    system = await System.of(world, CHAOYANG)
    await deliver(world, system.update([resource(f"R-{n}") for n in range(1000)]))
    answer = await system.received_answers(world)
    assert [(part["part"], part["parts"]) for part in answer] == [(n, len(answer)) for n in range(1, len(answer) + 1)]
    assert 3 < len(answer) < 8
    assert [row["index"] for part in answer for row in part["rows"]] == list(range(1000))
    assert sum(part["created"] for part in answer) == 1000
    assert max(len(json.dumps(part["rows"], ensure_ascii=False)) for part in answer) < 50_000
    assert await count(world, "SELECT count(*) FROM event_log WHERE type = 'intake.resource_recorded.v1'") == 1000


async def test_the_length_of_an_answer_is_limited(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    row = resource(kind="x" * 100_000, quarter="二" * 10_000) | {f"{n}" * 3_000: n for n in range(100)}
    await deliver(world, system.update([row], mode="partial"))
    (answer,) = await system.received_answers(world)
    errors = answer["rows"][0]["problem"]["errors"]
    assert len(errors) == answer_limits.MAX_ERRORS + 1
    assert errors[-1]["code"] == "more_errors"
    assert len(json.dumps(answer)) < 50_000


async def test_five_thousand_small_updates_need_few_statements_per_batch(world: World) -> None:
    codes = (CHAOYANG, FENGTAI, HAIDIAN, "BDA")
    systems = [await System.of(world, code) for code in codes]
    updates = [systems[n % 4].update([resource(f"R-{n}", codes[n % 4])]) for n in range(5000)]
    intake = world.instances["intake"]
    read = intake.service.inbound_topics[TOPIC].read
    with statements(intake.background.engine) as executed:
        for start in range(0, 5000, 500):
            await intake.consumer.deliver([read(each) for each in updates[start : start + 500]])
    assert await count(world, "SELECT count(*) FROM resource") == 5000
    assert await count(world, f"SELECT count(*) FROM event_log WHERE type = '{ANSWERED}'") == 5000
    assert 10 * 4 < len(executed) < 10 * 4 * 25


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collect the SQL statements sent to the database during the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    remove(engine.sync_engine, "before_cursor_execute", note)


async def test_the_type_of_an_update_is_not_an_event_type_of_a_service() -> None:
    assert REQUESTED not in {event.type for event in event_types()}
