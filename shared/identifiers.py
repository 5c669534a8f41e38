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
_CLASSES: Final = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "12349", "6": "129", "7": "129", "8": "19", "9": "123",
    "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
"""Classes of legal persons by registration authority (GB 32100-2015): second and first character of a credit code.

5 4 are residents' and villagers' committees, N 1 to 3 collectives of groups, villages and townships.
"""
_NATIONAL_REGISTRAR: Final = "100000"
_REGIONS: Final = numdb.get("cn/loc")
"""Regions of GB/T 2260 since 1980, abolished ones included."""
_BDA_REGISTRAR: Final = "110302"
"""Region by which the registrar of the development area numbers; GB/T 2260 has none for it."""
_BEIJING: Final = "11"
_OTHER_REGISTRARS: Final = (_NATIONAL_REGISTRAR, _BDA_REGISTRAR, "110400")
"""Registrars outside GB/T 2260; the development area has numbered by 110400 too."""
_PROJECT_REGIONS: Final = {*DISTRICTS, CITY, "110100", "110228", "110229", _BDA_REGISTRAR} - {BDA}
"""Regions of project codes of Beijing: city, districts, Miyun and Yanqing while they were counties."""
_CENTRAL: Final = re.compile("0000[0-9]{2}")
"""Regions of codes that ministries and central enterprises were given."""
_PROJECT_PARTS: Final = {3: "不是部门或行业代码（01 至 97）", 4: "不是项目类型代码（01 至 09）", 5: "不能全为 0"}
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
    InvalidIdentifier for a wrong pattern, check character, registration authority, class or region (`_is_region`).
    """
    code = number if _USCC.match(number) else uscc.compact(number)
    if len(code) != 18:
        raise InvalidIdentifier(f"统一社会信用代码应为18位，现为{len(code)}位")
    if not _USCC.match(code):
        raise InvalidIdentifier("统一社会信用代码含有不允许的字符（不使用 I、O、S、V、Z，第3至8位应为数字）")
    if code[17] != uscc_check_character(code[:17]):
        raise InvalidIdentifier("统一社会信用代码校验码（第18位）不符，请核对")
    if code[0] not in _CLASSES:
        raise InvalidIdentifier(f"统一社会信用代码第1位“{code[0]}”不是登记管理部门代码，请核对")
    if code[1] not in _CLASSES[code[0]]:
        raise InvalidIdentifier(f"统一社会信用代码第2位“{code[1]}”不是该登记管理部门的机构类别代码，请核对")
    if not _is_region(code[2:8]):
        raise InvalidIdentifier(f"统一社会信用代码第3至8位“{code[2:8]}”不是登记机关的行政区划代码，请核对")
    if inner and code[16] != organisation_check_character(code[8:16]):
        raise InvalidIdentifier("统一社会信用代码中组织机构代码的校验码（第17位）不符，请核对")
    return code


def _is_region(region: str) -> bool:
    """Return whether a registrar numbers by a region: one of GB/T 2260 since 1980, or one of `_OTHER_REGISTRARS`.

    Registrars of development areas elsewhere number outside GB/T 2260 (320594 in Suzhou), within a city that has it;
    in Beijing they are known.
    """
    if region in _OTHER_REGISTRARS or _is_named(region):
        return True
    return not region.startswith(_BEIJING) and _is_named(f"{region[:4]}00")


def _is_named(region: str) -> bool:
    """Return whether GB/T 2260 has or had a province, city or county of this code."""
    parts = _REGIONS.info(region)
    return "province" in parts[0][1] and "county" in parts[-1][1]


def validate_project_code(number: str) -> str:
    """Return the code of the online approval platform with ASCII digits and hyphens, however it was typed.

    Its parts are checked: month or year (2401 or 2024), region, which is Beijing's or central, ministry or industry
    (01 to 97), kind of project (01 to 09) and serial number. The check character that GB/T 40058 puts last since 2020
    is not checked: its formula is not at hand. Whether the month is in the future, `begins_after` says. Raises
    InvalidIdentifier.
    """
    code = normal_identifier(number)
    if not re.fullmatch(_PROJECT_CODE_SHAPE, code):
        raise InvalidIdentifier("项目代码格式应为 NNNN-NNNNNN-NN-NN-NNNNNN，例如 2024-110105-70-03-000001")
    if _first_day(code) is None:
        raise InvalidIdentifier(f"项目代码前4位“{code[:4]}”应为赋码年月（如 2401）或年份（如 2024），请按平台赋码填写")
    if code[5:11] not in _PROJECT_REGIONS and not _CENTRAL.fullmatch(code[5:11]):
        raise InvalidIdentifier(f"项目代码第2段“{code[5:11]}”不是本市或中央项目的行政区划代码，请按平台赋码填写")
    for place, part, least, most in ((3, code[12:14], 1, 97), (4, code[15:17], 1, 9), (5, code[18:], 1, 999999)):
        if not least <= int(part) <= most:
            raise InvalidIdentifier(f"项目代码第{place}段“{part}”{_PROJECT_PARTS[place]}，请按平台赋码填写")
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
