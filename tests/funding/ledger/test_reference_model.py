"""Random histories replayed on the database and on the reference model: codes and counters agree."""

import random
from collections import Counter
from uuid import UUID

import pytest

from services.funding.ledger.postings import ROUTES, AccountCode, Code, Transfer
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CAP,
    CASE,
    COMMITMENT,
    DOCUMENT,
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

TERMS = {
    SOURCE: Terms(AccountCode.SOURCE),
    BUDGET: Terms(AccountCode.BUDGET, year=2024),
    COMMITMENT: Terms(AccountCode.COMMITMENT),
    AWARD: Terms(AccountCode.AWARD, limit=CAP, approved=CAP - 40),
    PAID: Terms(AccountCode.PAID_GRANT),
    RECEIVABLE: Terms(AccountCode.CLAWBACK_RECEIVABLE),
    RETURNED: Terms(AccountCode.RETURNED),
    OTHER_SOURCE: Terms(AccountCode.SOURCE, ledger=OTHER_LEDGER),
}
UNCONFIRMED, OTHER_YEAR, SPENT = (UUID(int=n) for n in (1, 2, 3))
DOCUMENTS = {DOCUMENT: (2024, 99_999_999_900), OTHER_YEAR: (2025, 1_000_000), SPENT: (2024, 500)}
VARIETY = Variety(
    [*TERMS, 404],
    [(a, b) for a in TERMS for b in TERMS if (TERMS[a].code, TERMS[b].code) in ROUTES and a != OTHER_SOURCE],
    [*DOCUMENTS, UNCONFIRMED, UUID(int=4)],
)
_APPROPRIATION = (
    "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,"
    " confirmed_by, confirmed_at) VALUES ('{}', '110000', {}, '{}', {}, {})"
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
        assert await books.counters() == {account: tuple(counters) for account, counters in model.counters.items()}
        assert await books.drifts() == []
    assert set(seen) == set(Code)


async def _store_documents(books: LedgerFixture) -> None:
    """Store the documents beside DOCUMENT, one of them a draft, and approve less than the cap of the case."""
    confirmed, drafted = "'confirmed', 'a', now(), 'b', now()", "'drafted', 'a', now(), NULL, NULL"
    await books.as_superuser(
        _APPROPRIATION.format(UNCONFIRMED, 2024, "2", 1000, drafted),
        _APPROPRIATION.format(OTHER_YEAR, 2025, "3", 10_000, confirmed),
        _APPROPRIATION.format(SPENT, 2024, "4", 5, confirmed),
        f"UPDATE funding.approval SET award_yuan = {(CAP - 40) / 100} WHERE application_id = '{CASE}'",
    )
