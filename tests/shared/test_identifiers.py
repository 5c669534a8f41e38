"""Valid and invalid credit codes (GB 32100, GB 11714) and project codes, with their messages."""

import re
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.identifiers import (
    InvalidIdentifier,
    ProjectCode,
    Uscc,
    begins_after,
    organisation_check_character,
    uscc_check_character,
    validate_project_code,
    validate_uscc,
)

REAL = ["91110000600037341L", "91110108551385082Q", "911103026605015136"]


def collective(prefix: str) -> str:
    """Return the code of a rural collective of Fengtai with correct check characters."""
    body = prefix + "110106" + "MF0012" + "34"
    body += organisation_check_character(body[8:16])
    return body + uscc_check_character(body)


@pytest.mark.parametrize("code", REAL)
def test_a_real_code_passes_both_checks(code: str) -> None:
    assert validate_uscc(code, inner=True) == code


@pytest.mark.parametrize("prefix", ["N1", "N2", "N3", "A1", "Y1"])
def test_a_code_that_starts_with_a_letter_is_valid(prefix: str) -> None:
    assert validate_uscc(collective(prefix), inner=True).startswith(prefix)


@pytest.mark.parametrize("position", range(18))
def test_one_wrong_character_is_refused(position: int) -> None:
    code = REAL[0]
    other = "1" if code[position] != "1" else "2"
    with pytest.raises(InvalidIdentifier):
        validate_uscc(code[:position] + other + code[position + 1 :])


def test_two_swapped_characters_are_refused() -> None:
    with pytest.raises(InvalidIdentifier, match="第18位"):
        validate_uscc("91110000600073341L")


@pytest.mark.parametrize("letter", "IOSVZ")
def test_the_five_letters_that_look_like_digits_are_refused(letter: str) -> None:
    with pytest.raises(InvalidIdentifier, match="不允许的字符"):
        validate_uscc("9111000060003734" + letter + "L")


def test_letters_in_the_region_are_refused() -> None:
    with pytest.raises(InvalidIdentifier, match="第3至8位应为数字"):
        validate_uscc("91A10000600037341L")


def test_a_short_code_is_refused_with_its_length() -> None:
    with pytest.raises(InvalidIdentifier, match="现为17位"):
        validate_uscc(REAL[0][:-1])


def test_a_wrong_inner_check_character_is_refused_only_on_request() -> None:
    body = "911100006000373" + "42"
    code = body + uscc_check_character(body)
    assert validate_uscc(code) == code
    with pytest.raises(InvalidIdentifier, match="第17位"):
        validate_uscc(code, inner=True)


@pytest.mark.parametrize(("organisation", "check"), [("60003734", "1"), ("66050151", "3"), ("D2143569", "X")])
def test_the_inner_check_character_follows_gb_11714(organisation: str, check: str) -> None:
    assert organisation_check_character(organisation) == check


def test_spaces_hyphens_and_lower_case_are_normalised() -> None:
    assert TypeAdapter(Uscc).validate_python(" 9111 0000-600037341l ") == REAL[0]


def test_a_field_refuses_a_wrong_code_in_chinese() -> None:
    with pytest.raises(ValidationError, match="校验码（第18位）不符"):
        TypeAdapter(Uscc).validate_python("911100006000373411")


@pytest.mark.parametrize(
    "code",
    ["2403-110105-04-01-123456", "2024-110302-70-03-000001", "2016-000052-48-01-006161", "2403-110105-97-09-000001"],
)
def test_a_project_code_of_beijing_or_of_the_centre_is_valid(code: str) -> None:
    assert TypeAdapter(ProjectCode).validate_python(code) == code


@pytest.mark.parametrize(
    "typed",
    [
        "\N{FULLWIDTH DIGIT TWO}403-110105-04-01-123456",
        "2403\u2013110105\u201304\u201301\u2013123456",
        " 2403-110105 -04-01-123456\u200b",
        "2403-110105-04-01-123456\n",
    ],
)
def test_a_project_code_has_one_spelling(typed: str) -> None:
    assert TypeAdapter(ProjectCode).validate_python(typed) == "2403-110105-04-01-123456"


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("9999-999999-99-99-999999", "前4位"),
        ("2403-999999-04-01-123456", "第2段"),
        ("2403-310101-04-01-123456", "第2段"),
        ("2413-110105-04-01-123456", "前4位"),
        ("2400-110105-04-01-123456", "前4位"),
        ("0001-110105-04-01-123456", "前4位"),
        ("1212-110105-04-01-123456", "前4位"),
        ("2100-110105-04-01-123456", "前4位"),
        ("2403-110105-00-01-123456", "第3段"),
        ("2403-110105-98-01-123456", "第3段"),
        ("2403-110105-04-00-123456", "第4段"),
        ("2403-110105-04-10-123456", "第4段"),
        ("2403-110105-04-01-000000", "第5段"),
    ],
)
def test_a_project_code_with_an_impossible_part_is_refused_by_its_name(code: str, part: str) -> None:
    with pytest.raises(InvalidIdentifier, match=part):
        validate_project_code(code)
    stored = TypeAdapter(ProjectCode).validate_python(code, context={"stored": True})
    assert stored == code


@pytest.mark.parametrize(
    ("code", "day", "future"),
    [
        ("2403-110105-04-01-123456", date(2024, 2, 29), True),
        ("2403-110105-04-01-123456", date(2024, 3, 1), False),
        ("2024-110105-04-01-123456", date(2023, 12, 31), True),
        ("2024-110105-04-01-123456", date(2024, 1, 1), False),
        ("1301-110105-04-01-123456", date(2013, 1, 1), False),
        ("2013-110105-04-01-123456", date(2012, 12, 31), True),
    ],
)
def test_a_project_code_begins_with_its_month_or_year(code: str, day: date, future: bool) -> None:
    assert begins_after(validate_project_code(code), day) is future


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("81", None),
        ("B1", "第1位"),
        ("X1", "第1位"),
        ("91", None),
        ("93", None),
        ("Y1", None),
        ("54", None),
        ("12", None),
        ("8B", "第2位"),
        ("94", "第2位"),
        ("Y2", "第2位"),
        ("14", "第2位"),
        ("N4", "第2位"),
        ("55", "第2位"),
    ],
)
def test_a_credit_code_begins_with_a_registration_authority_and_one_of_its_classes(
    first: str, message: str | None
) -> None:
    code = first + "110106" + "MF001234K"
    code += uscc_check_character(code)
    if message is None:
        assert validate_uscc(code) == code
    else:
        with pytest.raises(InvalidIdentifier, match=message):
            validate_uscc(code)


@pytest.mark.parametrize(
    ("region", "valid"),
    [
        ("100000", True), ("110302", True), ("110400", True), ("110000", True), ("110103", True), ("110228", True),
        ("320594", True), ("310141", True), ("320500", True), ("469001", True), ("540102", True),
        ("990101", False), ("000000", False), ("999999", False), ("109999", False),
        ("110120", False), ("119999", False), ("110199", False), ("329999", False),
    ],
)  # fmt: skip
def test_a_credit_code_names_the_region_of_its_registrar(region: str, valid: bool) -> None:
    code = "91" + region + "MF001234K"
    code += uscc_check_character(code)
    if valid:
        assert validate_uscc(code) == code
    else:
        with pytest.raises(InvalidIdentifier, match="第3至8位"):
            validate_uscc(code)
    assert TypeAdapter(Uscc).validate_python(code, context={"stored": True}) == code


@pytest.mark.parametrize(
    "wrong",
    [
        "2403-110105-04-01-12345",
        "2403-110105-04-01-1234567",
        "2403110105040112345",
        "",
    ],
)
def test_another_pattern_is_refused_as_project_code(wrong: str) -> None:
    with pytest.raises(InvalidIdentifier, match="NNNN-NNNNNN-NN-NN-NNNNNN"):
        validate_project_code(wrong)


@pytest.mark.parametrize(
    ("kind", "title", "valid", "invalid"),
    [
        (Uscc, "统一社会信用代码", REAL[0], ("91110000600037341", "9111000060003734IL", "91A10000600037341L")),
        (ProjectCode, "项目代码", "2403-110105-04-01-123456", ("2403-110105-04-01-1234567", "240-110105-04-01-123456")),
    ],
)
def test_the_schema_of_a_field_states_its_pattern(kind: Any, title: str, valid: str, invalid: tuple[str, ...]) -> None:
    schema = TypeAdapter(kind).json_schema()
    assert (schema["type"], schema["title"]) == ("string", title)
    assert re.search(schema["pattern"], valid)
    assert not any(re.search(schema["pattern"], text) for text in invalid)


def test_a_valid_code_is_left_as_it_is_written() -> None:
    assert validate_uscc(REAL[2]) is REAL[2]
    with pytest.raises(InvalidIdentifier, match="现为19位"):
        validate_uscc(REAL[0] + "L")
    with pytest.raises(InvalidIdentifier):
        validate_uscc(REAL[0] + "\n1")
