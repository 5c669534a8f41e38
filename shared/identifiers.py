"""Identifiers of legal persons and projects: unified social credit code and investment project code.

Codes of the agricultural registrar (GB 32100-2015, N1 to N3: village and township collectives) start with a letter.
`stdnum.cn.uscc.validate` refuses them, and such collectives own many old factories; therefore only its check
character is used, with a pattern of our own.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema
from stdnum import numdb
from stdnum.cn import uscc

from shared.districts import BDA, CITY, DISTRICTS
from shared.normal_forms import normal_identifier

_CHARACTERS: Final = "0-9A-HJ-NP-RTUWXY"
_USCC_SHAPE: Final = rf"^[{_CHARACTERS}]{{2}}[0-9]{{6}}[{_CHARACTERS}]{{10}}$"
_USCC: Final = re.compile(_USCC_SHAPE.replace("$", r"\Z"))
_PROJECT_CODE_SHAPE: Final = r"^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$"
_REGISTRARS: Final = "123456789ANY"
"""Registration authorities of GB 32100-2015, the first character of a credit code."""
_NATIONAL_REGISTRAR: Final = "10"
_REGIONS: Final = numdb.get("cn/loc")
"""Regions of GB/T 2260 since 1980, abolished ones included."""
_BDA_REGISTRAR: Final = "110302"
"""Region by which the registrar of the development area numbers; GB/T 2260 has none for it."""
_PROJECT_REGIONS: Final = {*DISTRICTS, CITY, "110100", "110228", "110229", _BDA_REGISTRAR} - {BDA}
"""Regions of project codes of Beijing: city, districts, Miyun and Yanqing while they were counties."""
_CENTRAL: Final = re.compile("0000[0-9]{2}")
"""Regions of codes that ministries and central enterprises were given."""
_FIRST_YEAR: Final = 2013
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


class InvalidIdentifier(ValueError):
    """An identifier is malformed; the Chinese message names the failed check."""


def uscc_check_character(first_17: str) -> str:
    """Return the 18th character of a unified social credit code (GB 32100-2015) for its first 17."""
    return uscc.calc_check_digit(first_17)


def organisation_check_character(first_8: str) -> str:
    """Return the check character of an organisation code (GB 11714), which is the 17th of the credit code."""
    total = sum(int(character, 36) * weight for character, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


@lru_cache(maxsize=8192)  # the rows of a push name the same owners again and again
def validate_uscc(number: str, *, inner: bool = False) -> str:
    """Return a valid code in capitals without spaces or hyphens.

    `inner` also checks the organisation code inside (GB 11714), which GB 32100 does not require. Raises
    InvalidIdentifier for a wrong pattern, check character, registration authority or province. The rest of the region
    is not checked: registrars of development areas number outside GB/T 2260 (110302 in Beijing).
    """
    code = number if _USCC.match(number) else uscc.compact(number)
    if len(code) != 18:
        raise InvalidIdentifier(f"统一社会信用代码应为18位，现为{len(code)}位")
    if not _USCC.match(code):
        raise InvalidIdentifier("统一社会信用代码含有不允许的字符（不使用 I、O、S、V、Z，第3至8位应为数字）")
    if code[17] != uscc_check_character(code[:17]):
        raise InvalidIdentifier("统一社会信用代码校验码（第18位）不符，请核对")
    if code[0] not in _REGISTRARS:
        raise InvalidIdentifier(f"统一社会信用代码第1位“{code[0]}”不是登记管理部门代码，请核对")
    if code[2:4] != _NATIONAL_REGISTRAR and not _REGIONS.info(code[2:4])[0][1]:
        raise InvalidIdentifier(f"统一社会信用代码第3至8位“{code[2:8]}”不是登记机关的行政区划代码，请核对")
    if inner and code[16] != organisation_check_character(code[8:16]):
        raise InvalidIdentifier("统一社会信用代码中组织机构代码的校验码（第17位）不符，请核对")
    return code


def validate_project_code(number: str) -> str:
    """Return the code of the online approval platform with ASCII digits and hyphens, however it was typed.

    The code has no check character; its parts are checked: month or year (2401 or 2024), and region, which is Beijing's
    or central. Whether the month is in the future, `begins_after` says. Raises InvalidIdentifier.
    """
    code = normal_identifier(number)
    if not re.fullmatch(_PROJECT_CODE_SHAPE, code):
        raise InvalidIdentifier("项目代码格式应为 NNNN-NNNNNN-NN-NN-NNNNNN，例如 2024-110105-70-03-000001")
    if _first_day(code) is None:
        raise InvalidIdentifier(f"项目代码前4位“{code[:4]}”应为赋码年月（如 2401）或年份（如 2024），请按平台赋码填写")
    if code[5:11] not in _PROJECT_REGIONS and not _CENTRAL.fullmatch(code[5:11]):
        raise InvalidIdentifier(f"项目代码第2段“{code[5:11]}”不是本市或中央项目的行政区划代码，请按平台赋码填写")
    return code


def begins_after(code: str, day: date) -> bool:
    """Return whether a valid project code names a month or year that begins after a day."""
    first = _first_day(code)
    return first is not None and first > day


def _first_day(code: str) -> date | None:
    """Return the first day of the month (YYMM) or year (YYYY) of a project code; None for neither."""
    year, month = 2000 + int(code[:2]), int(code[2:4])
    if 1 <= month <= 12 and year >= _FIRST_YEAR:
        return date(year, month, 1)
    return date(int(code[:4]), 1, 1) if _FIRST_YEAR <= int(code[:4]) < 2100 else None


def _uscc_typed(number: str, info: ValidationInfo) -> str:
    return number if _is_stored(info) else validate_uscc(number)


def _project_code_typed(number: str, info: ValidationInfo) -> str:
    return number if _is_stored(info) else validate_project_code(number)


def _is_stored(info: ValidationInfo) -> bool:
    """Return whether a record is read, which an earlier version accepted with fewer checks (`shared.text.STORED`)."""
    return bool(info.context and info.context.get("stored"))


Uscc = Annotated[
    str,
    AfterValidator(_uscc_typed),
    WithJsonSchema({"type": "string", "pattern": _USCC_SHAPE, "title": "统一社会信用代码"}),
]
"""Unified social credit code as a Pydantic field; the value is the compact form."""

ProjectCode = Annotated[
    str,
    AfterValidator(_project_code_typed),
    WithJsonSchema({"type": "string", "pattern": _PROJECT_CODE_SHAPE, "title": "项目代码"}),
]
"""Code of the online investment approval platform as a Pydantic field, in one spelling."""


def compact_account(number: str) -> str:
    """Return a bank account number as digits: full-width digits, blanks and hyphens do not count, leading zeros do.

    Raises InvalidIdentifier.
    """
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", number))
    if not re.fullmatch(r"[0-9]{6,32}", digits):
        raise InvalidIdentifier("账号须为 6 至 32 位数字，写作文字（保留开头的 0），例如 02000012090012345")
    return digits


def validate_bank_code(number: str) -> str:
    """Return the 12 digits of a bank's number in the payment system (支付系统行号). Raises InvalidIdentifier."""
    if not re.fullmatch(r"[0-9]{12}", number):
        raise InvalidIdentifier("支付系统行号须为 12 位数字，见开户许可或银行回单；不清楚的可以不填")
    return number


AccountNumber = Annotated[
    str,
    AfterValidator(compact_account),
    WithJsonSchema({"type": "string", "minLength": 6, "maxLength": 60, "title": "银行账号"}),
]
"""Bank account number as a Pydantic field; the value is its digits."""

BankCode = Annotated[
    str,
    AfterValidator(validate_bank_code),
    WithJsonSchema({"type": "string", "minLength": 12, "maxLength": 12, "title": "支付系统行号"}),
]
"""Bank's number in the payment system as a Pydantic field."""
