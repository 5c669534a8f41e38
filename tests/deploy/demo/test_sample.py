"""The sample: reproducible, valid by its contract, true to the published facts, with invented facts named."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from deploy.demo.sample.generate import AS_OF, applicants, library, make_uscc, real_projects, resources
from shared.contracts import library as contract
from shared.contracts.library import LABELS, LibraryRow, ResourceRow
from shared.districts import DISTRICTS
from shared.identifiers import validate_uscc

SEED = 20230831
Row = dict[str, Any]


@cache
def ledger() -> dict[str, list[Row]]:
    return resources(SEED)


@cache
def reserve() -> dict[str, list[Row]]:
    return library(SEED)


def every(rows: dict[str, list[Row]]) -> Iterator[Row]:
    return (row for district in rows.values() for row in district)


def real(rows: dict[str, list[Row]]) -> dict[int, Row]:
    """Return the rows about real projects, by their number in the file."""
    return {int(row["external_id"][-2:]): row for row in every(rows) if "-REAL" in row["external_id"]}


def fields(row: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return every field that has a value, components by their path."""
    for name, value in row.items():
        if name == "components":
            for index, component in enumerate(value):
                yield from fields(component, f"components.{index}.")
        elif name != "simulated" and value not in (None, [], ""):
            yield prefix + name, value


def digest(seed: int) -> str:
    text = json.dumps([resources(seed), library(seed), applicants(seed)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_same_seed_gives_the_same_sample_in_another_process() -> None:
    script = f"from tests.deploy.demo.test_sample import digest; print(digest({SEED}))"
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": root}
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == digest(SEED)


def test_another_seed_gives_another_sample() -> None:
    assert digest(SEED) != digest(SEED + 1)


def test_every_unit_has_its_ledger_and_its_library() -> None:
    assert list(ledger()) == list(reserve()) == list(DISTRICTS)
    assert {code: len(rows) for code, rows in ledger().items()} == {
        "110101": 90, "110102": 90, "110105": 190, "110106": 140, "110107": 80, "110108": 180, "110109": 45,
        "110111": 75, "110112": 110, "110113": 90, "110114": 95, "110115": 100, "110116": 50, "110117": 40,
        "110118": 40, "110119": 30, "BDA": 90,
    }  # fmt: skip
    assert all(len(rows) >= 5 for rows in reserve().values())


def test_about_two_thousand_rows_in_total() -> None:
    assert 1_900 <= sum(1 for _ in every(ledger())) + sum(1 for _ in every(reserve())) <= 2_200


def test_every_row_keeps_the_contract() -> None:
    for row in every(ledger()):
        ResourceRow.model_validate(row)
    for row in every(reserve()):
        LibraryRow.model_validate(row)


def test_a_row_comes_back_from_its_contract_unchanged() -> None:
    row = ledger()["110106"][-1]
    assert json.loads(ResourceRow.model_validate_json(json.dumps(row)).model_dump_json()) == row


def test_every_coded_value_has_a_chinese_word() -> None:
    codes = {code for alias in vars(contract).values() for code in get_args(alias) if isinstance(code, str)}
    assert codes - {"A", "B", "C", "D"} == set(LABELS)


def test_every_row_speaks_of_its_own_district() -> None:
    for rows in (ledger(), reserve()):
        assert all(row["district"] == code for code in rows for row in rows[code])


def test_no_two_rows_share_an_external_id() -> None:
    for rows in (ledger(), reserve()):
        assert max(Counter(row["external_id"] for row in every(rows)).values()) == 1


def test_an_external_id_is_the_same_for_every_seed() -> None:
    assert [row["external_id"] for row in every(ledger())] == [row["external_id"] for row in every(resources(1))]


def test_a_project_renovates_resources_of_its_own_district_and_no_two_projects_the_same() -> None:
    for code, projects in reserve().items():
        named = [one for project in projects for one in project["resource_external_ids"]]
        assert len(named) == len(set(named))
        assert set(named) <= {row["external_id"] for row in ledger()[code]}


def test_no_component_is_larger_than_its_building() -> None:
    floor_area = {row["external_id"]: Decimal(row["gross_floor_area_m2"]) for row in every(ledger())}
    for project in every(reserve()):
        for part in project["components"]:
            if part["renovated_area_m2"]:
                assert Decimal(part["renovated_area_m2"]) <= floor_area[part["resource_external_id"]]


def test_the_funding_mix_adds_up_to_the_investment() -> None:
    for project in every(reserve()):
        mix = sum(Decimal(project[name]) for name in ("own_funds_yuan", "bank_loan_yuan", "other_funds_yuan"))
        assert mix == sum(Decimal(part["fixed_investment_yuan"]) for part in project["components"])


def test_the_sample_touches_the_lines_of_the_policy() -> None:
    parts = [part for project in every(reserve()) for part in project["components"]]
    areas = {part["renovated_area_m2"] for part in parts}
    assert {"20000.00", "20000.01", "3000.00", "3000.01"} <= areas
    assert {"0.80", "0.79", "0.70", "0.69"} <= {part["planned_occupancy"] for part in parts}
    assert {"2014-03-31", "2014-04-01"} <= {row["completed_on"] for row in every(ledger())}


def test_every_kind_of_unknown_occurs() -> None:
    projects, buildings = list(every(reserve())), list(every(ledger()))
    assert any(project["other_municipal_funds"] is None for project in projects)
    assert any(row["occupancy"] is None for row in buildings)
    assert any(row["completed_on"] is None and row["completed_year"] for row in buildings)


def test_every_credit_code_is_valid_inside_and_out() -> None:
    people = applicants(SEED)
    assert all(validate_uscc(person["uscc"], inner=True) == person["uscc"] for person in people)
    assert len({person["uscc"] for person in people}) == len({person["name"] for person in people}) == len(people)


def test_some_applicants_are_village_collectives_with_codes_that_start_with_a_letter() -> None:
    villages = [person for person in applicants(SEED) if person["kind"] == "village_collective"]
    assert len(villages) >= 10
    assert all(person["uscc"].startswith("N2") for person in villages)


def test_everyone_named_in_a_row_is_a_fictional_applicant() -> None:
    known = {(person["name"], person["uscc"]) for person in applicants(SEED)}
    assert all(name.startswith("示例") for name, _ in known)
    assert {(row["entity_name"], row["entity_uscc"]) for row in every(reserve())} <= known
    owners = {(row["owner_name"], row["owner_uscc"]) for row in every(ledger())}
    assert owners <= known


def test_a_made_code_has_both_check_characters() -> None:
    assert make_uscc("91110000", "60003734") == "91110000600037341L"


def test_the_file_holds_22_projects_with_their_sources() -> None:
    projects = real_projects()
    assert [project["no"] for project in projects] == list(range(1, 23))
    assert [project["no"] for project in projects if not project["source_urls"]] == [13]
    assert all(project["investment_stated"] == project["subsidy_stated"] == "unknown" for project in projects)


@pytest.mark.parametrize(
    ("number", "stated"),
    [
        ("gross_floor_area_m2", ("gross_floor_area_stated",)),
        ("renovated_area_m2", ("renovated_area_stated",)),
        ("land_area_m2", ("land_area_stated",)),
        ("occupancy", ("occupancy_before_stated", "occupancy_after_stated")),
    ],
)
def test_every_number_of_the_file_stands_in_its_source(number: str, stated: tuple[str, ...]) -> None:
    for project in real_projects():
        if project[number]:
            said = " ".join(project[column] for column in stated)
            assert project[number].removesuffix(".00" if number != "occupancy" else "") in said


def test_the_best_documented_areas_are_those_published() -> None:
    published = {1: "84000.00", 3: "101000.00", 4: "195000.00", 5: "75000.00", 6: "110000.00", 11: "224000.00"}
    rows = real(ledger())
    assert {number: rows[number]["gross_floor_area_m2"] for number in published} == published


def test_every_real_project_is_in_the_ledger_and_in_the_library() -> None:
    assert sorted(real(ledger())) == sorted(real(reserve())) == list(range(1, 23))


def facts_of(project: Row) -> Row:
    """Return the facts that a row may state without naming them as simulated."""
    same = ("district", "former_use", "gross_floor_area_m2", "land_area_m2", "occupancy", "source_urls")
    return {name: project[name] for name in same} | {
        "name": project["name"],
        "project_name": project["name"],
        "source": project["source_stated"],
        "components.0.renovated_area_m2": project["renovated_area_m2"],
    }


@pytest.mark.parametrize("number", range(1, 23))
def test_a_field_of_a_real_project_is_a_published_fact_or_flagged(number: int) -> None:
    facts = facts_of(real_projects()[number - 1])
    for row in (real(ledger())[number], real(reserve())[number]):
        for name, value in fields(row):
            assert name in row["simulated"] or facts.get(name) == value


@pytest.mark.parametrize("number", range(1, 23))
def test_no_published_fact_is_changed_or_called_simulated(number: int) -> None:
    facts = facts_of(real_projects()[number - 1])
    for row in (real(ledger())[number], real(reserve())[number]):
        said = dict(fields(row))
        claimed = {name: fact for name, fact in facts.items() if fact and name in said}
        assert {name: said[name] for name in claimed} == claimed
        assert not set(claimed) & set(row["simulated"])


def test_a_flag_names_a_field_that_says_something() -> None:
    for rows in (ledger(), reserve()):
        for row in real(rows).values():
            assert set(row["simulated"]) <= {name for name, _ in fields(row)}


def test_money_of_a_real_project_is_always_flagged() -> None:
    for row in real(reserve()).values():
        money = {name for name, _ in fields(row) if name.endswith("_yuan")}
        assert money
        assert money <= set(row["simulated"])


def test_an_invented_row_is_simulated_as_a_whole() -> None:
    for rows in (ledger(), reserve()):
        invented = [row for row in every(rows) if "-REAL" not in row["external_id"]]
        assert all(row["simulated"] == ["*"] and row["source"] == "模拟数据" for row in invented)


def test_nothing_is_said_about_the_standing_of_a_real_building() -> None:
    for row in real(ledger()).values():
        assert row["title_disputed"] is row["safety_grade"] is row["heritage_status"] is None


def test_nothing_in_the_sample_lies_after_its_quarter_but_plans() -> None:
    for row in every(ledger()):
        assert (row["completed_on"] or "") <= AS_OF.isoformat()
    for project in every(reserve()):
        assert project["entered_on"] <= AS_OF.isoformat()
