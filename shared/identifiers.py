"""Numbers that name a legal person or a project: the unified social credit code and the investment project code.

GB 32100-2015 codes issued by the agricultural registrar (N1, N2, N3: village and township collectives) start with a
letter. ``stdnum.cn.uscc.validate`` refuses them, and such collectives own many old factories, so its check-character
arithmetic is used here behind a shape test of our own.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from stdnum.cn import uscc

_CHARACTERS: Final = "0-9A-HJ-NP-RTUWXY"
_USCC_SHAPE: Final = rf"^[{_CHARACTERS}]{{2}}[0-9]{{6}}[{_CHARACTERS}]{{10}}$"
_USCC: Final = re.compile(_USCC_SHAPE.replace("$", r"\Z"))
_PROJECT_CODE_SHAPE: Final = r"^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$"
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


class InvalidIdentifier(ValueError):
    """The number cannot be what it is said to be; the message says which test it failed, in Chinese."""


def uscc_check_character(first_17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015) from the 17 before it."""
    return uscc.calc_check_digit(first_17)


def organisation_check_character(first_8: str) -> str:
    """The check character of an organisation code (GB 11714): the 9th, hence the 17th of the credit code around it."""
    total = sum(int(character, 36) * weight for character, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def validate_uscc(number: str, *, inner: bool = False) -> str:
    """The code in capitals without spaces or hyphens, when its shape and check character are right.

    ``inner`` also tests the check character of the organisation code inside (GB 11714); off by default because the
    credit code's own standard does not ask for it. Raises :class:`InvalidIdentifier`.
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
    """The code itself when it has the shape of the online approval platform's codes; nothing else can be tested.

    Raises :class:`InvalidIdentifier`.
    """
    if not re.fullmatch(_PROJECT_CODE_SHAPE, number):
        raise InvalidIdentifier("项目代码格式应为 NNNN-NNNNNN-NN-NN-NNNNNN")
    return number


Uscc = Annotated[
    str,
    AfterValidator(validate_uscc),
    WithJsonSchema({"type": "string", "pattern": _USCC_SHAPE, "title": "统一社会信用代码"}),
]
"""A unified social credit code as a Pydantic field; the value kept is the compact one."""

ProjectCode = Annotated[
    str,
    AfterValidator(validate_project_code),
    WithJsonSchema({"type": "string", "pattern": _PROJECT_CODE_SHAPE, "title": "项目代码"}),
]
"""The code of the online investment approval platform as a Pydantic field; shape only."""
