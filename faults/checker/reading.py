"""Contents of the four schemas at the end, read as the administrator on one snapshot."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from faults.model.budget import Account, Transfer
from services import SERVICES

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Rows: TypeAlias = "list[asyncpg.Record]"

REGISTERS = {
    "push_resources": ("resource", "resource_id", "content ->> 'gross_floor_area_m2'"),
    "push_library_entries": ("library_entry", "entry_id", "content -> 'components' -> 0 ->> 'renovated_area_m2'"),
}
"""By act: the table of the register, its key in the history, and the SQL of the area, which encodes the revision."""
STATES = {
    "declaration": "SELECT id, stage, round FROM intake.declaration",
    "review": "SELECT declaration_id AS id, stage, round FROM eligibility.review",
    "pool": "SELECT declaration_id AS id, score, rank, assessed_investment_yuan FROM eligibility.pool_entry"
    " WHERE left_on IS NULL",
    "sheets": "SELECT declaration_id AS id, count(*) AS many FROM eligibility.score_sheet GROUP BY 1",
    "application": "SELECT id, status, award_yuan, released_yuan, demanded_yuan, recovered_yuan"
    " FROM funding.application",
    "file": "SELECT declaration_id AS id, released_yuan, demanded_yuan, recovered_yuan, held"
    " FROM monitoring.project_file",
    "movements": "SELECT declaration_id AS id, array_agg(kind ORDER BY kind) AS kinds"
    " FROM monitoring.fund_movement GROUP BY 1",
    "payment": "SELECT DISTINCT ON (release_id) release_id AS id, status FROM funding.payment_line"
    " ORDER BY release_id, status = 'withdrawn'",
    "appropriation": "SELECT id, status FROM funding.appropriation",
    "investment_plan": "SELECT id, status FROM funding.investment_plan",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A recorded act of a service."""

    act: str
    actor: str
    kind: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer stored under its Idempotency-Key."""

    status: int
    digest: str


@dataclass(frozen=True, slots=True)
class UpdateAnswer:
    """A part of the answer to an update by the topic; `at` is its place in the event log."""

    at: int
    data: Any


@dataclass
class Snapshot:
    """Contents of the schemas by id, as text; acts and events in order."""

    keys: dict[str, StoredAnswer] = field(default_factory=dict)
    acts: dict[tuple[str, str], list[Act]] = field(default_factory=lambda: defaultdict(list))
    events: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, Rows] = field(default_factory=dict)
    updates: dict[str, list[UpdateAnswer]] = field(default_factory=lambda: defaultdict(list))
    current_rows: dict[str, Rows] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    counters: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)


async def read(admin: Connection, key_prefix: str) -> Snapshot:
    """Read everything that the model is compared with. `key_prefix` begins every Idempotency-Key of the load."""
    snapshot = Snapshot()
    async with admin.transaction(isolation="repeatable_read", readonly=True):
        for service in SERVICES:
            await _read_service(admin, service, key_prefix, snapshot)
        for row in await admin.fetch(_UPDATES):
            snapshot.updates[row["request_id"]].append(UpdateAnswer(row["at"], json.loads(row["said"])))
        for act, (table, key, area) in REGISTERS.items():
            snapshot.versions[act] = await admin.fetch(_VERSIONS.format(table=f"{table}_version", key=key, area=area))
            snapshot.current_rows[act] = await admin.fetch(_VERSIONS.format(table=table, key="id", area=area))
        for name, query in STATES.items():
            snapshot.states[name] = {str(row["id"]): row for row in await admin.fetch(query)}
        await _read_ledger(admin, snapshot)
    return snapshot


async def _read_service(admin: Connection, service: str, key_prefix: str, snapshot: Snapshot) -> None:
    for row in await admin.fetch(_KEYS.format(service=service), f"{key_prefix}%"):
        snapshot.keys[row["key"]] = StoredAnswer(row["status"], row["digest"])
    documents = await _documents(admin) if service == "funding" else {}
    for row in await admin.fetch(_ACTS.format(service=service)):
        case = documents.get(row["case_id"], row["case_id"])
        snapshot.acts[service, str(case)].append(Act(row["act"], row["actor"], row["kind"], row["outcome"]))
    for row in await admin.fetch(_EVENTS.format(service=service)):
        snapshot.events[service, str(row["aggregate_id"])].append(row["type"])


async def _documents(admin: Connection) -> dict[UUID, UUID]:
    """Return the release of each payment order, and of each batch of receipts: the load has one line in each."""
    return {row["document"]: row["release_id"] for row in await admin.fetch(_DOCUMENTS)}


async def _read_ledger(admin: Connection, snapshot: Snapshot) -> None:
    for row in await admin.fetch(_ACCOUNTS):
        case = str(row["case_id"] or "")
        snapshot.accounts[row["id"]] = Account(row["code"], row["fiscal_year"], case, row["credit_limit"])
        snapshot.counters[row["id"]] = tuple(row["counters"])
    for row in await admin.fetch(_TRANSFERS):
        snapshot.transfers.append(Transfer(**{**row, "id": str(row["id"]), "pending": _text(row["pending"]),
                                           "case": str(row["case"] or "")}))  # fmt: skip


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


async def bodies(admin: Connection, service: str, keys: Iterable[str]) -> dict[str, bytes]:
    """Return the bodies of the answers stored under the keys."""
    rows = await admin.fetch(f"SELECT key, body FROM {service}.idempotency_key WHERE key = ANY($1)", list(keys))
    return {row["key"]: row["body"] for row in rows}


_KEYS = """
SELECT key, status, left(encode(sha256(body), 'hex'), 32) AS digest FROM {service}.idempotency_key WHERE key LIKE $1
"""
_ACTS = """
SELECT case_id, act, actor, detail ->> 'kind' AS kind, detail ->> 'outcome' AS outcome FROM {service}.act
WHERE act NOT LIKE '%\\_refused' AND act NOT IN ('open_quarter', 'issue_api_key') ORDER BY id
"""
_EVENTS = """
SELECT aggregate_id, type FROM {service}.event_log
WHERE aggregate_type NOT IN ('resource', 'library_entry', 'library_update', 'series') ORDER BY aggregate_id, agg_seq
"""
_DOCUMENTS = """
SELECT order_id AS document, release_id FROM funding.payment_line
UNION ALL SELECT r.batch_id, l.release_id FROM funding.treasury_receipt r JOIN funding.payment_line l USING (order_no)
"""
_UPDATES = """
SELECT said ->> 'request_id' AS request_id, at, said::text FROM (
    SELECT id AS at, convert_from(payload, 'UTF8')::jsonb AS said FROM intake.event_log
    WHERE type = 'intake.library_update_answered.v1') answered
WHERE coalesce(said -> 'problem' ->> 'status', '') <> '401' ORDER BY at
"""
_VERSIONS = """
SELECT {key} AS id, district, external_id, version, round((({area})::numeric - 1000) * 100)::bigint AS revision
FROM intake.{table} ORDER BY district, external_id, version
"""
_ACCOUNTS = """
SELECT id, code, fiscal_year, case_id, credit_limit,
       ARRAY[debits_posted, debits_pending, credits_posted, credits_pending] AS counters
FROM funding_ledger.account
"""
_TRANSFERS = """
SELECT id, batch, kind, debit_account AS debit, credit_account AS credit, amount AS fen, pending_id AS pending,
       purpose, case_id AS case
FROM funding_ledger.transfer ORDER BY seq
"""
