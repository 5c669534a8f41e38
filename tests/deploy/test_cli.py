"""The operator's command: output, effects, exit codes and audit rows."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.cli.operation import login_name
from deploy.local.postgres import start
from deploy.local.settings import passwords_from
from services import load_all
from shared.contracts.base import _REGISTRY
from shared.contracts.intake import DeclarationWithdrawn
from shared.settings import ROOT, Settings
from shared.storage.migrate import upgrade
from tests.deploy.operator_commands import WithdrawalLog, invoked, record, rows_of, tenghuan
from tests.postgres import FAST, LOGINS, Server
from tests.shared.events.test_dead_letters import unreadable
from tests.shared.events.test_delivery import ACTOR, RecordingConsumer, message
from tests.world import World

NOWHERE = "postgresql://nobody:hidden@127.0.0.1:1/none"


async def parked_by(recorder: RecordingConsumer, world: World, many: int) -> UUID:
    """Return an aggregate with so many events parked in monitoring."""
    subject = uuid4()
    recorder.broken.add(subject)
    await recorder.consumer.deliver([message(subject, seq, world) for seq in range(1, many + 1)])
    return subject


async def test_who_stops_reading_the_answer_takes_nothing_from_the_record(world: World) -> None:
    given = {"TENGHUAN_DATABASE_URL": world.settings.database_url, **LOGINS}
    for form in ("table", "json"):
        command = f"'{ROOT / 'tenghuan'}' outbox lag --service intake --format {form} | true; exit ${{PIPESTATUS[0]}}"
        process = await asyncio.create_subprocess_exec("bash", "-c", command, env=os.environ | given)
        assert await process.wait() == 0
    assert await record(world, "intake") == [("outbox lag", "done")] * 2


async def test_a_parked_aggregate_is_listed_shown_and_replayed(
    world: World, recorder: RecordingConsumer, withdrawals: WithdrawalLog
) -> None:
    subject = await parked_by(recorder, world, 3)
    (row,) = await rows_of(world, "parked", "list")
    assert (row["service"], row["source"], row["aggregate_id"]) == ("monitoring", "intake", str(subject))
    assert (row["events"], row["first_seq"], row["seen_seq"], row["attempts"]) == (3, 1, 0, 5)
    assert "示例故障" in row["error"]
    shown = await rows_of(world, "parked", "show", subject)
    assert [json.loads(row["data"])["reason"] for row in shown] == ["第1次", "第2次", "第3次"]
    (row,) = await rows_of(world, "parked", "replay", subject, "--service", "monitoring")
    assert (row["handled"], row["remaining"], row["error"]) == (3, 0, None)
    assert withdrawals.reasons == ["第1次", "第2次", "第3次"]
    assert await rows_of(world, "parked", "list") == []
    assert (await tenghuan(world, "parked", "replay", subject)).exit_code == 1
    assert await record(world, "monitoring") == [
        ("parked list", "done"),
        ("parked show", "done"),
        ("parked replay", "begun"),
        ("parked replay", "done"),
        ("parked list", "done"),
        ("parked replay", "begun"),
        ("parked replay", "refused"),
    ]


async def test_a_replay_that_fails_again_says_why_and_how_far_it_came(
    world: World, recorder: RecordingConsumer, withdrawals: WithdrawalLog
) -> None:
    subject = await parked_by(recorder, world, 3)
    withdrawals.failing = {"第1次"}
    (row,) = await rows_of(world, "parked", "replay", "--all", code=1)
    assert (row["handled"], row["remaining"]) == (0, 3)
    withdrawals.failing = {"第2次"}
    (row,) = await rows_of(world, "parked", "replay", subject, code=5)
    assert (row["handled"], row["remaining"]) == (1, 2)
    assert "示例故障" in row["error"]
    assert (await record(world, "monitoring"))[-1] == ("parked replay", "partial")
    assert await recorder.parked() == {subject: 2}


async def test_what_is_dropped_needs_a_reason_and_a_yes(
    world: World, recorder: RecordingConsumer, withdrawals: WithdrawalLog
) -> None:
    subject = await parked_by(recorder, world, 3)
    assert (await tenghuan(world, "parked", "drop", subject, "--yes")).exit_code == 2
    assert (await tenghuan(world, "parked", "drop", subject, "--reason", " ", "--yes")).exit_code == 2
    because = ("--reason", "示例", "--operator", "officer-7")
    assert (await tenghuan(world, "parked", "drop", subject, *because, answer="n\n")).exit_code == 1
    assert (await tenghuan(world, "parked", "drop", subject, *because, answer="")).exit_code == 1
    assert (await tenghuan(world, "parked", "drop", subject, *because, "--dry-run")).exit_code == 0
    assert await recorder.parked() == {subject: 3}
    (row,) = await rows_of(world, "parked", "drop", subject, *because, "--yes", "--first")
    assert row["aggregate_id"] == str(subject)
    assert await recorder.parked() == {subject: 2}
    assert (await tenghuan(world, "parked", "drop", subject, *because, answer="y\n")).exit_code == 0
    assert await recorder.parked() == {}
    async with recorder.database.session(ACTOR) as session:
        rows = (await session.execute(text("SELECT * FROM operation ORDER BY id"))).all()
    assert {(row.operator, row.login, row.reason) for row in rows} == {("officer-7", login_name(), "示例")}
    assert [row.outcome for row in rows] == [*["begun", "refused"] * 2, "done", *["begun", "done"] * 2]
    assert rows[-1].operation_id == rows[-2].operation_id
    assert rows[-1].arguments["aggregate"] == str(subject)
    assert len(rows[-1].detail["dropped"]) == 2


async def test_dead_letters_are_listed_shown_replayed_and_dropped(
    world: World, recorder: RecordingConsumer, withdrawals: WithdrawalLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = replace(message(uuid4(), 1, world), type="intake.never_heard_of.v9")
    await recorder.consumer.deliver([unreadable(), unknown])
    rows = await rows_of(world, "dlq", "list")
    assert {(row["service"], row["type"], row["offset"]) for row in rows} == {
        ("monitoring", None, 7),
        ("monitoring", unknown.type, None),
    }
    (letter,) = await rows_of(world, "dlq", "list", "--type", unknown.type)
    (shown,) = await rows_of(world, "dlq", "show", letter["id"])
    assert json.loads(shown["value"])["reason"] == "第1次"
    assert shown["headers"]["ce_type"] == unknown.type
    failed = await rows_of(world, "dlq", "replay", "--all", code=1)
    assert all("still" in row["error"] for row in failed)
    monkeypatch.setitem(_REGISTRY, unknown.type, DeclarationWithdrawn)
    again = await rows_of(world, "dlq", "replay", "--all", code=5)
    assert sorted(row["error"] is None for row in again) == [False, True]
    assert withdrawals.reasons == ["第1次"]
    assert (await tenghuan(world, "dlq", "replay", letter["id"])).exit_code == 1
    assert (await tenghuan(world, "dlq", "drop", "--all", "--yes")).exit_code == 2
    (dropped,) = await rows_of(world, "dlq", "drop", "--all", "--reason", "示例", "--yes")
    assert dropped["id"] != letter["id"]
    assert await rows_of(world, "dlq", "list") == []
    settled = await rows_of(world, "dlq", "list", "--settled")
    assert sorted(row["settlement"] for row in settled) == ["dropped", "replayed"]
    changes = [each for each in await record(world, "monitoring") if each[0] in ("dlq replay", "dlq drop")]
    outcomes = ("begun", "failed", "begun", "partial", "begun", "refused")
    assert changes == [
        *(("dlq replay", outcome) for outcome in outcomes),
        ("dlq drop", "begun"),
        ("dlq drop", "done"),
    ]


async def test_the_record_cannot_be_rewritten(world: World) -> None:
    await tenghuan(world, "parked", "list")
    for statement in ("UPDATE operation SET outcome = 'x'", "DELETE FROM operation"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with world.instances["intake"].database.session(ACTOR) as session:
                await session.execute(text(statement))


async def test_a_broker_that_is_away_is_reported(world: World) -> None:
    given = {"TENGHUAN_DATABASE_URL": world.settings.database_url, **LOGINS}
    given["TENGHUAN_KAFKA_SERVERS"] = "127.0.0.1:1"
    result = await invoked(["topics", "create"], given)
    assert (result.exit_code, "127.0.0.1:1" in result.stderr) == (4, True)
    assert await record(world, "funding") == [("topics create", "begun"), ("topics create", "away")]


@pytest.mark.parametrize("url", [NOWHERE, "nonsense"])
def test_an_unreachable_database_is_reported_in_one_line(url: str) -> None:
    result = CliRunner().invoke(app, ["parked", "list"], env={"TENGHUAN_DATABASE_URL": url})
    assert result.exit_code == (4 if url == NOWHERE else 1)
    assert ("hidden" in result.output, "Traceback" in result.output) == (False, False)
    assert result.stdout == ""


async def test_a_database_without_migrations_is_reported(server: Server) -> None:
    given = {"TENGHUAN_DATABASE_URL": server.embedded.dsn("template1"), **LOGINS}
    result = await invoked(["dlq", "list"], given)
    assert (result.exit_code, "migrated?" in result.stderr) == (1, True)


def launched(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher at the root of the clone from another directory."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TENGHUAN_")}
    return subprocess.run(
        [ROOT / "tenghuan", *arguments],
        cwd=folder,
        env=clean | {"TENGHUAN_DATA_DIR": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    done = launched(tmp_path, "outbox", "lag")
    assert (done.returncode, done.stdout) == (4, "")
    assert "make run" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_a_run_going_on_is_joined_and_left_running(tmp_path: Path) -> None:
    server = start(tmp_path / "data" / "postgres", FAST)
    try:
        asyncio.run(upgrade(Settings(database_url=server.dsn(), role_passwords=passwords_from("kept")), load_all()))
        (tmp_path / "data" / "role-password").write_text("kept")
        done = launched(tmp_path, "outbox", "lag", "--format", "json")
        assert (done.returncode, len(json.loads(done.stdout or "[]"))) == (0, 4), done.stderr
        assert (server.site.home / "postmaster.pid").exists()
    finally:
        server.stop(keep=False)
    assert launched(tmp_path, "outbox", "lag").returncode == 4


def test_help_imports_nothing_heavy() -> None:
    heavy = "import deploy.cli.app, sys; print({'sqlalchemy', 'fastapi', 'pydantic', 'rich.table'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
