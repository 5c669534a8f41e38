"""The end checks of a campaign: no finding on a correct suite, a finding for every kind of damage."""

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

from faults.checker.judge import Verdict, judge
from faults.workload.log import Command, CommandLog
from faults.workload.open_loop import LoadFigures, run_load
from faults.workload.profile import LoadProfile
from faults.workload.single_process import SingleProcess, single_process, wait_until_published
from shared.settings import Settings
from tests.postgres import TEMPLATE, WORKER, Server
from tests.world import ROLE_PASSWORDS

pytestmark = pytest.mark.faults

PROFILE = LoadProfile(
    pushes_per_second=1.5, rows_per_push=(20, 60), new_rows_share=0.4, hot_share=0.6, hot_rows=12, districts=2,
    declarations_per_second=2.5, decision_interval_seconds=1.5, patience_seconds=40.0,
)  # fmt: skip
SECONDS, SEED = 4.0, 6
FROZEN_AFTER, FROZEN_SECONDS = 1.0, 6.0
LOADED_DATABASE = f"loaded_{WORKER}"
_copies = itertools.count(1)


@dataclass(frozen=True)
class FinishedLoad:
    """A finished load: its log, and the database it left."""

    server: Server
    log: Path
    figures: LoadFigures

    async def judge_log(
        self, database: str = LOADED_DATABASE, change: Callable[[CommandLog], None] | None = None
    ) -> Verdict:
        log = CommandLog.read(self.log)
        if change is not None:
            change(log)
        return await judge(log, self.server.embedded.dsn(database))


@pytest.fixture(scope="module")
def finished_load(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FinishedLoad]:
    folder = tmp_path_factory.mktemp("load")
    asyncio.run(server.run(f"CREATE DATABASE {LOADED_DATABASE} TEMPLATE {TEMPLATE}"))
    dsn = server.embedded.dsn(LOADED_DATABASE)
    settings = Settings(database_url=dsn, role_passwords=ROLE_PASSWORDS, data_dir=folder)
    with single_process(settings) as running:
        figures = asyncio.run(_run_load(running, folder / "commands.jsonl"))
    yield FinishedLoad(server, folder / "commands.jsonl", figures)
    asyncio.run(server.run(f"DROP DATABASE {LOADED_DATABASE} WITH (FORCE)"))


async def _run_load(running: SingleProcess, path: Path) -> LoadFigures:
    with CommandLog(path) as log:
        arrivals_started = asyncio.Event()
        freezing = asyncio.create_task(_freeze(running.pid, arrivals_started))
        figures = await run_load(running.endpoints, PROFILE, SEED, SECONDS, log, arrivals_started)
        await freezing
    await wait_until_published(running.endpoints.settings.database_url)
    return figures


async def _freeze(pid: int, arrivals_started: asyncio.Event) -> None:
    """Stop the suite with SIGSTOP for a while during the load."""
    await arrivals_started.wait()
    await asyncio.sleep(FROZEN_AFTER)
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(FROZEN_SECONDS)
    os.kill(pid, signal.SIGCONT)


@pytest.fixture
async def database_copy(finished_load: FinishedLoad) -> AsyncIterator[str]:
    """Yield the name of a copy of the loaded database, to be corrupted."""
    name = f"{LOADED_DATABASE}_{next(_copies)}"
    await finished_load.server.run(f"CREATE DATABASE {name} TEMPLATE {LOADED_DATABASE}")
    yield name
    await finished_load.server.run(f"DROP DATABASE {name} WITH (FORCE)")


async def corrupt(finished_load: FinishedLoad, database: str, statements: str) -> None:
    """Run statements that no role of the suite may run; triggers and limits are off."""
    admin = await asyncpg.connect(finished_load.server.embedded.dsn(database))
    try:
        await admin.execute(f"SET session_replication_role = replica; {statements}")
    finally:
        await admin.close()


async def test_a_sound_suite_has_no_finding_and_everything_was_checked(finished_load: FinishedLoad) -> None:
    figures = finished_load.figures
    assert (figures.failures, figures.server_errors, figures.dropped) == ((), (), 0)
    verdict = await finished_load.judge_log()
    assert verdict.first == ""
    commands = CommandLog.read(finished_load.log).commands
    assert {command.code for command in commands} >= {"wrong_status", "same_officer", "over_budget"}
    booked = [command for command in commands if command.act == "book_receipts" and command.accepted]
    assert ["matched"] in [command.answer for command in booked]
    assert verdict.figures.cases > 100
    assert verdict.figures.transfers > 20
    assert verdict.figures.codes > verdict.figures.commands


async def test_arrivals_do_not_wait_for_a_suite_that_does_not_answer(finished_load: FinishedLoad) -> None:
    commands = [command for command in CommandLog.read(finished_load.log).commands if command.status is not None]
    assert max(command.ended - command.started for command in commands) > FROZEN_SECONDS * 0.8
    assert finished_load.figures.latest_start_seconds < FROZEN_SECONDS * 0.75


HOT = "(SELECT resource_id FROM intake.resource_version WHERE version = 3 ORDER BY 1 LIMIT 1)"
SUBMITTED = "(SELECT max(id) FROM intake.act WHERE act = 'submit_declaration')"
UNGUARDED = """
ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn;
ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_within_limit;"""
CORRUPTIONS = {
    "an accepted act is gone": ("lost", f"DELETE FROM intake.act WHERE id = {SUBMITTED}"),
    "an accepted act was done twice": (
        "doubled",
        "INSERT INTO intake.act (case_id, act, actor, actor_name, role, district, at, detail)"
        " SELECT case_id, act, actor, actor_name, role, district, at, detail"
        f" FROM intake.act WHERE id = {SUBMITTED}",
    ),
    "a version of a row is gone": ("lost", f"DELETE FROM intake.resource_version WHERE resource_id = {HOT}"
                                   " AND version = 2"),
    "a version without a push": (
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
    "an event was never published": (
        "lost",
        "INSERT INTO funding.outbox (event_id, shard, aggregate_type, aggregate_id, agg_seq, type, payload, headers,"
        " occurred_at) SELECT event_id, 0, aggregate_type, aggregate_id, agg_seq, type, payload, '{}', occurred_at"
        " FROM funding.event_log LIMIT 1",
    ),
    "an event was received and not applied": (
        "lost", "DELETE FROM eligibility.faults_applied WHERE n = (SELECT max(n) FROM eligibility.faults_applied)",
    ),
    "an event was applied twice": (
        "doubled",
        "INSERT INTO funding.faults_applied (source, aggregate_id, seq, event_id)"
        " SELECT source, aggregate_id, seq, event_id FROM funding.faults_applied LIMIT 1",
    ),
    "two events were applied in the wrong order": (
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
    "a case has another status": (
        "state",
        "UPDATE funding.application SET status = 'planned' WHERE id ="
        " (SELECT id FROM funding.application WHERE status = 'released' LIMIT 1)",
    ),
    "a payment has another answer": (
        "state",
        "UPDATE funding.payment_line SET status = 'returned' WHERE id ="
        " (SELECT id FROM funding.payment_line WHERE status = 'paid' LIMIT 1)",
    ),
    "a receipt is gone": (
        "lost", "DELETE FROM funding.act WHERE id = (SELECT max(id) FROM funding.act WHERE act = 'book_receipts')",
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
    "a balance differs from its transfers": (
        "drift",
        "UPDATE funding_ledger.account SET credits_posted = credits_posted + 1 WHERE code = 5 AND credits_posted ="
        " (SELECT max(credits_posted) FROM funding_ledger.account WHERE code = 5)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CORRUPTIONS)
async def test_a_corrupted_database_is_found(finished_load: FinishedLoad, database_copy: str, what: str) -> None:
    kind, statements = CORRUPTIONS[what]
    await corrupt(finished_load, database_copy, statements)
    verdict = await finished_load.judge_log(database_copy)
    assert kind in {each.kind for finding in verdict.findings for each in finding.differences}, verdict.findings
    assert verdict.first


def _first(log: CommandLog, act: str, code: str = "") -> Command:
    return next(command for command in log.commands if (command.act, command.code) == (act, code))


def _another_code(log: CommandLog) -> None:
    """Change a code to one that only submissions get."""
    refused = (command for command in log.commands if command.code == "same_officer")
    next(command for command in refused if command.act != "submit_declaration").code = "incomplete"


def _refused_for_zero_fen(log: CommandLog) -> None:
    """Set the asked amount of a refusal to zero; one fen may exceed a budget that is spent to the last."""
    _first(log, "approve_application", "over_budget").facts["fen"] = 0


def _another_version(log: CommandLog) -> None:
    rows = next(c.answer for c in log.commands if c.act == "push_resources" and c.accepted)
    next(row for row in rows if row[0] == "created")[2] = 2


def _unchanged_instead_of_updated(log: CommandLog) -> None:
    updated = [row for c in log.commands if c.act == "push_resources" and c.accepted for row in c.answer]
    next(row for row in updated if row[0] == "updated")[0] = "unchanged"


def _answered_before_it_began(log: CommandLog) -> None:
    """Move a push, whose rows others changed later, behind the end of all others."""
    pushes = [c for c in log.commands if c.act == "push_resources" and c.accepted]
    changed = {row[1] for push in pushes for row in push.answer if row[0] == "updated"}
    push = next(c for c in pushes if any(row[0] == "created" and row[1] in changed for row in c.answer))
    push.started, push.ended = push.started + 3600, push.ended + 3600


def _never_sent(log: CommandLog) -> None:
    unsent = _first(log, "enter_pool")
    log.commands.remove(unsent)
    log.resends = [resend for resend in log.resends if resend.number != unsent.number]


def _repeated(log: CommandLog) -> None:
    next(resend for resend in log.resends if resend.kind == "same").replayed = False


def _other_body_accepted(log: CommandLog) -> None:
    next(resend for resend in log.resends if resend.kind == "other").status = 200


def _waited_in_vain(log: CommandLog) -> None:
    log.stalled[str(uuid4())] = "funding id"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (_another_code, "code"),
        (_refused_for_zero_fen, "code"),
        (_another_version, "code"),
        (_unchanged_instead_of_updated, "code"),
        (_answered_before_it_began, "order"),
        (_never_sent, "doubled"),
        (_repeated, "doubled"),
        (_other_body_accepted, "code"),
        (_waited_in_vain, "lost"),
    ],
)
async def test_a_wrong_answer_is_found(
    finished_load: FinishedLoad, change: Callable[[CommandLog], None], kind: str
) -> None:
    verdict = await finished_load.judge_log(change=change)
    assert kind in {each.kind for finding in verdict.findings for each in finding.differences}, verdict.findings
    assert verdict.first


async def test_a_command_without_an_answer_is_judged_by_the_stored_answer(finished_load: FinishedLoad) -> None:
    def forget(log: CommandLog) -> None:
        for act in ("create_declaration", "push_resources", "release_funds"):
            command = _first(log, act)
            command.status, command.digest, command.answer, command.ended = None, "", None, float("inf")
            log.resends = [resend for resend in log.resends if resend.number != command.number]

    assert (await finished_load.judge_log(change=forget)).first == ""
