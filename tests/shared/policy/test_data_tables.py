"""Rules, inputs, figures, readings and LPR of the data files, against tables written from the notice. 二–四"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.policy import lpr, lpr_series, parameter, readings
from shared.policy.editions import edition_on, editions
from shared.policy.errors import NoEditionInForce, ParameterNotPublished
from shared.policy.parameters import district_standards, history

FOLDER = Path(__file__).parent / "cases"
DAY = timedelta(days=1)
EDITIONS: Mapping[str, Mapping[str, Any]] = {edition["id"]: edition for edition in editions()}
LPR_CHANGES = [  # of the National Interbank Funding Center: first day, one year, five years, in per cent
    ("2019-08-20", "4.25", "4.85"), ("2019-09-20", "4.20", "4.85"), ("2019-11-20", "4.15", "4.80"),
    ("2020-02-20", "4.05", "4.75"), ("2020-04-20", "3.85", "4.65"), ("2021-12-20", "3.80", "4.65"),
    ("2022-01-20", "3.70", "4.60"), ("2022-05-20", "3.70", "4.45"), ("2022-08-22", "3.65", "4.30"),
    ("2023-06-20", "3.55", "4.20"), ("2023-08-21", "3.45", "4.20"), ("2024-02-20", "3.45", "3.95"),
    ("2024-07-22", "3.35", "3.85"), ("2024-10-21", "3.10", "3.60"), ("2025-05-20", "3.00", "3.50"),
]  # fmt: skip
BESIDE_A_HOLIDAY = {date(2021, 2, 20), date(2021, 9, 22), date(2026, 2, 24)}
"""A Saturday worked for the Spring Festival; quotations after Mid-Autumn and after the Spring Festival."""


def table(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_rule_has_the_clause_phase_strength_label_and_quotation_of_the_notice(edition: str) -> None:
    defaults = {"phase": "declare", "strength": "must", "quote": ""}
    found = {
        name: [(defaults | rule)[field] for field in ("clause", "phase", "strength", "label", "quote")]
        for name, rule in EDITIONS[edition]["rules"].items()
    }
    expected = table("edition_rules")[edition]
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_input_is_asked_of_its_provider_under_its_label(edition: str) -> None:
    inputs, expected = EDITIONS[edition]["inputs"], table("edition_inputs")
    assert {name: list(described(item)) for name, item in inputs.items()} == expected[edition]
    words = {name: item["options"] for name, item in inputs.items() if "options" in item}
    assert words == expected["words"][edition]


def described(item: Mapping[str, Any]) -> Iterator[Any]:
    yield item["asks"]
    yield "judged" if item.get("judgement") else "stated"
    yield from (item["type"], item.get("unit", ""), item["label"])
    if "of" in item:
        yield from (item["of"], item.get("field", ""), item["draw"])


def test_each_edition_is_in_force_for_its_days_under_its_number() -> None:
    assert [
        (edition["id"], edition["doc_no"], edition["in_force"]["from"], edition["in_force"].get("to"))
        for edition in editions()
    ] == [
        ("2021", "京发改规〔2021〕1号", date(2021, 5, 28), date(2023, 5, 31)),
        ("2023", "京发改规〔2023〕12号", date(2023, 8, 31), None),
    ]
    for day in (date(2021, 5, 27), date(2023, 6, 1), date(2023, 8, 30)):
        with pytest.raises(NoEditionInForce):
            edition_on(day)
    assert EDITIONS["2023"]["title"] == "关于加强腾退低效产业空间改造利用促进产业高质量发展的实施方案"


def test_the_grant_is_a_tenth_or_three_tenths_of_the_investment_under_one_cap() -> None:
    assert "amounts" not in EDITIONS["2021"]
    assert EDITIONS["2023"]["amounts"] == {
        "investment_grant": {
            "clause": "二（四）1", "label": "投资补助", "mode": "investment_grant", "cap": "p.grant_cap_yuan",
            "parts": {
                kind: f"{kind}_fixed_investment_yuan * p.{kind}_grant_rate"
                for kind in ("building", "factory", "infrastructure")
            },
            "counts": {
                "infrastructure": {
                    "when": "project_type == 'area_package' or i.standalone_infrastructure == 'allowed'",
                    "otherwise": "不在片区统筹项目内，不予补助", "reading": "standalone_infrastructure",
                },
            },
        }
    }  # fmt: skip


FIGURES = table("parameters")


def test_there_is_a_table_of_each_figure() -> None:
    assert list(history()) == list(FIGURES)


@pytest.mark.parametrize("key", FIGURES)
def test_each_figure_has_its_value_from_each_day_on(key: str) -> None:
    expected = dict(FIGURES[key])
    known = history()[key]
    label, unit, publisher = expected.pop("label"), expected.pop("unit"), expected.pop("publisher", "city")
    assert {(dated.label, dated.unit, dated.publisher) for dated in known} == {(label, unit, publisher)}
    assert {dated.valid_from: [dated.ref, dated.basis, plain(dated.value)] for dated in known} == expected


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_changes_on_its_day_and_not_before(key: str) -> None:
    days = [day for day in FIGURES[key] if isinstance(day, date)]
    before = None
    for day in days:
        value = FIGURES[key][day][2]
        assert published(key, day - DAY) == before
        assert published(key, day) == published(key, day + DAY) == value
        before = value


def published(key: str, on: date) -> Any:
    """Return a figure as the table writes it; None where it is not published."""
    try:
        return plain(parameter(key, on))
    except ParameterNotPublished:
        return None


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return {name: plain(item) for name, item in value.items()} if isinstance(value, Mapping) else value


def test_the_file_of_district_standards_sets_none() -> None:
    assert district_standards() == ()


def test_each_reading_has_its_number_clause_default_and_options() -> None:
    expected = table("readings")
    assert list(readings()) == list(expected)
    for key, (number, clause, default, *others) in expected.items():
        reading = readings()[key]
        assert (reading.id, reading.clause, reading.default) == (number, clause, default), key
        assert set(reading.options) == {default, *others}, key


def test_the_lpr_changes_on_the_published_days_and_on_no_other() -> None:
    rates = [(day.isoformat(), f"{one * 100:.2f}", f"{five * 100:.2f}") for day, one, five in lpr_series()]
    changes = [row for row, before in zip(rates, [("", "", ""), *rates], strict=False) if row[1:] != before[1:]]
    assert changes == LPR_CHANGES
    for day, one, five in LPR_CHANGES:
        on = date.fromisoformat(day)
        assert (lpr(on), lpr(on, "5Y")) == (Decimal(one) / 100, Decimal(five) / 100)


def test_the_lpr_is_published_on_the_first_working_day_from_the_20th() -> None:
    for day, _, _ in lpr_series():
        twentieth = day.replace(day=20)
        due = twentieth + DAY * (0, 0, 0, 0, 0, 2, 1)[twentieth.weekday()]
        assert day == due or day in BESIDE_A_HOLIDAY
