"""Updates by the topic that are long, many, or badly wrong: bounded work, bounded answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.event import listen, remove
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.registers import answers as telling
from shared.contracts.pushes import TOPIC
from tests.intake.district_system import ANSWERED, HAIDIAN, System, arrive, count
from tests.intake.library_samples import CHAOYANG, FENGTAI, resource
from tests.world import World


async def test_an_update_beyond_the_limit_is_refused_like_a_body_beyond_it(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    limit = world.instances["intake"].settings.json_limit_bytes
    await arrive(world, system.signed(b'{"book": "resources"' + b" " * limit))
    (heard,) = await system.hears(world)
    assert (heard["problem"]["status"], heard["problem"]["code"]) == (413, "too_large")


async def test_a_thousand_rows_are_answered_in_parts_that_a_broker_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PART_BYTES", 40_000)
    system = await System.of(world, CHAOYANG)
    await arrive(world, system.update([resource(f"R-{n}") for n in range(1000)]))
    heard = await system.hears(world)
    assert [(part["part"], part["parts"]) for part in heard] == [(n, len(heard)) for n in range(1, len(heard) + 1)]
    assert 3 < len(heard) < 8
    assert [row["index"] for part in heard for row in part["rows"]] == list(range(1000))
    assert sum(part["created"] for part in heard) == 1000
    assert max(len(json.dumps(part["rows"], ensure_ascii=False)) for part in heard) < 50_000
    assert await count(world, "SELECT count(*) FROM event_log WHERE type = 'intake.resource_recorded.v1'") == 1000


async def test_the_answer_stays_short_however_long_the_mistakes_are(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    row = resource(kind="x" * 100_000, quarter="二" * 10_000) | {f"{n}" * 3_000: n for n in range(100)}
    await arrive(world, system.update([row], mode="partial"))
    (heard,) = await system.hears(world)
    errors = heard["rows"][0]["problem"]["errors"]
    assert len(errors) == telling.MOST_ERRORS + 1
    assert errors[-1]["code"] == "more_errors"
    assert len(json.dumps(heard)) < 50_000


async def test_five_thousand_small_updates_take_a_few_statements_per_batch(world: World) -> None:
    codes = (CHAOYANG, FENGTAI, HAIDIAN, "BDA")
    systems = [await System.of(world, code) for code in codes]
    updates = [systems[n % 4].update([resource(f"R-{n}", codes[n % 4])]) for n in range(5000)]
    intake = world.instances["intake"]
    read = intake.service.inlets[TOPIC].read
    with statements(intake.background.engine) as executed:
        for start in range(0, 5000, 500):
            await intake.consumer.deliver([read(each) for each in updates[start : start + 500]])
    assert await count(world, "SELECT count(*) FROM resource") == 5000
    assert await count(world, f"SELECT count(*) FROM event_log WHERE type = '{ANSWERED}'") == 5000
    assert 10 * 4 < len(executed) < 10 * 4 * 25


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """What is sent to the database during the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    remove(engine.sync_engine, "before_cursor_execute", note)
