"""Identity of loan contracts: two spellings of one contract of one bank are the same loan (二（四）2)."""

from shared.normal_forms import normal_bank, normal_identifier


def contract_key(bank: str, contract_no: str) -> tuple[str, str]:
    """Return what identifies a contract: bank without its legal form and branch, and number, each in normal form."""
    return normal_bank(bank), normal_identifier(contract_no)
