"""Every column that names a document, contract, receipt, project, place or bank says how it is compared."""

import re
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import ARRAY, Table, Text

import shared.storage
from services import SERVICES
from shared.storage.normal_columns import Normalised
from tests.enumeration import app

pytestmark = pytest.mark.clause("二（五）")

NAMING = re.compile(
    "(_no$|_nos$|^no$|project_code|certificate|contract|voucher|receipt|^document|bank|address|place$|^place(?!d)|programme"
    "|^account|building_id|external_id)"
)
OWN = {("municipal_fund_programme", "name")}
"""Columns whose names do not tell that they name a thing."""
RULES = {"key", "unique", "issued", "typed"}
DECLARED: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    (Path(shared.storage.__file__).parent / "named_things.toml").read_text("utf-8")
)
KEYED = [
    (service, name, rule["key"]) for service, rules in DECLARED.items() for name, rule in rules.items() if "key" in rule
]
BY_CODE = {("loan", "contract_key"), ("treasury_receipt", "voucher_key")}
"""Keys that an act computes, which its own tests cover."""


def tables(service: str) -> dict[str, Table]:
    found: dict[str, Table] = dict(import_module(f"services.{service}.models").Base.metadata.tables)
    return found


def named(service: str) -> set[str]:
    """Return the columns of a service that name a thing; keys are not among them."""
    keys = {f"{name.split('.')[0]}.{key}" for of, name, key in KEYED if of == service}
    found = set()
    for table in tables(service).values():
        for column in table.columns:
            kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
            whole = f"{table.name}.{column.name}"
            if isinstance(kind, Text) and (NAMING.search(column.name) or (table.name, column.name) in OWN):
                found |= set() if whole in keys or column.name.endswith(("_key", "_form")) else {whole}
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_column_that_names_a_thing_says_how_it_is_compared(service: str) -> None:
    assert named(service) - {"project_identity.entity_place"} == set(DECLARED[service])
    for name, rule in DECLARED[service].items():
        assert set(rule) <= RULES, name
        assert rule, name
        assert all(len(text) > 7 for kind, text in rule.items() if kind in ("issued", "typed")), name


@pytest.mark.parametrize(("service", "name", "key"), KEYED)
def test_a_key_is_a_column_and_what_exists_once_has_its_index(service: str, name: str, key: str) -> None:
    table = tables(service)[name.split(".")[0]]
    assert key in table.columns
    unique = DECLARED[service][name].get("unique")
    indexes = {str(index.name): index for index in table.indexes if index.unique}
    constraints = {each.name: each for each in table.constraints if hasattr(each, "columns")}
    if unique is not None:
        over: Any = indexes.get(unique, constraints.get(unique))
        assert key in over.columns


SPELLINGS = {
    "document": ("示发〔2024〕7号", "示发（2\uff1024）7號\u200b"),
    "certificate": ("京（2020）朝第0001号", "京[2020]朝第0001號 "),
    "receipt": ("回单-2024", "回单－2024"),
    "address": ("示例路十号", "北京市示例路010號"),
    "programme": ("租金补贴（第二批）", "租金補貼第2批"),
    "name": ("租金补贴（第二批）", "北京市租金補貼第2批"),
}
"""Two spellings of one thing, by a word of the column's name."""
NUMBERS: dict[str, Any] = {"amount_yuan": 1, "works": []}


def filled(table: Table, **own: str) -> SimpleNamespace:
    """Return a row with a value in every column that keys use."""
    row: dict[str, Any] = dict.fromkeys((column.name for column in table.columns), None)
    row |= {"district": "110105", "applicant_uscc": "U", "entity_uscc": "U", "kind": "k", "programme": "p", **NUMBERS}
    day = SimpleNamespace(isoformat=lambda: "2024-01-01")
    return SimpleNamespace(**row | {"granted_on": day, "funded_on": day} | own)


@pytest.mark.parametrize(
    ("service", "name", "key"), [each for each in KEYED if (each[1].split(".")[0], each[2]) not in BY_CODE]
)
def test_a_key_does_not_depend_on_how_a_person_types(service: str, name: str, key: str) -> None:
    of, column = name.split(".")
    mappers = import_module(f"services.{service}.models").Base.registry.mappers
    (row,) = [mapper.class_ for mapper in mappers if mapper.local_table.name == of]
    assert issubclass(row, Normalised)
    compute = row.normal_columns[key]
    one, other = next(pair for word, pair in SPELLINGS.items() if word in column)
    table = tables(service)[of]
    assert compute(filled(table, **{column: one})) == compute(filled(table, **{column: other}))
    assert compute(filled(table, **{column: one})) != compute(filled(table, **{column: f"另{one}"}))


def typed(service: str) -> set[str]:
    """Return the fields of request bodies that name a thing, parts of bodies included."""
    document = app(service).openapi()
    schemas, found, seen = document["components"]["schemas"], set(), set()
    bodies = [
        content["schema"]
        for path in document["paths"].values()
        for act in path.values()
        for content in act.get("requestBody", {}).get("content", {}).values()
    ]
    while bodies:
        node = bodies.pop()
        name = node.get("$ref", "").rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            bodies.append(schemas[name])
        bodies += [*node.get("anyOf", ()), *node.get("prefixItems", ()), *([node["items"]] if "items" in node else ())]
        for field, kind in node.get("properties", {}).items():
            bodies.append(kind)
            if NAMING.search(field) and "string" in str(kind) and "$ref" not in str(kind):
                found.add(field)
    return found


FIGURES = {"document_title": "names nothing by itself", "documented_on": "a day"}
ELSEWHERE: dict[str, dict[str, str]] = {
    "intake": {
        "library_no": "the district's own number, kept in the content of the row as it was sent",
        "ledger_no": "the district's own number, kept in the content of the row as it was sent",
        "resource_external_ids": "given by the district's system, kept in library_resource",
        "bank_loan_yuan": "an amount",
        "programme_id": "an id of ours",
    },
    "eligibility": FIGURES,
    "funding": FIGURES | {"document_on": "a day"},
    "monitoring": FIGURES | {"document_no": "of a batch of dated figures, which another person confirms"},
}
"""Typed fields that no declared column holds, and why."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_typed_field_that_names_a_thing_is_stored_in_a_declared_column(service: str) -> None:
    columns = {name.split(".")[1] for name in DECLARED[service]}
    assert {field for field in typed(service) if field not in columns} == set(ELSEWHERE.get(service, ())), service
