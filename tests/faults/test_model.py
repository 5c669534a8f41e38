"""Checks at the end of a campaign: no finding on a sound suite, a finding for every kind of corruption."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from faults.checker.judge import Verdict, judge
from faults.workload.alone import Alone, alone, announced
from faults.workload.drive import LoadFigures, drive
from faults.workload.log import Command, CommandLog
from faults.workload.plan import Plan
from shared.settings import Settings
from tests.postgres import TEMPLATE, WORKER, Server
from tests.world import ROLE_PASSWORD

pytestmark = pytest.mark.faults

PLAN = Plan(
    pushes_per_second=1.5, rows_per_push=(20, 60), fresh_share=0.4, hot_share=0.6, hot_rows=12, districts=2,
    declarations_per_second=2.5, volley_seconds=1.5, patience_seconds=40.0,
)  # fmt: skip
SECONDS, SEED = 4.0, 6
FROZEN_AFTER, FROZEN_SECONDS = 1.0, 6.0
PLAYED = f"played_{WORKER}"
_copies = itertools.count(1)


@dataclass(frozen=True)
class Played:
    """A finished workload: its log, and the database it wrote."""

    server: Server
    log: Path
    figures: LoadFigures

    async def judged(self, database: str = PLAYED, doctor: Callable[[CommandLog], None] | None = None) -> Verdict:
        log = CommandLog.read(self.log)
        if doctor is not None:
            doctor(log)
        return await judge(log, self.server.embedded.dsn(database))


@pytest.fixture(scope="module")
def played(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("load")
    asyncio.run(server.run(f"CREATE DATABASE {PLAYED} TEMPLATE {TEMPLATE}"))
    dsn = server.embedded.dsn(PLAYED)
    settings = Settings(database_url=dsn, role_password=SecretStr(ROLE_PASSWORD), data_dir=folder)
    with alone(settings) as running:
        figures = asyncio.run(_play(running, folder / "commands.jsonl"))
    yield Played(server, folder / "commands.jsonl", figures)
    asyncio.run(server.run(f"DROP DATABASE {PLAYED} WITH (FORCE)"))


async def _play(running: Alone, path: Path) -> LoadFigures:
    with CommandLog(path) as log:
        arriving = asyncio.Event()
        freezing = asyncio.create_task(_freeze(running.pid, arriving))
        figures = await drive(running.suite, PLAN, SEED, SECONDS, log, arriving)
        await freezing
    await announced(running.suite.settings.database_url)
    return figures


async def _freeze(pid: int, arriving: asyncio.Event) -> None:
    """Freeze the suite for a while during the load."""
    await arriving.wait()
    await asyncio.sleep(FROZEN_AFTER)
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(FROZEN_SECONDS)
    os.kill(pid, signal.SIGCONT)


@pytest.fixture
async def copied(played: Played) -> AsyncIterator[str]:
    """Copy the database of the workload, to be corrupted."""
    name = f"{PLAYED}_{next(_copies)}"
    await played.server.run(f"CREATE DATABASE {name} TEMPLATE {PLAYED}")
    yield name
    await played.server.run(f"DROP DATABASE {name} WITH (FORCE)")


async def corrupt(played: Played, database: str, statements: str) -> None:
    """Run statements as superuser without triggers, to change what no role of the suite can."""
    admin = await asyncpg.connect(played.server.embedded.dsn(database))
    try:
        await admin.execute(f"SET session_replication_role = replica; {statements}")
    finally:
        await admin.close()


async def test_a_sound_suite_has_no_finding_and_everything_was_checked(played: Played) -> None:
    assert (played.figures.failures, played.figures.broken_answers, played.figures.dropped) == ((), (), 0)
    verdict = await played.judged()
    assert verdict.first == ""
    codes = {command.code for command in CommandLog.read(played.log).commands}
    assert codes >= {"wrong_status", "same_officer", "over_budget"}
    assert verdict.figures.cases > 100
    assert verdict.figures.transfers > 20
    assert verdict.figures.codes > verdict.figures.commands


async def test_arrivals_do_not_wait_for_a_suite_that_does_not_answer(played: Played) -> None:
    commands = [command for command in CommandLog.read(played.log).commands if command.status is not None]
    assert max(command.ended - command.started for command in commands) > FROZEN_SECONDS * 0.8
    assert played.figures.latest_start_seconds < FROZEN_SECONDS * 0.75


HOT = "(SELECT resource_id FROM intake.resource_version WHERE version = 3 ORDER BY 1 LIMIT 1)"
SUBMITTED = "(SELECT max(id) FROM intake.act WHERE act = 'submit_declaration')"
UNGUARDED = """
ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn;
ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_within_limit;"""
TAMPERINGS = {
    "an accepted act is gone": ("lost", f"DELETE FROM intake.act WHERE id = {SUBMITTED}"),
    "an accepted act was done twice": (
        "doubled",
        "INSERT INTO intake.act (case_id, act, actor, actor_name, role, district, at, detail)"
        " SELECT case_id, act, actor, actor_name, role, district, at, detail"
        f" FROM intake.act WHERE id = {SUBMITTED}",
    ),
    "a version of a row is gone": ("lost", f"DELETE FROM intake.resource_version WHERE resource_id = {HOT}"
                                   " AND version = 2"),
    "a version nobody sent": (
        "doubled",
        "INSERT INTO intake.resource_version (resource_id, version, district, external_id, quarter, content,"
        " content_sha256, recorded_at, recorded_by, recorder_name, role) SELECT resource_id, 99, district, external_id,"
        " quarter, content, content_sha256, recorded_at, recorded_by, recorder_name, role"
        f" FROM intake.resource_version WHERE resource_id = {HOT} AND version = 1",
    ),
    "two versions have changed places": (
        "state",
        "UPDATE intake.resource_version v SET content = o.content FROM intake.resource_version o"
        f" WHERE v.resource_id = {HOT} AND o.resource_id = v.resource_id"
        " AND (v.version, o.version) IN ((1, 2), (2, 1))",
    ),
    "an answer is not kept": ("lost", "DELETE FROM funding.idempotency_key WHERE key ="
                              " (SELECT max(key) FROM funding.idempotency_key WHERE key LIKE 'load-%')"),
    "an event was never announced": (
        "lost",
        "INSERT INTO funding.outbox (event_id, shard, aggregate_type, aggregate_id, agg_seq, type, payload, headers,"
        " occurred_at) SELECT event_id, 0, aggregate_type, aggregate_id, agg_seq, type, payload, '{}', occurred_at"
        " FROM funding.event_log LIMIT 1",
    ),
    "an event reached somebody and was not acted on": (
        "lost", "DELETE FROM eligibility.faults_applied WHERE n = (SELECT max(n) FROM eligibility.faults_applied)",
    ),
    "an event was acted on twice": (
        "doubled",
        "INSERT INTO funding.faults_applied (source, aggregate_id, seq, event_id)"
        " SELECT source, aggregate_id, seq, event_id FROM funding.faults_applied LIMIT 1",
    ),
    "two events were acted on in the wrong order": (
        "order",
        "UPDATE eligibility.faults_applied a SET seq = o.seq, event_id = o.event_id FROM eligibility.faults_applied o"
        f" WHERE a.aggregate_id = {HOT} AND o.aggregate_id = {HOT} AND (a.seq, o.seq) IN ((1, 2), (2, 1))",
    ),
    "an event is missing among its aggregate's": (
        "order", f"DELETE FROM intake.event_log WHERE aggregate_id = {HOT} AND agg_seq = 2",
    ),
    "a copy is older than its original": (
        "state", f"UPDATE eligibility.stock_resource SET version = 2 WHERE resource_id = {HOT}",
    ),
    "a case stands elsewhere": (
        "state",
        "UPDATE funding.application SET status = 'planned' WHERE id ="
        " (SELECT id FROM funding.application WHERE status = 'released' LIMIT 1)",
    ),
    "a payment was booked twice": (
        "doubled",
        "INSERT INTO funding_ledger.transfer (id, batch, kind, debit_account, credit_account, amount, purpose, case_id,"
        " posted_at) SELECT gen_random_uuid(), batch, kind, debit_account, credit_account, amount, purpose, case_id,"
        " posted_at FROM funding_ledger.transfer WHERE purpose = 'award:1' LIMIT 1",
    ),
    "a budget gave more than it had": (
        "drift",
        f"{UNGUARDED} UPDATE funding_ledger.transfer SET amount = amount * 1000"
        " WHERE purpose LIKE 'reservation:approval:budget' AND case_id = (SELECT case_id FROM funding_ledger.transfer"
        " WHERE purpose = 'reservation:approval:budget' ORDER BY seq LIMIT 1)",
    ),
    "a balance is not what its transfers make it": (
        "drift",
        "UPDATE funding_ledger.account SET credits_posted = credits_posted + 1 WHERE code = 5 AND credits_posted ="
        " (SELECT max(credits_posted) FROM funding_ledger.account WHERE code = 5)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_a_corrupted_database_is_found(played: Played, copied: str, what: str) -> None:
    kind, statements = TAMPERINGS[what]
    await corrupt(played, copied, statements)
    verdict = await played.judged(copied)
    assert kind in {each.kind for finding in verdict.findings for each in finding.differences}, verdict.findings
    assert verdict.first


def _first(log: CommandLog, act: str, code: str = "") -> Command:
    return next(command for command in log.commands if (command.act, command.code) == (act, code))


def _another_code(log: CommandLog) -> None:
    """Replace a refusal code by one that only a submission can get."""
    refused = (command for command in log.commands if command.code == "same_officer")
    next(command for command in refused if command.act != "submit_declaration").code = "incomplete"


def _refused_for_nothing(log: CommandLog) -> None:
    """Change a refused request to 0 fen, which no budget refuses; even 1 fen may exceed an exhausted budget."""
    _first(log, "approve_application", "over_budget").said["fen"] = 0


def _told_another_version(log: CommandLog) -> None:
    rows = next(c.answer for c in log.commands if c.act == "push_resources" and c.accepted)
    next(row for row in rows if row[0] == "created")[2] = 2


def _told_unchanged(log: CommandLog) -> None:
    updated = [row for c in log.commands if c.act == "push_resources" and c.accepted for row in c.answer]
    next(row for row in updated if row[0] == "updated")[0] = "unchanged"


def _answered_before_it_began(log: CommandLog) -> None:
    """Move a push behind all others, although others changed the rows that it created."""
    pushes = [c for c in log.commands if c.act == "push_resources" and c.accepted]
    changed = {row[1] for push in pushes for row in push.answer if row[0] == "updated"}
    push = next(c for c in pushes if any(row[0] == "created" and row[1] in changed for row in c.answer))
    push.started, push.ended = push.started + 3600, push.ended + 3600


def _never_sent(log: CommandLog) -> None:
    unsent = _first(log, "enter_pool")
    log.commands.remove(unsent)
    log.resends = [resend for resend in log.resends if resend.number != unsent.number]


def _done_again(log: CommandLog) -> None:
    next(resend for resend in log.resends if resend.kind == "same").replayed = False


def _other_body_taken(log: CommandLog) -> None:
    next(resend for resend in log.resends if resend.kind == "other").status = 200


def _waited_in_vain(log: CommandLog) -> None:
    log.stalled[str(uuid4())] = "funding id"


@pytest.mark.parametrize(
    ("doctor", "kind"),
    [
        (_another_code, "code"),
        (_refused_for_nothing, "code"),
        (_told_another_version, "code"),
        (_told_unchanged, "code"),
        (_answered_before_it_began, "order"),
        (_never_sent, "doubled"),
        (_done_again, "doubled"),
        (_other_body_taken, "code"),
        (_waited_in_vain, "lost"),
    ],
)
async def test_a_wrong_answer_is_found(played: Played, doctor: Callable[[CommandLog], None], kind: str) -> None:
    verdict = await played.judged(doctor=doctor)
    assert kind in {each.kind for finding in verdict.findings for each in finding.differences}, verdict.findings
    assert verdict.first


async def test_a_command_whose_answer_was_lost_counts_by_what_was_kept(played: Played) -> None:
    def forget(log: CommandLog) -> None:
        for act in ("create_declaration", "push_resources", "release_funds"):
            command = _first(log, act)
            command.status, command.digest, command.answer, command.ended = None, "", None, float("inf")
            log.resends = [resend for resend in log.resends if resend.number != command.number]

    assert (await played.judged(doctor=forget)).first == ""
