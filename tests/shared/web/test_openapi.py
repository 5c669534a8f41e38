"""The OpenAPI document of every service: required headers, problem answers, Chinese texts, names of pages."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from services import SERVICES, load
from shared.web.app import create_app

CHINESE = re.compile("[\u4e00-\u9fff]")
each_service = pytest.mark.parametrize("service", SERVICES)


@cache
def document(service: str) -> Any:
    return create_app(load(service)).openapi()


def operations(service: str) -> Iterator[tuple[str, str, Any]]:
    for path, item in document(service)["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


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
        if method == "patch":
            assert headers["if-match"]["required"], path
            assert headers["if-match"]["schema"]["type"] == "string", path


@each_service
def test_api_readers_find_chinese_texts(service: str) -> None:
    for method, path, operation in operations(service):
        assert CHINESE.search(operation["summary"]), (method, path)
        assert CHINESE.search(operation["description"]), (method, path)
    for name, schema in document(service)["components"]["schemas"].items():
        assert "description" not in schema or CHINESE.search(schema["description"]), name


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
def test_tags_and_servers_are_declared(service: str) -> None:
    declared = {tag["name"] for tag in document(service)["tags"]}
    assert declared == {tag for _, _, operation in operations(service) for tag in operation["tags"]}
    assert document(service)["servers"]
