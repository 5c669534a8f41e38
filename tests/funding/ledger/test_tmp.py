import pytest
from tests.funding.ledger.told_books import told_books


async def test_x(server, tmp_path):
    async with told_books(server, tmp_path) as b:
        print(b.ids)
        print(await b.named())
        assert 0
