"""Completion of the OpenAPI document: problem answers, required headers, tags, and Chinese descriptions only."""

import re
from collections.abc import Iterator
from typing import Any

from shared.errors import FieldProblem
from shared.web.problems import RESPONSES, Problem

_CHINESE = re.compile("[\u4e00-\u9fff]")
_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")


def complete(document: dict[str, Any]) -> None:
    """Make a document of FastAPI's say what the service does."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    for model in (FieldProblem, Problem):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
    for schema in schemas.values():
        if not _CHINESE.search(schema.get("description", "")):  # docstrings address developers of the suite
            schema.pop("description", None)
    for method, operation in _operations(document):
        _declare_problems(operation)
        _require_headers(method, operation)
        _plain_sse(operation)
    document["servers"] = [{"url": "/", "description": "本服务"}]
    tags = [tag for _, operation in _operations(document) for tag in operation.get("tags", [])]
    document["tags"] = [{"name": tag} for tag in dict.fromkeys(tags)]


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()


def _declare_problems(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    if answers.get("422", {}).get("description") == "Validation Error":  # the framework's own form
        del answers["422"]
    for status, answer in RESPONSES.items():
        answers.setdefault(str(status), answer)


def _require_headers(method: str, operation: dict[str, Any]) -> None:
    """Declare the headers required without which the endpoint refuses: `Idempotency-Key` of a POST, `If-Match`.

    An operation that may also create a record takes `If-Match` only for one that exists.

    FastAPI reads them as optional, so that their absence is answered with 428 and 400 instead of 422.
    """
    for parameter in operation.get("parameters", []):
        name = parameter["name"].lower()
        creates = "201" in operation["responses"]
        if (name == "if-match" and not creates) or (name == "idempotency-key" and method == "post"):
            parameter["required"] = True
            options = [option for option in parameter["schema"].pop("anyOf", []) if option.get("type") != "null"]
            for option in options:
                parameter["schema"].update(option)


def _plain_sse(operation: dict[str, Any]) -> None:
    """Replace the keyword itemSchema of OpenAPI 3.2, which makes a document of 3.1 invalid."""
    for answer in operation["responses"].values():
        for media in answer.get("content", {}).values():
            if "itemSchema" in media:
                media["schema"] = media.pop("itemSchema")
