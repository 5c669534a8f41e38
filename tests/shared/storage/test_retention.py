"""Retention erases what is due and nothing else, once, as the service's own role, and records each run."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services import SERVICES, load
from shared import metrics
from shared.actors import system_actor
from shared.clock import Clock
from shared.storage.retention import RULES, Rule, erase_due
from tests import sealing
from tests.world import START, World

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
NAMES = [rule.name for rule in RULES]


async def _put(world: World, table: str, **values: Any) -> None:
    columns = ", ".join(values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    await world.database.admin.execute(f"INSERT INTO funding.{table} ({columns}) VALUES ({places})", *values.values())


async def _answer(world: World, key: str, at: datetime) -> None:
    await _put(world, "idempotency_key", tenant="t", key=key, fingerprint=b"f", created_at=at)


async def _person(world: World, key: str, at: datetime) -> None:
    left = {"closed_at": at, "closed_by": "s", "closed_reason": "调离"}
    await _put(world, "person", subject=key, name="姓名", roles=["finance"], districts=["110000"], uscc="u", **left)


async def _agent(world: World, key: str, at: datetime) -> None:
    granted = {"starts_on": date(2000, 1, 1), "ends_on": date(2100, 1, 1), "granted_by": "s", "granted_at": at}
    ended = {"withdrawn_at": at, "withdrawn_by": "s", "withdrawn_reason": key}
    who = {"id": uuid4(), "applicant_uscc": "u", "district": "110105", "subject": "s", "name": "姓名", "reason": "授权"}
    await _put(world, "agent", **who, **granted, **ended)


async def _key(world: World, key: str, at: datetime) -> None:
    granted = {"districts": ["110000"], "scopes": ["cases:read"], "created_by": "s", "created_at": START - 9000 * DAY}
    revoked = {"revoked_at": at, "revoked_by": "s", "revoked_reason": "离职"}
    later = at + 9000 * DAY
    await _put(world, "api_key", id=key, secret_hash=b"h", name="姓名", expires_at=later, **granted, **revoked)


async def _revocation(world: World, key: str, at: datetime) -> None:
    said = {"operator": "o", "reason": "遗失", "revoked_at": at - DAY}
    await _put(world, "revoked_token", token_id=key, until=at, **said)


async def _letter(world: World, key: str, at: datetime) -> None:
    said = {"record": "{}", "error": key, "settled_at": at, "settlement": "dropped"}
    await _put(world, "dead_letter", id=uuid4(), at=at, **said)


PUT: dict[str, Callable[..., Any]] = {
    "answers": _answer,
    "people": _person,
    "agents": _agent,
    "keys": _key,
    "revocations": _revocation,
    "letters": _letter,
}
LEFT = {
    "answers": "SELECT key FROM funding.idempotency_key",
    "people": "SELECT subject FROM funding.person WHERE name = '姓名' AND uscc = 'u' AND closed_reason = '调离'",
    "agents": "SELECT withdrawn_reason FROM funding.agent WHERE name = '姓名' AND reason = '授权'",
    "keys": "SELECT id FROM funding.api_key WHERE name = '姓名' AND revoked_reason = '离职'",
    "revocations": "SELECT token_id FROM funding.revoked_token",
    "letters": "SELECT error FROM funding.dead_letter",
}
"""Queries for the rows of which a rule has erased nothing yet."""


async def _left(world: World, rule: str) -> set[str]:
    return {row[0] for row in await world.database.admin.fetch(LEFT[rule])}


async def _runs(world: World, service: str = "funding") -> list[dict[str, Any]]:
    rows = await world.database.admin.fetch(
        f"SELECT operator, login, reason, outcome, arguments, detail FROM {service}.operation "
        "WHERE command = 'retention' ORDER BY id"
    )
    return [dict(row) for row in rows]


def _rule(name: str) -> Rule:
    return next(rule for rule in RULES if rule.name == name)


async def test_each_period_ends_to_the_second_and_a_second_run_finds_nothing(world: World) -> None:
    """Three rows a rule: a day before the end of the period, at its end, and a second after it."""
    instance = world.instances["funding"]
    for rule in RULES:
        due = START - timedelta(days=rule.days(world.settings))
        for key, at in (("after", due - SECOND), ("on", due), ("before", due + DAY)):
            await PUT[rule.name](world, f"{rule.name}-{key}", at)
    for _ in range(2):
        await instance.retain()
        for name in NAMES:
            assert await _left(world, name) == {f"{name}-on", f"{name}-before"}, name
    (run,) = await _runs(world)
    assert run["outcome"] == "done"
    assert json.loads(run["detail"])["erased"] == dict.fromkeys(NAMES, 1)
    world.clock.set(START + SECOND)
    await instance.retain()
    assert all([await _left(world, name) == {f"{name}-before"} for name in NAMES])
    told = json.dumps([dict(run, detail=json.loads(run["detail"])) for run in await _runs(world)], ensure_ascii=False)
    assert "姓名" not in told
    assert "-on" not in told


async def test_what_has_not_ended_is_never_due(world: World) -> None:
    """Rows just outside each condition stay, however old they are."""
    old = START - timedelta(days=20_000)
    admin = world.database.admin
    plain = {"roles": ["finance"], "districts": ["110000"]}
    await _put(world, "person", subject="recorded", name="姓名", **plain)
    await _put(world, "person", subject="seen", name="姓名", seen_on=(START - 1826 * DAY).date(), **plain)
    await _put(world, "person", subject="unseen", name="姓名", seen_on=(START - 1827 * DAY).date(), **plain)
    granted = {"districts": ["110000"], "scopes": ["cases:read"], "created_by": "s", "created_at": old}
    await _put(world, "api_key", id="lasting", secret_hash=b"h", name="姓名", expires_at=START + DAY, **granted)
    await _put(world, "api_key", id="expired", secret_hash=b"h", name="姓名", expires_at=old, **granted)
    await _put(world, "dead_letter", id=uuid4(), at=old, record="{}", error="open")
    await world.instances["funding"].retain()
    assert await admin.fetch("SELECT subject FROM funding.person WHERE name = '已删除'") == [("unseen",)]
    assert await admin.fetch("SELECT id, revoked_reason FROM funding.api_key WHERE name = '已删除'") == [
        ("expired", None)
    ]
    assert await admin.fetchval("SELECT count(*) FROM funding.dead_letter") == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_a_run_without_work_is_recorded_once_a_day(world: World, service: str) -> None:
    for later, runs in ((timedelta(0), 1), (timedelta(hours=13, minutes=59), 1), (timedelta(hours=14), 2)):
        world.clock.set(START + later)  # 10:00 in Beijing, the last minute of the day, and midnight
        await world.instances[service].retain()
        found = await _runs(world, service)
        assert len(found) == runs
    names = [rule.name for rule in (*RULES, *load(service).retention)]
    assert sorted(json.loads(found[0]["detail"])["erased"]) == sorted(names)
    assert found[0]["operator"] == found[0]["login"] == system_actor(service).subject


async def test_a_run_is_cut_into_transactions_each_on_record(world: World) -> None:
    for number in range(5):
        await _answer(world, f"k{number}", START - 8 * DAY)
    async with world.instances["funding"].background.session(system_actor("funding")) as session:
        assert await erase_due(session, [_rule("answers")], limit=3)
    async with world.instances["funding"].background.session(system_actor("funding")) as session:
        assert not await erase_due(session, [_rule("answers")], limit=3)
    runs = [(run["outcome"], json.loads(run["detail"])["erased"]["answers"]) for run in await _runs(world)]
    assert runs == [("partial", 3), ("done", 2)]


async def test_what_is_erased_is_not_sealed_and_the_seals_stay_sound(world: World) -> None:
    for rule in RULES:
        await PUT[rule.name](world, rule.name, START - timedelta(days=rule.days(world.settings)) - SECOND)
    await sealing.seal(world, "funding")
    await world.instances["funding"].retain()
    await sealing.seal(world, "funding")
    report = await sealing.verify(world, "funding")
    assert sealing.found(report) == set()
    assert report.leaves > 0


@pytest.mark.parametrize(
    ("rule", "erase"),
    [
        ("revocations", "DELETE FROM funding.revoked_token"),
        ("letters", "DELETE FROM funding.dead_letter"),
    ],
)
async def test_the_database_keeps_what_has_not_ended(world: World, rule: str, erase: str) -> None:
    """Not even the owner of the table deletes it: a trigger refuses."""
    await PUT[rule](world, "lasting", Clock().now() + DAY)
    if rule == "letters":
        await world.database.admin.execute("UPDATE funding.dead_letter SET settled_at = NULL, settlement = NULL")
    connection = await asyncpg.connect(world.settings.database_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(erase)
    finally:
        await connection.close()
    assert await _left(world, rule) == {"lasting"}


async def test_a_run_that_ends_shows_in_the_metrics_and_one_that_fails_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = world.instances["funding"]
    shown = metrics.RETAINED_AT.labels("funding")
    shown.set(0)

    async def failing(*_: object) -> bool:
        raise OSError("示例故障")

    with monkeypatch.context() as broken:
        broken.setattr("shared.runtime.erase_due", failing)
        with pytest.raises(OSError, match="示例故障"):
            await instance.retain()
    assert shown._value.get() == 0
    await instance.retain()
    assert shown._value.get() > 1.7e9
