"""Tests of duplicate detection: addresses, bases, matches that bar."""

from typing import Any

import pytest

from services.intake.rules.duplicates import (
    Basis,
    Identity,
    Source,
    build_match,
    entity_place,
    match_basis,
    renewed_place,
)

pytestmark = pytest.mark.clause("二（五）")

USCC = "91110000600037341L"


def test_a_place_is_an_entity_at_an_address_of_its_district() -> None:
    assert entity_place(USCC, "北京市示例路一号", "110105") == f"{USCC}|朝阳区示例路1号"
    assert entity_place(USCC, "北京市", "110105") is None


def test_keys_of_earlier_versions_are_renewed() -> None:
    for earlier in ("示例大街十号", "示例大街010号", "朝阳区示例大街10號", "示例大街10号\u200b"):
        assert renewed_place(f"{USCC}|{earlier}", "110105") == f"{USCC}|朝阳区示例大街10号"
    assert renewed_place(None, "110105") is None


@pytest.mark.parametrize(
    ("ours", "other", "basis"),
    [
        (("1", "a"), ("1", "a"), "project_code"),
        (("1", "a"), ("1", "b"), "project_code"),
        (("1", None), ("1", None), "project_code"),
        (("1", "a"), ("2", "a"), "entity_and_address"),
        ((None, "a"), (None, "a"), "entity_and_address"),
        (("1", "a", "n"), ("2", "a", "n"), "entity_address_and_name"),
        (("1", "a", "n"), ("2", "a", "m"), "entity_and_address"),
        (("1", "a", "n"), ("2", "b", "n"), "entity"),
        (("1", "a", "n"), ("1", "a", "n"), "project_code"),
        (("", "a"), ("", "a"), "entity_and_address"),
        (("1", "a"), ("2", "b"), "entity"),
        ((None, None), (None, None), "entity"),
        (("", ""), ("", ""), "entity"),
    ],
)
def test_the_strongest_basis_is_used(ours: tuple[Any, Any], other: tuple[Any, Any], basis: Basis) -> None:
    assert match_basis(Identity(*ours), Identity(*other)) == basis


@pytest.mark.parametrize(
    ("source", "basis", "bars"),
    [
        ("declaration", "project_code", True),
        ("declaration", "entity_and_address", False),
        ("declaration", "entity_address_and_name", True),
        ("funded", "project_code", True),
        ("funded", "entity_and_address", False),
        ("funded", "entity_address_and_name", True),
        ("funded", "entity", True),
        ("municipal_record", "project_code", False),
        ("municipal_record", "entity", False),
        ("municipal_record", "entity_and_address", False),
    ],
)
def test_only_a_certain_match_with_a_declaration_or_award_bars(source: Source, basis: Basis, bars: bool) -> None:
    assert build_match(source, basis, "x", of_another=False).bars is bars


def test_a_match_explains_its_basis_and_its_source() -> None:
    assert build_match("funded", "entity_and_address", "2024-7", of_another=True).as_dict() == {
        "source": "funded",
        "basis": "entity_and_address",
        "reference": "2024-7",
        "bars": False,
        "explanation": "项目单位和项目地址相同，是否同一工程待核：已获本方案资金支持（2024-7）",
    }
