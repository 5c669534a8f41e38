"""`tenghuan outbox lag`, `topics create`, `config check`, `backup`: rows, messages, exit codes and audit rows."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from deploy.backup.archive import ArchiveError
from deploy.backup.backup import FileLost
from shared.events.bus import Unreadable
from shared.events.dead_letters import DeadLetter, bury
from shared.settings import Settings
from tests.deploy.cli.audit import COMMAND_AT, audit_rows, expect_audit
from tests.deploy.operator_commands import announced, rows_of, tenghuan
from tests.shared.events.test_dead_letter_identity import RECORD
from tests.shared.events.test_delivery import ACTOR
from tests.shared.events.test_relay import without_relay
from tests.world import ROLE_PASSWORDS, World

ALL = ("intake", "eligibility", "funding", "monitoring")
OWNED = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND application_name LIKE 'relay-%' AND datname = current_database()"""


@pytest.fixture
async def lagging(world: World) -> World:
    """Let three rows wait in intake's outbox, of which two are events, and one event in funding's."""
    await without_relay(world)
    world.clock.set(COMMAND_AT - timedelta(seconds=90.5))
    await announced(world, 2)
    world.clock.set(COMMAND_AT - timedelta(seconds=10))
    async with world.instances["intake"].database.session(ACTOR) as session:
        await bury(session, [DeadLetter.of(Unreadable(RECORD, "x"))])
    async with asyncio.timeout(60):
        while await world.database.admin.fetchval(OWNED) < 3 * 17:  # noqa: ASYNC110 - the other relays take locks
            await asyncio.sleep(0.02)
    return world


def lag(service: str) -> dict[str, Any]:
    row = {"service": service, "waiting": 0, "oldest_seconds": None, "unplaced": 0, "shards_owned": 16}
    own = {"waiting": 3, "oldest_seconds": 90.5, "unplaced": 2, "shards_owned": 0}
    return row | own if service == "intake" else row


LATE = "intake: an event has waited 90.5 s\n"


async def test_the_lag_of_each_service_and_the_longest_wait_allowed(lagging: World) -> None:
    expected = dict[str, list[Any]]()
    for service, limit, code, said in (
        (None, None, 0, ""),
        (None, 90.5, 0, ""),
        (None, 90.4, 3, LATE),
        ("funding", 0.0, 0, ""),
        ("intake", 0.0, 3, LATE),
    ):
        options = [
            *(["--service", service] if service else []),
            *(["--max-seconds", limit] if limit is not None else []),
        ]
        result = await tenghuan(lagging, "outbox", "lag", *options, "--format", "json")
        services = (service,) if service else ALL
        assert json.loads(result.stdout) == [lag(each) for each in services]
        assert (result.exit_code, result.stderr) == (code, said)
        detail = {"waiting": 3 if "intake" in services else 0}
        for each in services:
            outcome = "check_failed" if code else "done"
            expected.setdefault(each, []).append((outcome, {"max_seconds": limit}, detail))
    audited = await audit_rows(lagging)
    assert {
        service: [(row["outcome"], row["arguments"], row["detail"]) for row in rows]
        for service, rows in audited.items()
    } == expected


async def test_the_lag_as_a_table(lagging: World) -> None:
    result = await tenghuan(lagging, "outbox", "lag")
    assert [line.split() for line in result.stdout.splitlines()] == [
        list(lag("intake")),
        *(["-" if value is None else str(value) for value in lag(service).values()] for service in ALL),
    ]


@pytest.mark.parametrize("limit", ["-1", "soon"])
async def test_a_limit_that_makes_no_sense_is_wrong_usage(world: World, limit: str) -> None:
    assert (await tenghuan(world, "outbox", "lag", "--max-seconds", limit)).exit_code == 2
    assert await audit_rows(world) == {}


@pytest.mark.parametrize(
    ("options", "made", "said"),
    [((), ["a.events", "b.events"], ""), (("--service", "funding"), ["a.events"], ""), ((), [], "all topics exist\n")],
    ids=["two", "one service", "none"],
)
async def test_topics_that_are_missing_are_made(
    world: World, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], made: list[str], said: str
) -> None:
    services = (options[1],) if options else ALL

    async def ensure(settings: Settings, wanted: tuple[str, ...]) -> list[str]:
        assert (settings.database_url, wanted) == (world.settings.database_url, services)
        return made

    monkeypatch.setattr("shared.events.bus.topics.ensure_topics", ensure)
    assert await rows_of(world, "topics", "create", *options) == [{"topic": name} for name in made]
    await expect_audit(world, services, "topics create", {}, ("begun", {}), ("done", {"made": made}))
    assert (await tenghuan(world, "topics", "create", *options)).stderr == said


@pytest.mark.parametrize("error", [KafkaError("refused"), OSError("no route"), TimeoutError("late")], ids=repr)
async def test_a_broker_that_refuses_is_exit_4(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def ensure(_settings: Settings, _wanted: tuple[str, ...]) -> list[str]:
        raise error

    monkeypatch.setattr("shared.events.bus.topics.ensure_topics", ensure)
    result = await tenghuan(world, "topics", "create", "--service", "funding")
    said = f"The broker at 127.0.0.1:9092 is away or refuses: {error!r}"
    assert (result.exit_code, result.stdout, result.stderr) == (4, "", f"{said}\n")
    outcomes: Any = ("begun", {}), ("away", {"error": f"Away({said!r})"})
    await expect_audit(world, ("funding",), "topics create", {}, *outcomes)


async def test_every_setting_is_shown_without_its_secrets(world: World) -> None:
    rows = await rows_of(world, "config", "check", "--operator", "officer-7")
    names = [f"TENGHUAN_{name.upper()}" for name in Settings.model_fields]
    assert [row["setting"] for row in rows] == names
    shown = {row["setting"]: row["value"] for row in rows}
    assert shown["TENGHUAN_DATABASE_URL"] == "***"
    assert shown["TENGHUAN_ROLE_PASSWORDS"] == dict.fromkeys(ROLE_PASSWORDS, "**********")
    assert (shown["TENGHUAN_KAFKA_PARTITIONS"], shown["TENGHUAN_BUS"]) == (12, "none")
    assert not [password for password in ROLE_PASSWORDS.values() if password in str(rows)]
    await expect_audit(world, ALL, "config check", {}, ("done", {}), operator="officer-7")


MANIFEST = {
    **{"at": "2024-03-02T04:05:06+00:00", "postgresql": "17.2", "revisions": {"intake": "0042", "funding": None}},
    **{"files": 2, "tables": {"intake.material": 2, "funding.posting": 40, "intake.act": 0}},
    "parts": {"database.dump": {"size": 1000, "sha256": "a"}, "files/b": {"size": 24, "sha256": "b"}},
}


async def test_a_backup_says_what_it_holds_and_is_recorded(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "suite.tar"

    async def write(settings: Settings, services: Any, where: Path, at: Any) -> dict[str, Any]:
        assert (settings.database_url, tuple(each.name for each in services)) == (world.settings.database_url, ALL)
        assert (where, at) == (path, COMMAND_AT)
        return MANIFEST

    monkeypatch.setattr("deploy.backup.backup.backup", write)
    row = {
        **{"archive": str(path), "at": "2024-03-02T04:05:06+00:00", "tables": 3, "rows": 42, "files": 2, "bytes": 1024},
        **{"postgresql": "17.2", "revisions": {"intake": "0042", "funding": None}},
    }
    assert await rows_of(world, "backup", path, "--reason", "升级前", "--operator", "officer-7") == [row]
    outcomes: Any = ("begun", {}), ("done", {"backup": [row]})
    said = {"operator": "officer-7", "reason": "升级前"}
    await expect_audit(world, ALL, "backup", {"archive": str(path)}, *outcomes, **said)


@pytest.mark.parametrize(
    "error", [ArchiveError("it exists"), FileLost("lost"), PermissionError("no"), ValueError("bad")], ids=repr
)
async def test_a_backup_that_cannot_be_written_is_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def write(*_: Any) -> dict[str, Any]:
        raise error

    monkeypatch.setattr("deploy.backup.backup.backup", write)
    result = await tenghuan(world, "backup", tmp_path / "suite.tar")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{error}\n")
    arguments = {"archive": str(tmp_path / "suite.tar")}
    await expect_audit(world, ALL, "backup", arguments, ("begun", {}), ("refused", {"error": str(error)}))
