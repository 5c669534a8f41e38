"""Codes of GB/T 4754-2017: shapes, sections and divisions, what contains a code."""

import pytest

from shared.industry_codes import SECTIONS, InvalidIndustryCode, broader, section_of, validate_industry_code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("6510", "6510"), ("I6510", "6510"), (" i6510 ", "6510"), ("\uff29\uff16\uff15\uff11\uff10", "6510"),
        ("651", "651"), ("65", "65"),
        ("I", "I"), ("0111", "0111"),
    ],
)  # fmt: skip
def test_a_code_is_kept_without_its_letter(typed: str, code: str) -> None:
    assert validate_industry_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "行业代码应为"), ("6", "行业代码应为"), ("65100", "行业代码应为"), ("U01", "行业代码应为"),
        ("软件", "行业代码应为"),
        ("00", "没有大类 00"), ("98", "没有大类 98"), ("9910", "没有大类 99"),
        ("C6510", "大类 65 属于门类 I，不属于 C"),
    ],
)  # fmt: skip
def test_a_wrong_code_is_refused_with_the_wanted_form(typed: str, said: str) -> None:
    with pytest.raises(InvalidIndustryCode, match=said):
        validate_industry_code(typed)


def test_the_sections_hold_each_division_from_1_to_97_once() -> None:
    held = [division for first, last in SECTIONS.values() for division in range(first, last + 1)]
    assert held == list(range(1, 98))
    assert [section_of(f"{first:02}") for first, _ in SECTIONS.values()] == list(SECTIONS)


@pytest.mark.parametrize(
    ("code", "parts"),
    [("6510", ["6510", "651", "65", "I"]), ("651", ["651", "65", "I"]), ("65", ["65", "I"]), ("I", ["I"])],
)  # fmt: skip
def test_a_code_is_contained_in_group_division_and_section(code: str, parts: list[str]) -> None:
    assert list(broader(code)) == parts
