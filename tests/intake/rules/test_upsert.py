"""Fingerprints of register rows: equal for the same numbers, different for different texts."""

import pytest

from services.intake.rules.upsert import fingerprint
from shared.contracts.library import ResourceRow
from tests.intake.sample_rows import resource


def hash_of(**fields: str) -> bytes:
    return fingerprint(ResourceRow.model_validate(resource(**fields)))


@pytest.mark.parametrize("same", ["84000", "84000.0", "84000.00"])
def test_trailing_zeros_of_a_number_change_nothing(same: str) -> None:
    assert hash_of(gross_floor_area_m2=same) == hash_of(gross_floor_area_m2="84000")


def test_another_number_is_another_fact() -> None:
    assert hash_of(gross_floor_area_m2="84000.10") == hash_of(gross_floor_area_m2="84000.1")
    assert hash_of(gross_floor_area_m2="84000.1") != hash_of(gross_floor_area_m2="84000")
    assert hash_of(gross_floor_area_m2="840000") != hash_of(gross_floor_area_m2="84000")


def test_a_text_that_looks_like_a_number_keeps_its_zeros() -> None:
    assert hash_of(ledger_no="1.0") != hash_of(ledger_no="1")
