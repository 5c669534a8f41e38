"""Identifiers of legal persons and projects: unified social credit code and investment project code.

Codes of the agricultural registrar (GB 32100-2015, N1 to N3: village and township collectives) start with a letter.
`stdnum.cn.uscc.validate` refuses them, and such collectives own many old factories; therefore only its check
character is used, with a pattern of our own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from stdnum.cn import uscc

_CHARACTERS: Final = "0-9A-HJ-NP-RTUWXY"
_USCC_SHAPE: Final = rf"^[{_CHARACTERS}]{{2}}[0-9]{{6}}[{_CHARACTERS}]{{10}}$"
_USCC: Final = re.compile(_USCC_SHAPE.replace("$", r"\Z"))
_PROJECT_CODE_SHAPE: Final = r"^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$"
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
    InvalidIdentifier for a wrong pattern or check character.
    """
    code = number if _USCC.match(number) else uscc.compact(number)
    if len(code) != 18:
        raise InvalidIdentifier(f"统一社会信用代码应为18位，现为{len(code)}位")
    if not _USCC.match(code):
        raise InvalidIdentifier("统一社会信用代码含有不允许的字符（不使用 I、O、S、V、Z，第3至8位应为数字）")
    if code[17] != uscc_check_character(code[:17]):
        raise InvalidIdentifier("统一社会信用代码校验码（第18位）不符，请核对")
    if inner and code[16] != organisation_check_character(code[8:16]):
        raise InvalidIdentifier("统一社会信用代码中组织机构代码的校验码（第17位）不符，请核对")
    return code


def validate_project_code(number: str) -> str:
    """Return the code if it matches the pattern of the online approval platform, which has no check character.

    Raises InvalidIdentifier.
    """
    if not re.fullmatch(_PROJECT_CODE_SHAPE, number):
        raise InvalidIdentifier("项目代码格式应为 NNNN-NNNNNN-NN-NN-NNNNNN，例如 2024-110105-70-03-000001")
    return number


Uscc = Annotated[
    str,
    AfterValidator(validate_uscc),
    WithJsonSchema({"type": "string", "pattern": _USCC_SHAPE, "title": "统一社会信用代码"}),
]
"""Unified social credit code as a Pydantic field; the value is the compact form."""

ProjectCode = Annotated[
    str,
    AfterValidator(validate_project_code),
    WithJsonSchema({"type": "string", "pattern": _PROJECT_CODE_SHAPE, "title": "项目代码"}),
]
"""Code of the online investment approval platform as a Pydantic field; only its pattern is checked."""
