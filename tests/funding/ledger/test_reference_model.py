"""Random histories replayed on the database and on the reference model: codes and counters agree."""

import random
from collections import Counter
from uuid import UUID

import pytest

from services.funding.ledger.postings import ROUTES, AccountCode, Code, Transfer, programme_accounts
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CAP,
    CASE,
    COMMITMENT,
    DOCUMENT,
    FROZEN,
    OTHER_LEDGER,
    OTHER_SOURCE,
    PAID,
    RECEIVABLE,
    RETURNED,
    SOURCE,
    LedgerFixture,
    open_ledger,
)
from tests.funding.ledger.reference_model import Model, Terms, Variety, random_batch
from tests.postgres import Server

NEXT_BUDGET = 202502
TERMS = {
    SOURCE: Terms(AccountCode.SOURCE),
    BUDGET: Terms(AccountCode.BUDGET),
    NEXT_BUDGET: Terms(AccountCode.BUDGET),
    FROZEN: Terms(AccountCode.FROZEN),
    COMMITMENT: Terms(AccountCode.COMMITMENT),
    AWARD: Terms(AccountCode.AWARD, limit=CAP, approved=CAP - 40),
    PAID: Terms(AccountCode.PAID_GRANT),
    RECEIVABLE: Terms(AccountCode.CLAWBACK_RECEIVABLE),
    RETURNED: Terms(AccountCode.RETURNED),
    OTHER_SOURCE: Terms(AccountCode.SOURCE, ledger=OTHER_LEDGER),
}
UNCONFIRMED, OTHER_YEAR, SPENT, CUT, MOVED, FREEZE, THAW, REVERSAL = (UUID(int=n) for n in range(1, 9))
STORED = {
    UNCONFIRMED: (2024, 1_000, "'drafted', 'a', now(), NULL, NULL, 'appropriation', NULL, NULL"),
    **{
        identity: (year, fen, f"'{status}', 'a', now(), 'b', now(), {terms}")
        for identity, year, fen, status, terms in (
            (OTHER_YEAR, 2025, 1_000_000, "confirmed", "'appropriation', NULL, NULL"),
            (SPENT, 2024, 500, "reversed", "'appropriation', NULL, NULL"),
            (CUT, 2024, 900, "confirmed", "'cut', NULL, NULL"),
            (MOVED, 2024, 900, "confirmed", "'transfer', 2025, NULL"),
            (FREEZE, 2024, 900, "confirmed", "'freeze', NULL, NULL"),
            (THAW, 2024, 600, "confirmed", "'unfreeze', NULL, NULL"),
            (REVERSAL, 2024, 500, "confirmed", f"'reversal', NULL, '{SPENT}'"),
        )
    },
}
DOCUMENTS = {
    DOCUMENT: (SOURCE, BUDGET, 99_999_999_900),
    OTHER_YEAR: (SOURCE, NEXT_BUDGET, 1_000_000),
    SPENT: (SOURCE, BUDGET, 500),
    CUT: (BUDGET, SOURCE, 900),
    MOVED: (BUDGET, NEXT_BUDGET, 900),
    FREEZE: (BUDGET, FROZEN, 900),
    THAW: (FROZEN, BUDGET, 600),
    REVERSAL: (BUDGET, SOURCE, 500),
}
GRANTED: dict[tuple[int, int], list[UUID]] = {}
for _identity, (_debit, _credit, _) in DOCUMENTS.items():
    GRANTED.setdefault((_debit, _credit), [UNCONFIRMED]).append(_identity)
VARIETY = Variety(
    [*TERMS, 404],
    [(a, b) for a in TERMS for b in TERMS if (TERMS[a].code, TERMS[b].code) in ROUTES and a not in (b, OTHER_SOURCE)],
    [*DOCUMENTS, UNCONFIRMED, UUID(int=404)],
    GRANTED,
)
_APPROPRIATION = (
    "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,"
    " confirmed_by, confirmed_at, kind, to_year, reverses) VALUES ('{}', '110000', {}, '{}', {}, {})"
)
SEEDS = range(4)
BATCHES = 100


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_random_history_gets_the_codes_of_the_plain_ledger(server: Server, database: str, seed: int) -> None:
    chance = random.Random(seed)
    model = Model(TERMS, DOCUMENTS)
    seen: Counter[Code] = Counter()
    history: list[Transfer] = []
    async with open_ledger(server, database) as books:
        await _store_documents(books)
        for number in range(BATCHES):
            batch = random_batch(chance, VARIETY, history)
            codes = await books.send(*batch)
            assert codes == model.send(batch), f"seed {seed}, batch {number}"
            seen.update(codes)
        assert await books.ids() == set(model.transfers)
        assert await books.counters() == {202509: (0, 0, 0, 0)} | {
            account: tuple(counters) for account, counters in model.counters.items()
        }
        assert await books.drifts() == []
    assert set(seen) == set(Code)


async def _store_documents(books: LedgerFixture) -> None:
    """Store the documents beside DOCUMENT, one of them a draft, and approve less than the cap of the case."""
    await books.open(programme_accounts(2025))
    await books.as_superuser(
        *(_APPROPRIATION.format(key, year, key.int, fen / 100, rest) for key, (year, fen, rest) in STORED.items()),
        f"UPDATE funding.approval SET award_yuan = {(CAP - 40) / 100} WHERE application_id = '{CASE}'",
    )
