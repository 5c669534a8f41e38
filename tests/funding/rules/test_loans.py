"""Two spellings of one loan contract are one; another bank or number is another contract."""

import pytest

from services.funding.rules.loans import contract_key

pytestmark = pytest.mark.clause("二（四）2")

KEY = contract_key("示例银行", "示贷2024-002")


@pytest.mark.parametrize(
    ("bank", "number"),
    [
        ("示例银行", "示贷2024－002"),
        ("示例银行", "示贷２０２４-002"),
        ("示例银行", "示贷2024–002"),
        ("示例银行", "示贷2024—002"),
        ("示例银行", "示贷2024-002\u200b"),
        ("示例银行", "示贷 2024 - 002"),
        ("示例银行股份有限公司", "示贷2024-002"),
        ("示例 银行", "示贷2024-002"),
    ],
)
def test_spellings_of_one_contract(bank: str, number: str) -> None:
    assert contract_key(bank, number) == KEY


@pytest.mark.parametrize(
    ("bank", "number"),
    [
        ("示例银行", "示贷2024-003"),
        ("示例银行", "示贷2024002"),
        ("示例农商银行", "示贷2024-002"),
        ("示例银行", "示贷2024-0021"),
    ],
)
def test_other_contracts(bank: str, number: str) -> None:
    assert contract_key(bank, number) != KEY
