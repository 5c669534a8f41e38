"""Attacks on the money: minting under funding's login, and changes by an administrator without triggers."""

from uuid import UUID, uuid4

import asyncpg

from attacks.registry import attack
from attacks.target import Succeeded, Target
from services.funding.ledger.postings import AccountCode, Code, Kind
from services.funding.ledger.reconciliation import CHECKS, statement

MINTED_FEN = 99_900_000_000
_POST = """
SELECT funding_ledger.post_batch(ARRAY[$1::uuid], ARRAY[$2::smallint], ARRAY[$3::bigint], ARRAY[$4::bigint],
    ARRAY[$5::bigint], ARRAY[NULL::uuid], ARRAY[false], ARRAY['attack'], ARRAY[NULL::uuid], ARRAY[$6::uuid], now())
"""


@attack("ledger")
async def mint_budget(target: Target) -> None:
    """Mint budget by one ledger call under funding's login, from every account and on every document"""
    async with target.login("app", "funding") as connection:
        await connection.execute(
            "SELECT set_config('app.districts', '{110000}', false), set_config('app.applicant', '', false)"
        )
        accounts = await connection.fetch("SELECT id, code FROM funding_ledger.account")
        documents = [None, uuid4(), *(row["id"] for row in await connection.fetch("SELECT id FROM appropriation"))]
        budgets = [row["id"] for row in accounts if row["code"] == AccountCode.BUDGET]
        unlimited = (AccountCode.SOURCE, AccountCode.COMMITMENT)
        for giver in accounts:
            for document in documents if giver["code"] in unlimited else (None,):
                for taker in set(budgets) - {giver["id"]}:
                    await _refused(connection, giver["id"], taker, document)


async def _refused(connection: asyncpg.Connection, giver: int, taker: int, document: UUID | None) -> None:
    for kind in (Kind.DIRECT, Kind.PENDING):
        answered = await connection.fetchval(_POST, uuid4(), int(kind), giver, taker, MINTED_FEN, document)
        if answered[0] <= Code.EXISTS:
            raise Succeeded(f"{MINTED_FEN / 100:,.2f} yuan from account {giver} to {taker} on document {document}")


TAMPERED = {
    "mint a budget": "INSERT INTO funding_ledger.transfer (id, batch, kind, debit_account, credit_account, amount,"
    " purpose, posted_at) SELECT gen_random_uuid(), 1, 0, 1, id, 99, 'x', now() FROM funding_ledger.account"
    " WHERE code = 2 LIMIT 1",
    "raise a document": "UPDATE appropriation SET amount_yuan = amount_yuan + 1 WHERE status = 'confirmed'",
    "confirm for another": "UPDATE appropriation SET confirmed_by = 'nobody' WHERE status = 'confirmed'",
    "raise an approval": "UPDATE approval SET award_yuan = award_yuan + 1",
    "sign for another": "UPDATE approval SET approved_by = 'nobody'",
    "remove a release": "DELETE FROM release_request WHERE status = 'paid'",
    "remove a payment": "DELETE FROM funding_ledger.transfer WHERE kind = 2",
    "remove an event": "DELETE FROM event_log WHERE type = 'funding.funds_released.v1'",
    "replace a payee": "UPDATE application SET applicant_uscc = 'x' WHERE released_yuan > 0",
    "remove a receipt": "DELETE FROM recovery",
    "raise a plan": "UPDATE plan_item SET amount_yuan = amount_yuan + 1",
    "remove an act": "DELETE FROM act WHERE act = 'approve_application'",
}


@attack("ledger")
async def change_rows_unseen(target: Target) -> None:
    """Change money in the database as an administrator without triggers, unseen by the verification"""
    async with target.administrator() as connection:
        await connection.execute("SET search_path = funding")
        for name, change in TAMPERED.items():
            transaction = connection.transaction()
            await transaction.start()
            changed = await connection.execute(change)
            found = await connection.fetch(statement(*CHECKS))
            await transaction.rollback()
            if not found:
                raise Succeeded(f"{name}: {changed}, and no invariant names it")
