"""Random histories replayed on the database and on the reference model: codes and counters agree."""

import random
from collections import Counter

import pytest

from services.funding.ledger.postings import AccountCode, Code, Transfer
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CAP,
    COMMITMENT,
    OTHER_LEDGER,
    OTHER_SOURCE,
    PAID,
    RECEIVABLE,
    RETURNED,
    SOURCE,
    open_ledger,
)
from tests.funding.ledger.reference_model import Model, Terms, random_batch
from tests.postgres import Server

TERMS = {
    SOURCE: Terms(AccountCode.SOURCE),
    BUDGET: Terms(AccountCode.BUDGET),
    COMMITMENT: Terms(AccountCode.COMMITMENT),
    AWARD: Terms(AccountCode.AWARD, limit=CAP),
    PAID: Terms(AccountCode.PAID_GRANT),
    RECEIVABLE: Terms(AccountCode.CLAWBACK_RECEIVABLE),
    RETURNED: Terms(AccountCode.RETURNED),
    OTHER_SOURCE: Terms(AccountCode.SOURCE, ledger=OTHER_LEDGER),
}
ACCOUNTS = [*TERMS, 404]
SEEDS = range(4)
BATCHES = 100


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_random_history_gets_the_codes_of_the_plain_ledger(server: Server, database: str, seed: int) -> None:
    chance = random.Random(seed)
    model = Model(TERMS)
    seen: Counter[Code] = Counter()
    history: list[Transfer] = []
    async with open_ledger(server, database) as books:
        for number in range(BATCHES):
            batch = random_batch(chance, ACCOUNTS, history)
            codes = await books.send(*batch)
            assert codes == model.send(batch), f"seed {seed}, batch {number}"
            seen.update(codes)
        assert await books.ids() == set(model.transfers)
        assert await books.counters() == {account: tuple(counters) for account, counters in model.counters.items()}
        assert await books.drifts() == []
    assert set(seen) == set(Code)
