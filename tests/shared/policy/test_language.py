"""The language of rule texts accepts only its own constructs and distinguishes unknown from false."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import polars as pl
import pytest

from shared.policy import resolve
from shared.policy.editions import vocabulary
from shared.policy.errors import MalformedRule
from shared.policy.explain import bind
from shared.policy.language import Kind, parse
from shared.policy.table import expression

RULESET = resolve(date(2024, 3, 1))
VOCABULARY = vocabulary(RULESET.content["inputs"])
BOTH_WAYS: list[tuple[str, Kind]] = [
    ("title_clear and contiguous", "yes_no"),
    ("title_clear or contiguous", "yes_no"),
    ("not title_clear", "yes_no"),
    ("title_clear if single_entity else contiguous", "yes_no"),
    ("pv_roof_share if single_entity else energy_saving_ratio", "number"),
    ("min(pv_roof_share, energy_saving_ratio)", "number"),
    ("max(pv_roof_share, energy_saving_ratio)", "number"),
    ("pv_roof_share + energy_saving_ratio * 2", "number"),
    ("pv_roof_share - energy_saving_ratio", "number"),
    ("pv_roof_share / energy_saving_ratio", "number"),
    ("pv_roof_share > energy_saving_ratio", "yes_no"),
    ("project_type in ('old_factory', 'area_package')", "yes_no"),
    ("project_type != 'old_factory'", "yes_no"),
    ("building_occupancy < p.low_occupancy", "yes_no"),
    ("published(p.low_occupancy) or title_clear", "yes_no"),
    ("i.cap_scope == 'project' and title_clear", "yes_no"),
]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "title_clear.real", "title_clear()", "lambda: title_clear", "[title_clear]", "no_such_fact",
        "p.no_such_parameter > 1", "i.no_such_reading == 'x'", "pv_roof_share > 0.4", "1 < pv_roof_share < 2",
        "project_type == 'palace'", "project_type in ('palace',)", "project_type > 'old_factory'", "pv_roof_share",
        "title_clear and pv_roof_share", "title_clear == 1", "f'{title_clear}'", "title_clear if 1 else contiguous",
        "max(pv_roof_share)", "pv_roof_share ** 2 > 1", "within(project_type, p.supported_industries)",
        "industries in p.supported_industries", "title_clear; contiguous", "", "(",
        "title_clear and " * 200 + "contiguous",
        "published(title_clear)", "i.cap_scope == 'palace'", "pv_roof_share > True", "min(title_clear, contiguous)",
    ],
)  # fmt: skip
def test_anything_outside_the_language_is_an_error_at_load(text: str) -> None:
    with pytest.raises(MalformedRule):
        parse(text, VOCABULARY)


@pytest.mark.parametrize(("text", "kind"), BOTH_WAYS)
def test_each_construct_means_the_same_to_both_evaluators(text: str, kind: Kind) -> None:
    node = parse(text, VOCABULARY, kind)
    rows = _rows(("title_clear", "contiguous", "single_entity"), (True, False, None))
    rows += _rows(("pv_roof_share", "energy_saving_ratio"), (0.0, 5.0, None), single_entity=None)
    rows += _rows(("pv_roof_share", "energy_saving_ratio"), (1.0, 2.0, None), single_entity=True)
    rows += _rows(("project_type", "building_occupancy"), ("old_factory", "inefficient_building", None), building=True)
    names = ("title_clear", "contiguous", "single_entity", "pv_roof_share", "energy_saving_ratio", "project_type")
    rows = [{name: row.get(name) for name in (*names, "building_occupancy")} for row in rows]
    frame = pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"building_occupancy": pl.Float64})
    judge = bind(node, RULESET.values, RULESET.interpretations)
    table = frame.select(answer=expression(node, RULESET))["answer"]
    if len(table) == 1:
        table = pl.concat([table] * len(rows))
    assert table.to_list() == [judge(row)[0] for row in rows]


def _rows(names: tuple[str, ...], values: tuple[Any, ...], **others: Any) -> list[dict[str, Any]]:
    kept = {name: value for name, value in others.items() if name != "building"}
    chosen = product(values, repeat=len(names)) if "building" not in others else ((value, None) for value in values)
    return [{**dict(zip(names, row, strict=True)), **kept} for row in chosen]
