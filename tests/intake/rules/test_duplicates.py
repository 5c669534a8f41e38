"""Tests of duplicate detection: addresses, bases, matches that bar."""

from typing import Any

import pytest

from services.intake.rules.duplicates import (
    Basis,
    Source,
    build_match,
    entity_place,
    match_basis,
    normalized_address,
    renewed_place,
)

pytestmark = pytest.mark.clause("二（五）")

USCC = "91110000600037341L"


@pytest.mark.parametrize(
    "address",
    [
        "朝阳区 示例路１号",
        "北京市朝阳区示例路1号",
        "北京朝阳区，示例路1号",
        "朝阳区示例路一号",
        "中国北京市朝阳区示例路1号",
        "北京市市辖区朝阳区示例路1号",
        "（朝阳区）示例路#1号。",
        "朝阳区示例路1号\u200b",
        "朝阳区示例\u2060路1号",
        "朝阳区示例路01号",
        "朝陽區示例路1號",
    ],
)
def test_spellings_of_one_address_are_equal(address: str) -> None:
    assert normalized_address(address) == "朝阳区示例路1号"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例大街10号", "示例大街十号"),
        ("示例大街10号", "示例大街一〇号"),
        ("23号院5号楼", "二十三号院05号楼"),
        ("103号", "一百零三号"),
        ("示例路1-2号", "示例路１—２号"),
        ("示例路1-2号", "示例路一、二号"),
    ],
)
def test_numbers_are_compared_as_numbers(one: str, other: str) -> None:
    assert normalized_address(one) == normalized_address(other)


def test_numbers_apart_are_not_run_together() -> None:
    assert len({normalized_address(f"示例路{number}号") for number in ("1-2", "12", "十二-1", "120", "100-2")}) == 5


def test_a_normal_form_is_its_own_and_keys_of_earlier_versions_are_renewed() -> None:
    for address in ("示例路1-2号", "二十三号院05号楼", "Ａ座 B-2"):
        assert normalized_address(normalized_address(address)) == normalized_address(address)
    for earlier in ("示例大街十号", "示例大街010号", "示例大街10號", "示例大街10号\u200b"):
        assert renewed_place(f"{USCC}|{earlier}") == f"{USCC}|示例大街10号"
    assert renewed_place(None) is None


@pytest.mark.parametrize("address", ["朝阳区示例路11号", "海淀区示例路1号", "朝阳区示例路1号院2号楼"])
def test_different_addresses_are_different(address: str) -> None:
    assert normalized_address(address) != normalized_address("北京市朝阳区示例路1号")


def test_letters_are_compared_without_case_and_chinese_digits_as_arabic_ones() -> None:
    assert normalized_address("Ａ座 B-2") == "a座b2"
    assert normalized_address("零〇一二三四五六七八九") == "123456789"
    assert normalized_address("朝阳区北京路1号") == "朝阳区北京路1号"


@pytest.mark.parametrize("address", [None, "", " ，", "北京市"])
def test_an_empty_address_gives_no_key(address: str | None) -> None:
    assert normalized_address(address) is None
    assert entity_place(USCC, address) is None


def test_a_place_is_an_entity_at_an_address() -> None:
    assert entity_place(USCC, "北京市朝阳区示例路一号") == f"{USCC}|朝阳区示例路1号"


@pytest.mark.parametrize(
    ("ours", "other", "basis"),
    [
        (("1", "a"), ("1", "a"), "project_code"),
        (("1", "a"), ("1", "b"), "project_code"),
        (("1", None), ("1", None), "project_code"),
        (("1", "a"), ("2", "a"), "entity_and_address"),
        ((None, "a"), (None, "a"), "entity_and_address"),
        (("", "a"), ("", "a"), "entity_and_address"),
        (("1", "a"), ("2", "b"), "entity"),
        ((None, None), (None, None), "entity"),
        (("", ""), ("", ""), "entity"),
    ],
)
def test_the_strongest_basis_is_used(ours: tuple[Any, Any], other: tuple[Any, Any], basis: Basis) -> None:
    assert match_basis(*ours, *other) == basis


@pytest.mark.parametrize(
    ("source", "basis", "bars"),
    [
        ("declaration", "project_code", True),
        ("declaration", "entity_and_address", True),
        ("funded", "project_code", True),
        ("funded", "entity_and_address", True),
        ("municipal_record", "project_code", True),
        ("municipal_record", "entity_and_address", False),
    ],
)
def test_only_other_city_money_at_the_same_place_does_not_bar(source: Source, basis: Basis, bars: bool) -> None:
    assert build_match(source, basis, "x", of_another=False).bars is bars


def test_a_match_explains_its_basis_and_its_source() -> None:
    assert build_match("funded", "entity_and_address", "2024-7", of_another=True).as_dict() == {
        "source": "funded",
        "basis": "entity_and_address",
        "reference": "2024-7",
        "bars": True,
        "explanation": "项目单位和项目地址相同：已获本方案资金支持（2024-7）",
    }
