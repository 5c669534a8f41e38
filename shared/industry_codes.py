"""Codes of the classification of national economic industries (GB/T 4754-2017): shape, section and division.

No library has the list of its 1,380 classes, so a code is valid if its division exists and its section is the
division's. Sections and divisions: domain.md §5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from shared.normal_forms import normal_identifier

SECTIONS: Final = {
    "A": (1, 5), "B": (6, 12), "C": (13, 43), "D": (44, 46), "E": (47, 50), "F": (51, 52), "G": (53, 60),
    "H": (61, 62), "I": (63, 65), "J": (66, 69), "K": (70, 70), "L": (71, 72), "M": (73, 75), "N": (76, 79),
    "O": (80, 82), "P": (83, 83), "Q": (84, 85), "R": (86, 90), "S": (91, 96), "T": (97, 97),
}  # fmt: skip
"""First and last division of each section."""
FIELDS: Final = {
    "strategic_emerging": "战略性新兴产业",
    "high_precision": "高精尖产业",
    "modern_services": "现代服务业",
    "manufacturing_services_integration": "先进制造业与现代服务业融合",
    "digital_real_integration": "数字经济与实体经济融合",
}
"""The fields of industries that 二（二）1 supports, with their labels."""
_SHAPE: Final = r"^([A-T]|[A-T]?[0-9]{2,4})$"
_EXAMPLE: Final = "行业代码应为 GB/T 4754-2017 的门类、大类、中类或小类代码，如 I、65、651、6510 或 I6510"


class InvalidIndustryCode(ValueError):
    """A code is malformed; the Chinese message names the failed check."""


def validate_industry_code(number: str) -> str:
    """Return the code without its section's letter (I6510 becomes 6510; a section stays I).

    Raises InvalidIndustryCode.
    """
    code = normal_identifier(number).upper()
    if not re.fullmatch(_SHAPE, code):
        raise InvalidIndustryCode(f"{_EXAMPLE}；现为“{number}”")
    letter, digits = (code[:1], code[1:]) if code[0].isalpha() else ("", code)
    if not digits:
        return letter
    section = section_of(digits)
    if section is None:
        raise InvalidIndustryCode(f"GB/T 4754-2017 没有大类 {digits[:2]}（01 至 97），请核对")
    if letter and letter != section:
        raise InvalidIndustryCode(f"大类 {digits[:2]} 属于门类 {section}，不属于 {letter}，请核对")
    return digits


def section_of(digits: str) -> str | None:
    """Return the letter of the section that has the division of a code; None if there is no such division."""
    division = int(digits[:2])
    return next((letter for letter, (first, last) in SECTIONS.items() if first <= division <= last), None)


def broader(code: str) -> Iterator[str]:
    """Yield a valid code, then the group, division and section that contain it, narrowest first."""
    if code.isalpha():
        yield code
        return
    for length in range(len(code), 1, -1):
        yield code[:length]
    yield section_of(code) or ""


def _typed(number: str, info: ValidationInfo) -> str:
    stored = bool(info.context and info.context.get("stored"))
    return number if stored else validate_industry_code(number)


IndustryCode = Annotated[
    str,
    AfterValidator(_typed),
    WithJsonSchema({"type": "string", "pattern": _SHAPE, "title": "行业代码", "examples": ["6510"]}),
]
"""Code of GB/T 4754-2017 as a Pydantic field; the value has no letter unless it is a section."""
