"""Identity of loan contracts: two spellings of one contract of one bank are the same loan (二（四）2)."""

import re
from typing import Final

from shared.text import normal_form

_COMPANY: Final = re.compile("股份有限公司|有限责任公司|有限公司")


def contract_key(bank: str, contract_no: str) -> tuple[str, str]:
    """Return what identifies a contract: bank without its legal form, and number, each in normal form."""
    return _COMPANY.sub("", normal_form(bank)), normal_form(contract_no)
