"""Upsert of register rows: fingerprints, repeated rows, reasons of a change, and the fields that changed."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import pytest

from services.intake.rules.upsert import (
    NOT_FACTS,
    RecordedState,
    Refusal,
    field_changes,
    fingerprint,
    is_unchanged,
    missing_reason,
    other_district,
    quarter_closed,
    repeated_keys,
)
from shared.contracts.library import LibraryRow, ResourceRow
from tests.intake.sample_rows import project, resource

SAME, OTHER = b"same", b"other"


def hash_of(**fields: str) -> bytes:
    return fingerprint(ResourceRow.model_validate(resource(**fields)))


@pytest.mark.parametrize("same", ["84000", "84000.0", "84000.00"])
def test_trailing_zeros_of_a_number_change_nothing(same: str) -> None:
    assert hash_of(gross_floor_area_m2=same) == hash_of(gross_floor_area_m2="84000")


def test_another_number_is_another_fact() -> None:
    assert hash_of(gross_floor_area_m2="84000.10") == hash_of(gross_floor_area_m2="84000.1")
    assert hash_of(gross_floor_area_m2="84000.1") != hash_of(gross_floor_area_m2="84000")
    assert hash_of(gross_floor_area_m2="840000") != hash_of(gross_floor_area_m2="84000")


def test_zeros_within_a_number_count() -> None:
    assert hash_of(gross_floor_area_m2="84000.01") != hash_of(gross_floor_area_m2="84000.1")
    assert hash_of(gross_floor_area_m2="90000.00") == hash_of(gross_floor_area_m2="90000")
    assert hash_of(gross_floor_area_m2="90000") != hash_of(gross_floor_area_m2="900000")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("vacant_area_m2", ("2.50", "2.5", "2.05")),
        ("annual_district_tax_yuan", ("7.10", "7.1", "7.01")),
        ("annual_energy_use_tce", ("3.1200", "3.12", "3.102")),
        ("occupancy", ("0.50", "0.5", "0.05")),
        ("longitude_deg", ("116.50", "116.5", "116.05")),
        ("latitude_deg", ("39.90", "39.9", "39.09")),
    ],
)
def test_each_kind_of_number_ignores_its_trailing_zeros(field: str, values: tuple[str, str, str]) -> None:
    longer, shorter, other = (hash_of(**{field: value}) for value in values)
    assert longer == shorter != other


@pytest.mark.parametrize("field", ["ledger_no", "name", "address"])
def test_a_text_that_looks_like_a_number_keeps_its_zeros(field: str) -> None:
    assert hash_of(**{field: "1.0"}) != hash_of(**{field: "1"})


def two_values(annotation: Any) -> list[Any]:
    """Return two different values of a field's type, as a row holds them."""
    options = [option for option in get_args(annotation) if option is not type(None)]
    if get_origin(annotation) is Literal:
        return options[:2]
    if get_origin(annotation) is tuple:
        return [(), tuple(two_values(options[0])[:1])]
    if options:
        return two_values(options[0])
    plain: dict[Any, list[Any]] = {
        str: ["X-2", "X-3"],
        bool: [True, False],
        int: [2, 3],
        date: [date(2001, 2, 3), date(2001, 2, 4)],
        Decimal: [Decimal("0.25"), Decimal("0.5")],
    }
    return plain.get(annotation) or [annotation.model_construct(kind=kind) for kind in ("building", "factory")]


@pytest.mark.parametrize(
    ("model", "field"),
    [
        pytest.param(model, name, id=f"{model.__name__}.{name}")
        for model in (ResourceRow, LibraryRow)
        for name in model.model_fields
    ],
)
def test_every_field_but_quarter_and_reason_is_part_of_the_fingerprint(
    model: type[ResourceRow | LibraryRow], field: str
) -> None:
    row: ResourceRow | LibraryRow = model.model_validate(resource() if model is ResourceRow else project())
    first, second = two_values(model.model_fields[field].annotation)
    hashes = {fingerprint(row.model_copy(update={field: value})) for value in (first, second)}
    assert len(hashes) == (1 if field in NOT_FACTS else 2)


def test_quarter_and_reason_are_not_facts() -> None:
    assert {"quarter", "change_reason"} == NOT_FACTS
    assert hash_of(quarter="2024Q2", change_reason="更正") == hash_of(quarter="2024Q1")


def test_a_change_within_a_part_of_a_project_is_a_change() -> None:
    row = project()
    part = row["components"][0]
    shares = ("0.85", "0.850", "0.86")
    base, same, changed = (
        fingerprint(LibraryRow.model_validate(row | {"components": [part | {"planned_occupancy": share}]}))
        for share in shares
    )
    assert base == same != changed


@pytest.mark.parametrize(
    ("sha256", "quarter", "unchanged"),
    [
        (SAME, "2024Q1", True),
        (SAME, "2024Q2", True),
        (SAME, "2024Q3", False),
        (OTHER, "2024Q1", False),
        (OTHER, "2024Q2", False),
    ],
)
def test_a_row_is_unchanged_with_the_same_facts_for_no_later_quarter(
    sha256: bytes, quarter: str, unchanged: bool
) -> None:
    assert is_unchanged(RecordedState(3, "2024Q2", SAME), quarter, sha256) is unchanged


@pytest.mark.parametrize(
    ("sha256", "reason", "refused"),
    [(SAME, None, False), (OTHER, "更正", False), (OTHER, None, True), (OTHER, "", True)],
)
def test_only_changed_facts_need_a_reason(sha256: bytes, reason: str | None, refused: bool) -> None:
    refusal = missing_reason(RecordedState(1, "2024Q1", SAME), sha256, reason, "change_reason")
    detail = "变更已有记录须写明变动原因（填写本行的 change_reason）"
    assert refusal == (Refusal("change_reason_missing", detail, "change_reason", 422) if refused else None)


def test_a_refusal_has_the_status_of_its_cause() -> None:
    closed, other = quarter_closed("2024Q1"), other_district(["110105"])
    assert (closed.code, closed.status) == ("quarter_closed", 409)
    assert (other.code, other.status, other.field) == ("other_district", 403, "district")


def test_a_key_is_repeated_from_its_second_row_on() -> None:
    once, twice, thrice = ("110105", "R-1"), ("110106", "R-1"), ("110105", "R-2")
    assert repeated_keys([once, twice, thrice, twice, thrice, thrice]) == {twice, thrice}


def test_changed_fields_have_their_title_and_both_values() -> None:
    before = {"name": "旧名", "vacant_area_m2": "1.00", "quarter": "2024Q1", "change_reason": "一"}
    after = {"name": "新名", "vacant_area_m2": "1.00", "quarter": "2024Q2", "change_reason": "二", "ledger_no": "5"}
    changes = field_changes(before, after, ResourceRow)
    titles = {name: ResourceRow.model_fields[name].title or name for name in ("name", "ledger_no")}
    assert {change["field"]: change for change in changes} == {
        "name": {"field": "name", "title": titles["name"], "before": "旧名", "after": "新名"},
        "ledger_no": {"field": "ledger_no", "title": titles["ledger_no"], "before": None, "after": "5"},
    }
