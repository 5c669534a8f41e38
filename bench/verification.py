"""Seconds that one verification of the ledger takes at several sizes, all of whose cases are paid.

Each case leaves nine transfers, an approval, a place in a plan of a hundred projects, a paid request, two acts and two
events of usual size; every query of the verification reads all of them.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.postgres import Embedded, start
from deploy.local.settings import passwords_from
from services import load
from services.funding.ledger.reconciliation import reconcile_snapshot
from shared.clock import Clock
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import Database

TRANSFERS = (25_000, 100_000)
ROUNDS = 5
_OF_A_CASE = 9
_CASES = "FROM generate_series($1::int + 1, $2::int) n"
_ID = "lpad(to_hex({}), 32, '0')::uuid"
_CASE, _PLAN = _ID.format("n"), _ID.format("1000000000 + n / 100")
_ACCOUNT = "4611686018427387904 + n * 10 + {}"
_DOCUMENT = _ID.format("2000000000")
_FILLER = "repeat('示例项目的说明', 150)"

_STEPS = """
    VALUES (0, 0, 3, 4, 'award:1', NULL), (1, 1, 2, 5, 'reservation:approval:budget', NULL),
           (2, 1, 4, 3, 'reservation:approval:award', NULL), (3, 3, 2, 5, 'cancellation:approval:budget', 1),
           (4, 3, 4, 3, 'cancellation:approval:award', 2), (5, 1, 2, 5, 'reservation:instalment-1:budget', NULL),
           (6, 1, 4, 3, 'reservation:instalment-1:award', NULL), (7, 2, 2, 5, 'release:instalment-1:budget', 5),
           (8, 2, 4, 3, 'release:instalment-1:award', 6)
"""
_TRANSFER = _ID.format("3000000000 + n * 10 + {}")


def _number(code: str) -> str:
    return f"CASE {code} WHEN 2 THEN 202402 WHEN 3 THEN 3 ELSE {_ACCOUNT.format(code)} END"


def _event(number: int, kind: str, aggregate: str, body: str) -> str:
    return f"""
        INSERT INTO funding.event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district, applicant_uscc,
                                       actor, role, occurred_at, payload, position)
        SELECT gen_random_uuid(), 'x', {aggregate}, {number}, 'funding.{kind}.v1', '110105', 'U' || n, 'a', 'b', now(),
               convert_to(({body})::text, 'UTF8'), n * 2 + {number} {_CASES}"""


_SEED = (
    f"""INSERT INTO funding.application (id, district, applicant_uscc, applicant_name, declaration_no, project_name,
            project, facts, components, score, rank, entered_on, ruleset, as_of, received_at, status, mode, award_yuan,
            cap_yuan, approved_on, reserved_yuan, released_yuan, returned_yuan, demanded_yuan, recovered_yuan,
            instalments_paid, version)
        SELECT {_CASE}, '110105', 'U' || n, '', n, '', '{{}}', '{{}}', '[]', 80, 1, '2024-01-01', 'r', '2024-01-01',
               now(), 'released', 'investment_grant', 1000, 1000, '2024-01-01', 0, 1000, 0, 0, 0, 1, 1 {_CASES}""",
    f"""INSERT INTO funding.approval (application_id, district, applicant_uscc, approval_no, mode, base_yuan,
            award_yuan, derivation, clause, justification, readings, approved_by, approved_on)
        SELECT {_CASE}, '110105', 'U' || n, n, 'investment_grant', 1000, 1000, '{{}}', '', '', '{{}}', 'boss',
               '2024-01-01' {_CASES}""",
    f"""INSERT INTO funding.act (case_id, act, actor, actor_name, role, district, at, detail)
        SELECT {_CASE}, name, 'boss', '', 'r', '110105', now(), jsonb_build_object('approval_no', n::text)
        {_CASES}, unnest(ARRAY['approve_application', 'release_funds']) name""",
    f"""INSERT INTO funding.investment_plan (id, district, year, batch, plan_no, title, status, total_yuan, drafted_by,
            drafted_at, version)
        SELECT {_PLAN}, '110000', 2024, n / 100, n / 100, '', 'issued', 100000, 'a', now(), 1 {_CASES} WHERE n % 100 = 0
        """,
    f"""INSERT INTO funding.plan_item (id, plan_id, application_id, district, applicant_uscc, status, project_name,
            content_and_scale, construction_period, total_investment_yuan, year_investment_yuan, fund_source, mode,
            amount_yuan, year)
        SELECT {_CASE}, {_ID.format("1000000000 + (n + 99) / 100")}, {_CASE}, '110105', 'U', 'planned', '', '', '', 1,
               1, '', 'investment_grant', 1000, 2024 {_CASES}""",
    f"""INSERT INTO funding.release_request (id, application_id, district, applicant_uscc, instalment, condition,
            amount_yuan, clause, evidence, status, requested_by, requested_at, transfer_id)
        SELECT {_CASE}, {_CASE}, '110105', 'U', 1, '', 1000, '', '', 'paid', 'a', now(), {_TRANSFER.format(7)} {_CASES}
        """,
    _event(
        0,
        "funds_approved",
        _CASE,
        f"jsonb_build_object('award_yuan', '1000.00', 'approval_no', n::text, 'derivation', {_FILLER})",
    ),
    _event(
        1,
        "funds_released",
        _CASE,
        f"jsonb_build_object('transfer_id', {_TRANSFER.format(7)}, 'amount_yuan', '1000.00', 'project', {_FILLER})",
    ),
    f"""INSERT INTO funding.event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district, actor, role,
            occurred_at, payload)
        SELECT gen_random_uuid(), 'x', {_PLAN}, 1, 'funding.plan_issued.v1', '110000', 'a', 'b', now(),
               convert_to(jsonb_build_object('total_yuan', '100000.00', 'plan_no', (n / 100)::text, 'year', 2024,
                   'items', (SELECT jsonb_agg(jsonb_build_object('amount_yuan', '1000.00', 'declaration_id',
                                                                 {_ID.format("m")}))
                             FROM generate_series(n - 99, n) m))::text, 'UTF8')
        {_CASES} WHERE n % 100 = 0""",
    f"""INSERT INTO funding_ledger.account (id, ledger, code, case_id, credit_limit, credits_posted, debits_posted,
            version, opened_at)
        SELECT {_ACCOUNT.format("code")}, 202312, code, {_CASE}, CASE code WHEN 4 THEN 100000 END,
               CASE WHEN code < 7 THEN 100000 ELSE 0 END, CASE code WHEN 4 THEN 100000 ELSE 0 END,
               CASE code WHEN 4 THEN 5 WHEN 5 THEN 4 ELSE 0 END, now()
        {_CASES}, unnest(ARRAY[4, 5, 7, 8]) code""",
    f"""INSERT INTO funding_ledger.transfer (id, batch, kind, debit_account, credit_account, amount, pending_id,
            purpose, case_id, posted_at)
        SELECT {_TRANSFER.format("step")}, n * 10 + step, kind, {_number("giver")}, {_number("taker")}, 100000,
               {_TRANSFER.format("pending")}, purpose, {_CASE}, now()
        {_CASES}, ({_STEPS}) s(step, kind, giver, taker, purpose, pending)""",
    f"""INSERT INTO funding_ledger.resolution
        SELECT {_TRANSFER.format("step - 2")}, {_TRANSFER.format("step")} {_CASES}, unnest(ARRAY[3, 4, 7, 8]) step""",
)
_BUDGET = (
    f"""INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,
            confirmed_by, confirmed_at, announced)
        VALUES ({_DOCUMENT}, '110000', 2024, '1', 900000000, 'confirmed', 'one', now(), 'other', now(), false)""",
    f"""INSERT INTO funding.act (case_id, act, actor, actor_name, role, district, at, detail)
        SELECT {_DOCUMENT}, act, actor, '', 'r', '110000', now(), '{{"amount_yuan": "900000000", "year": 2024}}'
        FROM (VALUES ('draft_budget', 'one'), ('confirm_budget', 'other')) a(act, actor)""",
    f"""INSERT INTO funding_ledger.transfer (id, batch, kind, debit_account, credit_account, amount, purpose,
            document_id, posted_at) VALUES ({_DOCUMENT}, 0, 0, 1, 202402, 90000000000, 'x', {_DOCUMENT}, now())""",
    """INSERT INTO funding_ledger.account (id, ledger, code, fiscal_year, opened_at)
        VALUES (1, 202312, 1, NULL, now()), (3, 202312, 3, NULL, now()), (202402, 202312, 2, 2024, now())""",
)
_COUNTERS = """
    UPDATE funding_ledger.account a SET (debits_posted, credits_posted, version) = (
        SELECT coalesce(sum(amount) FILTER (WHERE debit_account = a.id AND kind IN (0, 2)), 0),
               coalesce(sum(amount) FILTER (WHERE credit_account = a.id AND kind IN (0, 2)), 0), count(*)
        FROM funding_ledger.transfer WHERE a.id IN (debit_account, credit_account))
    WHERE case_id IS NULL
"""


async def _grow(connection: asyncpg.Connection, first: int, last: int) -> None:
    """Add the cases from `first` to `last`, in whole plans, and set the counters of the programme's accounts."""
    for statement in _SEED:
        await connection.execute(statement, first, last)
    await connection.execute(_COUNTERS)
    await connection.execute("VACUUM ANALYZE")


async def _seconds(database: Database) -> tuple[float, int]:
    waits, drifts = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        drifts = len(await reconcile_snapshot(database.engine, 300))
        waits.append(time.perf_counter() - began)
    return round(statistics.median(waits), 2), drifts


async def _measure(server: Embedded) -> dict[str, Any]:
    passwords = passwords_from("bench")
    settings = Settings(database_url=server.dsn(), role_passwords=passwords)
    await upgrade(settings, [load("funding")])
    database = Database("funding", settings.service_url("funding"), Clock(), settings)
    connection = await asyncpg.connect(server.dsn())
    results: dict[str, Any] = {"rounds": ROUNDS}
    try:
        await connection.execute("SET session_replication_role = replica")
        for statement in _BUDGET:
            await connection.execute(statement)
        cases = 0
        for transfers in TRANSFERS:
            before, cases = cases, -(-transfers // _OF_A_CASE // 100) * 100
            await _grow(connection, before, cases)
            seconds, drifts = await _seconds(database)
            results[f"{cases * _OF_A_CASE + 1}_transfers"] = {"seconds": seconds, "drifts": drifts}
    finally:
        await connection.close()
        await database.close()
    return results


def measure() -> dict[str, Any]:
    """Return the median seconds of a verification by number of transfers; all books agree."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
