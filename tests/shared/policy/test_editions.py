"""Editions, parameters and readings by date, and replay of stored decisions."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.errors import DomainError
from shared.policy import (
    assess,
    edition_on,
    interpretations,
    lpr,
    lpr_series,
    parameter,
    readings,
    record_of,
    replay,
    resolve,
)
from shared.policy.editions import editions
from shared.policy.parameters import history, next_quotation
from tests.shared.policy.worked_cases import base

ON = date(2024, 3, 1)


def code_of(refusal: pytest.ExceptionInfo[DomainError]) -> str:
    return refusal.value.code


def test_each_day_of_the_gap_has_no_edition() -> None:
    day = date(2023, 6, 1)
    while day <= date(2023, 8, 30):
        with pytest.raises(DomainError) as refusal:
            edition_on(day)
        assert code_of(refusal) == "no_edition_in_force"
        day += timedelta(days=1)
    assert (edition_on(date(2023, 5, 31))["id"], edition_on(date(2023, 8, 31))["id"]) == ("2021", "2023")


def test_the_day_of_entry_into_force_is_marked_as_assumed() -> None:
    assert all(edition["in_force"]["assumed"] for edition in editions())


def test_the_same_content_has_the_same_hash_on_any_day_and_other_content_another() -> None:
    assert resolve(ON).hash == resolve(date(2025, 9, 9)).hash
    others = [
        resolve(date(2022, 1, 1)),
        resolve(ON, interpretations={"cap_scope": "category"}),
        resolve(ON, standards={"low_occupancy": Decimal("0.5")}),
        resolve(ON).patched({"building_renovated_area_m2": 10000}),
    ]
    assert len({resolve(ON).hash, *(other.hash for other in others)}) == 5


def test_a_record_without_its_rule_set_replays_from_the_files_while_they_are_unchanged() -> None:
    decision = assess(base("area"), resolve(ON, interpretations={"package_rate": "dominant"}))
    assert replay(json.loads(json.dumps(decision.to_json()))) == decision


def test_a_record_finds_its_rule_set_by_hash() -> None:
    ruleset = resolve(ON, standards={"low_occupancy": Decimal("0.5")})
    decision = assess(base("building"), ruleset, {"building_inefficient": True})
    assert replay(decision.to_json(), {ruleset.hash: ruleset.content}.get) == decision


def test_a_record_whose_rule_set_is_not_stored_is_refused() -> None:
    decision = assess(base("building"), resolve(ON, standards={"low_occupancy": Decimal("0.5")}))
    with pytest.raises(DomainError) as refusal:
        replay(decision.to_json())
    assert code_of(refusal) == "unknown_ruleset"


def test_an_altered_rule_set_is_refused() -> None:
    ruleset = resolve(ON)
    record = record_of(assess(base("building"), ruleset), ruleset)
    record["ruleset_content"]["parameters"]["building_renovated_area_m2"]["value"] = "1"
    with pytest.raises(DomainError) as refusal:
        replay(record)
    assert code_of(refusal) == "unknown_ruleset"


WITHOUT_CHOICE = {31, 34}
"""Open points that the system settles in one way: nothing is deleted (I31), amounts are in yuan (I34)."""


def test_the_interpretations_are_i1_to_i36_and_each_default_is_one_of_its_options() -> None:
    numbers = set(range(1, 37)) - WITHOUT_CHOICE
    assert {reading.id for reading in readings().values()} == {f"I{number}" for number in numbers}
    for reading in readings().values():
        assert reading.default in reading.options
        assert len(reading.options) >= 2


@pytest.mark.parametrize("override", [{"no_such_reading": "x"}, {"cap_scope": "no_such_option"}])
def test_an_unknown_reading_or_option_is_refused(override: dict[str, str]) -> None:
    with pytest.raises(DomainError) as refusal:
        interpretations(override)
    assert code_of(refusal) == "unknown_interpretation"


def test_keys_of_parameters_readings_and_rules_do_not_clash_within_a_patch() -> None:
    assert not history().keys() & readings().keys()
    assert not readings().keys() & resolve(ON).rules.keys()


def test_a_district_may_set_only_what_the_notice_leaves_to_it() -> None:
    with pytest.raises(DomainError) as refusal:
        resolve(ON, "110105", standards={"grant_cap_yuan": Decimal(1)})
    assert code_of(refusal) == "unknown_policy_parameter"


def test_a_parameter_is_read_by_day() -> None:
    assert parameter("grant_cap_yuan", ON) == Decimal(50_000_000)
    assert parameter("evaluation_weights", ON)["industry_import"] == 25
    assert parameter("grid_factor_beijing", date(2025, 12, 30)) == Decimal("0.5580")
    assert parameter("grid_factor_beijing", date(2025, 12, 31)) == Decimal("0.5554")


@pytest.mark.parametrize("key", ["evaluation_weights", "pool_assessment_weights"])
def test_weights_add_up_to_a_hundred(key: str) -> None:
    assert sum(parameter(key, ON).values()) == 100


@pytest.mark.parametrize(
    ("key", "on", "code"),
    [
        ("no_such_key", ON, "unknown_policy_parameter"),
        ("low_occupancy", ON, "parameter_not_published"),
        ("grant_cap_yuan", date(2022, 1, 1), "parameter_not_published"),
    ],
)
def test_an_unpublished_number_is_an_error_and_not_zero(key: str, on: date, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        parameter(key, on)
    assert code_of(refusal) == code


def test_the_lpr_is_that_of_the_last_quotation() -> None:
    assert lpr(date(2024, 7, 21)) == Decimal("0.0345")
    assert lpr(date(2024, 7, 22)) == Decimal("0.0335")
    assert lpr(date(2024, 7, 22), "5Y") == Decimal("0.0385")


def test_the_lpr_series_is_in_order_and_has_no_month_missing() -> None:
    days = [row[0] for row in lpr_series()]
    assert days == sorted(set(days))
    months = [day.year * 12 + day.month for day in days]
    assert months == list(range(months[0], months[-1] + 1))


@pytest.mark.parametrize("on", [date(2019, 8, 19), next_quotation(lpr_series()[-1][0])])
def test_a_day_beyond_the_known_lpr_is_an_error(on: date) -> None:
    with pytest.raises(DomainError) as refusal:
        lpr(on)
    assert code_of(refusal) == "beyond_known_series"


def test_the_last_quotation_holds_until_the_next_can_come_out() -> None:
    last = lpr_series()[-1]
    assert lpr(next_quotation(last[0]) - timedelta(days=1)) == last[1]
    assert next_quotation(date(2025, 12, 22)) == date(2026, 1, 20)
