"""Tests of duplicate detection: addresses, bases, matches that bar."""

import pytest

from services.intake.rules.duplicates import build_match, entity_place, match_basis, normalized_address

pytestmark = pytest.mark.clause("二（五）")

USCC = "91110000600037341L"


@pytest.mark.parametrize(
    "address", ["朝阳区 示例路１号", "北京市朝阳区示例路1号", "北京朝阳区，示例路1号", "朝阳区示例路一号"]
)
def test_spellings_of_one_address_are_equal(address: str) -> None:
    assert normalized_address(address) == normalized_address("北京市朝阳区示例路1号")


@pytest.mark.parametrize("address", ["朝阳区示例路11号", "海淀区示例路1号", "朝阳区示例路1号院2号楼"])
def test_different_addresses_are_different(address: str) -> None:
    assert normalized_address(address) != normalized_address("北京市朝阳区示例路1号")


@pytest.mark.parametrize("address", [None, "", " ，", "北京市"])
def test_an_empty_address_gives_no_key(address: str | None) -> None:
    assert entity_place(USCC, address) is None


def test_the_strongest_basis_is_used() -> None:
    assert match_basis("1", "a", "1", "a") == "project_code"
    assert match_basis("1", "a", "2", "a") == "entity_and_address"
    assert match_basis(None, None, None, None) == "entity"


def test_other_city_money_at_the_same_place_only_warns() -> None:
    assert not build_match("municipal_record", "entity_and_address", "x").bars
    assert build_match("municipal_record", "project_code", "x").bars
    assert build_match("funded", "entity_and_address", "x").bars
