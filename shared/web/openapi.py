"""Completion of the OpenAPI document: problem answers, required headers, security, tags, labels."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.code_lists import CodeLists
from shared.errors import FieldProblem
from shared.web.headers import ETAG, LOCATION, REQUIRED
from shared.web.openapi_schemas import codes_of, rewrite
from shared.web.problems import RESPONSES, Problem

_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")
_PRECONDITION = (412, 428)
_SIGN_IN = (401, 403)
_ACTS_ONLY = (413, 415)
SHARED_TAGS: Mapping[str, str] = {
    "事件": "本服务已发生的事项，按顺序读取或实时接收，以及各类事件的结构",
    "代码": "接口中各类代码的中文含义",
    "附件": "各类事项的附件：上传、替换、撤回、查看和下载",
    "运行": "健康检查、接口密钥和办理记录",
    "封存与证明": "记录封存的签名检查点，以及供独立验证的封存证明",
    "错误说明": "错误代码的含义和处理办法",
}
"""Tags of the endpoints that every service has, with their descriptions."""
_SORTS: Mapping[str, str] = {"order": "所列次序", "id": "登记次序"}
"""Names of the sorts that are no field of a row."""
LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def complete(document: dict[str, Any], lists: CodeLists, tags: Mapping[str, str]) -> None:
    """Make a document of FastAPI's say what the service does, with its code lists and the descriptions of its tags."""
    schemas = _complete_schemas(document, lists)
    for method, operation in operations(document):
        _declare_problems(method, operation)
        _complete_parameters(method, operation, lists)
        _label_sorts(operation, schemas, lists)
        _complete_answers(operation, lists)
        _declare_next_tag(operation)
        operation.setdefault("security", [])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            rewrite(media.get("schema", {}), lists)
    document["info"]["license"] = LICENSE
    document["servers"] = [{"url": "/", "description": "本服务"}]
    used = dict.fromkeys(tag for _, operation in operations(document) for tag in operation.get("tags", []))
    texts = {**SHARED_TAGS, **tags}
    document["tags"] = [{"name": tag, "description": texts[tag]} for tag in used if tag in texts]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the method of each operation, and the operation."""
    for path in document["paths"].values():
        yield from path.items()


def _complete_schemas(document: dict[str, Any], lists: CodeLists) -> dict[str, Any]:
    """Rewrite the component schemas, whose titles are their names, and add those of problem details."""
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    for model in (FieldProblem, Problem):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
    for name, schema in schemas.items():
        rewrite(schema, lists)
        schema["title"] = name
    return schemas


def _declare_problems(method: str, operation: dict[str, Any]) -> None:
    """Declare the problem answers, without those that the operation cannot give."""
    answers = operation["responses"]
    if answers.get("422", {}).get("description") == "Validation Error":  # the framework's own form
        del answers["422"]
    names = {parameter["name"].lower() for parameter in operation.get("parameters", [])}
    never = {
        *(() if "if-match" in names else _PRECONDITION),
        *(() if operation.get("security") else _SIGN_IN),
        *(_ACTS_ONLY if method == "get" else ()),
    }
    for status, answer in RESPONSES.items():
        if status not in never:
            answers.setdefault(str(status), answer)


def _declare_next_tag(operation: dict[str, Any]) -> None:
    """Declare the entity tag that the answer to a conditional act carries for the next one."""
    if any(parameter["name"].lower() == "if-match" for parameter in operation.get("parameters", [])):
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                answer.setdefault("headers", {})["ETag"] = ETAG


def _complete_parameters(method: str, operation: dict[str, Any], lists: CodeLists) -> None:
    """Describe the parameters, and declare headers required without which the endpoint refuses.

    FastAPI reads those headers as optional, so that their absence is answered with 400 and 428 instead of 422.
    """
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        demanded = schema.pop(REQUIRED, False) or (parameter["name"].lower() == "idempotency-key" and method == "post")
        if demanded:
            parameter["required"] = True
        _drop_null(schema)
        rewrite(schema, lists)
        if "description" in schema:
            parameter["description"] = schema.pop("description")


def _drop_null(schema: dict[str, Any]) -> None:
    """Drop the null option of a parameter, which is absent rather than null."""
    options = [option for option in schema.pop("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        schema.update({**options[0], **schema})
    elif options:
        schema["anyOf"] = options


def _label_sorts(operation: dict[str, Any], schemas: Mapping[str, Any], lists: CodeLists) -> None:
    """Label the sort orders of a list by the descriptions of the fields in its rows."""
    sort = next((each for each in operation.get("parameters", []) if each["name"] == "sort"), None)
    page = _answer_schema(operation).get("$ref", "").rsplit("/", 1)[-1]
    if sort is None or page not in schemas:
        return
    row = schemas[page]["properties"]["items"]["items"]
    own = schemas.get(row.get("$ref", "").rsplit("/", 1)[-1], {}).get("properties", {})
    names = {**_SORTS, **lists.get("sort_field", {}), **{name: _name_of(field) for name, field in own.items()}}
    sort["schema"]["x-enum-descriptions"] = {
        code: f"{names.get(code.removeprefix('-'), code)}，{'倒序' if code.startswith('-') else '正序'}"
        for code in codes_of(sort["schema"])
    }


def _name_of(field: Mapping[str, Any]) -> str:
    """Return the name at the beginning of a field's description."""
    said: str = field.get("description", "")
    return said.split("；")[0].split("，")[0]


def _answer_schema(operation: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    return schema.get("schema", {})  # type: ignore[no-any-return]


def _complete_answers(operation: dict[str, Any], lists: CodeLists) -> None:
    """Rewrite the schemas of answers, and declare Location on every 201."""
    for status, answer in operation["responses"].items():
        if answer["description"] == "Successful Response":
            answer["description"] = "成功"
        if status == "201":
            answer.setdefault("headers", {})["Location"] = LOCATION
        for media in answer.get("content", {}).values():
            if "itemSchema" in media:  # of OpenAPI 3.2; it makes a document of 3.1 invalid
                media["schema"] = media.pop("itemSchema")
            rewrite(media.get("schema", {}), lists)
