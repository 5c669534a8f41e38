"""One concept has one code and one Chinese label in every code list, edition and event of every service."""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter

from services import SERVICES
from shared.contracts.compat import SCHEMAS
from shared.contracts.facts import FORMER_CODES, Component, ProjectFacts, StockUse
from shared.policy.editions import editions, resolve
from shared.policy.facts import read
from shared.policy.table import frame_of, sanitized
from shared.web.code_lists import code_lists_of

REVIEWED = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text("utf-8"))
STATES = ("_status", "_state", "_stage", "_outcome", "_result", "_verdict", "_occasion")
"""Ends of the names of lists whose words are states of their own object: `withdrawn` differs by what is withdrawn."""
CONCEPTS = {
    "project_type": "project_type",
    "industries": "industry",
    "construction_status": "construction_status",
    "support_mode": "support_mode",
    "building_stock_use": "stock_use",
    "factory_stock_use": "stock_use",
    "factory_end_cause": "end_cause",
}
"""Inputs of the rules with the code lists of their concepts."""


def lists() -> dict[str, dict[str, str]]:
    """Return every code list of every service."""
    found: dict[str, dict[str, str]] = {}
    for name in SERVICES:
        for code_list, labels in code_lists_of(import_module(f"services.{name}.main").service).items():
            own = f"{name}.{code_list}"
            key = code_list if found.get(code_list) in (None, dict(labels)) else own
            found[key] = dict(labels)
    return found


def words() -> Iterator[tuple[str, str, str]]:
    """Yield list, code and label of everything that is no state."""
    for name, labels in lists().items():
        if not name.endswith(STATES):
            for code, label in labels.items():
                yield name, code, label


def several(place: int, other: int) -> dict[str, set[str]]:
    """Return what has several counterparts: labels of a code (1, 2), or codes of a label (2, 1)."""
    found: dict[str, set[str]] = defaultdict(set)
    for word in words():
        found[word[place]].add(word[other])
    return {key: values for key, values in found.items() if len(values) > 1}


def test_a_code_has_one_label_unless_it_names_several_things() -> None:
    assert several(1, 2).keys() == REVIEWED["codes_of_several_things"].keys()


def test_a_label_has_one_code_unless_it_names_several_things() -> None:
    assert several(2, 1).keys() == REVIEWED["labels_of_several_things"].keys()


def test_lists_of_several_services_agree() -> None:
    own = {name.partition(".")[2] for name in lists() if "." in name}
    assert own == set(REVIEWED["lists_of_their_own"])


@pytest.mark.parametrize("edition", editions(), ids=lambda edition: str(edition["id"]))
def test_editions_use_the_codes_and_labels_of_the_code_lists(edition: dict[str, Any]) -> None:
    known = lists()
    options = {name: entry["options"] for name, entry in edition["inputs"].items() if "options" in entry}
    assert options.keys() <= CONCEPTS.keys()
    for name, labels in options.items():
        concept = known[CONCEPTS[name]]
        assert {**concept, **labels} == {**labels, **concept}, name
        unknown = {code: label for code, label in labels.items() if code not in concept}
        assert unknown == {} or unknown == REVIEWED["only_in_rules"][name]


@pytest.mark.parametrize(("former", "code"), FORMER_CODES.items())
def test_a_former_code_is_read_as_the_code_of_today(former: str, code: str) -> None:
    part = {"kind": "building", "stock_use": former}
    assert TypeAdapter(StockUse).validate_python(former) == code
    assert Component.model_validate(part).model_dump()["stock_use"] == code
    assert ProjectFacts.model_validate({"components": [part]}).components[0].stock_use == code
    rules = resolve(date(2024, 1, 1))
    assert read({"components": [part]}, rules).parts["building"][0].inputs["building_stock_use"] == code
    assert frame_of([{"components": [part]}], rules)["building_stock_use"].to_list() == [code]
    foreign = frame_of([{}], rules).drop("building_stock_use")
    assert sanitized(foreign.insert_column(0, pl.Series("building_stock_use", [former])), rules)[
        "building_stock_use"
    ].to_list() == [code]


def test_former_codes_are_answered_nowhere() -> None:
    former = FORMER_CODES.keys()
    assert not [name for name, labels in lists().items() if former & labels.keys()]
    told = [json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")]
    assert not former & set(enumerated(told))


def enumerated(schema: Any) -> Iterator[str]:
    """Yield the codes of every enumeration in a JSON Schema."""
    if isinstance(schema, dict):
        yield from schema.get("enum", ())
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from enumerated(part)
