"""Attacks by an administrator of the database: changes without triggers, and changed files, that must be named."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from attacks.registry import attack
from attacks.target import Succeeded, Target
from services import SERVICES, load
from shared.sealing.keys import public_keys
from shared.sealing.verify import Report, Verification

SEALED_SECONDS = 45.0
CHANGES = {
    "raise an approval": ("funding", "UPDATE funding.approval SET award_yuan = award_yuan + 1"),
    "sign an approval for another": ("funding", "UPDATE funding.approval SET approved_by = 'nobody'"),
    "replace a payee": ("funding", "UPDATE funding.application SET applicant_uscc = '91110105MA0000007L'"),
    "back-date a transfer": (
        "funding",
        "UPDATE funding_ledger.transfer SET posted_at = posted_at - interval '1 year' WHERE seq = 2",
    ),
    "change an interest claim": ("funding", "UPDATE funding.interest_claim SET amount_yuan = 1"),
    "change a receipt": ("funding", "UPDATE funding.recovery SET bank_receipt_no = '0'"),
    "remove an act": ("funding", "DELETE FROM funding.act WHERE id = (SELECT max(id) FROM funding.act)"),
    "remove a duty": ("intake", "DELETE FROM intake.duty WHERE ctid = (SELECT min(ctid) FROM intake.duty)"),
    "remove an event": (
        "intake",
        "DELETE FROM intake.event_log WHERE id = (SELECT max(id) FROM intake.event_log)",
    ),
    "change an event": ("monitoring", "UPDATE monitoring.event_log SET actor = 'nobody' WHERE id = 1"),
    "swap two acts": (
        "eligibility",
        "WITH first AS (SELECT id, at FROM eligibility.act ORDER BY id LIMIT 1),"
        " other AS (SELECT id, at FROM eligibility.act WHERE at <> (SELECT at FROM first) ORDER BY id LIMIT 1)"
        " UPDATE eligibility.act a SET at = CASE a.id WHEN first.id THEN other.at ELSE first.at END FROM first, other"
        " WHERE a.id IN (first.id, other.id)",
    ),
    "insert an act of last year": (
        "intake",
        "INSERT INTO intake.act (id, case_id, act, actor, actor_name, role, district, at, detail)"
        " OVERRIDING SYSTEM VALUE SELECT -1, case_id, act, actor, actor_name, role, district, at, detail"
        " FROM intake.act LIMIT 1",
    ),
    "rewrite a leaf": ("funding", "UPDATE funding.seal_leaf SET hash = sha256(hash) WHERE tree_index = 3"),
    "remove the newest checkpoint": (
        "funding",
        "DELETE FROM funding.seal_checkpoint WHERE size = (SELECT max(size) FROM funding.seal_checkpoint)",
    ),
}
"""Changes by name: the service, and the statement that makes the change."""


async def verified(target: Target, connection: asyncpg.Connection, service: str) -> Report:
    """Verify a service as `tenghuan audit verify` does, in the connection's transaction."""
    declared, keys = load(service), public_keys(target.settings)
    store = declared.file_store(target.settings)
    return await Verification(connection, service, declared.seals, keys, (), store).run()


@asynccontextmanager
async def undone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Undo at the end of the block what it changed."""
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def _sealed(target: Target, connection: asyncpg.Connection) -> None:
    """Wait until everything is sealed. Raises Succeeded if the untouched suite is called altered."""
    async with asyncio.timeout(SEALED_SECONDS):
        for service in SERVICES:
            while True:
                async with undone(connection):
                    report = await verified(target, connection, service)
                if report.faults:
                    raise Succeeded(f"{service}, untouched, is called altered: {report.faults[0][0]}")
                if report.leaves and not report.pending:
                    break
                await asyncio.sleep(0.5)


@attack("tamper")
async def change_records_unseen(target: Target) -> None:
    """Change, remove, insert or swap records and seals without triggers, unseen by the seals"""
    async with target.administrator() as connection:
        await _sealed(target, connection)
        for name, (service, statement) in CHANGES.items():
            async with undone(connection):
                changed = await connection.execute(statement)
                if changed.endswith(" 0"):
                    raise RuntimeError(f"{name}: there is nothing to change")
                if not (await verified(target, connection, service)).faults:
                    raise Succeeded(f"{name}: {changed}, and no fault is named")


@attack("tamper")
async def replace_a_stored_file(target: Target) -> None:
    """Replace a stored file, and have it handed out"""
    kept = Path(urlsplit(target.settings.file_store_url(area="")).path) / "sha256"
    path = next(each for each in kept.rglob("*") if each.is_file())
    before = path.read_bytes()
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    try:
        async with target.administrator() as connection, undone(connection):
            owners = await connection.fetchrow(
                "SELECT id, declaration_id FROM intake.material WHERE sha256 = $1 AND removed_at IS NULL", path.name
            )
            if not (await verified(target, connection, "intake")).faults:
                raise Succeeded("a replaced file is not named")
        address = f"/v1/declarations/{owners['declaration_id']}/materials/{owners['id']}/content"
        await target.refused(500, "intake", "GET", address, "city-officer-1")
    finally:
        path.write_bytes(before)
