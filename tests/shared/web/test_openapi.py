"""The OpenAPI document of every service: required headers, Chinese texts, labels of codes, names of pages."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from services import SERVICES, load
from shared.web.app import create_app
from shared.web.code_lists import code_lists_of
from shared.web.openapi_schemas import codes_of, parts

CHINESE = re.compile("[\u4e00-\u9fff]")
UNITS = {
    "yuan": "元", "m2": "平方米|㎡", "kwh": "千瓦时", "m3": "立方米", "gj": "吉焦|GJ", "tce": "标准煤",
    "tco2": "二氧化碳", "months": "月", "rate": "率", "ratio": "比例|率|进度", "bytes": "字节",
}  # fmt: skip
each_service = pytest.mark.parametrize("service", SERVICES)


@cache
def document(service: str) -> Any:
    return create_app(load(service)).openapi()


def operations(service: str) -> Iterator[tuple[str, str, Any]]:
    for path, item in document(service)["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def schemas(service: str) -> Iterator[tuple[str, Any]]:
    """Yield every schema of the document with its place: components, parameters, bodies and answers."""
    yield from document(service)["components"]["schemas"].items()
    for method, path, operation in operations(service):
        for parameter in operation.get("parameters", []):
            yield f"{method} {path} {parameter['name']}", parameter["schema"]
        for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in holder.get("content", {}).values():
                yield f"{method} {path}", media.get("schema", {})


def properties(service: str) -> Iterator[tuple[str, str, Any]]:
    for place, schema in schemas(service):
        for part in parts(schema):
            for name, field in part.get("properties", {}).items():
                yield place, name, field


@each_service
def test_the_document_satisfies_the_specification(service: str) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document(service)).iter_errors()] == []


@each_service
def test_headers_are_required_where_the_endpoint_demands_them(service: str) -> None:
    for method, path, operation in operations(service):
        headers = {each["name"].lower(): each for each in operation.get("parameters", []) if each["in"] == "header"}
        if method == "post" and "idempotency-key" in headers:
            assert headers["idempotency-key"]["required"], path
            assert headers["idempotency-key"]["schema"]["type"] == "string", path
        if "if-match" in headers and "201" not in operation["responses"]:
            assert headers["if-match"]["required"], path
            assert headers["if-match"]["schema"]["type"] == "string", path
        assert ("428" in operation["responses"]) == ("if-match" in headers), path
        assert not any("x-required" in each["schema"] for each in headers.values()), path


@each_service
def test_operations_and_parameters_are_described_in_chinese(service: str) -> None:
    for method, path, operation in operations(service):
        assert CHINESE.search(operation["summary"]), (method, path)
        assert CHINESE.search(operation["description"]), (method, path)
        for parameter in operation.get("parameters", []):
            assert CHINESE.search(parameter.get("description", "")), (method, path, parameter["name"])
        for status, answer in operation["responses"].items():
            assert CHINESE.search(answer["description"]), (method, path, status)


@each_service
def test_properties_are_described_in_chinese_and_schemas_never_in_english(service: str) -> None:
    for place, name, field in properties(service):
        assert CHINESE.search(field.get("description", "")), (place, name)
    for place, schema in schemas(service):
        for part in parts(schema):
            assert CHINESE.search(part.get("description", "内容")), place


@each_service
def test_titles_are_the_names_of_components(service: str) -> None:
    named = document(service)["components"]["schemas"]
    for place, schema in schemas(service):
        titles = [part["title"] for part in parts(schema) if "title" in part]
        assert titles == ([place] if place in named else []), place


@each_service
def test_quantities_are_described_with_their_unit(service: str) -> None:
    for place, name, field in properties(service):
        unit = UNITS.get(name.rsplit("_", 1)[-1], "")
        texts = [part.get("description", "") for part in parts(field)]
        assert re.search(unit, "".join(texts)), (place, name, texts)


@each_service
def test_every_code_has_a_chinese_label(service: str) -> None:
    labelled = 0
    for place, schema in schemas(service):
        for part in parts(schema):
            labels = part.get("x-enum-descriptions", {})
            assert list(labels) == codes_of(part), (place, codes_of(part))
            assert all(CHINESE.search(label) for label in labels.values()), (place, labels)
            labelled += bool(labels)
    assert labelled > 20


@each_service
def test_a_set_of_codes_has_one_meaning(service: str) -> None:
    """Labels are found by the set of codes, so no two lists of a service may hold the same codes with other labels."""
    lists = code_lists_of(load(service))
    for place, schema in schemas(service):
        for part in parts(schema):
            codes = set(codes_of(part))
            exact = [labels for labels in lists.values() if codes and codes == set(labels)]
            within = [labels for labels in lists.values() if codes and codes < set(labels)]
            meanings = {tuple(labels[code] for code in codes_of(part)) for labels in exact or within}
            assert len(meanings) < 2, (place, meanings)


def is_free(shape: Any) -> bool:
    """Return whether a schema says nothing of its values, or nothing of the members of an object."""
    untyped = not {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"} & set(shape)
    return untyped or (shape.get("additionalProperties") is True and "properties" not in shape)


@each_service
def test_only_these_members_have_no_fixed_shape(service: str) -> None:
    """Check the free members: notes of acts, stored rows, values of earlier forms, facts, data of events, figures."""
    free = set()
    for place, name, field in properties(service):
        shapes = [field, *field.get("anyOf", ()), *([field["items"]] if "items" in field else [])]
        if any(map(is_free, shapes)):
            free.add(f"{place}.{name}")
    shared = {"ActOut.detail", "EventPage.data", "FigureOut.value", "BatchOut.figures"}
    entering = {"FigureIn.value", "FigureChangeOut.before", "FigureChangeOut.after"}
    own = {
        "intake": {
            "DecisionOut.detail", "EntryOut.row", "EntryWithResources.row", "ResourceOut.row", "SnapshotLine.row",
            "VersionOut.row", "ChangeOut.before", "ChangeOut.after", "FieldChange.before", "FieldChange.after",
        },
        "eligibility": {*entering, "DecisionRecordOut.facts", "RulesetOut.content"},
        "funding": {
            *entering, "CalculationDetail.inputs", "InterestClaimDetail.draft", "InterestLineOut.facts",
            "LoanVersionOut.facts", "PlanChangeOut.items", "ChangeOut.proposal",
        },
        "monitoring": {*entering, "EvaluationOut.result", "EvaluationOut.actuals", "GreenRecordOut.account"},
    }  # fmt: skip
    assert free == shared | own[service]


@each_service
def test_defaults_satisfy_their_own_schema(service: str) -> None:
    whole = Resource.from_contents(document(service), default_specification=DRAFT202012)
    registry = Registry().with_resource("", whole)
    checked = 0
    for place, schema in schemas(service):
        for part in parts(schema):
            if "default" in part:
                wrong = list(Draft202012Validator(part, registry=registry).iter_errors(part["default"]))
                assert not wrong, (place, wrong)
                checked += 1
    assert checked


@each_service
def test_bounds_are_keywords_of_json_schema(service: str) -> None:
    for place, schema in schemas(service):
        for part in parts(schema):
            assert not {"gt", "ge", "lt", "le"} & set(part), (place, part)


@each_service
def test_every_list_has_a_page_named_for_its_subject(service: str) -> None:
    lists = 0
    for _, path, operation in operations(service):
        names = {each["name"] for each in operation.get("parameters", [])}
        if "include_total" not in names:
            continue
        reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        name = reference.rsplit("/", 1)[1]
        assert re.fullmatch("[A-Z][A-Za-z]+Page", name), path
        schema = document(service)["components"]["schemas"][name]
        assert set(schema["required"]) == {"items", "next_cursor", "limit", "sort", "total"}, name
        assert names >= {"sort", "limit", "cursor"}, path
        lists += 1
    assert lists >= 4


@each_service
def test_tags_are_described_and_servers_declared(service: str) -> None:
    declared = {tag["name"]: tag["description"] for tag in document(service)["tags"]}
    assert set(declared) == {tag for _, _, operation in operations(service) for tag in operation["tags"]}
    assert document(service)["servers"]
    assert set(load(service).tags) <= set(declared)


@each_service
def test_each_operation_says_whether_it_wants_a_token(service: str) -> None:
    for method, path, operation in operations(service):
        assert operation["security"] in ([], [{"HTTPBearer": []}]), (method, path)
        assert ("401" in operation["responses"]) == bool(operation["security"]), (method, path)
